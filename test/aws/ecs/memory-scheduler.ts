import { AwsError } from '../../../src/domain/aws-error.ts'
import { arn } from '../../../src/domain/identifiers.ts'
import { computedDesiredCount, type Service, type TaskSet } from '../../../src/domain/service.ts'
import type { Task } from '../../../src/domain/task.ts'
import type { NewTaskSet, ServiceScheduler, TaskCounts } from '../../../src/engine/engine.ts'
import type { Chance, Clock } from '../../../src/engine/ports.ts'
import type { Store } from '../../../src/engine/store.ts'

/** Keeps services in the store without running anything: a task runs, or is gone, when `settle` says so. */
export class MemoryScheduler implements ServiceScheduler {
  readonly #store: Store
  readonly #clock: Clock
  readonly #chance: Chance

  constructor({ store, clock, chance }: { readonly store: Store; readonly clock: Clock; readonly chance: Chance }) {
    this.#store = store
    this.#clock = clock
    this.#chance = chance
  }

  createTaskSet(input: NewTaskSet): TaskSet {
    const service = this.#service(input.serviceArn)
    const now = this.#clock.now()
    const taskSetArn = arn.taskSet(service.serviceArn, input.taskSetId)
    const taskSet: TaskSet = {
      ...input,
      taskSetArn,
      clusterArn: service.clusterArn,
      createdAt: now,
      updatedAt: now,
      stabilityStatus: 'STABILIZING',
      stabilityStatusAt: now,
      failures: { consecutive: 0, total: 0, nextStartAt: 0 },
      tags: input.tags ?? {},
    }
    this.#store.taskSets.put(taskSetArn, taskSet)
    this.#startMissing(service, taskSet)
    return taskSet
  }

  updateScale(taskSetArn: string, scalePercent: number): TaskSet {
    return this.#change(taskSetArn, { scalePercent })
  }

  makePrimary(taskSetArn: string): TaskSet {
    const { serviceArn } = this.#taskSet(taskSetArn)
    for (const other of this.#taskSetsOf(serviceArn)) {
      if (other.status === 'PRIMARY') this.#change(other.taskSetArn, { status: 'ACTIVE' })
    }
    const primary = this.#change(taskSetArn, { status: 'PRIMARY' })
    const { taskDefinition, loadBalancers } = primary
    this.#store.services.put(serviceArn, { ...this.#service(serviceArn), taskDefinition, loadBalancers })
    return primary
  }

