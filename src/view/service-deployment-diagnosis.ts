import {
  affected,
  eventEvidence,
  lastWordsEvidence,
  mostLines,
  sideWhenEnded,
  targetEvidence,
  taskEvidence,
} from './evidence.ts'
import type { Diagnosis, Suggestion } from './deployment-view.ts'
import { hookLines, type DiagnosedParts } from './seen-code-deploy.ts'
import type { SeenServiceDeployment } from './service-deployment-view.ts'
import { hasFailed, shortenedArns } from './surroundings.ts'
import { shortArn } from './words.ts'

/** Why a deployment of ECS itself ended without success. */
export function serviceDeploymentDiagnosis(seen: SeenServiceDeployment, parts: DiagnosedParts): Diagnosis {
  const { deployment } = seen
  const stage = parts.stages.find(({ state }) => state === 'failed')
  return {
    cause: shortenedArns(deployment.statusReason ?? 'AWS tells no reason.'),
    stage: `${deployment.status}${stage === undefined ? '' : ` in ${stage.name}`}`,
    evidence: [
      ...hookEvidence(seen),
      ...taskEvidence(seen),
      ...(seen.logLines.length === 0 ? lastWordsEvidence(parts.tidings) : []),
      ...eventEvidence(parts.tidings),
      ...targetEvidence(parts.sides),
      ...alarmEvidence(seen),
    ],
    affected: affected(parts.sides),
    state: [...parts.sides.map(sideWhenEnded), ...whatIsLive(seen, parts)],
    next: nextSteps(seen),
  }
}

function failedHooks({ deployment }: SeenServiceDeployment) {
  return (deployment.lifecycleHookDetails ?? []).filter(({ status }) => status === 'FAILED' || status === 'TIMED_OUT')
}

function hookEvidence(seen: SeenServiceDeployment): readonly string[] {
  return failedHooks(seen).flatMap(({ targetArn, targetType, status }) => {
    const name = targetArn?.split(':function:').at(-1) ?? `${targetType}`
    const written = hookLines((seen.hookLogs?.[targetArn ?? ''] ?? []).join('\n')).slice(-mostLines)
    return [`the hook ${name}: ${status}`, ...written.map((line) => `| ${line}`)]
  })
}

function alarmEvidence({ alarms, deployment }: SeenServiceDeployment): readonly string[] {
  return alarms
    .filter(({ alarm }) => deployment.alarms?.triggeredAlarmNames?.includes(alarm.AlarmName ?? ''))
    .map(({ alarm }) => {
      const { AlarmName, StateValue, StateReason = '' } = alarm
      return `alarm ${AlarmName} ${StateValue === 'ALARM' ? 'is ALARM' : `fired, and is ${StateValue} now`}: ${StateReason}`
    })
}

function whatIsLive({ deployment }: SeenServiceDeployment, { sides }: DiagnosedParts): readonly string[] {
  const blue = sides.find(({ colour }) => colour === 'blue')
  const { status } = deployment
  if (status === 'ROLLBACK_SUCCESSFUL')
    return [`${blue?.runs ?? 'the earlier revision'} is the service again, with all of its traffic`]
  if (status === 'ROLLBACK_FAILED') return ['going back has failed too: look at the service before anything else']
  return ['nothing was taken back: revisions and weights are as they were when it was stopped']
}

function nextSteps(seen: SeenServiceDeployment): readonly Suggestion[] {
  const arn = seen.deployment.serviceDeploymentArn
  const service = (arn ?? '').split('/').slice(-3, -1).join('/')
  const [hook] = failedHooks(seen).flatMap(({ targetArn }) => (targetArn === undefined ? [] : [targetArn]))
  const ofHook =
    hook === undefined
      ? []
      : [{ command: `teal logs --hook ${hook.split(':').at(-1)} --since 1h`, effect: 'all that the hook wrote' }]
  const ofTasks = seen.stoppedTasks.some(hasFailed)
    ? [
        { command: `teal tasks ${service} --stopped`, effect: 'how its tasks ended' },
        ...(seen.logLines.length === 0
          ? []
          : [{ command: `teal logs --service ${service} --since 1h`, effect: 'what they wrote' }]),
      ]
    : []
  const isBack = seen.deployment.status === 'ROLLBACK_SUCCESSFUL'
  return [
    ...(isBack ? [] : [{ command: `teal status ${service}`, effect: 'what is live now' }]),
    { command: `teal deployment ${shortArn(arn)}`, effect: 'the whole story' },
    ...ofHook,
    ...ofTasks,
    { command: `teal deploy --service ${service}`, effect: 'deploy a revision that works' },
  ]
}
