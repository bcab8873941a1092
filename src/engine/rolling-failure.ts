import { parseArn } from '../domain/identifiers.ts'
import { serviceEvent } from '../domain/service-events.ts'
import type { ServiceDeployment } from '../domain/service-deployment.ts'
import type { ServiceRevision } from '../domain/service-revision.ts'
import { withMakeup } from '../domain/service.ts'
import type { Rollout, Service, TaskSet } from '../domain/service.ts'
import { recordServiceEvents } from './event-recording.ts'
import type { SchedulerContext } from './scheduler-context.ts'
import { endServiceDeployment, replacePrimary } from './service-deployments.ts'
import type { Store } from './store.ts'

/** Why a rolling update does not go on, in the words of each place that tells of it. */
export type RollingFailure = {
  readonly rollback: boolean
  /** The failed entry's `rolloutStateReason`. */
  readonly stateReason: string
  /** The `rolloutStateReason` of what is rolled back to, without the id. */
  readonly rollingBackReason: string
  /** What an event says after `deployment failed: `; none where a client stopped it. */
  readonly event?: string
  /** What `statusReason` says after `Service deployment rolled back because `. */
  readonly because: string
  /** What watched over it and has seen the failure, as it is from now on. */
  readonly monitors: Partial<Pick<ServiceDeployment, 'deploymentCircuitBreaker' | 'alarms'>>
}

/** What stands against going on with a rolling update that runs: too many failed tasks, an alarm, a client's word. */
export function rollingFailure(
  store: Store,
  deployment: ServiceDeployment,
  primary: TaskSet,
): RollingFailure | undefined {
  if (deployment.status === 'ROLLBACK_REQUESTED') return stopped(true)
  if (deployment.status === 'STOP_REQUESTED') return stopped(false)
  if (deployment.status === 'ROLLBACK_IN_PROGRESS') return rollbackFailed(deployment, primary)
  if (deployment.status !== 'IN_PROGRESS') return undefined
  return breakerTriggered(deployment, primary) ?? alarmTriggered(store, deployment)
}

/**
 * Ends a rolling update that failed: the service goes back to the revision of its last completed deployment, or stays as
 * it is, and no more tasks of the failed revision start. From a rollback that failed there is nowhere left to go.
 */
export function failRollingUpdate(
  context: SchedulerContext,
  service: Service,
  deployment: ServiceDeployment,
  primary: TaskSet,
  failure: RollingFailure,
): void {
  const { store, clock } = context
  const failed: Rollout = { state: 'FAILED', stateReason: failure.stateReason }
  const watched: ServiceDeployment = { ...deployment, ...failure.monitors }
  if (failure.event !== undefined) {
    recordServiceEvents(context, service.serviceArn, [
      serviceEvent.deploymentFailed(service, primary.taskSetId, failure.event),
    ])
  }
  const candidate = failure.rollback ? rollbackCandidate(store, deployment) : undefined
  if (candidate !== undefined) return rollBack(context, service, watched, candidate, failure)
  store.taskSets.put(primary.taskSetArn, { ...primary, rollout: failed, updatedAt: clock.now() })
  endServiceDeployment(context, service, watched, { ...endOf(deployment, failure), stoppedAt: clock.now() })
}

function endOf(
  { rollback: begun }: ServiceDeployment,
  { rollback, because }: RollingFailure,
): Pick<ServiceDeployment, 'status' | 'statusReason'> {
  if (begun !== undefined) {
    // Why it went back in the first place is told nowhere else.
    return { status: 'ROLLBACK_FAILED', statusReason: `${begun.reason} The rollback failed because ${because}` }
  }
  if (rollback) {
    return { status: 'ROLLBACK_FAILED', statusReason: 'No rollback candidate was found to run the rollback.' }
  }
  return { status: 'STOPPED', statusReason: `Service deployment stopped because ${because}` }
}

/** The revision a deployment goes back to, where it is not the one being deployed. */
function rollbackCandidate(
  store: Store,
  { rollbackCandidateArn, targetServiceRevision }: ServiceDeployment,
): ServiceRevision | undefined {
  if (rollbackCandidateArn === undefined || rollbackCandidateArn === targetServiceRevision.arn) return undefined
  return store.serviceRevisions.get(rollbackCandidateArn)
}

