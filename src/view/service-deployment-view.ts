import type { ServiceDeployment, ServiceRevision, ServiceRevisionSummary } from '@aws-sdk/client-ecs'
import { alarmDangers } from './alarm-danger.ts'
import type { DangerView, DeploymentPhase, DeploymentView, SideView, Suggestion } from './deployment-view.ts'
import { serviceDeploymentDiagnosis } from './service-deployment-diagnosis.ts'
import { endingProtection } from './protected-tasks.ts'
import {
  hasGoneBack,
  heldByUpdate,
  serviceDeploymentOutlook,
  serviceDeploymentStages,
} from './service-deployment-stages.ts'
import { healthOf, serviceTidings, type Surroundings } from './surroundings.ts'
import { shortArn, timeIn } from './words.ts'

/** What AWS answers about a deployment that ECS itself does. */
export type SeenServiceDeployment = Surroundings & {
  readonly deployment: ServiceDeployment
  /** Of the target and of the sources. */
  readonly revisions: readonly ServiceRevision[]
  /** When a stage was first seen, by its name. */
  readonly stageTimes: Readonly<Record<string, number>>
  /** The last lines that hooks wrote that failed, by the ARNs of their functions. */
  readonly hookLogs?: Readonly<Record<string, readonly string[]>> | undefined
  /** When green's weight was first seen to be what it is. */
  readonly weightSince?: number | undefined
}

/** A deployment of ECS itself as people see it: blue/green, linear, canary or rolling. */
export function serviceDeploymentView(seen: SeenServiceDeployment): DeploymentView {
  const { deployment, at } = seen
  const arn = deployment.serviceDeploymentArn ?? ''
  const phase = phaseOf(deployment)
  const parts = { phase, stages: serviceDeploymentStages(seen), sides: sidesOf(seen) }
  const isOver = phase !== 'running' && phase !== 'waiting'
  const begunAt = timeIn(deployment.startedAt ?? deployment.createdAt)
  const tidings = serviceTidings(seen.service, { begunAt: begunAt ?? at, endedAt: timeIn(deployment.finishedAt) })
  return {
    id: arn,
    dialect: 'ECS',
    isRollback: false,
    status: deployment.status ?? 'PENDING',
    service: arn.split('/').slice(-3, -1).join('/'),
    manner: `ECS itself, strategy ${deployment.deploymentConfiguration?.strategy ?? 'ROLLING'}`,
    begunAt,
    endedAt: timeIn(deployment.finishedAt),
    ...parts,
    outlook: serviceDeploymentOutlook(seen, parts),
    dangers: isOver ? [] : [...ownDangers(seen), ...alarmDangers(seen)],
    tidings,
    commands: [...commandsOf(deployment, phase), ...endingProtection(seen, heldByUpdate(seen))],
    diagnosis:
      phase === 'failed' || phase === 'stopped' ? serviceDeploymentDiagnosis(seen, { ...parts, tidings }) : undefined,
    minuteMilliseconds: seen.minuteMilliseconds,
  }
}

function phaseOf({ status, lifecycleHookDetails = [] }: ServiceDeployment): DeploymentPhase {
  switch (status) {
    case 'SUCCESSFUL':
      return 'succeeded'
    case 'STOPPED':
      return 'stopped'
    case 'ROLLBACK_SUCCESSFUL':
    case 'ROLLBACK_FAILED':
      return 'failed'
    case undefined:
    case 'PENDING':
    case 'IN_PROGRESS':
    case 'STOP_REQUESTED':
    case 'ROLLBACK_REQUESTED':
    case 'ROLLBACK_IN_PROGRESS':
      return lifecycleHookDetails.some((hook) => hook.status === 'AWAITING_ACTION') ? 'waiting' : 'running'
  }
}

function sidesOf(seen: SeenServiceDeployment): readonly SideView[] {
  const { targetServiceRevision, sourceServiceRevisions = [] } = seen.deployment
  const [source] = sourceServiceRevisions
  const blue = source === undefined ? [] : [sideOf(seen, source, 'blue')]
  return targetServiceRevision === undefined ? blue : [...blue, sideOf(seen, targetServiceRevision, 'green')]
}

