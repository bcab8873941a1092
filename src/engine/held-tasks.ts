import { isTerminal } from '../domain/deployment.ts'
import type { Deployment } from '../domain/deployment.ts'
import { isOver } from '../domain/service-deployment.ts'
import type { ServiceDeployment } from '../domain/service-deployment.ts'
import { computedDesiredCount } from '../domain/service.ts'
import type { Service, TaskSet } from '../domain/service.ts'
import { sparedUntil } from '../domain/task-protection.ts'
import type { HeldTask } from '../domain/task-protection.ts'
import type { Engine } from './engine.ts'

type World = Pick<Engine, 'store' | 'clock'>

/** The tasks a deployment waits for because they have to go, and are protected from scale-in. */
export function heldTasks({ store, clock }: World, deployment: Deployment | ServiceDeployment): readonly HeldTask[] {
  const service = store.services.get(underWay(deployment) ?? '')
  if (service?.status !== 'ACTIVE') return []
  const going = store.taskSets.ofService(service.serviceArn).filter((taskSet) => hasToGo(taskSet, deployment))
  return going.length === 0 ? [] : protectedTasks({ store, clock }, service, going)
}

/** The tasks for which a service cannot come down to its desired count: of a task set, more are protected than wanted. */
export function heldFromScaleIn({ store, clock }: World, service: Service): readonly HeldTask[] {
  return store.taskSets.ofService(service.serviceArn).flatMap((taskSet) => {
    const held = protectedTasks({ store, clock }, service, [taskSet])
    return held.length > computedDesiredCount(service, taskSet) ? held : []
  })
}

function protectedTasks({ store, clock }: World, service: Service, taskSets: readonly TaskSet[]): readonly HeldTask[] {
  const now = clock.now()
  const ids = new Set(taskSets.map(({ taskSetId }) => taskSetId))
  return store.tasks.ofService(service.serviceArn).flatMap((task) => {
    const until = ids.has(task.taskSetId) ? sparedUntil(task, now) : undefined
    return until === undefined ? [] : [{ taskId: task.taskId, until }]
  })
}

/** The service whose tasks it replaces; undefined where it has not begun, or is over. */
function underWay(deployment: Deployment | ServiceDeployment): string | undefined {
  if (!('deploymentId' in deployment)) return isOver(deployment) ? undefined : deployment.serviceArn
  return isTerminal(deployment.status) ? undefined : deployment.plan?.serviceArn
}

/** A rolling update takes every task set away but the PRIMARY one; where traffic is shifted, one goes when it is deleted. */
function hasToGo({ status, rollout }: TaskSet, deployment: Deployment | ServiceDeployment): boolean {
  if (status === 'DRAINING') return true
  if ('deploymentId' in deployment || deployment.deploymentConfiguration.strategy !== 'ROLLING') return false
  return rollout !== undefined && status !== 'PRIMARY'
}
