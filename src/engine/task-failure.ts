import { afterFailure } from '../domain/back-off.ts'
import { isStillTried } from '../domain/rolling.ts'
import { serviceEvent } from '../domain/service-events.ts'
import type { Service, TaskSet } from '../domain/service.ts'
import type { Task } from '../domain/task.ts'
import { recordServiceEvents } from './event-recording.ts'
import type { SchedulerContext } from './scheduler-context.ts'
import { currentDeployment } from './service-deployments.ts'
import { taskSetOf } from './task-targets.ts'

/**
 * Counts a failed task against its task set, so that the next start may have to wait, and says so in the service's events.
 * The caller has put the task, its stop decided, and has the transaction open.
 */
export function recordFailure(context: SchedulerContext, task: Task): void {
  const { store, clock } = context
  const taskSet = taskSetOf(store, task)
  const service = store.services.get(task.serviceArn)
  if (taskSet === undefined || service === undefined || taskSet.status === 'DRAINING') return
  const tasks = store.tasks.ofService(task.serviceArn).filter((each) => each.taskSetId === task.taskSetId)
  const failures = afterFailure(taskSet.failures, task, tasks, clock.now())
  const failing = { ...taskSet, failures }
  store.taskSets.put(taskSet.taskSetArn, failing)
  const message = isGivenUp(context, service, failing)
    ? serviceEvent.failedForGood(service, failing, task)
    : serviceEvent.failed(service, failing, task, clock.now())
  recordServiceEvents(context, task.serviceArn, [message])
}

/** A rolling update starts no more tasks of it: none comes in the place of one that fails. */
function isGivenUp({ store }: SchedulerContext, service: Service, taskSet: TaskSet): boolean {
  const strategy = currentDeployment(store, service)?.deploymentConfiguration.strategy
  return strategy === 'ROLLING' && service.deploymentController === 'ECS' && !isStillTried(taskSet)
}
