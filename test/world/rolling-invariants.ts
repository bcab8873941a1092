import assert from 'node:assert/strict'
import { isPending } from '../../src/domain/reconcile.ts'
import { taskLimits } from '../../src/domain/service-deployment-configuration.ts'
import type { Task } from '../../src/domain/task.ts'
import type { Store } from '../../src/engine/store.ts'
import { names } from './furnished-world.ts'

/** What must hold of a service under the ECS controller after every single change of the store. */
export class RollingInvariants {
  #tasks = new Map<string, Task>()
  #count = 0
  violation: Error | undefined

  look(store: Store): void {
    try {
      this.#check(store)
    } catch (error) {
      this.violation ??= error as Error
    }
  }

  #check(store: Store): void {
    const service = store.services.get(names.serviceArn)
    if (service?.deploymentConfiguration === undefined) return
    const { minimumHealthy, maximum } = taskLimits(service.deploymentConfiguration, service.desiredCount)
    const tasks = store.tasks.list()
    const count = tasks.filter((task) => task.lastStatus === 'RUNNING' || isPending(task)).length
    // A desired count that was lowered leaves more tasks than it allows, but never lets one more start.
    assert(count <= Math.max(maximum, this.#count), `${count} tasks, and only ${maximum} are allowed`)
    for (const task of tasks) requireUnprotected(task, this.#tasks.get(task.taskArn))
    const givenUp = tasks.filter((task) => isGivenUp(task, this.#tasks.get(task.taskArn)))
    const healthy = tasks.filter(isHealthy).length
    if (givenUp.length > 0) {
      assert(
        healthy >= minimumHealthy,
        `${healthy} healthy tasks are left by the scheduler, ${minimumHealthy} have to be`,
      )
    }
    const primaries = store.taskSets.list().filter(({ status }) => status === 'PRIMARY')
    assert.equal(primaries.length, 1, 'exactly one PRIMARY')
    this.#count = count
    this.#tasks = new Map(tasks.map((task) => [task.taskArn, task]))
  }
}

/** What was protected from scale-in, and not unhealthy, has been stopped for no scale-in. */
function requireUnprotected(task: Task, before: Task | undefined): void {
  if (before?.protectedUntil === undefined || before.desiredStatus === 'STOPPED' || task.desiredStatus === 'RUNNING')
    return
  if (task.unhealthyAt !== undefined || task.stoppedReason?.startsWith('Scaling activity') !== true) return
  assert((task.stoppingAt ?? 0) >= before.protectedUntil, `task ${task.taskId} was stopped in spite of its protection`)
}

/** A healthy task whose stop the scheduler has just decided, for no fault of the task's. */
function isGivenUp(task: Task, before: Task | undefined): boolean {
  if (before === undefined || !isHealthy(before) || task.desiredStatus === 'RUNNING') return false
  // It was found unhealthy at that moment, so nothing healthy was given up.
  if (task.unhealthyAt !== undefined) return false
  return task.stoppedReason?.startsWith('Scaling activity') === true
}

function isHealthy({ desiredStatus, lastStatus, healthyAt, unhealthyAt }: Task): boolean {
  return desiredStatus === 'RUNNING' && lastStatus === 'RUNNING' && healthyAt !== undefined && unhealthyAt === undefined
}
