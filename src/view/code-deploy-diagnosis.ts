import { hookLines, type SeenCodeDeploy, type ViewParts } from './seen-code-deploy.ts'
import type { Diagnosis, SideView, Suggestion } from './deployment-view.ts'
import { endOfTask } from './surroundings.ts'
import { counted, figure } from './words.ts'

const mostLines = 8

/** Why a deployment ended without success. */
export function codeDeployDiagnosis(seen: SeenCodeDeploy, parts: ViewParts): Diagnosis {
  const { code, message } = seen.deployment.errorInformation ?? {}
  return {
    cause: message ?? 'AWS tells no reason.',
    stage: code === undefined ? undefined : `${code}${stageOf(parts)}`,
    evidence: [...ofHook(seen), ...ofTasks(seen), ...ofTargets(parts), ...ofAlarms(seen)].slice(0, 3 * mostLines),
    affected: affected(parts.sides),
    state: stateNow(seen, parts),
    next: nextSteps(seen),
  }
}

function stageOf({ stages }: ViewParts): string {
  const failed = stages.find(({ state }) => state === 'failed')
  return failed === undefined ? '' : ` in ${failed.name}`
}

function ofHook({ target }: SeenCodeDeploy): readonly string[] {
  return (target?.lifecycleEvents ?? [])
    .filter(({ status, diagnostics }) => status === 'Failed' && diagnostics?.scriptName !== undefined)
    .flatMap(({ lifecycleEventName, diagnostics }) => [
      `the hook on ${lifecycleEventName}, ${diagnostics?.scriptName}: ${diagnostics?.errorCode ?? 'no result'}`,
      ...hookLines(diagnostics?.logTail)
        .slice(-mostLines)
        .map((line) => `| ${line.replaceAll('\t', ' ')}`),
    ])
}

/** Tasks of green that stopped by themselves, those that ended alike together. */
function ofTasks({ stoppedTasks, logLines }: SeenCodeDeploy): readonly string[] {
  const ends = new Map<string, number>()
  for (const task of stoppedTasks.filter(
    ({ stopCode }) => stopCode !== 'ServiceSchedulerInitiated' && stopCode !== 'UserInitiated',
  )) {
    const end = endOfTask(task)
    ends.set(end, (ends.get(end) ?? 0) + 1)
  }
  const told = [...ends].map(([end, count]) => `${counted(count, 'green task')} stopped: ${end}`)
  return [...told, ...logLines.slice(-mostLines).map((line) => `| ${line}`)]
}

function ofTargets({ sides }: ViewParts): readonly string[] {
  const green = sides.find(({ colour }) => colour === 'green')
  const sick = green?.health?.counts.find(({ state }) => state === 'unhealthy')?.count ?? 0
  if (green === undefined || sick === 0) return []
  return [
    `${counted(sick, 'target')} of ${green.targetGroup} unhealthy: ${green.health?.reason ?? 'no reason is told'}`,
  ]
}

function ofAlarms({ alarms, deployment }: SeenCodeDeploy): readonly string[] {
  if (deployment.errorInformation?.code !== 'ALARM_ACTIVE') return []
  const named = alarms.filter(
    ({ alarm }) =>
      alarm.StateValue === 'ALARM' || deployment.errorInformation?.message?.includes(alarm.AlarmName ?? '\0'),
  )
  return named.map(({ alarm }) => `alarm ${alarm.AlarmName} is ${alarm.StateValue}: ${alarm.StateReason ?? ''}`)
}

function affected(sides: readonly SideView[]): readonly string[] {
  const counts = sides.flatMap(({ colour, targetGroup, traffic }) => {
    if (traffic === undefined) return []
    const { requests, errors } = traffic
    const failed = errors === 0 ? 'none failed' : `${figure(errors)} of them failed`
    return [`${colour} (${targetGroup}): ${figure(requests)} requests, ${requests === 0 ? 'so nobody met it' : failed}`]
  })
  return counts.length === 0 ? ['no numbers of requests are known'] : counts
}

function stateNow({ deployment }: SeenCodeDeploy, { sides }: ViewParts): readonly string[] {
  const back = deployment.rollbackInfo?.rollbackDeploymentId
  const rows = sides.map(
    ({ colour, runs, targetGroup, weight, running, desired }) =>
      `${colour} ${runs ?? targetGroup}: ${weight ?? 0}% of traffic, ${running} of ${counted(desired, 'task')} running when it ended`,
  )
  if (back !== undefined) return [...rows, `deployment ${back} brings all traffic back to blue`]
  return [...rows, ...(deployment.deploymentStatusMessages ?? [])]
}

function nextSteps(seen: SeenCodeDeploy): readonly Suggestion[] {
  const { deploymentId, rollbackInfo } = seen.deployment
  const back = rollbackInfo?.rollbackDeploymentId
  const following = back === undefined ? [] : [{ command: `teal watch ${back}`, effect: 'how the rollback goes' }]
  return [
    ...following,
    { command: `teal deployment ${deploymentId}`, effect: 'the whole story' },
    ...remediesOf(seen),
    { command: 'teal deploy', effect: 'deploy a revision that works' },
  ]
}

function remediesOf({ deployment, target }: SeenCodeDeploy): readonly Suggestion[] {
  const code = deployment.errorInformation?.code
  if (code === 'HOOK_EXECUTION_FAILURE') {
    const failed = target?.lifecycleEvents?.find(({ status }) => status === 'Failed')
    const name = failed?.diagnostics?.scriptName ?? 'NAME'
    return [{ command: `teal hook run ${name}`, effect: 'run the hook alone, as often as you like' }]
  }
  const isOfTasks = code === 'ECS_UPDATE_ERROR' || code === 'TIMEOUT' || code === 'CUSTOMER_APPLICATION_UNHEALTHY'
  return isOfTasks ? [{ command: 'teal tasks', effect: 'which tasks there are, and how they ended' }] : []
}
