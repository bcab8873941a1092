import { hookLines, type SeenCodeDeploy, type ViewParts } from './seen-code-deploy.ts'
import type { Diagnosis, Suggestion } from './deployment-view.ts'
import { affected, mostLines, targetEvidence, taskEvidence } from './evidence.ts'
import { counted } from './words.ts'

/** Why a deployment ended without success. */
export function codeDeployDiagnosis(seen: SeenCodeDeploy, parts: ViewParts): Diagnosis {
  const { code, message } = seen.deployment.errorInformation ?? {}
  return {
    cause: message ?? 'AWS tells no reason.',
    stage: code === undefined ? undefined : `${code}${stageOf(parts)}`,
    evidence: [...ofHook(seen), ...taskEvidence(seen), ...targetEvidence(parts.sides), ...ofAlarms(seen)].slice(
      0,
      3 * mostLines,
    ),
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

function ofAlarms({ alarms, deployment }: SeenCodeDeploy): readonly string[] {
  if (deployment.errorInformation?.code !== 'ALARM_ACTIVE') return []
  const named = alarms.filter(
    ({ alarm }) =>
      alarm.StateValue === 'ALARM' || deployment.errorInformation?.message?.includes(alarm.AlarmName ?? '\0'),
  )
  return named.map(({ alarm }) => `alarm ${alarm.AlarmName} is ${alarm.StateValue}: ${alarm.StateReason ?? ''}`)
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
