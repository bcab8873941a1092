import { capacityProviders } from '../domain/capacity-provider.ts'
import { checkedHealth } from '../domain/container-health.ts'
import { healthOf, isAtRest, isPending, isSteady, isUnhealthy, reconcile } from '../domain/reconcile.ts'
import type { ObservedTask, ObservedTaskSet, ReconcileAction } from '../domain/reconcile.ts'
import type { Service, TaskSet } from '../domain/service.ts'
import { serviceEvent } from '../domain/service-events.ts'
import { stopDecided } from '../domain/task-transitions.ts'
import type { Task } from '../domain/task.ts'
import { recordServiceEvents, serviceEvents } from './event-recording.ts'
import type { SchedulerContext } from './scheduler-context.ts'
import { recordFailure } from './task-failure.ts'
import { newTask } from './task-launch.ts'
import { observedTargets } from './task-targets.ts'

/**
 * Looks at a task set once and decides what has to be done for it; `tasks` are those that have not stopped. The tasks'
 * own lifecycle carries it out. Answers when to look again at the latest.
 */
export function keepTaskSet(
  context: SchedulerContext,
  service: Service,
  taskSet: TaskSet,
  tasks: readonly Task[],
): number {
  const { store, clock } = context
  const now = clock.now()
  const seen = tasks.map((task) => ({ task, targets: observedTargets(context, task, taskSet) }))
  if (isAtRest({ service, taskSet, tasks: seen, now })) return Infinity
  return store.noted(() => {
    const noted = seen.map((each) => withHealthNoted(context, service, each))
    const observed = { service, taskSet: countingAnew(context, taskSet, seen, noted), now, tasks: noted }
    const { wakeAt } = reconciled(context, observed)
    noteStability(context, observed)
    return wakeAt
  })
}

/** A task that has become healthy ends a row of failures, as the deployment circuit breaker counts them. */
export function countingAnew(
  { store }: Pick<SchedulerContext, 'store'>,
  taskSet: TaskSet,
  before: readonly ObservedTask[],
  after: readonly ObservedTask[],
): TaskSet {
  const isNewlyHealthy = after.some(
    ({ task }, index) => task.healthyAt !== undefined && before[index]?.task.healthyAt === undefined,
  )
  if (!isNewlyHealthy || (taskSet.failures.sinceHealthy ?? 0) === 0) return taskSet
  const counting = { ...taskSet, failures: { ...taskSet.failures, sinceHealthy: 0 } }
  store.taskSets.put(counting.taskSetArn, counting)
  return counting
}

/** Does what the reconcile decides; answers how many tasks it started, and when to look again at the latest. */
export function reconciled(
  context: SchedulerContext,
  observed: ObservedTaskSet,
): { readonly started: number; readonly wakeAt: number } {
  const actions = reconcile(observed)
  stopTasks(context, observed.service, actions)
  startTasks(context, observed.service, observed.taskSet, actions)
  if (actions.some(({ kind }) => kind === 'spareTask')) tellSparing(context, observed.service, observed.taskSet)
  return {
    started: actions.reduce((sum, action) => sum + (action.kind === 'startTasks' ? action.count : 0), 0),
    wakeAt: Math.min(...actions.map(lookAgainAt)),
  }
}

function lookAgainAt(action: ReconcileAction): number {
  switch (action.kind) {
    case 'waitUntil':
      return action.at
    case 'spareTask':
      return action.until
    case 'startTasks':
    case 'stopTask':
      return Infinity
  }
}

/** Keeps when a task was first healthy, and since when it is unhealthy, which is also told in an event. */
export function withHealthNoted(context: SchedulerContext, service: Service, observed: ObservedTask): ObservedTask {
  const { task, targets } = observed
  if (task.desiredStatus !== 'RUNNING' || task.lastStatus !== 'RUNNING') return observed
  const now = context.clock.now()
  if (task.unhealthyAt === undefined && isUnhealthy(observed, service, now)) {
    recordServiceEvents(context, service.serviceArn, [unhealthyEvent(service, observed)])
    const because = targets.find(({ lastCheck }) => lastCheck !== undefined)?.lastCheck
    const noted = { unhealthyAt: now, ...(because === undefined ? {} : { unhealthyBecause: because }) }
    return { task: kept(context, { ...task, ...noted }), targets }
  }
  if (healthOf(observed) !== 'healthy' || targets.some(({ health }) => health.state === 'unused')) return observed
  if (task.healthyAt !== undefined && task.unhealthyAt === undefined) return observed
  const { unhealthyAt: _over, unhealthyBecause: _reason, ...recovered } = task
  return { task: kept(context, { ...recovered, healthyAt: task.healthyAt ?? now }), targets }
}

