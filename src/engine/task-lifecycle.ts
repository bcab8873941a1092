import { serviceEvent } from '../domain/service-events.ts'
import * as transition from '../domain/task-transitions.ts'
import type { Task, TaskEndpoint } from '../domain/task.ts'
import { recordServiceEvents, serviceEvents } from './event-recording.ts'
import { TaskStartError } from './ports.ts'
import type { ContainerObservation } from './ports.ts'
import type { SchedulerContext } from './scheduler-context.ts'
import { recordFailure } from './task-failure.ts'
import { taskLaunch } from './task-launch.ts'
import { existingTargets, taskSetOf, taskTargets } from './task-targets.ts'
import { messageOf } from './trouble.ts'
import type { Trouble } from './trouble.ts'

/**
 * Takes each task through ECS's statuses. A step has its effect on the world first and is written down after, in one
 * transaction; every effect may be had twice, so a crash between the two does no harm.
 */
export class TaskLifecycle {
  readonly #context: SchedulerContext
  readonly #trouble: Trouble
  readonly #ended: AbortSignal
  /** By ARN, the tasks a step of which is being taken. */
  readonly #busy = new Set<string>()
  /** By task id, the tasks whose containers have to be looked at. */
  readonly #mayHaveExited = new Set<string>()

  constructor(context: SchedulerContext, trouble: Trouble, ended: AbortSignal) {
    this.#context = context
    this.#trouble = trouble
    this.#ended = ended
    for (const task of context.store.tasks.list()) {
      if (task.lastStatus !== 'STOPPED') this.#mayHaveExited.add(task.taskId)
    }
  }

  containerExited(taskId: string): void {
    this.#mayHaveExited.add(taskId)
  }

  /** Takes whatever steps the task can take now; several in a row, if need be. Cheap where there are none. */
  drive(task: Task): void {
    if (this.#busy.has(task.taskArn) || this.#nextStep(task) === 'wait') return
    if (this.#trouble.retryAt(task.taskArn) !== undefined) return
    void this.#whileBusy(task.taskArn, async () => {
      for (;;) {
        const current = this.#context.store.tasks.get(task.taskArn)
        const step = current === undefined ? 'wait' : this.#nextStep(current)
        if (current === undefined || step === 'wait') return
        await this.#take(step, current)
      }
    })
  }

