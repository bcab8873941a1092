import type { Failures } from './back-off.ts'
import type { Service, TaskSet } from './service.ts'
import type { Task } from './task.ts'

/** The texts of a service's events, as ECS writes them. */
export const serviceEvent = {
  started: (service: Service, taskIds: readonly string[], replaced: number) =>
    `(service ${service.serviceName}) has started ${taskIds.length} tasks: ${listed(taskIds)}.` +
    (replaced > 0 ? ` Amazon ECS replaced ${replaced} tasks due to an unhealthy status.` : ''),
  /** No final dot, as on ECS. */
  registered: (service: Service, targetGroupArn: string, count: number) =>
    `(service ${service.serviceName}) registered ${count} targets in (target-group ${targetGroupArn})`,
  /** No final dot, as on ECS. */
  deregistered: (service: Service, targetGroupArn: string, count: number) =>
    `(service ${service.serviceName}) deregistered ${count} targets in (target-group ${targetGroupArn})`,
  registrationFailed: (service: Service, targetGroupArn: string, error: string) =>
    `(service ${service.serviceName}) failed to register targets in (target-group ${targetGroupArn}) with (error ${error})`,
  begunDraining: (service: Service, taskSetId: string, count: number) =>
    `(service ${service.serviceName}, taskSet ${taskSetId}) has begun draining connections on ${count} tasks.`,
  stoppedRunning: (service: Service, taskIds: readonly string[]) =>
    `(service ${service.serviceName}) has stopped ${taskIds.length} running tasks: ${listed(taskIds)}.`,
  stoppedPending: (service: Service, count: number) =>
    `(service ${service.serviceName}) stopped ${count} pending tasks.`,
  taskSetSteady: (service: Service, taskSetId: string) =>
    `(service ${service.serviceName}, taskSet ${taskSetId}) updated state to STEADY_STATE.`,
  serviceSteady: (service: Service) => `(service ${service.serviceName}) has reached a steady state.`,
  deploymentCompleted: (service: Service, taskSetId: string) =>
    `(service ${service.serviceName}) (deployment ${taskSetId}) deployment completed.`,
  /** `why`: `tasks failed to start.` */
  deploymentFailed: (service: Service, taskSetId: string, why: string) =>
    `(service ${service.serviceName}) (deployment ${taskSetId}) deployment failed: ${why}`,
  rollingBack: (service: Service, taskSetId: string) =>
    `(service ${service.serviceName}) rolling back to deployment ${taskSetId}.`,
  /** `reason`: `Service deployment rolled back because …`, or `failed because …` where there is nothing to go back to. */
  rolledBack: (service: Service, reason: string) => `(service ${service.serviceName}) deployment failed: ${reason}`,
  /** Where they are in no log that AWS could be asked for, this alone tells them. */
  lastWords: (service: Service, taskSetId: string, last: { taskId: string; containerName: string; text: string }) =>
    `(service ${service.serviceName}, taskSet ${taskSetId}) (task ${last.taskId}) the last lines of container ` +
    `${last.containerName}: "${last.text}".`,
  blocked: (service: Service) =>
    `(service ${service.serviceName}) was unable to stop or start tasks during a deployment because of the service ` +
    'deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
  /** No final dot, as on ECS. */
  sparing: (service: Service, taskSetId: string) =>
    `(service ${service.serviceName}) was unable to reach steady state because task set (${taskSetId}) was unable to scale ` +
    'in. Reason: The number of protected tasks are more than the desired count of tasks',
  unhealthy: (service: Service, taskId: string, target: UnhealthyTarget) =>
    `(service ${service.serviceName}) (task ${taskId}) (port ${target.port}) is unhealthy in ` +
    `(target-group ${target.targetGroupArn}) due to (reason ${target.description}).`,
  unhealthyContainer: (service: Service, taskId: string) =>
    `(service ${service.serviceName}) (task ${taskId}) failed container health checks.`,
  failedForGood: (service: Service, taskSet: TaskSet, task: Task) =>
    `(service ${service.serviceName}, taskSet ${taskSet.taskSetId}) (task ${task.taskId}) has failed: ` +
    `${stopInWords(task)}. No more tasks of this deployment start.`,
  failed: (service: Service, taskSet: TaskSet, task: Task, now: number) =>
    taskSet.failures.consecutive <= 1
      ? `(service ${service.serviceName}, taskSet ${taskSet.taskSetId}) (task ${task.taskId}) has failed: ` +
        `${stopInWords(task)}. A task in its place starts at once.`
      : `(service ${service.serviceName}, taskSet ${taskSet.taskSetId}) is unable to consistently start tasks ` +
        `successfully: ${failedCount(taskSet.failures)}, the last one, (task ${task.taskId}), with ` +
        `${stopInWords(task)}. The next one starts ${inSeconds(taskSet.failures.nextStartAt - now)}.`,
} as const

export type UnhealthyTarget = {
  readonly targetGroupArn: string
  readonly port: number
  /** What the load balancer says: `Health checks failed with these codes: [503]`. */
  readonly description: string
}

/** How a task ended: `exit code 1 (Essential container in task exited)`, or the reason alone where nothing ran. */
export function stopInWords(task: Task): string {
  const reason = task.stoppedReason ?? 'no reason known'
  const ended = task.containers.find(({ essential, exitCode }) => essential && exitCode !== undefined)
  return ended?.exitCode === undefined ? reason : `exit code ${ended.exitCode} (${reason})`
}

/** The reason texts of stops that the scheduler decides. */
export const stoppedReason = {
  essentialContainerExited: 'Essential container in task exited',
  scaling: (taskSetId: string) => `Scaling activity initiated by (deployment ${taskSetId})`,
  failedContainerChecks: 'Task failed container health checks',
  failedElbChecks: (targetGroupArn: string) => `Task failed ELB health checks in (target-group ${targetGroupArn})`,
} as const

function listed(taskIds: readonly string[]): string {
  return taskIds.map((id) => `(task ${id})`).join(' ')
}

function failedCount({ total }: Failures): string {
  return total === 1 ? '1 task has failed' : `${total} tasks have failed`
}

function inSeconds(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  if (seconds <= 0) return 'at once'
  return seconds === 1 ? 'in 1 second' : `in ${seconds} seconds`
}
