import { Changes } from '../../src/engine/changes.ts'
import { Deployments } from '../../src/engine/deployments.ts'
import type { FunctionInvoker } from '../../src/engine/functions.ts'
import { RouterLoadBalancing } from '../../src/engine/load-balancing.ts'
import type { Clock, EngineSettings, Log, Persistence, Router, TaskRuntime } from '../../src/engine/ports.ts'
import { ServiceDeploymentRuns } from '../../src/engine/service-deployment-runs.ts'
import { EcsServiceScheduler } from '../../src/engine/service-scheduler.ts'
import { Store } from '../../src/engine/store.ts'
import type { MemoryPersistence } from './memory-persistence.ts'
import type { SeededChance } from './seeded-chance.ts'
import type { SimulatedFunctions } from './simulated-functions.ts'
import type { SimulatedMachine } from './simulated-machine.ts'
import type { VirtualClock } from './virtual-clock.ts'

export type SimulatedWorld = {
  readonly clock: VirtualClock
  readonly chance: SeededChance
  readonly disk: MemoryPersistence
  readonly machine: SimulatedMachine
  readonly functions: SimulatedFunctions
  readonly log: Log
}

export const simulatedSettings: EngineSettings = {
  accountId: '000000000000',
  minuteMilliseconds: 300,
  listenHost: '127.0.0.1',
  endpointUrl: 'http://127.0.0.1:4566',
}

/**
 * One life of an engine: the real store, scheduler, load balancing and deployments over the simulated machine. `kill`
 * takes every port away at once, as SIGKILL does: nothing it had begun goes on, nothing it still wants has an effect.
 */
export class SimulatedEngine {
  readonly store: Store
  readonly services: EcsServiceScheduler
  readonly loadBalancing: RouterLoadBalancing
  readonly deployments: Deployments
  readonly serviceDeployments: ServiceDeploymentRuns
  readonly #world: SimulatedWorld
  #isDead = false

  constructor(world: SimulatedWorld) {
    this.#world = world
    const { chance } = world
    const [clock, router, runtime] = [this.#clock(), this.#router(), this.#runtime()]
    const log: Log = {
      info: (message) => (this.#isDead ? undefined : world.log.info(message)),
      warn: (message) => (this.#isDead ? undefined : world.log.warn(message)),
    }
    const settings = simulatedSettings
    this.store = new Store(this.#persistence())
    const changes = new Changes(clock)
    const { store } = this
    store.onChange((changed) => changes.notify(changed.map(({ key }) => key)))
    this.loadBalancing = new RouterLoadBalancing({ store, clock, router, changes, log })
    const { loadBalancing } = this
    loadBalancing.onHealthChange((arns) => changes.notify(arns))
    this.services = new EcsServiceScheduler({ store, clock, chance, runtime, loadBalancing, changes, settings, log })
    const { services } = this
    const functions: FunctionInvoker = { invoke: (call) => this.#alive(() => world.functions.invoke(call)) }
    world.functions.report = (verdict) => (this.#isDead ? undefined : void this.deployments.recordHookVerdict(verdict))
    const deploying = { store, clock, changes, settings, loadBalancing, services, functions, log }
    this.deployments = new Deployments(deploying)
    this.serviceDeployments = new ServiceDeploymentRuns(deploying)
  }

  async start(): Promise<void> {
    await this.loadBalancing.start()
    this.services.start()
    this.deployments.resume()
    this.serviceDeployments.resume()
  }

  kill(): void {
    this.#isDead = true
  }

  get isDead(): boolean {
    return this.#isDead
  }

  #persistence(): Persistence {
    const { disk } = this.#world
    return {
      load: () => disk.load(),
      read: (kind, key) => disk.read(kind, key),
      readAll: (kind) => disk.readAll(kind),
      write: (rows) => {
        if (this.#isDead) throw new Error('This engine is dead.')
        disk.write(rows)
        if (this.#isDead) throw new Error('This engine died when it had written.')
      },
    }
  }

  #clock(): Clock {
    const { clock } = this.#world
    return {
      now: () => clock.now(),
      sleep: (milliseconds, signal) => this.#alive(() => clock.sleep(milliseconds, signal)),
    }
  }

  #router(): Router {
    const { machine } = this.#world
    return {
      apply: (table) => this.#effect(20, () => machine.apply(table)),
      report: () => machine.report(),
      onReport: (listener) => {
        machine.onReport = () => (this.#isDead ? undefined : listener())
      },
    }
  }

  #runtime(): TaskRuntime {
    const { machine, chance } = this.#world
    return {
      name: 'process',
      prepare: (task) => this.#effect(30, () => machine.prepare(task)),
      startContainer: (task) => this.#effect(20, () => machine.start(task)),
      inspect: (taskId) => this.#effect(2, () => machine.inspect(taskId)),
      stop: (taskId) => this.#effect(chance.below(500), () => machine.exit(taskId, 143)),
      stopContainer: (taskId) => this.#effect(chance.below(500), () => machine.exit(taskId, 143)),
      followLog: () => forever<never>(),
      exec: () => this.#effect(2, () => ({ exitCode: 0, stdout: '', stderr: '', isCut: false })),
      list: () => this.#effect(2, () => machine.list()),
      logTail: () => this.#effect(2, () => ['a line of the log']),
      remove: (taskId) => this.#effect(2, () => machine.remove(taskId)),
      onExit: (listener) => {
        machine.onExit = (taskId) => (this.#isDead ? undefined : listener(taskId))
      },
    }
  }

  /** Takes its time, before the effect and after it; the engine may die in either. */
  #effect<Result>(milliseconds: number, deed: () => Result): Promise<Result> {
    const { clock, chance } = this.#world
    return this.#alive(async () => {
      await clock.sleep(chance.below(milliseconds + 1))
      if (this.#isDead) return forever<Result>()
      const result = deed()
      await clock.sleep(chance.below(10))
      return result
    })
  }

  /** What a dead engine waits for never comes. */
  async #alive<Result>(wait: () => Promise<Result>): Promise<Result> {
    if (this.#isDead) return forever()
    try {
      const result = await wait()
      return this.#isDead ? await forever<Result>() : result
    } catch (error) {
      return this.#isDead ? forever() : Promise.reject(error)
    }
  }
}

function forever<Result>(): Promise<Result> {
  return new Promise<Result>(() => undefined)
}
