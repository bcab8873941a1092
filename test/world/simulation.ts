import assert from 'node:assert/strict'
import type { TrafficRouting } from '../../src/domain/code-deploy.ts'
import { blueGreenDeployment, rollbackDeployment } from '../../src/domain/blue-green.ts'
import { hookableEventNames, isTerminal } from '../../src/domain/deployment.ts'
import type { Deployment, HookableEventName } from '../../src/domain/deployment.ts'
import { journalKey } from '../../src/domain/journal.ts'
import { runProcedure } from '../../src/engine/run-procedure.ts'
import { aDeployment } from './a-deployment.ts'
import { alarmName, firstTaskSet, furnish, names, putAlarm, putTaskDefinition } from './furnished-world.ts'
import { Invariants } from './invariants.ts'
import { MemoryPersistence } from './memory-persistence.ts'
import { SeededChance } from './seeded-chance.ts'
import { functionNames, SimulatedFunctions } from './simulated-functions.ts'
import { SimulatedEngine } from './simulated-engine.ts'
import { SimulatedMachine } from './simulated-machine.ts'
import type { Behaviour } from './simulated-machine.ts'
import { VirtualClock } from './virtual-clock.ts'

export type SimulationOutcome = {
  readonly deployments: readonly Deployment[]
  readonly crashes: number
}

/**
 * A few deployments in a row, with whatever the seed has in store for them: a bad version, tasks that die, a disk that is
 * full, StopDeployment and ContinueDeployment at any time, and an engine that is killed at any write. Throws with the
 * first invariant that does not hold.
 */
export async function simulate(seed: number): Promise<SimulationOutcome> {
  const simulation = new Simulation(seed)
  await simulation.run()
  return { deployments: simulation.deployments, crashes: simulation.crashes }
}

class Simulation {
  readonly #chance: SeededChance
  readonly #clock = new VirtualClock()
  readonly #disk = new MemoryPersistence()
  readonly #machine: SimulatedMachine
  readonly #functions: SimulatedFunctions
  readonly #invariants: Invariants
  #engine: SimulatedEngine
  #writesUntilCrash = Number.POSITIVE_INFINITY
  #diskIsFullUntil = 0
  #lastWarning = ''
  crashes = 0

  constructor(seed: number) {
    this.#chance = new SeededChance(seed)
    this.#machine = new SimulatedMachine(this.#clock, new SeededChance(seed + 1))
    this.#functions = new SimulatedFunctions(this.#clock, new SeededChance(seed + 2))
    this.#disk.beforeWrite = () => this.#beforeWrite()
    this.#disk.afterWrite = () => this.#afterWrite()
    this.#engine = this.#newEngine()
    this.#invariants = new Invariants(this.#machine)
  }

  get deployments(): readonly Deployment[] {
    return this.#engine.store.deployments.list()
  }

