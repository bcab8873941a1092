import { AwsError } from '../domain/aws-error.ts'
import { arn } from '../domain/identifiers.ts'
import { isPending } from '../domain/reconcile.ts'
import { computedDesiredCount, withMakeup } from '../domain/service.ts'
import type { Service, TaskSet } from '../domain/service.ts'
import { stopDecided } from '../domain/task-transitions.ts'
import type { Task, TaskStopCode } from '../domain/task.ts'
import { Alarm } from './alarm.ts'
import { Attention } from './attention.ts'
import { Changes } from './changes.ts'
import type { LastWords, NewTaskSet, ServiceScheduler, TaskCounts } from './engine.ts'
import { recordServiceEvents } from './event-recording.ts'
import type { SchedulerContext } from './scheduler-context.ts'
import { FailureWords } from './failure-words.ts'
import { keepService } from './service-keeping.ts'
import { taskSetEvidence, taskSetLastWords } from './task-evidence.ts'
import { TaskLifecycle } from './task-lifecycle.ts'
import { Trouble } from './trouble.ts'

/** So that a task set which fails for ever does not fill the memory: of each service, and of the tasks without one. */
const mostStoppedTasks = 100
const mostStoppedTasksOfNoService = 1_000
/** So that whoever waits for a task's end still meets it, however short the engine's minutes are. */
const leastKeptMilliseconds = 60_000

/** Looked at in a row; then whoever else waits for the processor has a turn. */
const mostAtOnce = 50

/**
 * ECS's service scheduler: keeps every task set at its desired count of healthy tasks. It sleeps until something changes
 * (the store, a target's health, a container's end) or a time comes, looks at the services concerned, and sleeps again.
 */
export class EcsServiceScheduler implements ServiceScheduler {
  readonly #context: SchedulerContext
  readonly #ended = new AbortController()
  readonly #trouble: Trouble
  readonly #attention: Attention
  /** Its own: it is woken when there is something to look at, and by nothing else. */
  readonly #wake: Changes
  readonly #words: FailureWords
  #loop: Promise<void> | undefined
  /** How often it has looked at a service, or at a task without one. */
  looks = 0