  /** Deletes a stopped task, and all that the runtime keeps of it. */
  forget(task: Task): void {
    if (this.#busy.has(task.taskArn) || this.#trouble.retryAt(task.taskArn) !== undefined) return
    void this.#whileBusy(task.taskArn, async () => {
      await this.#context.runtime.remove(task.taskId)
      this.#ended.throwIfAborted()
      this.#context.store.tasks.delete(task.taskArn)
      this.#mayHaveExited.delete(task.taskId)
    })
  }

  async #whileBusy(taskArn: string, work: () => Promise<void>): Promise<void> {
    this.#busy.add(taskArn)
    try {
      await work()
      this.#trouble.worked(taskArn)
    } catch (error) {
      if (this.#ended.aborted) return
      this.#trouble.failed(taskArn, error)
      this.#context.changes.notify()
    } finally {
      this.#busy.delete(taskArn)
    }
  }

  #nextStep(task: Task): transition.TaskStep {
    return transition.nextStep(task, {
      mayHaveExited: this.#mayHaveExited.has(task.taskId),
      drained: () =>
        existingTargets(this.#context.store, task).every(({ targetGroupArn, target }) =>
          this.#context.loadBalancing.isDrained(targetGroupArn, target),
        ),
    })
  }

  async #take(step: Exclude<transition.TaskStep, 'wait'>, task: Task): Promise<void> {
    const now = this.#context.clock.now()
    switch (step) {
      case 'pull':
        return this.#change(task, (current) => transition.pulling(current, now))
      case 'start':
        return this.#start(task)
      case 'register':
        return this.#register(task)
      case 'inspect':
        return this.#inspect(task)
      case 'deregister':
        return this.#deregister(task)
      case 'release':
        return this.#change(task, transition.stopping)
      case 'stop':
        return this.#stop(task)
      case 'finish':
        return this.#change(task, (current) => transition.stopped(current, now))
    }
  }

  async #start(task: Task): Promise<void> {
    const { clock } = this.#context
    const outcome = await this.#launched(task)
    if (typeof outcome === 'string') {
      return this.#change(task, (current) => transition.startFailed(current, outcome, clock.now()))
    }
    const { endpoints, seen } = outcome
    this.#change(task, (current) => transition.started(current, endpoints, seen, clock.now()))
    if (seen.some(({ state }) => state.kind === 'exited')) this.#mayHaveExited.add(task.taskId)
  }

  /** What the runtime made of it: where the task is reached, or the reason why it could not start. */
  async #launched(
    task: Task,
  ): Promise<string | { readonly endpoints: readonly TaskEndpoint[]; readonly seen: readonly ContainerObservation[] }> {
    const { store, runtime, settings } = this.#context
    try {
      const definition = store.taskDefinitions.get(task.taskDefinitionArn)
      const launch = taskLaunch(task, definition, taskSetOf(store, task)?.loadBalancers ?? [], settings)
      const endpoints = await runtime.start(launch)
      return { endpoints, seen: await runtime.inspect(task.taskId) }
    } catch (error) {
      return error instanceof TaskStartError ? error.message : `ResourceInitializationError: ${messageOf(error)}`
    }
  }

  async #register(task: Task): Promise<void> {
    const { store, clock, loadBalancing } = this.#context
    const service = store.services.get(task.serviceArn)
    const targets = taskTargets(task, taskSetOf(store, task)?.loadBalancers ?? [])
    for (const { targetGroupArn, target } of targets) {
      try {
        await loadBalancing.registerTargets(targetGroupArn, [target])
      } catch (error) {
        this.#ended.throwIfAborted()
        const message = messageOf(error)
        if (service !== undefined)
          this.#recordOnce(task, serviceEvent.registrationFailed(service, targetGroupArn, message))
        throw error
      }
    }
    const events =
      service === undefined ? [] : targets.map((each) => serviceEvent.registered(service, each.targetGroupArn, 1))
    this.#change(task, (current) => transition.running(current, clock.now()), events)
  }

  async #inspect(task: Task): Promise<void> {
    const { runtime, clock } = this.#context
    this.#mayHaveExited.delete(task.taskId)
    try {
      const seen = await runtime.inspect(task.taskId)
      this.#change(task, (current) => transition.inspected(current, seen, clock.now()))
    } catch (error) {
      this.#mayHaveExited.add(task.taskId)
      throw error
    }
  }

  async #deregister(task: Task): Promise<void> {
    const { store, loadBalancing } = this.#context
    const targets = existingTargets(store, task)
    for (const { targetGroupArn, target } of targets) await loadBalancing.deregisterTargets(targetGroupArn, [target])
    const service = store.services.get(task.serviceArn)
    const events =
      service === undefined || targets.length === 0 || task.lastStatus !== 'RUNNING'
        ? []
        : [
            ...targets.map((each) => serviceEvent.deregistered(service, each.targetGroupArn, 1)),
            serviceEvent.begunDraining(service, task.taskSetId, 1),
          ]
    this.#change(task, transition.deactivating, events)
  }

  async #stop(task: Task): Promise<void> {
    const { runtime, clock } = this.#context
    await runtime.stop(task.taskId)
    const seen = await runtime.inspect(task.taskId)
    this.#mayHaveExited.delete(task.taskId)
    this.#change(task, (current) => transition.deprovisioning(current, seen, clock.now()))
  }

  /** Writes what has become of the task, as it is by now: others may have changed it while the step was being taken. */
  #change({ taskArn }: Task, change: (current: Task) => Task, events: readonly string[] = []): void {
    const { store } = this.#context
    this.#ended.throwIfAborted()
    store.transaction(() => {
      const before = store.tasks.get(taskArn)
      if (before === undefined) return
      const after = change(before)
      if (after === before) return
      store.tasks.put(taskArn, after)
      const failed = after.stopCode === 'EssentialContainerExited' || after.stopCode === 'TaskFailedToStart'
      if (failed && before.stopCode === undefined) recordFailure(this.#context, after)
      recordServiceEvents(this.#context, after.serviceArn, events)
    })
  }

  #recordOnce(task: Task, message: string): void {
    const events = serviceEvents(this.#context.store, task.serviceArn)
    if (events.some((event) => event.message === message)) return
    recordServiceEvents(this.#context, task.serviceArn, [message])
  }
}
