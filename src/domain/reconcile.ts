import { checkedHealth } from './container-health.ts'
import { computedDesiredCount } from './service.ts'
import type { Service, TaskSet } from './service.ts'
import { stoppedReason } from './service-events.ts'
import type { TargetHealth } from './target-health.ts'
import type { Task, TaskStopCode } from './task.ts'
import { sparedUntil } from './task-protection.ts'

/** A task set as it is: what is wanted, what there is, and what the load balancer says of it. */
export type ObservedTaskSet = {
  readonly service: Service
  readonly taskSet: TaskSet
  readonly tasks: readonly ObservedTask[]
  readonly now: number
  /** What a rolling update leaves it; without one there may be twice as many tasks as desired. */
  readonly bounds?: {
    /** How many tasks may start now. */
    readonly room: number
    /** There is no room for a replacement: an unhealthy task makes some by going first. */
    readonly stopUnhealthyFirst: boolean
    /** No task of it starts any more, so what never was healthy has no replacement to wait for. */
    readonly isGivenUp: boolean
  }
}

/** `targets` are the registrations of a running task; none where it has no load balancer or does not run yet. */
export type ObservedTask = { readonly task: Task; readonly targets: readonly ObservedTarget[] }
export type ObservedTarget = {
  readonly targetGroupArn: string
  readonly port: number
  readonly health: TargetHealth
  /** The last health check's answer in words. */
  readonly lastCheck?: string
}

export type ReconcileAction =
  /** `replacing` of them take the place of unhealthy tasks that still run. */
  | { readonly kind: 'startTasks'; readonly count: number; readonly replacing: number }
  | {
      readonly kind: 'stopTask'
      readonly task: Task
      readonly stopCode: TaskStopCode
      readonly stoppedReason: string
      /** It counts against the task set: the next start has to wait. */
      readonly failed: boolean
    }
  /** One task too many, which is protected from scale-in until then. */
  | { readonly kind: 'spareTask'; readonly task: Task; readonly until: number }
  /** Nothing more to do before, unless something changes. */
  | { readonly kind: 'waitUntil'; readonly at: number }

/**
 * What has to be done so that a task set comes to its desired count of healthy tasks. An unhealthy task is stopped only
 * when its replacement runs, and there are never more than twice the desired count of tasks (ECS: maximumPercent 200).
 */
export function reconcile(observed: ObservedTaskSet): readonly ReconcileAction[] {
  const { service, taskSet, tasks, now, bounds } = observed
  const desired = computedDesiredCount(service, taskSet)
  const wanted = tasks.filter(({ task }) => task.desiredStatus === 'RUNNING')
  const unhealthy = wanted.filter((each) => isUnhealthy(each, service, now))
  const good = wanted.filter((each) => !unhealthy.includes(each))
  const surplus = scaleIn(observed, desired === 0 ? wanted : good, desired)
  const sick = desired === 0 ? [] : replaced(unhealthy, unhealthyToGo(observed, unhealthy, good, desired))
  const stops = surplus.filter(({ kind }) => kind === 'stopTask').length + sick.length
  const missing = Math.min(desired - good.length, bounds?.room ?? 2 * desired - wanted.length + stops)
  return [...surplus, ...sick, ...starts(missing, unhealthy.length, taskSet, now), ...gracePeriodEnds(good, service)]
}

/** ECS's rule: as many RUNNING as desired, none pending, and every one of them healthy in the load balancer. */
export function isSteady({ service, taskSet, tasks }: ObservedTaskSet): boolean {
  const running = tasks.filter(({ task }) => task.lastStatus === 'RUNNING')
  if (running.length !== computedDesiredCount(service, taskSet)) return false
  return tasks.every(({ task }) => !isPending(task)) && running.every(isHealthyOrWas)
}

/** There is nothing to do, to note or to wait for: the usual answer, and a cheap one. */
export function isAtRest(observed: ObservedTaskSet): boolean {
  const { taskSet, tasks } = observed
  if (taskSet.status === 'DRAINING') return tasks.every(({ task }) => task.desiredStatus === 'STOPPED')
  if (taskSet.stabilityStatus !== 'STEADY_STATE' || !isSteady(observed)) return false
  return tasks.every(
    (each) =>
      each.task.desiredStatus === 'RUNNING' &&
      each.task.healthyAt !== undefined &&
      each.task.unhealthyAt === undefined &&
      healthOf(each) === 'healthy',
  )
}

/** It counts towards a service's minimumHealthyPercent: it has been found healthy, and nothing is known against it. */
export function isCountedHealthy(observed: ObservedTask): boolean {
  const { task, targets } = observed
  if (task.desiredStatus !== 'RUNNING' || task.lastStatus !== 'RUNNING') return false
  const isInUse = targets.length === 0 || targets.some(({ health }) => health.state !== 'unused')
  if (isInUse && task.healthyAt === undefined) return false
  return task.unhealthyAt === undefined && isHealthyOrWas(observed)
}

/** A router that was only just started has no answer yet for targets that were healthy: that is no news of them. */
function isHealthyOrWas(observed: ObservedTask): boolean {
  const { task, targets } = observed
  if (healthOf(observed) === 'healthy') return true
  const wasHealthy = task.healthyAt !== undefined && task.unhealthyAt === undefined
  if (!wasHealthy || checkedHealth(task) !== 'healthy') return false
  return targets.every(({ health }) => health.state === 'initial' || countsAsHealthy(health))
}

/** PROVISIONING, PENDING and ACTIVATING count as pending. */
export function isPending({ lastStatus }: Task): boolean {
  return lastStatus === 'PROVISIONING' || lastStatus === 'PENDING' || lastStatus === 'ACTIVATING'
}

