import type { Deployment } from '../domain/deployment.ts'
import type { ScalingDecision } from '../domain/scaling-decision.ts'
import { resourceIdOf, scalingBetween, scalingText } from '../domain/scaling.ts'
import type { RecordedScaling, ScalableTarget, ScalingActivities, ScalingActivity } from '../domain/scaling.ts'
import { computedDesiredCount, mostTasksOfService } from '../domain/service.ts'
import type { Service } from '../domain/service.ts'
import { recordServiceEvents } from './event-recording.ts'
import type { Chance, Clock } from './ports.ts'
import { scalingKey } from './scaling-policies.ts'
import type { Store } from './store.ts'

type World = { readonly store: Store; readonly clock: Clock; readonly chance: Chance }
type Place = Pick<ScalableTarget, 'region' | 'resourceId'>

/** AWS keeps six weeks; here it is this many of each service, and of so many services. */
const mostActivities = 100
const mostSuspensions = 20
const mostServices = 2_000

/** Newest first. */
export function scalingActivitiesOf(store: Store, place: Place): readonly ScalingActivity[] {
  return store.scalingActivities.get(scalingKey(place))?.activities ?? []
}

/** Sets the desired count, as UpdateService does, together with all that tells of it. */
export function scaleService(
  world: World,
  target: ScalableTarget,
  service: Service,
  { capacity, direction, from, trigger }: Extract<ScalingDecision, { kind: 'scale' }>,
): void {
  const cause = scalingText.cause(trigger.alarmName, trigger.policyName)
  setCount(world, { ...target, lastScaling: { direction, from } }, service, { capacity, cause })
}

/**
 * Keeps a target with its new settings, and brings the count of its service between its bounds. That scaling is suspended or
 * resumed is told in the records of deployments; it is policies that are suspended, not the bounds.
 */
export function keepTarget(world: World, target: ScalableTarget): void {
  const { store, clock } = world
  const key = scalingKey(target)
  const none = { scaleIn: false, scaleOut: false, scheduled: false }
  const before = store.scalableTargets.get(key)?.suspended ?? none
  const { suspended } = target
  store.transaction(() => {
    store.scalableTargets.put(key, target)
    if (before.scaleIn !== suspended.scaleIn || before.scaleOut !== suspended.scaleOut) {
      const known = store.scalingActivities.get(key)?.suspensions ?? []
      const suspensions = [{ at: clock.now(), suspended }, ...known].slice(0, mostSuspensions)
      keep(store, target, { suspensions })
    }
    bringWithinBounds(world, target)
  })
}

function bringWithinBounds(world: World, target: ScalableTarget): void {
  const { minCapacity, maxCapacity, lastScaling: _, ...rest } = target
  const service = world.store.services.get(target.serviceArn)
  if (service?.status !== 'ACTIVE') return
  const { desiredCount } = service
  const capacity = Math.min(Math.max(desiredCount, minCapacity), maxCapacity, mostTasksOfService)
  if (capacity === desiredCount) return
  const cause = scalingText.boundCause(capacity > desiredCount ? 'minimum' : 'maximum', capacity)
  // As with a count that somebody sets, no cooldown goes on.
  setCount(world, { ...rest, minCapacity, maxCapacity }, service, { capacity, cause })
}

function setCount(
  world: World,
  target: ScalableTarget,
  service: Service,
  { capacity, cause }: { readonly capacity: number; readonly cause: string },
): void {
  const { store, clock, chance } = world
  store.transaction(() => {
    const changed = { ...service, desiredCount: capacity }
    // What was set before and is not fulfilled yet ends here, and takes nothing of this one with it later.
    settleActivity(world, target, changed)
    const activity: ScalingActivity = {
      activityId: chance.uuid(),
      description: scalingText.description(capacity),
      cause,
      startedAt: clock.now(),
      statusCode: 'InProgress',
      statusMessage: scalingText.waiting(capacity),
      capacity,
    }
    add(store, target, activity)
    store.scalableTargets.put(scalingKey(target), target)
    store.services.put(service.serviceArn, changed)
    recordServiceEvents(world, service.serviceArn, [scalingText.event(activity.statusMessage, cause)])
  })
}

/** What was scaled, suspended and resumed while a deployment ran. */
export function scalingDuring(store: Store, deployment: Deployment): readonly RecordedScaling[] {
  const { plan, createTime, completeTime = Infinity } = deployment
  if (plan === undefined) return []
  const place = { region: deployment.region, resourceId: resourceIdOf(plan.serviceArn) }
  const known = store.scalingActivities.get(scalingKey(place))
  return known === undefined ? [] : scalingBetween(known, createTime, completeTime)
}

