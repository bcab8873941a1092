import { isCountedHealthy, isPending } from './reconcile.ts'
import type { ObservedTask } from './reconcile.ts'
import { taskLimits } from './service-deployment-configuration.ts'
import type { ServiceDeploymentConfiguration } from './service-deployment-configuration.ts'
import type { TaskSet } from './service.ts'
import type { Task } from './task.ts'
import { sparedUntil } from './task-protection.ts'

/** One of the task sets a rolling update is between, with its tasks that have not stopped. */
export type RollingSide = {
  readonly taskSet: TaskSet
  /** How many tasks are wanted of it now. */
  readonly desiredCount: number
  readonly tasks: readonly ObservedTask[]
}

export type RollingUpdate = {
  /** Of the service. */
  readonly desiredCount: number
  readonly configuration: ServiceDeploymentConfiguration
  readonly primary: RollingSide
  /** What is being replaced. */
  readonly others: readonly RollingSide[]
  readonly now: number
}

export type RollingPlan = {
  /**
   * How many tasks are wanted from now on of each of the others, by task set id; no more than before, but where the update
   * has failed.
   */
  readonly desiredCounts: ReadonlyMap<string, number>
  /** How many tasks may start, of all task sets together. */
  readonly room: number
  /** Of these the update has no use for all that is there, and yet it stays: what is left is protected from scale-in. */
  readonly spared: readonly string[]
  /** The limits leave no way on: nothing may start, nothing may stop, and nothing is under way that would change that. */
  readonly blocked: boolean
}

/**
 * What a rolling update does next. As many old tasks are given up as new ones are healthy; more of them only where
 * maximumPercent leaves the new ones no room, and then never a healthy one below minimumHealthyPercent. So nothing that
 * serves is taken away before there is something in its place, whatever the limits would allow; what is protected from
 * scale-in stays beside the new tasks for as long, within maximumPercent; and nothing is taken away at all once
 * the update has failed or was stopped. Then no task of the new revision starts any more, and what the service lacks is
 * made up by the last completed revision that is still there.
 */
export function planRollingUpdate(update: RollingUpdate): RollingPlan {
  const { desiredCount, configuration, primary, others, now } = update
  const limits = taskLimits(configuration, desiredCount)
  const sides = [primary, ...others]
  const counting = sides.flatMap(({ tasks }) => tasks.filter(countsToMaximum))
  const room = limits.maximum - counting.length
  const kept = others.map((side) => new KeptTasks(side, now))
  const surplus = sum(kept, 'count') - Math.max(0, desiredCount - replacements(primary))
  const running = sum(kept, 'running')
  const dispensable = (): number => Math.max(0, healthyTasks(primary) + sum(kept, 'healthy') - limits.minimumHealthy)
  const released = release(kept, surplus, dispensable())
  const spared = released < surplus ? kept.filter(({ isAllProtected }) => isAllProtected) : []
  heirOf(primary, kept)?.makeUp(desiredCount - standing(primary) - sum(kept, 'count'))
  // What is going leaves its place to others, and so does what is given up now; what is missing would take one.
  const tooMany = Math.max(
    0,
    primary.tasks.filter(isWanted).length - Math.max(desiredCount, protectedTasks(primary, now)),
  )
  const leaving = counting.filter((each) => !isWanted(each)).length + tooMany + running - sum(kept, 'running')
  const lacking = missingStarts(update) - (room + leaving - sum(kept, 'missing'))
  const forRoom = release(kept, lacking, dispensable())
  return {
    desiredCounts: new Map(kept.map((each) => [each.taskSetId, each.count])),
    room: Math.max(0, room),
    spared: spared.map(({ taskSetId }) => taskSetId),
    blocked: lacking > 0 && room <= 0 && released + forRoom === 0 && sides.every((side) => isSettled(side, now)),
  }
}

/** No task starts of a revision that failed, or that was replaced before it was ever completed. */
export function isStillTried({ status, rollout }: TaskSet): boolean {
  if (status === 'PRIMARY') return rollout?.state !== 'FAILED'
  return rollout?.state === 'COMPLETED'
}

/** How many tasks stand in for old ones. Those of a revision that failed do not: it is not rolled out any further. */
function replacements(primary: RollingSide): number {
  return primary.taskSet.rollout?.state === 'FAILED' ? 0 : healthyTasks(primary)
}

/** Whose tasks stand in for those that a failed revision has none of any more. */
function heirOf({ taskSet }: RollingSide, kept: readonly KeptTasks[]): KeptTasks | undefined {
  if (taskSet.rollout?.state !== 'FAILED') return undefined
  // One that was given up whole is on its way out: to bring it back would be a rollback.
  return kept.filter(({ mayStart, count }) => mayStart && count > 0).toSorted((one, other) => other.rank - one.rank)[0]
}