  deleteTaskSet(taskSetArn: string): void {
    if (this.#store.taskSets.has(taskSetArn)) this.#change(taskSetArn, { status: 'DRAINING' })
  }

  stopTask(taskArn: string, stop: { readonly reason: string; readonly stopCode: NonNullable<Task['stopCode']> }): Task {
    const task = this.#store.tasks.get(taskArn)
    if (task === undefined) throw new AwsError('InvalidParameterException', 'no such task')
    return this.#put({ ...task, desiredStatus: 'STOPPED', stoppedReason: stop.reason, stopCode: stop.stopCode })
  }

  counts(taskSetArn: string): TaskCounts {
    const taskSet = this.#taskSet(taskSetArn)
    const tasks = this.#tasksOf(taskSet).filter((task) => task.desiredStatus === 'RUNNING')
    const desired = computedDesiredCount(this.#service(taskSet.serviceArn), taskSet)
    const up = tasks.filter((task) => task.lastStatus === 'RUNNING').length
    return { desired, running: up, pending: tasks.length - up }
  }

  evidence(): Promise<string> {
    return Promise.resolve('')
  }

  lastWords(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  recordEvent(serviceArn: string, message: string): void {
    const id = this.#chance.uuid()
    this.#store.serviceEvents.put(id, { serviceArn, id, createdAt: this.#clock.now(), message })
  }

  /** Everything that is wanted has come, everything that is not has gone. */
  settle(): void {
    for (const service of this.#store.services.list()) {
      for (const taskSet of this.#taskSetsOf(service.serviceArn)) this.#settleTaskSet(service, taskSet)
      const isEmpty = this.#taskSetsOf(service.serviceArn).length === 0
      if (service.status === 'DRAINING' && isEmpty) {
        this.#store.services.put(service.serviceArn, { ...service, status: 'INACTIVE' })
      }
    }
  }

  #settleTaskSet(service: Service, taskSet: TaskSet): void {
    this.#startMissing(service, taskSet)
    const wanted = computedDesiredCount(service, taskSet)
    const tasks = this.#tasksOf(taskSet).filter((task) => task.lastStatus !== 'STOPPED')
    const kept = tasks.filter((task) => task.desiredStatus === 'RUNNING').slice(0, wanted)
    for (const task of tasks) this.#put(kept.includes(task) ? running(task) : stopped(task))
    this.#change(taskSet.taskSetArn, { stabilityStatus: 'STEADY_STATE' })
    if (taskSet.status === 'DRAINING' || service.status === 'DRAINING') this.#store.taskSets.delete(taskSet.taskSetArn)
  }

  #startMissing(service: Service, taskSet: TaskSet): void {
    const alive = this.#tasksOf(taskSet).filter((task) => task.desiredStatus === 'RUNNING').length
    for (let count = alive; count < computedDesiredCount(service, taskSet); count++) this.#start(service, taskSet)
  }

  #start(service: Service, taskSet: TaskSet): void {
    const taskId = this.#chance.hex(32)
    const definition = this.#store.taskDefinitions.get(taskSet.taskDefinition)
    this.#put({
      taskArn: arn.task(service.clusterArn, taskId),
      taskId,
      clusterArn: service.clusterArn,
      serviceArn: service.serviceArn,
      taskSetId: taskSet.taskSetId,
      taskDefinitionArn: taskSet.taskDefinition,
      desiredStatus: 'RUNNING',
      lastStatus: 'PROVISIONING',
      containers: (definition?.containerDefinitions ?? []).map(({ name, image, essential, cpu }) => ({
        name,
        image,
        essential,
        cpu,
        containerArn: arn.container(service.clusterArn, taskId, this.#chance.uuid()),
        lastStatus: 'PENDING',
      })),
      endpoints: [],
      group: `service:${service.serviceName}`,
      startedBy: taskSet.taskSetId,
      launchType: taskSet.launchType,
      createdAt: this.#clock.now(),
      version: 0,
      tags: {},
    })
  }

  #put(task: Task): Task {
    const changed = { ...task, version: task.version + 1 }
    this.#store.tasks.put(task.taskArn, changed)
    return changed
  }

  #change(taskSetArn: string, changes: Partial<TaskSet>): TaskSet {
    const changed = { ...this.#taskSet(taskSetArn), ...changes, updatedAt: this.#clock.now() }
    this.#store.taskSets.put(taskSetArn, changed)
    return changed
  }

  #taskSetsOf(serviceArn: string): readonly TaskSet[] {
    return this.#store.taskSets.list().filter((taskSet) => taskSet.serviceArn === serviceArn)
  }

  #tasksOf({ serviceArn, taskSetId }: TaskSet): readonly Task[] {
    return this.#store.tasks.list().filter((task) => task.serviceArn === serviceArn && task.taskSetId === taskSetId)
  }

  #taskSet(taskSetArn: string): TaskSet {
    const taskSet = this.#store.taskSets.get(taskSetArn)
    if (taskSet === undefined) throw new Error(`no task set ${taskSetArn}`)
    return taskSet
  }

  #service(serviceArn: string): Service {
    const service = this.#store.services.get(serviceArn)
    if (service === undefined) throw new Error(`no service ${serviceArn}`)
    return service
  }
}

function running(task: Task): Task {
  const endpoints = task.containers.map(({ name }) => ({
    containerName: name,
    containerPort: 8080,
    host: '127.0.0.1',
    port: 41_000,
  }))
  const containers = task.containers.map((container) => ({ ...container, lastStatus: 'RUNNING' as const }))
  const at = task.createdAt
  return { ...task, lastStatus: 'RUNNING', containers, endpoints, pullStartedAt: at, pullStoppedAt: at, startedAt: at }
}

function stopped(task: Task): Task {
  const containers = task.containers.map((container) => ({
    ...container,
    lastStatus: 'STOPPED' as const,
    exitCode: 143,
  }))
  return { ...task, desiredStatus: 'STOPPED', lastStatus: 'STOPPED', containers, stoppedAt: task.createdAt }
}
