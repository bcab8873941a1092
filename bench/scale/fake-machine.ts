import { setTimeout as delay } from 'node:timers/promises'
import type { RouterReport, TargetReport } from '../../src/domain/router-report.ts'
import { targetKey } from '../../src/domain/routing-table.ts'
import type { RoutingTable } from '../../src/domain/routing-table.ts'
import type {
  AppliedTable,
  ContainerObservation,
  ExecResult,
  PreparedTask,
  Router,
  TaskLaunch,
  TaskRuntime,
} from '../../src/engine/ports.ts'

const reportMilliseconds = 100
const applyMilliseconds = 5
/** From the table that names a target first until its health checks have passed. */
const healthyMilliseconds = 200

/** A router without sockets: whatever it is told of is healthy a moment later. It reports as often as a real one. */
export class FakeRouter implements Router {
  readonly #listeners: (() => void)[] = []
  #table: RoutingTable = { version: 0, listeners: [], targetGroups: new Map() }
  #targets = new Map<string, TargetReport>()
  #report: RouterReport | undefined
  /** The last report does not say everything any more. */
  #isNew = true
  tables = 0

  start(): void {
    setInterval(() => this.#tell(), reportMilliseconds).unref()
  }

  async apply(table: RoutingTable): Promise<AppliedTable> {
    await delay(applyMilliseconds)
    this.tables += 1
    if (table.version > this.#table.version) this.#change(table)
    return { refusedListeners: [] }
  }

  report(): RouterReport | undefined {
    return this.#report
  }

  onReport(listener: () => void): void {
    this.#listeners.push(listener)
  }

  #change(table: RoutingTable): void {
    const targets = new Map<string, TargetReport>()
    for (const group of table.targetGroups.values()) {
      for (const target of group.targets) {
        const key = targetKey(group.targetGroupArn, target)
        targets.set(key, this.#targets.get(key) ?? this.#checked(key))
      }
    }
    this.#table = table
    this.#targets = targets
    this.#isNew = true
  }

  #checked(key: string): TargetReport {
    setTimeout(() => {
      if (!this.#targets.has(key)) return
      this.#targets.set(key, { health: { state: 'healthy' }, inFlight: 0 })
      this.#isNew = true
    }, healthyMilliseconds).unref()
    return { health: { state: 'initial', reason: 'Elb.InitialHealthChecking' }, inFlight: 0 }
  }

  #tell(): void {
    if (this.#isNew) {
      this.#report = {
        routerId: 'fake',
        pid: process.pid,
        tableVersion: this.#table.version,
        refusedListeners: [],
        targets: new Map(this.#targets),
        counts: [],
      }
    }
    this.#isNew = false
    for (const listener of this.#listeners) listener()
  }
}

/** Tasks without processes: they start and stop at once and never end by themselves. */
export class FakeRuntime implements TaskRuntime {
  readonly name = 'process'
  readonly #tasks = new Map<string, FakeTask>()
  #port = 10_000

  async prepare({ taskId, containers }: TaskLaunch): Promise<PreparedTask> {
    const known = this.#tasks.get(taskId)
    if (known !== undefined) return known.prepared
    const endpoints = containers.flatMap(({ name, containerPorts }) =>
      containerPorts.map((containerPort) => ({
        containerName: name,
        containerPort,
        host: '127.0.0.1',
        port: (this.#port += 1),
      })),
    )
    const prepared = { endpoints, notes: [] }
    this.#tasks.set(taskId, { prepared, containers: new Map() })
    return prepared
  }

  async startContainer({ taskId }: TaskLaunch, containerName: string): Promise<void> {
    this.#tasks.get(taskId)?.containers.set(containerName, 'running')
  }

  async inspect(taskId: string): Promise<readonly ContainerObservation[]> {
    return Array.from(this.#tasks.get(taskId)?.containers ?? [], ([name, state]) => ({
      name,
      runtimeId: `${taskId}-${name}`,
      state: state === 'running' ? { kind: 'running' } : { kind: 'exited', exitCode: 143 },
    }))
  }

  async stopContainer(taskId: string, containerName: string): Promise<void> {
    this.#tasks.get(taskId)?.containers.set(containerName, 'stopped')
  }

  async stop(taskId: string): Promise<void> {
    const containers = this.#tasks.get(taskId)?.containers ?? new Map<string, ContainerState>()
    for (const name of containers.keys()) containers.set(name, 'stopped')
  }

  async logTail(): Promise<readonly string[]> {
    return []
  }

  async followLog(): Promise<void> {
    // They write nothing.
  }

  async exec(): Promise<ExecResult> {
    return { exitCode: 0, stdout: '', stderr: '', isCut: false }
  }

  async remove(taskId: string): Promise<void> {
    this.#tasks.delete(taskId)
  }

  async list(): Promise<readonly string[]> {
    return [...this.#tasks.keys()]
  }

  onExit(): void {
    // None does.
  }
}

type ContainerState = 'running' | 'stopped'
type FakeTask = { readonly prepared: PreparedTask; readonly containers: Map<string, ContainerState> }
