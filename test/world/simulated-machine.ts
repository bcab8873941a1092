import type { RouterReport, TargetReport } from '../../src/domain/router-report.ts'
import { targetKey } from '../../src/domain/routing-table.ts'
import type { RoutingTable } from '../../src/domain/routing-table.ts'
import type { TargetHealth } from '../../src/domain/target-health.ts'
import type { TaskEndpoint } from '../../src/domain/task.ts'
import { TaskStartError } from '../../src/engine/ports.ts'
import type { AppliedTable, ContainerObservation, PreparedTask, TaskLaunch } from '../../src/engine/ports.ts'
import type { SeededChance } from './seeded-chance.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** How an image behaves once it is started. */
export type Behaviour = 'good' | 'slow' | 'crashes' | 'sick'

/**
 * The machine under the engine, in memory: its processes and its router. It goes on when the engine dies, as the real
 * ones do. Health checks look at the processes, so that a dead or a sick task is found out and not declared.
 */
export class SimulatedMachine {
  readonly #clock: VirtualClock
  readonly #chance: SeededChance
  readonly #prepared = new Map<string, PreparedTask>()
  readonly #processes = new Map<string, SimulatedProcess>()
  readonly #targets = new Map<string, SimulatedTarget>()
  readonly #spoiled = new Set<string>()
  #table: RoutingTable = { version: 0, listeners: [], targetGroups: new Map() }
  #report: RouterReport | undefined
  #port = 20_000
  /** The living engine's; a dead one's are taken away. */
  onExit: (taskId: string) => void = () => undefined
  onReport: () => void = () => undefined

  constructor(clock: VirtualClock, chance: SeededChance) {
    this.#clock = clock
    this.#chance = chance
  }

  get table(): RoutingTable {
    return this.#table
  }