/** What the load balancer says of all targets of a task together, and its essential containers' own health checks. */
export function healthOf({ task, targets }: ObservedTask): 'healthy' | 'unhealthy' | 'unknown' {
  const ofContainers = checkedHealth(task)
  if (ofContainers === 'unhealthy' || targets.some(({ health }) => health.state === 'unhealthy')) return 'unhealthy'
  const isHealthy = ofContainers === 'healthy' && targets.every(({ health }) => countsAsHealthy(health))
  return isHealthy ? 'healthy' : 'unknown'
}

/** Unhealthy, and the grace period after its start is over. */
export function isUnhealthy(observed: ObservedTask, service: Service, now: number): boolean {
  return healthOf(observed) === 'unhealthy' && gracePeriodEnd(observed.task, service) <= now
}

/** ECS cannot know more of a group behind no rule, or of one without health checks, than that nothing is wrong. */
function countsAsHealthy({ state, reason }: TargetHealth): boolean {
  return state === 'healthy' || reason === 'Target.NotInUse' || reason === 'Target.HealthCheckDisabled'
}

function gracePeriodEnd(task: Task, service: Service): number {
  return (task.startedAt ?? Infinity) + service.healthCheckGracePeriodSeconds * 1000
}

/**
 * Of too many tasks the least proven go: those that do not run yet, then those not yet healthy, then the newest. Those that
 * are protected stay, in the place of others that are no more proven; but no protection keeps a service that is deleted.
 */
function scaleIn(
  { service, taskSet, now }: ObservedTaskSet,
  tasks: readonly ObservedTask[],
  desired: number,
): readonly ReconcileAction[] {
  const spared = ({ task }: ObservedTask): number | undefined =>
    service.status === 'ACTIVE' ? sparedUntil(task, now) : undefined
  // A rolling update has seen to it that enough healthy tasks are left of all its task sets.
  const isPlanned = taskSet.rollout?.desiredCount !== undefined
  const rank = (each: ObservedTask): number =>
    (isPlanned && spared(each) !== undefined ? 2 : worth(each.task)) + (spared(each) === undefined ? 0 : 0.5)
  const isTooMuch = tasks.filter((each) => spared(each) !== undefined).length > desired
  return tasks
    .toSorted((one, other) => rank(other) - rank(one) || one.task.createdAt - other.task.createdAt)
    .slice(desired)
    .map((each) => {
      const { task } = each
      const until = spared(each)
      if (until !== undefined) return isTooMuch ? { kind: 'spareTask', task, until } : { kind: 'waitUntil', at: until }
      return {
        kind: 'stopTask',
        task,
        stopCode: 'ServiceSchedulerInitiated',
        stoppedReason: stoppedReason.scaling(taskSet.taskSetId),
        failed: false,
      }
    })
}

function worth(task: Task): number {
  if (task.lastStatus !== 'RUNNING') return 0
  return task.healthyAt === undefined ? 1 : 2
}

/**
 * As many unhealthy tasks as have a running replacement. Where there is no room for one, ECS stops one unhealthy task
 * first, and the next when that one's replacement has started.
 */
function unhealthyToGo(
  { bounds, tasks }: ObservedTaskSet,
  unhealthy: readonly ObservedTask[],
  good: readonly ObservedTask[],
  desired: number,
): number {
  const running = good.filter(({ task }) => task.lastStatus === 'RUNNING').length
  const replacedBy = Math.max(0, Math.min(running, desired) + unhealthy.length - desired)
  const isMoving = tasks.some(({ task }) => task.desiredStatus === 'STOPPED' || isPending(task))
  const isStuck = bounds?.stopUnhealthyFirst === true && good.length < desired && !isMoving
  const toGo = isStuck && unhealthy.length > 0 ? Math.max(1, replacedBy) : replacedBy
  return bounds?.isGivenUp === true ? Math.max(toGo, unhealthy.filter(neverHealthy).length) : toGo
}

function neverHealthy({ task }: ObservedTask): boolean {
  return task.healthyAt === undefined
}

/** First those that never were healthy, then the oldest. */
function replaced(unhealthy: readonly ObservedTask[], count: number): readonly ReconcileAction[] {
  return unhealthy
    .toSorted((one, other) => worth(one.task) - worth(other.task) || one.task.createdAt - other.task.createdAt)
    .slice(0, count)
    .map(({ task, targets }) => ({
      kind: 'stopTask',
      task,
      stopCode: 'ServiceSchedulerInitiated',
      stoppedReason: unhealthyReason(task, targets),
      failed: task.healthyAt === undefined,
    }))
}

function unhealthyReason(task: Task, targets: readonly ObservedTarget[]): string {
  const target = targets.find(({ health }) => health.state === 'unhealthy')
  if (target === undefined && checkedHealth(task) === 'unhealthy') return stoppedReason.failedContainerChecks
  return stoppedReason.failedElbChecks(target?.targetGroupArn ?? '')
}

function starts(missing: number, unhealthy: number, { failures }: TaskSet, now: number): readonly ReconcileAction[] {
  if (missing <= 0) return []
  if (failures.nextStartAt > now) return [{ kind: 'waitUntil', at: failures.nextStartAt }]
  return [{ kind: 'startTasks', count: missing, replacing: Math.min(missing, unhealthy) }]
}

/** An unhealthy task is left alone until its grace period ends; then somebody must look again. */
function gracePeriodEnds(good: readonly ObservedTask[], service: Service): readonly ReconcileAction[] {
  return good
    .filter((each) => healthOf(each) === 'unhealthy')
    .map(({ task }) => ({ kind: 'waitUntil', at: gracePeriodEnd(task, service) }))
}
