import { parseArn } from '../domain/identifiers.ts'
import { periodMilliseconds } from '../domain/metric-period.ts'
import { isAtRest, isSteady } from '../domain/reconcile.ts'
import type { ObservedTask } from '../domain/reconcile.ts'
import { isStillTried, planRollingUpdate } from '../domain/rolling.ts'
import type { RollingPlan, RollingSide } from '../domain/rolling.ts'
import { serviceEvent } from '../domain/service-events.ts'
import { isOver } from '../domain/service-deployment.ts'
import type { ServiceDeployment } from '../domain/service-deployment.ts'
import { computedDesiredCount } from '../domain/service.ts'
import type { Service, TaskSet } from '../domain/service.ts'
import type { Task } from '../domain/task.ts'
import { sparedUntil } from '../domain/task-protection.ts'
import { recordServiceEvents, serviceEvents } from './event-recording.ts'
import type { FailureWords } from './failure-words.ts'
import { failRollingUpdate, rollingFailure } from './rolling-failure.ts'
import type { SchedulerContext } from './scheduler-context.ts'
import { currentDeployment, defaultConfiguration, endServiceDeployment } from './service-deployments.ts'
import { countingAnew, reconciled, tellSparing, withHealthNoted } from './task-set-keeping.ts'
import { observedTargets } from './task-targets.ts'

/** ECS counts a task of which no health check tells anything as healthy once it has been RUNNING for so long. */
const provenAfterMilliseconds = 40_000

/**
 * Looks once at a service that ECS itself deploys: keeps its tasks, and takes its rolling update a step further. What is
 * done follows from what there is, so an engine that was killed goes on where the other one was. Answers when to look again at
 * the latest. `tasks` are those that have not stopped.
 */
export function keepRollingService(
  context: SchedulerContext,
  service: Service,
  taskSets: readonly TaskSet[],
  tasks: readonly Task[],
  words: FailureWords,
): number {
  const { store, clock } = context
  const now = clock.now()
  const found = currentDeployment(store, service)
  const seen = taskSets.map((taskSet) => sideOf(context, service, taskSet, tasks))
  const isOnlyKept = found === undefined || isOver(found)
  if (isOnlyKept && seen.length === 1 && seen.every((side) => isAtRest({ service, ...side, now }))) return Infinity
  return store.transaction(() => {
    const deployment = found === undefined ? undefined : begun(context, found)
    const noted = seen.map((side) => withHealthOfTasks(context, service, side))
    const primary = noted.find(({ taskSet }) => taskSet.status === 'PRIMARY')
    if (primary === undefined) return Infinity
    const counted = deployment && withFailuresCounted(context, deployment, primary.taskSet)
    const failure = counted && rollingFailure(store, counted, primary.taskSet)
    if (counted !== undefined && failure !== undefined) {
      if (!words.areTold(service, primary.taskSet)) return Infinity
      failRollingUpdate(context, service, counted, primary.taskSet, failure)
      // The store has changed, so the service is looked at again at once, by its new PRIMARY.
      return Infinity
    }
    const others = noted.filter((side) => side !== primary)
    const wakeAt = step(context, service, primary, others)
    return Math.min(wakeAt, finish(context, service, counted, primary, others), provenAt(noted, now))
  })
}

function sideOf(context: SchedulerContext, service: Service, taskSet: TaskSet, tasks: readonly Task[]): RollingSide {
  const own = tasks.filter(({ taskSetId }) => taskSetId === taskSet.taskSetId)
  return {
    taskSet,
    desiredCount: computedDesiredCount(service, taskSet),
    tasks: own.map((task) => ({ task, targets: observedTargets(context, task, taskSet) })),
  }
}

function begun({ store, clock }: SchedulerContext, deployment: ServiceDeployment): ServiceDeployment {
  if (deployment.status !== 'PENDING') return deployment
  const now = clock.now()
  const running: ServiceDeployment = { ...deployment, status: 'IN_PROGRESS', startedAt: now, updatedAt: now }
  store.serviceDeployments.put(deployment.serviceDeploymentArn, running)
  return running
}