/** What of a revision may still come to serve, or serves. */
function standing({ tasks }: RollingSide): number {
  return tasks.filter((each) => isWanted(each) && each.task.unhealthyAt === undefined).length
}

function healthyTasks({ tasks }: RollingSide): number {
  return tasks.filter((each) => isCountedHealthy(each)).length
}

/** ECS: what is RUNNING or on its way there. A task that drains has left its place to the next one. */
function countsToMaximum({ task }: ObservedTask): boolean {
  return task.lastStatus === 'RUNNING' || isPending(task)
}

/** How many tasks of the new revision could start now if there were room. */
function missingStarts({ desiredCount, primary, now }: RollingUpdate): number {
  const { taskSet, tasks } = primary
  if (taskSet.rollout?.state === 'FAILED' || taskSet.failures.nextStartAt > now) return 0
  return Math.max(0, desiredCount - tasks.filter(isWanted).length)
}

/** Whether nothing is on its way up or down. */
function isSettled(side: RollingSide, now: number): boolean {
  const { tasks, desiredCount } = side
  const most = Math.max(desiredCount, protectedTasks(side, now))
  return tasks.filter(isWanted).length <= most && tasks.every(({ task }) => isWanted({ task }) && !isPending(task))
}

/** How many tasks stay whatever is wanted. */
function protectedTasks({ tasks }: Pick<RollingSide, 'tasks'>, now: number): number {
  return tasks.filter(({ task }) => sparedUntil(task, now) !== undefined).length
}

function isWanted({ task }: { readonly task: Task }): boolean {
  return task.desiredStatus === 'RUNNING'
}

/** Gives up so many tasks, those that serve nobody first, and of the healthy ones so many at most; answers how many. */
function release(sides: readonly KeptTasks[], count: number, mostHealthy: number): number {
  const order = sides.toSorted((one, other) => one.rank - other.rank)
  let left = Math.max(0, count)
  for (const kind of ['missing', 'unproven'] as const) {
    for (const side of order) left -= side.release(kind, left)
  }
  let healthyLeft = Math.min(left, mostHealthy)
  for (const side of order) {
    const released = side.release('healthy', healthyLeft)
    healthyLeft -= released
    left -= released
  }
  return Math.max(0, count) - left
}

function sum(sides: readonly KeptTasks[], member: 'count' | 'running' | 'missing' | 'healthy'): number {
  return sides.reduce((total, side) => total + side[member], 0)
}

/** What is still wanted of a task set that is being replaced, by what it is worth. */
class KeptTasks {
  readonly taskSetId: string
  /** Revisions that never completed go first, then the older ones. */
  readonly rank: number
  /** Of a revision that never completed nothing starts any more. */
  readonly mayStart: boolean
  missing: number
  unproven: number
  healthy: number
  /** How many tasks of each kind no scale-in takes away, however few are wanted. */
  readonly #protected: { readonly unproven: number; readonly healthy: number }

  constructor(side: RollingSide, now: number) {
    const { taskSet, desiredCount, tasks } = side
    const wanted = tasks.filter(isWanted)
    const spared = wanted.filter(({ task }) => sparedUntil(task, now) !== undefined)
    const healthy = spared.filter((each) => isCountedHealthy(each)).length
    const most = Math.max(desiredCount, spared.length)
    this.#protected = { unproven: spared.length - healthy, healthy }
    this.taskSetId = taskSet.taskSetId
    this.rank = taskSet.rollout?.state === 'COMPLETED' ? taskSet.createdAt : taskSet.createdAt - Number.MAX_SAFE_INTEGER
    this.healthy = Math.min(most, wanted.filter((each) => isCountedHealthy(each)).length)
    this.unproven = Math.min(most, wanted.length) - this.healthy
    this.mayStart = taskSet.rollout?.state === 'COMPLETED'
    this.missing = this.mayStart ? Math.max(0, desiredCount - this.running) : 0
  }

  get running(): number {
    return this.unproven + this.healthy
  }

  get count(): number {
    return this.running + this.missing
  }

  get isAllProtected(): boolean {
    return this.running > 0 && this.#unprotected === 0
  }

  makeUp(lost: number): void {
    this.missing += Math.max(0, lost)
  }

  release(kind: 'missing' | 'unproven' | 'healthy', most: number): number {
    const released = Math.min(this.#releasable(kind), most)
    this[kind] -= released
    return released
  }

  get #unprotected(): number {
    return this.running - this.#protected.unproven - this.#protected.healthy
  }

  #releasable(kind: 'missing' | 'unproven' | 'healthy'): number {
    if (kind === 'missing') return this.missing
    return Math.max(0, Math.min(this[kind] - this.#protected[kind], this.#unprotected))
  }
}