/** Written once for each row of attempts that have the same reason; true where it was new. */
export function recordNotScaled(
  { store, clock, chance }: World,
  place: Place,
  { reason, trigger }: Extract<ScalingDecision, { kind: 'notScaled' }>,
): boolean {
  const [last] = scalingActivitiesOf(store, place)
  if (last?.notScaled !== undefined && JSON.stringify(last.notScaled) === JSON.stringify(reason)) return false
  const now = clock.now()
  add(store, place, {
    activityId: chance.uuid(),
    description: 'Attempting to scale due to alarm triggered',
    cause: scalingText.cause(trigger.alarmName, trigger.policyName),
    startedAt: now,
    endedAt: now,
    statusCode: 'Failed',
    statusMessage: `Not scaled: ${reason.code}, the desired count is ${reason.currentCapacity}.`,
    notScaled: reason,
  })
  return true
}

export function activityInProgress(store: Store, place: Place): ScalingActivity | undefined {
  return scalingActivitiesOf(store, place).find(({ statusCode }) => statusCode === 'InProgress')
}

/** Whether the activity in progress has come to its end, and only has to be told so. */
export function isSettled(store: Store, place: Place, service: Service | undefined): boolean {
  const activity = activityInProgress(store, place)
  return activity === undefined || endOf(store, activity, service) !== undefined
}

/** Ends the activity in progress where the service has come to it, or somebody has changed the count since. */
export function settleActivity(world: World, target: ScalableTarget, service: Service | undefined): void {
  const activity = activityInProgress(world.store, target)
  const end = activity && endOf(world.store, activity, service)
  if (activity === undefined || end === undefined) return
  const { store, clock } = world
  const endedAt = clock.now()
  const ended = { ...activity, ...end, endedAt }
  store.transaction(() => {
    replace(store, target, ended)
    const known = store.scalableTargets.get(scalingKey(target))
    if (known?.lastScaling !== undefined) {
      const { lastScaling, ...rest } = known
      const kept = end.statusCode === 'Successful' ? { ...rest, lastScaling: { ...lastScaling, endedAt } } : rest
      store.scalableTargets.put(scalingKey(target), kept)
    }
    if (service !== undefined) {
      const message = scalingText.event(end.statusMessage, activity.cause)
      recordServiceEvents(world, service.serviceArn, [message])
    }
  })
}

/** Undefined while it goes on. */
function endOf(
  store: Store,
  { capacity = 0 }: ScalingActivity,
  service: Service | undefined,
): Pick<ScalingActivity, 'statusCode' | 'statusMessage'> | undefined {
  if (service === undefined || service.status !== 'ACTIVE') {
    return { statusCode: 'Unfulfilled', statusMessage: scalingText.unfulfilled(capacity) }
  }
  if (service.desiredCount !== capacity) {
    return { statusCode: 'Overridden', statusMessage: scalingText.overridden(capacity, service.desiredCount) }
  }
  return isFulfilled(store, service)
    ? { statusCode: 'Successful', statusMessage: scalingText.fulfilled(capacity) }
    : undefined
}

/**
 * As many tasks of the PRIMARY task set run as are desired: those of another revision that is on its way do not count. Where
 * task sets are the client's, each has what its scale makes of the count, and none needs to be PRIMARY.
 */
function isFulfilled(store: Store, service: Service): boolean {
  const { serviceArn, desiredCount, deploymentController } = service
  const tasks = store.tasks.ofService(serviceArn).filter(({ lastStatus }) => lastStatus === 'RUNNING')
  const running = (id: string | undefined): number => tasks.filter(({ taskSetId }) => taskSetId === id).length
  const taskSets = store.taskSets.ofService(serviceArn)
  if (deploymentController !== 'EXTERNAL') {
    return running(taskSets.find(({ status }) => status === 'PRIMARY')?.taskSetId) === desiredCount
  }
  return taskSets
    .filter(({ status }) => status !== 'DRAINING')
    .every((taskSet) => running(taskSet.taskSetId) === computedDesiredCount(service, taskSet))
}

function add(store: Store, place: Place, activity: ScalingActivity): void {
  const activities = [activity, ...scalingActivitiesOf(store, place)].slice(0, mostActivities)
  keep(store, place, { activities })
}

function replace(store: Store, place: Place, activity: ScalingActivity): void {
  const activities = scalingActivitiesOf(store, place).map((each) =>
    each.activityId === activity.activityId ? activity : each,
  )
  keep(store, place, { activities })
}

function keep(
  store: Store,
  { region, resourceId }: Place,
  change: Partial<Pick<ScalingActivities, 'activities' | 'suspensions'>>,
): void {
  const key = scalingKey({ region, resourceId })
  const known = store.scalingActivities.get(key)
  if (known === undefined) forgetOldest(store)
  store.scalingActivities.put(key, { region, resourceId, activities: [], ...known, ...change })
}

/** Those of targets that are gone make room for new ones. */
function forgetOldest({ scalableTargets, scalingActivities }: Store): void {
  const all = scalingActivities.list()
  if (all.length < mostServices) return
  const oldest = all.find((each) => !scalableTargets.has(scalingKey(each)))
  if (oldest !== undefined) scalingActivities.delete(scalingKey(oldest))
}