function withHealthOfTasks(context: SchedulerContext, service: Service, side: RollingSide): RollingSide {
  const now = context.clock.now()
  const tasks = side.tasks.map((each) => (isUnproven(each, now) ? each : withHealthNoted(context, service, each)))
  return { ...side, taskSet: countingAnew(context, side.taskSet, side.tasks, tasks), tasks }
}

/** Nothing but time can tell of it whether it is healthy, and it has not run long enough. */
function isUnproven({ task, targets }: ObservedTask, now: number): boolean {
  if (task.lastStatus !== 'RUNNING' || task.healthyAt !== undefined || targets.length > 0) return false
  if (task.containers.some(({ essential, healthStatus }) => essential && healthStatus !== undefined)) return false
  return now < (task.startedAt ?? now) + provenAfterMilliseconds
}

function provenAt(sides: readonly RollingSide[], now: number): number {
  const unproven = sides.flatMap(({ tasks }) => tasks).filter((each) => isUnproven(each, now))
  return Math.min(...unproven.map(({ task }) => (task.startedAt ?? now) + provenAfterMilliseconds))
}

function withFailuresCounted(
  { store }: SchedulerContext,
  deployment: ServiceDeployment,
  { failures }: TaskSet,
): ServiceDeployment {
  const { deploymentCircuitBreaker: breaker, status } = deployment
  const failureCount = failures.sinceHealthy ?? 0
  if (status !== 'IN_PROGRESS' || breaker.status !== 'MONITORING' || breaker.failureCount === failureCount)
    return deployment
  const counted = { ...deployment, deploymentCircuitBreaker: { ...breaker, failureCount } }
  store.serviceDeployments.put(deployment.serviceDeploymentArn, counted)
  return counted
}

/** Says what is wanted of the old task sets from now on, and has each task set do what is left to it. */
function step(
  context: SchedulerContext,
  service: Service,
  primary: RollingSide,
  others: readonly RollingSide[],
): number {
  const { clock } = context
  const now = clock.now()
  const { desiredCount, deploymentConfiguration: configuration = defaultConfiguration } = service
  const plan = planRollingUpdate({ desiredCount, configuration, primary, others, now })
  if (plan.blocked) recordBlocked(context, service, primary.taskSet)
  let { room } = plan
  let wakeAt = protectionEndsAt(others, now)
  for (const side of [...others.map((each) => asPlanned(context, each, plan)), primary]) {
    if (plan.spared.includes(side.taskSet.taskSetId)) tellSparing(context, service, side.taskSet)
    const mayStart = isStillTried(side.taskSet)
    const bounds = { room: mayStart ? room : 0, stopUnhealthyFirst: mayStart && room === 0, isGivenUp: !mayStart }
    const done = reconciled(context, { service, taskSet: side.taskSet, tasks: side.tasks, now, bounds })
    room -= done.started
    wakeAt = Math.min(wakeAt, done.wakeAt)
  }
  return wakeAt
}

/** When the update may be able to take away something that it could not before. */
function protectionEndsAt(others: readonly RollingSide[], now: number): number {
  const tasks = others.flatMap((side) => side.tasks)
  return Math.min(...tasks.map(({ task }) => sparedUntil(task, now) ?? Infinity))
}

function asPlanned({ store, clock }: SchedulerContext, side: RollingSide, plan: RollingPlan): RollingSide {
  const { taskSet } = side
  const { rollout } = taskSet
  const desiredCount = plan.desiredCounts.get(taskSet.taskSetId) ?? side.desiredCount
  if (rollout === undefined || rollout.desiredCount === desiredCount) return side
  const planned: TaskSet = { ...taskSet, rollout: { ...rollout, desiredCount }, updatedAt: clock.now() }
  store.taskSets.put(planned.taskSetArn, planned)
  return { ...side, taskSet: planned, desiredCount }
}

/** Once for each deployment. */
function recordBlocked(context: SchedulerContext, service: Service, { updatedAt }: TaskSet): void {
  const message = serviceEvent.blocked(service)
  const told = serviceEvents(context.store, service.serviceArn).some(
    (event) => event.message === message && event.createdAt >= updatedAt,
  )
  if (!told) recordServiceEvents(context, service.serviceArn, [message])
}

