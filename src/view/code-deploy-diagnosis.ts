import { hookLines, type DiagnosedParts, type SeenCodeDeploy } from './seen-code-deploy.ts'
import type { Diagnosis, Suggestion } from './deployment-view.ts'
import { affected, eventEvidence, mostLines, sideWhenEnded, targetEvidence, taskEvidence } from './evidence.ts'
import { hasFailed } from './surroundings.ts'
import { toldCause } from './told-cause.ts'

/** Why a deployment ended without success. */
export function codeDeployDiagnosis(seen: SeenCodeDeploy, parts: DiagnosedParts): Diagnosis {
  const { code, message } = seen.deployment.errorInformation ?? {}
  const { cause, details } = toldCause(message ?? 'AWS tells no reason.')
  return {
    cause,
    stage: code === undefined ? undefined : `${code}${stageOf(parts)}`,
    evidence: evidenceOf(seen, parts, details).slice(0, 3 * mostLines),
    affected: affected(parts.sides),
    state: stateNow(seen, parts),
    next: nextSteps(seen),
  }
}

/** What Teal tells of tasks has their log already; what it tells of a hook, its log. */
function evidenceOf(seen: SeenCodeDeploy, parts: DiagnosedParts, details: readonly string[]): readonly string[] {
  const hook = ofHook(seen)
  if (hook.length > 0)
    return [...details.filter((line) => !/^(?:\| |Its last lines)/.test(line)), ...hook, ...ofAlarms(seen)]
  const ofTasks = details.length > 0 ? details : [...taskEvidence(seen), ...eventEvidence(parts.tidings)]
  return [...ofTasks, ...targetEvidence(parts.sides), ...ofAlarms(seen)]
}

function stageOf({ stages }: DiagnosedParts): string {
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
        .map((line) => `| ${line}`),
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

function stateNow({ deployment }: SeenCodeDeploy, { sides }: DiagnosedParts): readonly string[] {
  const back = deployment.rollbackInfo?.rollbackDeploymentId
  const rows = sides.map(sideWhenEnded)
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

function remediesOf({ deployment, target, stoppedTasks, logLines }: SeenCodeDeploy): readonly Suggestion[] {
  const code = deployment.errorInformation?.code
  if (code === 'HOOK_EXECUTION_FAILURE') {
    const failed = target?.lifecycleEvents?.find(({ status }) => status === 'Failed')
    const name = failed?.diagnostics?.scriptName ?? 'NAME'
    return [{ command: `teal hook run ${name}`, effect: 'run the hook alone, as often as you like' }]
  }
  const isOfTasks = code === 'ECS_UPDATE_ERROR' || code === 'TIMEOUT' || code === 'CUSTOMER_APPLICATION_UNHEALTHY'
  if (!isOfTasks) return []
  const [cluster, service] = (target?.targetId ?? '').split(':')
  const log = { command: `teal logs --service ${cluster}/${service} --since 1h`, effect: 'what they wrote' }
  // Of those that failed the log was looked for; those that run on may have one.
  const mayHaveLog = logLines.length > 0 || !stoppedTasks.some(hasFailed)
  return [{ command: 'teal tasks --stopped', effect: 'how its tasks ended' }, ...(mayHaveLog ? [log] : [])]
}