  constructor(context: SchedulerContext) {
    this.#context = context
    this.#trouble = new Trouble(context.clock, context.log)
    this.#attention = new Attention(context.store)
    this.#wake = new Changes(context.clock)
    this.#words = new FailureWords(context, this.#ended.signal, ({ serviceArn }) =>
      this.#attend((attention) => attention.service(serviceArn)),
    )
  }

  /** Begins, or takes up every task where it was when the engine ended. */
  start(): void {
    if (this.#loop !== undefined) return
    const { store, runtime, loadBalancing } = this.#context
    const lifecycle = new TaskLifecycle(this.#context, this.#trouble, this.#ended.signal, (task) =>
      this.#attend((attention) => attention.task(task)),
    )
    store.onChange((changes) => this.#attend((attention) => attention.changed(changes)))
    loadBalancing.onHealthChange((arns) => this.#attend((attention) => attention.targetGroups(arns)))
    runtime.onExit((taskId) => {
      lifecycle.containerExited(taskId)
      this.#attend((attention) => attention.taskWithId(taskId))
    })
    this.#attention.all()
    this.#loop = this.#run(lifecycle)
    void this.#removeOrphans()
  }

  /** Ends without touching a task; resolves when nothing more is decided. Steps under way are not written down. */
  async stop(): Promise<void> {
    this.#ended.abort(new Error('The service scheduler has ended.'))
    await this.#loop
  }

  createTaskSet(input: NewTaskSet): TaskSet {
    const { store, clock } = this.#context
    const taskSetArn = arn.taskSet(input.serviceArn, input.taskSetId)
    return store.transaction(() => {
      const existing = store.taskSets.get(taskSetArn)
      if (existing !== undefined) return existing
      const service = this.#service(input.serviceArn)
      const now = clock.now()
      store.taskSets.put(taskSetArn, {
        ...input,
        taskSetArn,
        clusterArn: service.clusterArn,
        status: 'ACTIVE',
        createdAt: now,
        updatedAt: now,
        stabilityStatus: 'STABILIZING',
        stabilityStatusAt: now,
        failures: { consecutive: 0, total: 0, nextStartAt: 0 },
        tags: input.tags ?? {},
      })
      return input.status === 'PRIMARY' ? this.makePrimary(taskSetArn) : this.#taskSet(taskSetArn)
    })
  }

  updateScale(taskSetArn: string, scalePercent: number): TaskSet {
    const taskSet = this.#taskSet(taskSetArn)
    if (taskSet.scalePercent === scalePercent) return taskSet
    const now = this.#context.clock.now()
    const scaled = { ...taskSet, scalePercent, updatedAt: now }
    const service = this.#service(taskSet.serviceArn)
    const isSame = computedDesiredCount(service, taskSet) === computedDesiredCount(service, scaled)
    return this.#put(isSame ? scaled : { ...scaled, stabilityStatus: 'STABILIZING', stabilityStatusAt: now })
  }

  makePrimary(taskSetArn: string): TaskSet {
    const { store, clock } = this.#context
    return store.transaction(() => {
      const taskSet = this.#taskSet(taskSetArn)
      if (taskSet.status === 'PRIMARY') return taskSet
      const now = clock.now()
      for (const other of store.taskSets.ofService(taskSet.serviceArn)) {
        if (other.status !== 'PRIMARY') continue
        this.#put({ ...other, status: 'ACTIVE', updatedAt: now })
      }
      const service = this.#service(taskSet.serviceArn)
      store.services.put(service.serviceArn, withMakeup(service, taskSet))
      return this.#put({ ...taskSet, status: 'PRIMARY', updatedAt: now })
    })
  }

  deleteTaskSet(taskSetArn: string): void {
    const taskSet = this.#context.store.taskSets.get(taskSetArn)
    if (taskSet === undefined || taskSet.status === 'DRAINING') return
    this.#put({ ...taskSet, status: 'DRAINING', updatedAt: this.#context.clock.now() })
  }

  stopTask(taskArn: string, { reason, stopCode }: { readonly reason: string; readonly stopCode: TaskStopCode }): Task {
    const { store, clock } = this.#context
    const task = store.tasks.get(taskArn)
    if (task === undefined) throw new AwsError('InvalidParameterException', 'The referenced task was not found.')
    const stopping = stopDecided(task, { stopCode, stoppedReason: reason }, clock.now())
    if (stopping !== task) store.tasks.put(taskArn, stopping)
    return stopping
  }

  counts(taskSetArn: string): TaskCounts {
    const { store } = this.#context
    const taskSet = store.taskSets.get(taskSetArn)
    if (taskSet === undefined) return { desired: 0, pending: 0, running: 0 }
    const service = store.services.get(taskSet.serviceArn)
    const tasks = store.tasks.ofService(taskSet.serviceArn).filter(({ taskSetId }) => taskSetId === taskSet.taskSetId)
    return {
      desired: service === undefined ? 0 : computedDesiredCount(service, taskSet),
      pending: tasks.filter(isPending).length,
      running: tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
    }
  }

  evidence(taskSetArn: string): Promise<string> {
    return taskSetEvidence(this.#context, taskSetArn)
  }

  lastWords(taskSetArn: string): Promise<LastWords | undefined> {
    return taskSetLastWords(this.#context, taskSetArn)
  }

  recordEvent(serviceArn: string, message: string): void {
    recordServiceEvents(this.#context, serviceArn, [message])
  }

  /** Tasks that the runtime has and the store does not: of a state that was lost, or removed by half when an engine died. */
  async #removeOrphans(): Promise<void> {
    const { clock } = this.#context
    const { signal } = this.#ended
    const subject = 'tasks that nothing is known of'
    while (!signal.aborted) {
      try {
        await this.#lookForOrphans()
        return this.#trouble.worked(subject)
      } catch (error) {
        if (!signal.aborted) this.#trouble.failed(subject, error)
      }
      const at = this.#trouble.retryAt(subject) ?? clock.now()
      await clock.sleep(Math.max(0, at - clock.now()), signal).catch(() => undefined)
    }
  }

  async #lookForOrphans(): Promise<void> {
    const { store, runtime, log } = this.#context
    const found = await runtime.list()
    // In this order: a task is in the store before it is in the runtime.
    const known = new Set(store.tasks.list().map(({ taskId }) => taskId))
    for (const taskId of found) {
      if (known.has(taskId) || this.#ended.signal.aborted) continue
      log.warn(`Task ${taskId} was found running or half removed, and nothing is known of it: it is removed.`)
      await runtime.remove(taskId)
    }
  }

  #attend(see: (attention: Attention) => void): void {
    see(this.#attention)
    this.#wake.notify()
  }

  async #run(lifecycle: TaskLifecycle): Promise<void> {
    const { clock } = this.#context
    const { signal } = this.#ended
    const alarm = new Alarm(clock, signal, () => this.#wake.notify())
    const isDue = (): true | undefined => {
      if (this.#attention.isDue(clock.now())) return true
      alarm.set(this.#attention.nextAt())
      return undefined
    }
    try {
      for (;;) {
        await this.#wake.until(isDue, { signal })
        const subjects = this.#attention.take(clock.now(), mostAtOnce)
        for (const { kind, arn: subject } of subjects) {
          const lookAgainAt =
            kind === 'service' ? this.#lookAt(subject, lifecycle) : this.#lookAtTask(subject, lifecycle)
          this.#attention.lookAgain(subject, lookAgainAt)
          this.looks += 1
        }
        if (subjects.length >= mostAtOnce) await clock.sleep(0, signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** Looks at a service and its tasks once; answers when to look again if nothing changes before. */
  #lookAt(serviceArn: string, lifecycle: TaskLifecycle): number {
    const { store } = this.#context
    const [service, tasks] = [store.services.get(serviceArn), store.tasks.ofService(serviceArn)]
    let wakeAt = Infinity
    if (service !== undefined) {
      const live = tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED')
      const keep = (): number =>
        keepService(this.#context, service, store.taskSets.ofService(serviceArn), live, this.#words)
      wakeAt = this.#tried(serviceArn, keep)
    }
    for (const task of store.tasks.ofService(serviceArn)) wakeAt = Math.min(wakeAt, lifecycle.drive(task))
    return Math.min(wakeAt, this.#forget(tasks, mostStoppedTasks, lifecycle))
  }

  /** Of the tasks without a service, too, only so many are kept that have stopped. */
  #lookAtTask(taskArn: string, lifecycle: TaskLifecycle): number {
    const { store } = this.#context
    const task = store.tasks.get(taskArn)
    if (task === undefined) return Infinity
    const wakeAt = lifecycle.drive(task)
    if (task.lastStatus !== 'STOPPED') return wakeAt
    return Math.min(wakeAt, this.#forget(store.tasks.ofService(''), mostStoppedTasksOfNoService, lifecycle))
  }

  /** A store that cannot be written right now is no reason to give up, and one service's trouble is not another's. */
  #tried(subject: string, work: () => number): number {
    const retryAt = this.#trouble.retryAt(subject)
    if (retryAt !== undefined) return retryAt
    try {
      const wakeAt = work()
      this.#trouble.worked(subject)
      return wakeAt
    } catch (error) {
      this.#trouble.failed(subject, error)
      return this.#trouble.retryAt(subject) ?? Infinity
    }
  }

  /**
   * Stopped tasks are kept for an hour of the engine's minutes, so many of the newest; but each for a minute of the world's
   * at least. Answers when the next one's time is over.
   */
  #forget(tasks: readonly Task[], most: number, lifecycle: TaskLifecycle): number {
    const now = this.#context.clock.now()
    const keptFor = Math.max(60 * this.#context.settings.minuteMilliseconds, leastKeptMilliseconds)
    const stopped = tasks.filter(({ lastStatus }) => lastStatus === 'STOPPED')
    const newest = stopped.length > most ? stopped.toSorted((a, b) => stoppedAt(b) - stoppedAt(a)) : stopped
    let wakeAt = Infinity
    for (const [index, task] of newest.entries()) {
      const goneAt = stoppedAt(task) + (index < most ? keptFor : leastKeptMilliseconds)
      wakeAt = Math.min(wakeAt, goneAt <= now ? lifecycle.forget(task) : goneAt)
    }
    return wakeAt
  }

  #service(serviceArn: string): Service {
    const service = this.#context.store.services.get(serviceArn)
    if (service === undefined) throw new AwsError('ServiceNotFoundException', 'Service not found.')
    return service
  }

  #taskSet(taskSetArn: string): TaskSet {
    const taskSet = this.#context.store.taskSets.get(taskSetArn)
    if (taskSet === undefined) throw new AwsError('TaskSetNotFoundException', `There is no task set ${taskSetArn}.`)
    return taskSet
  }

  #put(taskSet: TaskSet): TaskSet {
    this.#context.store.taskSets.put(taskSet.taskSetArn, taskSet)
    return taskSet
  }
}

function stoppedAt(task: Task): number {
  return task.stoppedAt ?? 0
}
