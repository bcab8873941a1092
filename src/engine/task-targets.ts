import { arn } from '../domain/identifiers.ts'
import type { ObservedTarget } from '../domain/reconcile.ts'
import type { ServiceLoadBalancer, TaskSet } from '../domain/service.ts'
import type { Task } from '../domain/task.ts'
import type { TargetAddress } from './engine.ts'
import type { SchedulerContext } from './scheduler-context.ts'
import type { Store } from './store.ts'

export type TaskTarget = { readonly targetGroupArn: string; readonly target: TargetAddress }

/** The task set a task belongs to; it stays as long as one of its tasks has not stopped. */
export function taskSetOf(store: Store, task: Task): TaskSet | undefined {
  return store.taskSets.get(arn.taskSet(task.serviceArn, task.taskSetId))
}

/** Where a started task is registered: for each load balancer of its task set the address of the port it names. */
export function taskTargets(task: Task, loadBalancers: readonly ServiceLoadBalancer[]): readonly TaskTarget[] {
  return loadBalancers.flatMap(({ targetGroupArn, containerName, containerPort }) =>
    task.endpoints
      .filter((each) => each.containerName === containerName && each.containerPort === containerPort)
      .map(({ host, port }) => ({ targetGroupArn, target: { id: host, port } })),
  )
}

/** The targets in groups that still exist: a group may be deleted while tasks are registered with it. */
export function existingTargets(store: Store, task: Task): readonly TaskTarget[] {
  return taskTargets(task, taskSetOf(store, task)?.loadBalancers ?? []).filter(({ targetGroupArn }) =>
    store.targetGroups.has(targetGroupArn),
  )
}

/** What the load balancer says now of the targets of a running task of the task set. */
export function observedTargets(
  { store, loadBalancing }: SchedulerContext,
  task: Task,
  { loadBalancers }: TaskSet,
): readonly ObservedTarget[] {
  if (task.lastStatus !== 'RUNNING') return []
  return taskTargets(task, loadBalancers)
    .filter(({ targetGroupArn }) => store.targetGroups.has(targetGroupArn))
    .map(({ targetGroupArn, target }) => {
      const health = loadBalancing.health(targetGroupArn, target)
      const lastCheck = health.state === 'unhealthy' ? loadBalancing.lastCheck(targetGroupArn, target) : undefined
      return { targetGroupArn, port: target.port, health, ...(lastCheck === undefined ? {} : { lastCheck }) }
    })
}
