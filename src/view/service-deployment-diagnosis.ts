import { affected, targetEvidence, taskEvidence } from './evidence.ts'
import type { Diagnosis } from './deployment-view.ts'
import type { ViewParts } from './seen-code-deploy.ts'
import type { SeenServiceDeployment } from './service-deployment-view.ts'
import { shortenedArns } from './surroundings.ts'
import { counted, shortArn } from './words.ts'

/** Why a deployment of ECS itself ended without success. */
export function serviceDeploymentDiagnosis(seen: SeenServiceDeployment, parts: ViewParts): Diagnosis {
  const { deployment, alarms } = seen
  const id = shortArn(deployment.serviceDeploymentArn)
  const stage = parts.stages.find(({ state }) => state === 'failed')
  const fired = alarms.filter(({ alarm }) => deployment.alarms?.triggeredAlarmNames?.includes(alarm.AlarmName ?? ''))
  return {
    cause: shortenedArns(deployment.statusReason ?? 'AWS tells no reason.'),
    stage: `${deployment.status}${stage === undefined ? '' : ` in ${stage.name}`}`,
    evidence: [
      ...taskEvidence(seen),
      ...targetEvidence(parts.sides),
      ...fired.map(({ alarm }) => `alarm ${alarm.AlarmName} is ${alarm.StateValue}: ${alarm.StateReason ?? ''}`),
    ],
    affected: affected(parts.sides),
    state: parts.sides.map(
      ({ colour, runs, targetGroup, weight, running, desired }) =>
        `${colour} ${runs ?? targetGroup}: ${weight === undefined ? '' : `${weight}% of traffic, `}${running} of ${counted(desired, 'task')} running when it ended`,
    ),
    next: [
      { command: `teal deployment ${id}`, effect: 'the whole story' },
      { command: 'teal tasks', effect: 'which tasks there are, and how they ended' },
      { command: 'teal deploy', effect: 'deploy a revision that works' },
    ],
  }
}