  get runningTasks(): readonly string[] {
    return [...this.#processes].flatMap(([taskId, { exitCode }]) => (exitCode === undefined ? [taskId] : []))
  }

  /** From now on every task of an image that is not ready yet crashes, and those that run end at once. */
  spoil(image: string): void {
    this.#spoiled.add(image)
    for (const [taskId, process] of this.#processes) if (process.image === image) this.exit(taskId, 139)
  }

  isHealthy(key: string): boolean {
    return this.#targets.get(key)?.health.state === 'healthy'
  }

  prepare(task: TaskLaunch): PreparedTask {
    const known = this.#prepared.get(task.taskId)
    if (known !== undefined) return known
    const container = task.containers[0]
    if (container === undefined || container.image.split(':')[1] === undefined) {
      throw new TaskStartError('CannotPullContainerError: no such image')
    }
    const endpoints = container.containerPorts.map((containerPort) => {
      const port = this.#port++
      return { containerName: container.name, containerPort, host: '127.0.0.1', port }
    })
    const prepared = { endpoints, notes: [] }
    this.#prepared.set(task.taskId, prepared)
    return prepared
  }

  start(task: TaskLaunch): void {
    if (this.#processes.has(task.taskId)) return
    const prepared = this.#prepared.get(task.taskId)
    const container = task.containers[0]
    if (prepared === undefined || container === undefined) throw new Error('The task has not been prepared.')
    const behaviour = this.#spoiled.has(container.image) ? 'crashes' : (container.image.split(':')[1] as Behaviour)
    const startUp = behaviour === 'slow' ? 8_000 : 20 + this.#chance.below(500)
    this.#processes.set(task.taskId, {
      name: container.name,
      image: container.image,
      behaviour,
      endpoints: prepared.endpoints,
      readyAt: this.#clock.now() + startUp,
    })
    if (behaviour === 'crashes') this.#clock.at(this.#clock.now() + startUp, () => this.exit(task.taskId, 1))
  }

  list(): readonly string[] {
    return [...this.#prepared.keys()]
  }

  exit(taskId: string, exitCode: number): void {
    const process = this.#processes.get(taskId)
    if (process === undefined || process.exitCode !== undefined) return
    this.#processes.set(taskId, { ...process, exitCode })
    this.onExit(taskId)
    for (const [key, target] of this.#targets) if (target.taskId === taskId) this.#checkLater(key)
  }

  inspect(taskId: string): readonly ContainerObservation[] {
    const process = this.#processes.get(taskId)
    if (process === undefined) return []
    const { name, exitCode } = process
    return [{ name, state: exitCode === undefined ? { kind: 'running' } : { kind: 'exited', exitCode } }]
  }

  remove(taskId: string): void {
    this.exit(taskId, 137)
    this.#prepared.delete(taskId)
    this.#processes.delete(taskId)
  }

  apply(table: RoutingTable): AppliedTable {
    if (table.version > this.#table.version) {
      this.#table = table
      this.#follow()
    }
    return { refusedListeners: [] }
  }

  report(): RouterReport | undefined {
    const targets = new Map<string, TargetReport>()
    this.#report ??= {
      routerId: 'router',
      pid: 1,
      tableVersion: this.#table.version,
      refusedListeners: [],
      targets,
      counts: [],
    }
    if (this.#report.targets === targets) {
      for (const [key, { health, inFlight }] of this.#targets) targets.set(key, { health, inFlight })
    }
    return this.#report
  }

  /** Brings the targets the router knows in line with its table. */
  #follow(): void {
    const wanted = new Set<string>()
    const referenced = new Set(
      this.#table.listeners.flatMap(({ defaultAction }) =>
        defaultAction.type === 'forward' ? defaultAction.targetGroups.map(({ targetGroupArn }) => targetGroupArn) : [],
      ),
    )
    for (const { targetGroupArn, targets } of this.#table.targetGroups.values()) {
      for (const { id, port, draining } of targets) {
        const key = targetKey(targetGroupArn, { id, port })
        wanted.add(key)
        const known = this.#targets.get(key) ?? this.#newTarget(key, port)
        if (draining && !known.draining) this.#drain(key, known)
        const inUse = referenced.has(targetGroupArn)
        if (inUse && known.health.state === 'unused') {
          this.#targets.set(key, { ...known, health: initial })
          this.#checkLater(key)
        }
      }
    }
    for (const [key, { inFlight }] of this.#targets) if (!wanted.has(key) && inFlight === 0) this.#targets.delete(key)
    this.#changed()
  }

  #newTarget(key: string, port: number): SimulatedTarget {
    const [taskId = ''] = [...this.#processes].find(([, { endpoints }]) => endpoints[0]?.port === port) ?? []
    const target: SimulatedTarget = { taskId, health: unused, failedChecks: 0, inFlight: 0, draining: false }
    this.#targets.set(key, target)
    return target
  }

  /** Some requests are still running; each ends in its own time. */
  #drain(key: string, target: SimulatedTarget): void {
    const inFlight = this.#chance.below(3)
    this.#targets.set(key, { ...target, draining: true, inFlight })
    for (let request = 0; request < inFlight; request++) {
      this.#clock.at(this.#clock.now() + this.#chance.below(3_000), () => {
        const now = this.#targets.get(key)
        if (now === undefined) return
        this.#targets.set(key, { ...now, inFlight: now.inFlight - 1 })
        this.#changed()
      })
    }
  }

  #checkLater(key: string): void {
    this.#clock.at(this.#clock.now() + checkIntervalMilliseconds, () => this.#check(key))
  }

  #check(key: string): void {
    const target = this.#targets.get(key)
    if (target === undefined || target.draining) return
    const process = this.#processes.get(target.taskId)
    const passes =
      process !== undefined &&
      process.exitCode === undefined &&
      process.behaviour !== 'sick' &&
      process.readyAt <= this.#clock.now()
    const failedChecks = passes ? 0 : target.failedChecks + 1
    const health = passes ? healthy : failedChecks >= 2 ? unhealthy : target.health
    this.#targets.set(key, { ...target, failedChecks, health })
    if (health !== target.health) this.#changed()
    if (!passes) this.#checkLater(key)
  }

  #changed(): void {
    this.#report = undefined
    this.onReport()
  }
}

type SimulatedProcess = {
  readonly name: string
  readonly image: string
  readonly behaviour: Behaviour
  readonly endpoints: readonly TaskEndpoint[]
  readonly readyAt: number
  readonly exitCode?: number
}

type SimulatedTarget = {
  readonly taskId: string
  readonly health: TargetHealth
  readonly failedChecks: number
  readonly inFlight: number
  readonly draining: boolean
}

const checkIntervalMilliseconds = 1_000
const healthy: TargetHealth = { state: 'healthy' }
const unused: TargetHealth = { state: 'unused', reason: 'Target.NotInUse' }
const initial: TargetHealth = { state: 'initial', reason: 'Elb.InitialHealthChecking' }
const unhealthy: TargetHealth = {
  state: 'unhealthy',
  reason: 'Target.FailedHealthChecks',
  description: 'Health checks failed',
}
