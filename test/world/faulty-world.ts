import { MemoryPersistence } from './memory-persistence.ts'
import { SeededChance } from './seeded-chance.ts'
import { SimulatedEngine } from './simulated-engine.ts'
import { SimulatedFunctions } from './simulated-functions.ts'
import { SimulatedMachine } from './simulated-machine.ts'
import { VirtualClock } from './virtual-clock.ts'

/** A simulated world in which, all from a seed, tasks die, the disk is full for a while and the engine is killed at any write. */
export class FaultyWorld {
  protected readonly chance: SeededChance
  protected readonly clock = new VirtualClock()
  protected readonly machine: SimulatedMachine
  protected engine: SimulatedEngine
  protected writesUntilCrash = Number.POSITIVE_INFINITY
  protected diskIsFullUntil = 0
  protected lastWarning = ''
  readonly #disk = new MemoryPersistence()
  readonly #functions: SimulatedFunctions
  crashes = 0

  constructor(seed: number) {
    this.chance = new SeededChance(seed)
    this.machine = new SimulatedMachine(this.clock, new SeededChance(seed + 1))
    this.#functions = new SimulatedFunctions(this.clock, new SeededChance(seed + 2))
    this.#disk.beforeWrite = () => this.#beforeWrite()
    this.#disk.afterWrite = () => this.#afterWrite()
    this.engine = this.#newEngine()
  }

  /** Another engine is there, and has not begun yet. */
  protected replaced(_engine: SimulatedEngine): void {
    // Whoever is interested says so.
  }

  protected later(milliseconds: number, deed: () => void): void {
    this.clock.at(this.clock.now() + this.chance.below(milliseconds), () => {
      if (!this.engine.isDead) this.tried(deed)
    })
  }

  /** Up to three tasks die and, sometimes, the disk is full for some seconds. */
  protected planMishaps(): void {
    for (let kills = this.chance.below(4); kills > 0; kills--) this.later(15_000, () => this.#killTask())
    if (this.chance.random() >= 0.1) return
    this.later(10_000, () => {
      this.diskIsFullUntil = this.clock.now() + this.chance.below(4_000)
    })
  }

  /** A caller whose call fails for the full disk, or for the engine's death, goes away. */
  protected tried(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.lastWarning = String(error)
    }
  }

  #killTask(): void {
    const tasks = this.machine.runningTasks
    if (tasks.length > 0) this.machine.exit(this.chance.pick(tasks), 137)
  }

  #newEngine(): SimulatedEngine {
    const remember = (message: string): void => {
      this.lastWarning = message
    }
    return new SimulatedEngine({
      clock: this.clock,
      chance: this.chance,
      disk: this.#disk,
      machine: this.machine,
      functions: this.#functions,
      log: { info: remember, warn: remember },
    })
  }

  #beforeWrite(): void {
    if (this.clock.now() < this.diskIsFullUntil) throw new Error('The disk is full.')
    this.writesUntilCrash -= 1
    if (this.writesUntilCrash === 0 && this.chance.random() < 0.5) this.#crash()
    if (this.engine.isDead) throw new Error('The engine died before it could write.')
  }

  #afterWrite(): void {
    if (this.writesUntilCrash === 0 && !this.engine.isDead) this.#crash()
  }

  /** SIGKILL; after a moment somebody starts the engine again. */
  #crash(): void {
    this.crashes += 1
    this.engine.kill()
    this.writesUntilCrash = this.chance.random() < 0.3 ? 1 + this.chance.below(30) : Number.POSITIVE_INFINITY
    this.clock.at(this.clock.now() + 100 + this.chance.below(3_000), () => {
      this.engine = this.#newEngine()
      this.replaced(this.engine)
      void this.engine.start()
    })
  }
}