function rollBack(
  context: SchedulerContext,
  service: Service,
  deployment: ServiceDeployment,
  candidate: ServiceRevision,
  { because, stateReason, rollingBackReason }: RollingFailure,
): void {
  const { store, clock } = context
  const reason = `Service deployment rolled back because ${because}`
  const restored = withMakeup(service, candidate)
  store.services.put(service.serviceArn, restored)
  replacePrimary(context, restored, candidate, {
    stateReason: `${rollingBackReason} ${candidate.taskSetId}.`,
    strategy: 'ROLLING',
    formerState: { state: 'FAILED', stateReason },
  })
  store.serviceDeployments.put(deployment.serviceDeploymentArn, {
    ...deployment,
    status: 'ROLLBACK_IN_PROGRESS',
    statusReason: reason,
    rollback: { reason, startedAt: clock.now(), serviceRevisionArn: candidate.serviceRevisionArn },
    updatedAt: clock.now(),
  })
  recordServiceEvents(context, service.serviceArn, [serviceEvent.rollingBack(service, candidate.taskSetId)])
}

function stopped(rollback: boolean): RollingFailure {
  return {
    rollback,
    stateReason: 'ECS deployment stopped by StopServiceDeployment.',
    rollingBackReason: 'ECS deployment stopped: rolling back to deploymentId',
    because: 'it was stopped by StopServiceDeployment.',
    monitors: {},
  }
}

/**
 * What comes back is tried for as long as a new revision would be. While it has not completed there is no completed
 * deployment, and where its circuit breaker finds none, ECS starts no more tasks.
 */
function rollbackFailed(
  { deploymentCircuitBreaker: breaker }: ServiceDeployment,
  { failures }: TaskSet,
): RollingFailure | undefined {
  if (breaker.status === 'DISABLED' || (failures.sinceHealthy ?? 0) < breaker.threshold) return undefined
  return {
    rollback: false,
    stateReason: 'ECS deployment circuit breaker: tasks failed to start.',
    rollingBackReason: '',
    event: 'tasks failed to start.',
    because: 'the circuit breaker threshold was exceeded.',
    monitors: { deploymentCircuitBreaker: { ...breaker, status: 'TRIGGERED' } },
  }
}

function breakerTriggered(deployment: ServiceDeployment, { failures }: TaskSet): RollingFailure | undefined {
  const { deploymentCircuitBreaker: breaker, deploymentConfiguration } = deployment
  const failureCount = failures.sinceHealthy ?? 0
  if (breaker.status !== 'MONITORING' || failureCount < breaker.threshold) return undefined
  return {
    rollback: deploymentConfiguration.deploymentCircuitBreaker?.rollback === true,
    stateReason: 'ECS deployment circuit breaker: tasks failed to start.',
    rollingBackReason: 'ECS deployment circuit breaker: rolling back to deploymentId',
    event: 'tasks failed to start.',
    because: 'the circuit breaker threshold was exceeded.',
    monitors: { deploymentCircuitBreaker: { ...breaker, status: 'TRIGGERED', failureCount } },
  }
}

/** Alarms that were firing when the deployment began say nothing about it. */
function alarmTriggered(store: Store, deployment: ServiceDeployment): RollingFailure | undefined {
  const { alarms, deploymentConfiguration, serviceArn } = deployment
  if (alarms?.status !== 'MONITORING') return undefined
  const region = parseArn(serviceArn)?.region ?? ''
  const triggeredAlarmNames = alarms.alarmNames
    .filter((name) => !alarms.ignoredAlarmNames.includes(name))
    .filter((name) => store.alarms.get(`${region}/${name}`)?.stateValue === 'ALARM')
  if (triggeredAlarmNames.length === 0) return undefined
  const named = triggeredAlarmNames.join(', ')
  return {
    rollback: deploymentConfiguration.alarms?.rollback === true,
    stateReason: `ECS deployment alarm: ${named} in ALARM.`,
    rollingBackReason: 'ECS deployment alarm: rolling back to deploymentId',
    event: `alarm detected: ${named}.`,
    because: `of alarms in ALARM: ${named}.`,
    monitors: { alarms: { ...alarms, status: 'TRIGGERED', triggeredAlarmNames } },
  }
}