function kept({ store }: SchedulerContext, task: Task): Task {
  store.tasks.put(task.taskArn, task)
  return task
}

function unhealthyEvent(service: Service, { task, targets }: ObservedTask): string {
  const target = targets.find(({ health }) => health.state === 'unhealthy')
  if (target === undefined && checkedHealth(task) === 'unhealthy') {
    return serviceEvent.unhealthyContainer(service, task.taskId)
  }
  return serviceEvent.unhealthy(service, task.taskId, {
    targetGroupArn: target?.targetGroupArn ?? '',
    port: target?.port ?? 0,
    description: target?.health.description ?? 'Health checks failed',
  })
}

function stopTasks(context: SchedulerContext, service: Service, actions: readonly ReconcileAction[]): void {
  const stops = actions.filter((action) => action.kind === 'stopTask')
  for (const { task, stopCode, stoppedReason, failed } of stops) {
    const stopping = kept(context, stopDecided(task, { stopCode, stoppedReason }, context.clock.now()))
    if (failed) recordFailure(context, stopping)
  }
  const running = stops.filter(({ task }) => task.lastStatus === 'RUNNING').map(({ task }) => task.taskId)
  const pending = stops.filter(({ task }) => isPending(task)).length
  recordServiceEvents(context, service.serviceArn, [
    ...(running.length > 0 ? [serviceEvent.stoppedRunning(service, running)] : []),
    ...(pending > 0 ? [serviceEvent.stoppedPending(service, pending)] : []),
  ])
}

function startTasks(
  context: SchedulerContext,
  service: Service,
  taskSet: TaskSet,
  actions: readonly ReconcileAction[],
): void {
  const { store, chance, clock } = context
  const definition = store.taskDefinitions.get(taskSet.taskDefinition)
  const counted = store.tasks
    .ofService(service.serviceArn)
    .filter(({ taskSetId, desiredStatus }) => taskSetId === taskSet.taskSetId && desiredStatus === 'RUNNING')
  const providers = capacityProviders(taskSet.capacityProviderStrategy, counted)
  for (const action of actions) {
    if (action.kind !== 'startTasks') continue
    const tasks = Array.from({ length: action.count }, () =>
      kept(context, newTask(service, taskSet, definition, { chance, now: clock.now(), ...providers.next() })),
    )
    const taskIds = tasks.map(({ taskId }) => taskId)
    recordServiceEvents(context, service.serviceArn, [serviceEvent.started(service, taskIds, action.replacing)])
  }
}

/** Once until the service is steady again. */
export function tellSparing(context: SchedulerContext, service: Service, taskSet: TaskSet): void {
  const [message, steady] = [serviceEvent.sparing(service, taskSet.taskSetId), serviceEvent.serviceSteady(service)]
  const events = serviceEvents(context.store, service.serviceArn)
  if (events.find((event) => event.message === message || event.message === steady)?.message === message) return
  recordServiceEvents(context, service.serviceArn, [message])
}

/** Stored, so that whoever waits for a steady state needs to look at the store only. */
function noteStability(context: SchedulerContext, observed: ObservedTaskSet): void {
  const { store } = context
  const { service, taskSet, now } = observed
  const stabilityStatus = isSteady(observed) ? 'STEADY_STATE' : 'STABILIZING'
  if (taskSet.status === 'DRAINING' || taskSet.stabilityStatus === stabilityStatus) return
  const current = store.taskSets.get(taskSet.taskSetArn) ?? taskSet
  store.taskSets.put(taskSet.taskSetArn, { ...current, stabilityStatus, stabilityStatusAt: now })
  if (stabilityStatus === 'STABILIZING') return
  const others = store.taskSets.ofService(service.serviceArn).filter(({ status }) => status !== 'DRAINING')
  recordServiceEvents(context, service.serviceArn, [
    // Under the ECS controller there are no task sets to tell of.
    ...(taskSet.rollout === undefined ? [serviceEvent.taskSetSteady(service, taskSet.taskSetId)] : []),
    ...(others.every(isAtItsEnd) ? [serviceEvent.serviceSteady(service)] : []),
  ])
}

/** What a deployment of ECS itself still works on is not: that one says when the service is steady. */
function isAtItsEnd({ stabilityStatus, rollout }: TaskSet): boolean {
  return stabilityStatus === 'STEADY_STATE' && rollout?.state !== 'IN_PROGRESS'
}
