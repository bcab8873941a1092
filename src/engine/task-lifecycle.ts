import { serviceEvent } from '../domain/service-events.ts'
import * as transition from '../domain/task-transitions.ts'
import { startOrder, stopOrder } from '../domain/task-start-order.ts'
import type { StartOrder } from '../domain/task-start-order.ts'
import type { Service } from '../domain/service.ts'
import type { Task } from '../domain/task.ts'
import { ContainerChecks } from './container-checks.ts'
import { recordServiceEvents, serviceEvents } from './event-recording.ts'
import { ImageResolution } from './image-resolution.ts'
import { TaskStartError } from './ports.ts'
import type { TaskLaunch } from './ports.ts'
import type { SchedulerContext } from './scheduler-context.ts'
import { recordFailure } from './task-failure.ts'
import { launchedWithHealthCheck, launchOf } from './task-launch.ts'
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
  readonly #lookAgain: (task: Task) => void
  /** By ARN, the tasks a step of which is being taken. */
  readonly #busy = new Set<string>()
  /** By task id, the tasks whose containers have to be looked at. */
  readonly #mayHaveExited = new Set<string>()
  /** By task id, of tasks whose containers are being started. They hold secrets: only in memory. */
  readonly #launches = new Map<string, TaskLaunch>()
  readonly #checks: ContainerChecks
  readonly #images: ImageResolution
  readonly #noted = new Set<string>()

  /** `lookAgain` is called when steps have been taken, or could not be: what changed meanwhile has not been looked at. */
  constructor(context: SchedulerContext, trouble: Trouble, ended: AbortSignal, lookAgain: (task: Task) => void) {
    this.#context = context
    this.#lookAgain = lookAgain
    this.#trouble = trouble
    this.#ended = ended
    this.#images = new ImageResolution(context.store)
    this.#checks = new ContainerChecks(context, ended, (task, containerName, status) =>
      this.#change(task, (current) => transition.healthSeen(current, containerName, status)),
    )
    for (const task of context.store.tasks.list()) {
      if (task.lastStatus === 'STOPPED') continue
      this.#mayHaveExited.add(task.taskId)
      this.#accompany(task.taskArn)
    }
  }

  containerExited(taskId: string): void {
    this.#mayHaveExited.add(taskId)
  }

  /**
   * Takes whatever steps the task can take now; several in a row, if need be. Cheap where there are none. Answers
   * when to call it again at the latest.
   */
  drive(task: Task): number {
    if (this.#busy.has(task.taskArn)) return Infinity
    if (this.#nextStep(task) === 'wait') return this.#wakeAt(task)
    const retryAt = this.#trouble.retryAt(task.taskArn)
    if (retryAt !== undefined) return retryAt
    void this.#whileBusy(task, async () => {
      for (;;) {
        const current = this.#context.store.tasks.get(task.taskArn)
        const step = current === undefined ? 'wait' : this.#nextStep(current)
        if (current === undefined || step === 'wait') return
        await this.#take(step, current)
      }
    })
    return Infinity
  }

  /** When a container's wait for another one is over. */
  #wakeAt(task: Task): number {
    if (task.lastStatus !== 'PENDING' || task.preparedAt === undefined) return Infinity
    const order = this.#startOrder(task)
    return order.kind === 'wait' ? order.until : Infinity
  }

  /** Deletes a stopped task, and all that the runtime keeps of it. Answers when to call it again at the latest. */
  forget(task: Task): number {
    if (this.#busy.has(task.taskArn)) return Infinity
    const retryAt = this.#trouble.retryAt(task.taskArn)
    if (retryAt !== undefined) return retryAt
    void this.#whileBusy(task, async () => {
      await this.#context.runtime.remove(task.taskId)
      this.#ended.throwIfAborted()
      this.#context.store.tasks.delete(task.taskArn)
      this.#mayHaveExited.delete(task.taskId)
      this.#context.logs?.forget(task)
    })
    return Infinity
  }

  async #whileBusy(task: Task, work: () => Promise<void>): Promise<void> {
    const { taskArn } = task
    this.#busy.add(taskArn)
    try {
      await work()
      this.#trouble.worked(taskArn)
    } catch (error) {
      if (this.#ended.aborted) return
      this.#trouble.failed(taskArn, error)
    } finally {
      this.#busy.delete(taskArn)
      if (!this.#ended.aborted) this.#lookAgain(task)
    }
  }

  #nextStep(task: Task): transition.TaskStep {
    return transition.nextStep(task, {
      startOrder: () => this.#startOrder(task),
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
      case 'prepare':
        return this.#images.inTurn(task, () => this.#prepare(task))
      case 'startContainers':
        return this.#startContainers(task)
      case 'giveUp':
        return this.#giveUp(task)
      case 'activate':
        return this.#change(task, transition.activating)
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

  async #prepare(task: Task): Promise<void> {
    const { store, clock, runtime } = this.#context
    try {
      const launch = await this.#launch(task)
      const prepared = await runtime.prepare(launch)
      this.#ended.throwIfAborted()
      this.#images.resolved(task, prepared.imageDigests)
      this.#change(task, (current) => transition.prepared(current, prepared, clock.now()))
      this.#noteOnce(task, store.services.get(task.serviceArn), prepared.notes)
    } catch (error) {
      this.#startFailed(task, error)
    }
  }

  async #startContainers(task: Task): Promise<void> {
    const { clock, runtime } = this.#context
    const order = this.#startOrder(task)
    if (order.kind !== 'start') return
    const names = order.containerNames
    let failed: { readonly name: string; readonly error: unknown } | undefined
    const launch = await this.#launch(task).catch((error: unknown) => this.#startFailed(task, error))
    if (launch === undefined) return
    await Promise.all(
      names.map((name) =>
        runtime.startContainer(launch, name).catch((error: unknown) => {
          failed ??= { name, error }
        }),
      ),
    )
    const seen = await runtime.inspect(task.taskId)
    const started = names.filter((name) => seen.some((each) => each.name === name))
    const withHealthCheck = launchedWithHealthCheck(this.#context, task)
    if (started.length > 0) {
      this.#change(task, (current) =>
        transition.containersStarted(current, { names: started, withHealthCheck }, seen, clock.now()),
      )
    }
    if (seen.some(({ state }) => state.kind === 'exited')) this.#mayHaveExited.add(task.taskId)
    if (failed !== undefined) return this.#startFailed(task, failed.error, failed.name)
    const lost = names.find((name) => !started.includes(name))
    if (lost === undefined) return
    this.#startFailed(task, new TaskStartError(`CannotStartContainerError: container ${lost} is gone`), lost)
  }

  #giveUp(task: Task): void {
    const order = this.#startOrder(task)
    if (order.kind === 'impossible') this.#startFailed(task, new TaskStartError(order.reason), order.containerName)
  }

  /** What the runtime is told; made once for a start, so that all its containers see the same values. */
  async #launch(task: Task): Promise<TaskLaunch> {
    const known = this.#launches.get(task.taskId)
    if (known !== undefined) return known
    const launch = await launchOf(this.#context, task)
    this.#launches.set(task.taskId, launch)
    return launch
  }

  #startFailed(task: Task, error: unknown, containerName?: string): undefined {
    this.#ended.throwIfAborted()
    const now = this.#context.clock.now()
    const reason = error instanceof TaskStartError ? error.message : `ResourceInitializationError: ${messageOf(error)}`
    this.#change(task, (current) => transition.startFailed(current, reason, now, containerName))
  }

  #startOrder(task: Task): StartOrder {
    const { store, clock } = this.#context
    const definition = store.taskDefinitions.get(task.taskDefinitionArn)
    return startOrder(task, definition?.containerDefinitions ?? [], clock.now())
  }

  async #register(task: Task): Promise<void> {
    const { store, clock, loadBalancing } = this.#context
    const service = store.services.get(task.serviceArn)
    const targets = taskTargets(task, taskSetOf(store, task)?.loadBalancers ?? [])
    for (const { targetGroupArn, target } of targets) {
      try {
        await loadBalancing.registerTargets(targetGroupArn, [target], 'noted')
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
    for (const { targetGroupArn, target } of targets)
      await loadBalancing.deregisterTargets(targetGroupArn, [target], 'noted')
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
    await this.#stopInOrder(task)
    const seen = await runtime.inspect(task.taskId)
    this.#mayHaveExited.delete(task.taskId)
    this.#change(task, (current) => transition.deprovisioning(current, seen, clock.now()))
  }

  /** Containers that others depend on stop after those. */
  async #stopInOrder({ taskId, taskDefinitionArn }: Task): Promise<void> {
    const { store, runtime } = this.#context
    const waves = stopOrder(store.taskDefinitions.get(taskDefinitionArn)?.containerDefinitions ?? [])
    for (const wave of waves.slice(0, -1)) {
      await Promise.all(wave.map((name) => runtime.stopContainer(taskId, name)))
    }
    await runtime.stop(taskId)
  }

  /** Writes what has become of the task, as it is by now: others may have changed it while the step was being taken. */
  #change({ taskArn }: Task, change: (current: Task) => Task, events: readonly string[] = []): void {
    const { store } = this.#context
    this.#ended.throwIfAborted()
    store.noted(() => {
      const before = store.tasks.get(taskArn)
      if (before === undefined) return
      const after = change(before)
      if (after === before) return
      store.tasks.put(taskArn, after)
      const failed = after.stopCode === 'EssentialContainerExited' || after.stopCode === 'TaskFailedToStart'
      if (failed && before.stopCode === undefined) recordFailure(this.#context, after)
      recordServiceEvents(this.#context, after.serviceArn, events)
    })
    this.#accompany(taskArn)
  }

  /** What goes on beside a task's own steps for as long as its containers run. */
  #accompany(taskArn: string): void {
    const task = this.#context.store.tasks.get(taskArn)
    if (task === undefined) return
    if (task.lastStatus !== 'PENDING' || task.desiredStatus === 'STOPPED') this.#launches.delete(task.taskId)
    this.#checks.follow(task)
    this.#context.logs?.follow(task)
  }

  #noteOnce(task: Task, service: Service | undefined, notes: readonly string[]): void {
    for (const note of notes) {
      if (service !== undefined) this.#recordOnce(task, `(service ${service.serviceName}) ${note}`)
      if (this.#noted.has(note)) continue
      this.#noted.add(note)
      this.#context.log.warn(`${task.group}: ${note}`)
    }
  }

  #recordOnce(task: Task, message: string): void {
    const events = serviceEvents(this.#context.store, task.serviceArn)
    if (events.some((event) => event.message === message)) return
    recordServiceEvents(this.#context, task.serviceArn, [message])
  }
}