/** Takes away the task sets that are empty; with the last of them gone and the new one steady, the update is completed. */
function finish(
  context: SchedulerContext,
  service: Service,
  deployment: ServiceDeployment | undefined,
  { taskSet, tasks }: RollingSide,
  others: readonly RollingSide[],
): number {
  const { store, clock } = context
  const now = clock.now()
  for (const other of others) {
    const current = store.taskSets.get(other.taskSet.taskSetArn)
    if (other.tasks.length === 0 && current?.rollout?.desiredCount === 0) store.taskSets.delete(current.taskSetArn)
  }
  const primary = store.taskSets.get(taskSet.taskSetArn) ?? taskSet
  const isProven = tasks.every((each) => !isUnproven(each, now))
  const isDone = others.length === 0 && isProven && isSteady({ service, taskSet: primary, tasks, now })
  noteStability(context, service, primary, isDone)
  if (!isDone || deployment === undefined || isOver(deployment) || primary.rollout?.state !== 'IN_PROGRESS')
    return Infinity
  const completeAt = bakedAt(context, deployment)
  if (completeAt > now) return completeAt
  complete(context, service, deployment, primary)
  return Infinity
}

function noteStability(context: SchedulerContext, service: Service, primary: TaskSet, isDone: boolean): void {
  const { store, clock } = context
  const stabilityStatus = isDone ? 'STEADY_STATE' : 'STABILIZING'
  if (primary.stabilityStatus === stabilityStatus) return
  store.taskSets.put(primary.taskSetArn, { ...primary, stabilityStatus, stabilityStatusAt: clock.now() })
  if (isDone) recordServiceEvents(context, service.serviceArn, [serviceEvent.serviceSteady(service)])
}

/**
 * Until when the alarms are watched once the last old task has gone: for the bake time, or where there is none for as long as
 * the slowest of them needs to notice, as ECS derives it from the alarms' own settings.
 */
function bakedAt({ store, clock, settings }: SchedulerContext, deployment: ServiceDeployment): number {
  const { alarms, deploymentConfiguration, serviceArn, status } = deployment
  const { bakeTimeInMinutes } = deploymentConfiguration
  const isWatched = alarms?.status === 'MONITORING'
  if (status !== 'IN_PROGRESS' || (!isWatched && bakeTimeInMinutes === undefined)) return clock.now()
  const bakeStartedAt = deployment.bakeStartedAt ?? clock.now()
  if (deployment.bakeStartedAt === undefined) {
    store.serviceDeployments.put(deployment.serviceDeploymentArn, { ...deployment, bakeStartedAt })
  }
  if (bakeTimeInMinutes !== undefined) return bakeStartedAt + bakeTimeInMinutes * settings.minuteMilliseconds
  const region = parseArn(serviceArn)?.region ?? ''
  const lengths = (alarms?.alarmNames ?? []).map((name) => {
    const watched = store.alarms.get(`${region}/${name}`)?.settings
    if (watched === undefined) return 0
    return watched.evaluationPeriods * periodMilliseconds(watched.periodSeconds, settings.minuteMilliseconds)
  })
  return bakeStartedAt + Math.max(0, ...lengths)
}

function complete(context: SchedulerContext, service: Service, deployment: ServiceDeployment, primary: TaskSet): void {
  const { store, clock } = context
  const { taskSetId } = primary
  store.taskSets.put(primary.taskSetArn, {
    ...(store.taskSets.get(primary.taskSetArn) ?? primary),
    rollout: { state: 'COMPLETED', stateReason: `ECS deployment ${taskSetId} completed.` },
    updatedAt: clock.now(),
  })
  const isRollback = deployment.status === 'ROLLBACK_IN_PROGRESS'
  const revisionArn = deployment.rollback?.serviceRevisionArn ?? deployment.targetServiceRevision.arn
  endServiceDeployment(context, service, deployment, {
    status: isRollback ? 'ROLLBACK_SUCCESSFUL' : 'SUCCESSFUL',
    ...(deployment.statusReason === undefined ? {} : { statusReason: deployment.statusReason }),
  })
  store.services.put(service.serviceArn, {
    ...(store.services.get(service.serviceArn) ?? service),
    completedServiceRevision: revisionArn,
  })
  recordServiceEvents(context, service.serviceArn, [serviceEvent.deploymentCompleted(service, taskSetId)])
}
