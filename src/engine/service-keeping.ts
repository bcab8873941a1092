import type { Service, TaskSet } from '../domain/service.ts'
import type { Task } from '../domain/task.ts'
import { serviceEvents } from './event-recording.ts'
import type { FailureWords } from './failure-words.ts'
import { keepRollingService } from './rolling-keeping.ts'
import type { SchedulerContext } from './scheduler-context.ts'
import { currentDeployment, forgetServiceDeployments } from './service-deployments.ts'
import { keepTaskSet } from './task-set-keeping.ts'

/** ECS answers for a deleted service "for a while". */
const keptMilliseconds = 3_600_000

/**
 * Looks at a service once: keeps its task sets, takes away those that have drained, and brings a deleted service to its
 * end (DRAINING, INACTIVE, gone). Answers when to look again at the latest. `tasks` are those that have not stopped.
 */
export function keepService(
  context: SchedulerContext,
  service: Service,
  taskSets: readonly TaskSet[],
  tasks: readonly Task[],
  words: FailureWords,
): number {
  const { store } = context
  if (service.status === 'INACTIVE' && taskSets.length === 0) return forgetLater(context, service)
  if (service.status === 'ACTIVE' && isRolling(context, service)) {
    return keepRollingService(context, service, taskSets, tasks, words)
  }
  let wakeAt = Infinity
  for (const taskSet of taskSets) {
    const left = tasks.filter(({ taskSetId }) => taskSetId === taskSet.taskSetId)
    if (taskSet.status === 'DRAINING' && left.length === 0) store.taskSets.delete(taskSet.taskSetArn)
    else if (taskSet.status !== 'DRAINING' && service.status !== 'ACTIVE') drain(context, taskSet)
    else wakeAt = Math.min(wakeAt, keepTaskSet(context, service, taskSet, left))
  }
  if (service.status === 'DRAINING' && taskSets.length === 0) becomeInactive(context, service)
  return wakeAt
}

/**
 * Under the ECS controller, but where the last deployment shifts traffic: its procedure scales the task sets, and where it
 * was stopped midway what is left serves on until the next one.
 */
function isRolling({ store }: SchedulerContext, service: Service): boolean {
  if (service.deploymentController !== 'ECS') return false
  const deployment = currentDeployment(store, service)
  return deployment === undefined || deployment.deploymentConfiguration.strategy === 'ROLLING'
}

function drain({ store, clock }: SchedulerContext, taskSet: TaskSet): void {
  store.taskSets.put(taskSet.taskSetArn, { ...taskSet, status: 'DRAINING', updatedAt: clock.now() })
}

function becomeInactive({ store, clock }: SchedulerContext, service: Service): void {
  store.services.put(service.serviceArn, { ...service, status: 'INACTIVE', inactiveAt: clock.now() })
}

function forgetLater(context: SchedulerContext, service: Service): number {
  const { store, clock } = context
  if (service.inactiveAt === undefined) {
    becomeInactive(context, service)
    return clock.now() + keptMilliseconds
  }
  const goneAt = service.inactiveAt + keptMilliseconds
  if (goneAt > clock.now()) return goneAt
  store.transaction(() => {
    for (const { id } of serviceEvents(store, service.serviceArn)) store.serviceEvents.delete(id)
    forgetServiceDeployments(store, service.serviceArn)
    store.services.delete(service.serviceArn)
  })
  return Infinity
}