function sideOf(seen: SeenServiceDeployment, summary: ServiceRevisionSummary, colour: 'blue' | 'green'): SideView {
  const revision = seen.revisions.find(({ serviceRevisionArn }) => serviceRevisionArn === summary.arn)
  const targetGroup = targetGroupOf(revision)
  // Old and new tasks of a rolling update share one group, whose numbers are those of both: they stand with what stays.
  const isShared = (seen.deployment.deploymentConfiguration?.strategy ?? 'ROLLING') === 'ROLLING'
  const stays = hasGoneBack(seen.deployment) ? 'blue' : 'green'
  const group = isShared && colour !== stays ? undefined : seen.groups[targetGroup]
  return {
    colour,
    targetGroup: targetGroup === '' ? (shortArn(summary.arn) ?? '') : targetGroup,
    runs: shortArn(revision?.taskDefinition),
    desired: summary.requestedTaskCount ?? 0,
    running: summary.runningTaskCount ?? 0,
    pending: summary.pendingTaskCount ?? 0,
    weight: summary.requestedProductionTrafficWeight,
    ...(isShared ? { isShared } : {}),
    health: group && healthOf(group.targets),
    traffic: group?.traffic,
  }
}

/** Which of the two groups it got is decided when it is deployed; what it is configured with need not be it. */
function targetGroupOf(revision: ServiceRevision | undefined): string {
  const resolved = revision?.resolvedConfiguration?.loadBalancers?.[0]?.targetGroupArn
  const arn = resolved ?? revision?.loadBalancers?.[0]?.targetGroupArn
  return arn?.split('/').at(-2) ?? ''
}

function ownDangers({ deployment, at }: SeenServiceDeployment): readonly DangerView[] {
  const { deploymentCircuitBreaker: breaker, lifecycleHookDetails = [] } = deployment
  const hooks = lifecycleHookDetails
    .filter(({ status }) => status === 'AWAITING_ACTION' || status === 'IN_PROGRESS')
    .map(({ targetArn, hookId, expiresAt, timeoutAction, status }): DangerView => {
      const end = timeIn(expiresAt)
      const then = timeoutAction === 'CONTINUE' ? 'else it goes on without' : 'else it is rolled back'
      const what = status === 'AWAITING_ACTION' ? 'somebody has to continue it' : 'it has to answer SUCCEEDED in time'
      const name = `hook ${shortFunction(targetArn) ?? hookId?.slice(0, 14) ?? ''}`
      return {
        name,
        level: end !== undefined && end - at < 60_000 ? 'near' : 'calm',
        text: `${what}, ${then}`,
        at: end,
      }
    })
  if (breaker === undefined || breaker.status === 'DISABLED' || breaker.threshold === undefined) return hooks
  const count = breaker.failureCount ?? 0
  const level = breaker.status === 'TRIGGERED' ? 'reached' : count * 2 >= breaker.threshold ? 'near' : 'calm'
  const text = `${count} of ${breaker.threshold} failed tasks in a row end it`
  return [...hooks, { name: 'circuit breaker', level, text }]
}

function shortFunction(arn: string | undefined): string | undefined {
  return arn?.split(':function:').at(-1)
}

function commandsOf(deployment: ServiceDeployment, phase: DeploymentPhase): readonly Suggestion[] {
  const { serviceDeploymentArn: arn = '', lifecycleStage } = deployment
  const id = shortArn(arn)
  const back = { command: `teal stop ${id} --rollback`, effect: 'all traffic back to blue' }
  switch (phase) {
    case 'waiting':
      return [{ command: `teal continue ${id}`, effect: 'end the pause' }, back]
    case 'running':
      // It is refused while it goes back, and once the former revision is being taken away.
      return hasGoneBack(deployment) || lifecycleStage === 'CLEAN_UP' ? [] : [back]
    case 'succeeded':
    case 'failed':
    case 'stopped':
      return [{ command: `teal deployment ${id}`, effect: 'the whole story' }]
  }
}