  async run(): Promise<void> {
    const chance = this.#chance
    putAlarm(this.#engine.store, 'OK')
    furnish(this.#engine.store, { desiredCount: 1 + chance.below(3), now: this.#clock.now() })
    void this.#engine.start()
    this.#engine.services.createTaskSet(firstTaskSet())
    await this.#until('the first task set is steady', () =>
      this.#engine.store.taskSets.list().every(({ stabilityStatus }) => stabilityStatus === 'STEADY_STATE'),
    )
    for (let number = 1; number <= 1 + chance.below(2); number++) await this.#deploy(number)
    await this.#replay()
  }

  async #deploy(number: number): Promise<void> {
    this.#clock.at(this.#diskIsFullUntil, () => undefined)
    await this.#until('the disk has room again', () => this.#clock.now() >= this.#diskIsFullUntil)
    const deployment = this.#newDeployment(number)
    this.#engine.deployments.create(deployment)
    this.#planFaults(deployment.deploymentId)
    await this.#until(`deployment ${deployment.deploymentId} and its rollback have ended`, () => {
      const now = this.#clock.now()
      this.#invariants.check(this.#engine.store, now, { diskIsFullUntil: this.#diskIsFullUntil })
      return this.deployments.every(({ status }) => isTerminal(status))
    })
    this.#writesUntilCrash = Number.POSITIVE_INFINITY
    this.#invariants.checkEnd(this.#engine.store, deployment.deploymentId, this.#clock.now())
  }

  #newDeployment(number: number): Deployment {
    const chance = this.#chance
    const behaviour = chance.random() < 0.8 ? 'good' : chance.pick<Behaviour>(['slow', 'crashes', 'sick'])
    putTaskDefinition(this.#engine.store, number + 1, behaviour)
    return aDeployment({
      deploymentId: `d-${chance.hex(9).toUpperCase()}`,
      testListener: chance.random() < 0.5,
      prodListenerArn: names.prodListenerArn,
      testListenerArn: names.testListenerArn,
      taskDefinition: chance.random() < 0.97 ? names.taskDefinition(number + 1) : names.taskDefinition(99),
      trafficRouting: chance.pick(routings),
      ...(chance.random() < 0.2 ? { readyWaitInMinutes: chance.below(10) } : {}),
      terminationWaitInMinutes: chance.below(6),
      keepBlue: chance.random() < 0.05,
      rollbackOn: chance.pick([
        [],
        ['DEPLOYMENT_FAILURE'],
        ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST'],
      ] as const),
      createTime: this.#clock.now(),
      hooks: this.#hooks(),
      ...(chance.random() < 0.3
        ? { alarms: { enabled: true, ignorePollAlarmFailure: chance.random() < 0.8, alarms } }
        : {}),
    })
  }

  /** Mostly functions that do what they should, on some events. */
  #hooks(): Partial<Record<HookableEventName, string>> {
    const chance = this.#chance
    const hooked = hookableEventNames.filter(() => chance.random() < 0.15)
    return Object.fromEntries(
      hooked.map((event) => [event, chance.random() < 0.7 ? 'succeeds' : chance.pick(functionNames)]),
    )
  }

  /** What goes wrong, and when: all of it from the seed. */
  #planFaults(deploymentId: string): void {
    const chance = this.#chance
    if (chance.random() < 0.5) this.#writesUntilCrash = chance.below(80)
    if (chance.random() < 0.3) this.#later(20_000, () => this.#stop(deploymentId))
    if (chance.random() < 0.3) this.#later(20_000, () => this.#continue(deploymentId))
    for (let kills = chance.below(4); kills > 0; kills--) this.#later(15_000, () => this.#killTask())
    if (chance.random() < 0.15) this.#later(20_000, () => this.#tried(() => putAlarm(this.#engine.store, 'ALARM')))
    if (chance.random() < 0.1) {
      this.#later(10_000, () => {
        this.#diskIsFullUntil = this.#clock.now() + chance.below(4_000)
      })
    }
  }

  #later(milliseconds: number, deed: () => void): void {
    this.#clock.at(this.#clock.now() + this.#chance.below(milliseconds), deed)
  }

  #killTask(): void {
    const tasks = this.#machine.runningTasks
    if (tasks.length > 0) this.#machine.exit(this.#chance.pick(tasks), 137)
  }

  /** As the API does it: refused when the deployment has ended or blue is already going. */
  #stop(deploymentId: string): void {
    const deployment = this.#engine.store.deployments.get(deploymentId)
    if (this.#engine.isDead || deployment === undefined) return
    if (isTerminal(deployment.status) || deployment.pastPointOfNoReturn) return
    this.#tried(() => this.#engine.deployments.stop(deploymentId, this.#chance.pick([undefined, true, false])))
  }

  #continue(deploymentId: string): void {
    const deployment = this.#engine.store.deployments.get(deploymentId)
    if (this.#engine.isDead || deployment === undefined || isTerminal(deployment.status)) return
    const waitType = deployment.status === 'Ready' ? 'READY_WAIT' : 'TERMINATION_WAIT'
    this.#tried(() => this.#engine.deployments.continueWait(deploymentId, waitType))
  }

  /** A caller whose call fails for the full disk, or for the engine's death, goes away. */
  #tried(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.#lastWarning = String(error)
    }
  }

  #newEngine(): SimulatedEngine {
    const remember = (message: string): void => {
      this.#lastWarning = message
    }
    return new SimulatedEngine({
      clock: this.#clock,
      chance: this.#chance,
      disk: this.#disk,
      machine: this.#machine,
      functions: this.#functions,
      log: { info: remember, warn: remember },
    })
  }

  #beforeWrite(): void {
    if (this.#clock.now() < this.#diskIsFullUntil) throw new Error('The disk is full.')
    this.#writesUntilCrash -= 1
    if (this.#writesUntilCrash === 0 && this.#chance.random() < 0.5) this.#crash()
    if (this.#engine.isDead) throw new Error('The engine died before it could write.')
  }

  #afterWrite(): void {
    if (this.#writesUntilCrash === 0 && !this.#engine.isDead) this.#crash()
  }

  /** SIGKILL; after a moment somebody starts the engine again. */
  #crash(): void {
    this.crashes += 1
    this.#engine.kill()
    this.#writesUntilCrash = this.#chance.random() < 0.3 ? 1 + this.#chance.below(30) : Number.POSITIVE_INFINITY
    this.#clock.at(this.#clock.now() + 100 + this.#chance.below(3_000), () => {
      this.#engine = this.#newEngine()
      void this.#engine.start()
    })
  }

  async #until(what: string, isDone: () => boolean): Promise<void> {
    const limit = this.#clock.now() + 2 * 60 * 60 * 1_000
    const done = await this.#clock.run(() => !this.#engine.isDead && isDone(), limit)
    assert(done, `It never came about that ${what}. ${this.#lastWarning}`)
  }

  /** The journal alone answers the whole procedure: nothing would be done again, and nothing differently. */
  async #replay(): Promise<void> {
    const { store } = this.#engine
    for (const deployment of this.deployments) {
      const { deploymentId, creator } = deployment
      const procedure = creator === 'user' ? blueGreenDeployment(deployment) : rollbackDeployment(deployment)
      await runProcedure(procedure, {
        entry: (position) => store.journal.get(journalKey(deploymentId, position)),
        settle: (position, step) => {
          throw new Error(`The journal of ${deploymentId} does not know step ${position}, ${step.kind}.`)
        },
      })
    }
  }
}

const alarms = [{ name: alarmName }]

const routings: readonly TrafficRouting[] = [
  { type: 'AllAtOnce' },
  { type: 'AllAtOnce' },
  { type: 'TimeBasedCanary', canaryPercentage: 10, canaryInterval: 5 },
  { type: 'TimeBasedLinear', linearPercentage: 30, linearInterval: 1 },
]
