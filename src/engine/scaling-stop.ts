import { counted } from '../domain/counted.ts'
import type { Deployment } from '../domain/deployment.ts'
import { parseArn } from '../domain/identifiers.ts'
import { resourceIdOf } from '../domain/scaling.ts'
import { computedDesiredCount } from '../domain/service.ts'
import type { Service } from '../domain/service.ts'
import { protectionOf } from '../domain/task-protection.ts'
import type { Engine } from './engine.ts'
import { heldFromScaleIn } from './held-tasks.ts'
import { scalingActivitiesOf } from './scaling-activities.ts'

/** Configured minutes for which CodeDeploy lets a service that is scaled in the middle of the shift come to rest again. */
const patienceMinutes = 5

type World = Pick<Engine, 'store' | 'clock' | 'changes' | 'settings'>
type Unrest = {
  readonly activityId: string
  readonly since: number
  readonly capacity: number
  readonly serviceArn: string
}

/**
 * As the guide has it: where a service is scaled while a deployment shifts its traffic, the shift goes on for up to five
 * minutes; has the service not reached a steady state by then, the deployment fails. Resolves with why, or with undefined
 * once no traffic is shifted any more.
 */
export async function awaitScalingTimeout(
  world: World,
  deploymentId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { store, changes, settings } = world
  const unrest = (): Unrest | 'over' | undefined => unrestOf(world, store.deployments.get(deploymentId))
  for (;;) {
    const seen = await changes.until(unrest, { signal })
    if (seen === undefined || seen === 'over') return undefined
    const deadline = seen.since + patienceMinutes * settings.minuteMilliseconds
    const hasChanged = (): true | undefined => {
      const now = unrest()
      return now === undefined || now === 'over' || now.activityId !== seen.activityId ? true : undefined
    }
    if ((await changes.until(hasChanged, { deadline, signal })) === undefined) return timeoutText(world, seen)
  }
}

function unrestOf({ store }: World, deployment: Deployment | undefined): Unrest | 'over' | undefined {
  // A rollback is not given up for anything, or it might never come to an end.
  if (deployment === undefined || deployment.creator === 'codeDeployRollback') return 'over'
  if (deployment.completeTime !== undefined) return 'over'
  const shift = deployment.lifecycleEvents.find(({ lifecycleEventName }) => lifecycleEventName === 'AllowTraffic')
  if (shift?.endTime !== undefined) return 'over'
  const service = store.services.get(deployment.plan?.serviceArn ?? '')
  if (shift?.startTime === undefined || service === undefined) return undefined
  const place = { region: parseArn(service.serviceArn)?.region ?? '', resourceId: resourceIdOf(service.serviceArn) }
  const scaled = scalingActivitiesOf(store, place).find(({ capacity }) => capacity !== undefined)
  if (scaled === undefined || scaled.startedAt < shift.startTime || isAtRest({ store }, service)) return undefined
  return {
    activityId: scaled.activityId,
    since: scaled.startedAt,
    capacity: scaled.capacity ?? 0,
    serviceArn: service.serviceArn,
  }
}

function isAtRest({ store }: Pick<World, 'store'>, service: Service): boolean {
  const running = store.tasks.ofService(service.serviceArn).filter(({ lastStatus }) => lastStatus === 'RUNNING')
  return store.taskSets
    .ofService(service.serviceArn)
    .every(
      (taskSet) =>
        taskSet.stabilityStatus === 'STEADY_STATE' &&
        running.filter(({ taskSetId }) => taskSetId === taskSet.taskSetId).length ===
          computedDesiredCount(service, taskSet),
    )
}

function timeoutText(world: World, { capacity, serviceArn }: Unrest): string {
  const service = world.store.services.get(serviceArn)
  const protection = protectionOf(service === undefined ? [] : heldFromScaleIn(world, service))
  const cause = protection === undefined ? '' : ` ${protection}.`
  const remedy =
    protection === undefined ? 'find out why its tasks do not start' : 'end their protection (UpdateTaskProtection)'
  return (
    `The service was scaled to ${counted(capacity, 'task')} while the deployment shifted its traffic, and did not reach a steady state ` +
    `within ${patienceMinutes} minutes.${cause} Suspend scaling for the time of a deployment (RegisterScalableTarget with ` +
    `SuspendedState), or ${remedy}.`
  )
}
