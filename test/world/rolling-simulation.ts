import assert from 'node:assert/strict'
import { isOver } from '../../src/domain/service-deployment.ts'
import type { ServiceDeployment } from '../../src/domain/service-deployment.ts'
import type { ServiceDeploymentConfiguration } from '../../src/domain/service-deployment-configuration.ts'
import type { Service } from '../../src/domain/service.ts'
import { withProtection } from '../../src/domain/task-protection.ts'
import { beginServiceDeployment, currentDeployment } from '../../src/engine/service-deployments.ts'
import { FaultyWorld } from './faulty-world.ts'
import { alarmName, furnish, names, putAlarm, putTaskDefinition } from './furnished-world.ts'
import { RollingInvariants } from './rolling-invariants.ts'
import { SeededChance } from './seeded-chance.ts'
import type { SimulatedEngine } from './simulated-engine.ts'
import type { Behaviour } from './simulated-machine.ts'

export type RollingOutcome = { readonly deployments: readonly ServiceDeployment[]; readonly crashes: number }

/**
 * A service under the ECS controller and a few rolling updates of it, with whatever the seed has in store for them: bad
 * versions, tasks that die or protect themselves, alarms, desired counts that change midway, newer deployments that come before the last one is
 * over, StopServiceDeployment, a full disk and an engine that is killed at any write. Throws with the first invariant that
 * does not hold.
 */
export async function simulateRolling(seed: number): Promise<RollingOutcome> {
  const simulation = new RollingSimulation(seed)
  await simulation.run()
  return { deployments: simulation.deployments, crashes: simulation.crashes }
}

class RollingSimulation extends FaultyWorld {
  readonly #invariants = new RollingInvariants()
  /** Its own, so that what else a seed has in store stays what it was. */
  readonly #protection: SeededChance
  #revision = 1

  constructor(seed: number) {
    super(seed)
    this.#protection = new SeededChance(seed + 3)
    this.replaced(this.engine)
  }

  protected override replaced({ store }: SimulatedEngine): void {
    // What was written when the last engine died is looked at now.
    this.#invariants.look(store)
    store.onChange(() => this.#invariants.look(store))
  }

  get deployments(): readonly ServiceDeployment[] {
    return this.engine.store.serviceDeployments.list()
  }

  async run(): Promise<void> {
    const chance = this.chance
    const { store } = this.engine
    putAlarm(store, 'OK')
    furnish(store, { desiredCount: 1 + chance.below(4), now: this.clock.now() })
    const service = {
      ...this.#service(),
      deploymentController: 'ECS',
      taskDefinition: names.taskDefinition(1),
    } as const
    beginServiceDeployment(this.#tools(), { ...service, deploymentConfiguration: this.#configuration() })
    void this.engine.start()
    await this.#until('the service is steady', () => this.#isOver())
    for (let number = 1 + chance.below(3); number > 0; number--) await this.#update()
    await this.#end()
  }

  /** One deployment, and perhaps another one before it is over. It may fail, and without a circuit breaker for ever. */
  async #update(): Promise<void> {
    const chance = this.chance
    await this.#diskHasRoom()
    this.#deploy(chance.random() < 0.6 ? 'good' : chance.pick<Behaviour>(['slow', 'crashes', 'sick']))
    this.#planFaults()
    const patience = this.clock.now() + chance.pick([2_000, 10_000, 60_000, 600_000])
    this.clock.at(patience, () => undefined)
    await this.#until(
      'the deployment is over, or nobody waits any more',
      () => this.#isOver() || this.clock.now() >= patience,
    )
    this.writesUntilCrash = Number.POSITIVE_INFINITY
  }

  /** A good version always comes through, and nothing is left of what was before it. */
  async #end(): Promise<void> {
    const quietAt = this.clock.now() + 20_000
    this.clock.at(quietAt, () => undefined)
    await this.#until('everything has happened that was to go wrong', () => this.clock.now() >= quietAt)
    await this.#diskHasRoom()
    putAlarm(this.engine.store, 'OK')
    this.#deploy('good', { ...this.#configuration(), deploymentCircuitBreaker: { enable: false, rollback: false } })
    await this.#until('the last deployment is over and the service steady', () => {
      const { store } = this.engine
      return this.#isOver() && store.taskSets.list().every(({ stabilityStatus }) => stabilityStatus === 'STEADY_STATE')
    })
    const targets = () => this.engine.store.targetGroups.get(names.blueArn)?.targets.length
    await this.#until('what was stopped is gone, and its targets with it', () => {
      const live = this.engine.store.tasks.list().filter(({ lastStatus }) => lastStatus !== 'STOPPED')
      return live.every(({ desiredStatus }) => desiredStatus === 'RUNNING') && targets() === live.length
    })
    const { store } = this.engine
    const service = this.#service()
    assert.equal(currentDeployment(store, service)?.status, 'SUCCESSFUL')
    assert.deepEqual(
      store.taskSets.list().map(({ rollout, taskDefinition }) => [rollout?.state, taskDefinition]),
      [['COMPLETED', names.taskDefinition(this.#revision)]],
    )
    const running = store.tasks.list().filter(({ lastStatus }) => lastStatus === 'RUNNING')
    assert.equal(running.length, service.desiredCount)
    assert.deepEqual(
      [...this.machine.runningTasks].toSorted(),
      running.map(({ taskId }) => taskId).toSorted(),
      'no orphans',
    )
    for (const deployment of this.deployments) assert(isOver(deployment), `${deployment.status} is an end`)
  }

  #deploy(behaviour: Behaviour, configuration = this.#configuration()): void {
    const { store } = this.engine
    this.#revision += 1
    store.transaction(() => {
      putTaskDefinition(store, this.#revision, behaviour)
      beginServiceDeployment(this.#tools(), {
        ...this.#service(),
        taskDefinition: names.taskDefinition(this.#revision),
        deploymentConfiguration: configuration,
      })
    })
  }

  #configuration(): ServiceDeploymentConfiguration {
    const chance = this.chance
    const enable = chance.random() < 0.6
    const rollback = chance.random() < 0.7
    const [minimumHealthyPercent, maximumPercent] = chance.pick([
      [100, 200],
      [100, 200],
      [50, 200],
      [0, 100],
      [50, 150],
      [0, 200],
      [100, 150],
    ] as const)
    return {
      strategy: 'ROLLING',
      minimumHealthyPercent,
      // With one task 150 percent of it are still one: that would never get on, so ECS's users do not do it.
      maximumPercent:
        maximumPercent === 150 ? Math.max(150, Math.ceil(100 + 100 / this.#service().desiredCount)) : maximumPercent,
      deploymentCircuitBreaker: { enable, rollback: enable && rollback },
      ...(chance.random() < 0.3 ? { alarms: { alarmNames: [alarmName], enable: true, rollback } } : {}),
    }
  }

  #planFaults(): void {
    const chance = this.chance
    if (chance.random() < 0.6) this.writesUntilCrash = chance.below(120)
    this.planMishaps()
    if (chance.random() < 0.2) this.later(15_000, () => putAlarm(this.engine.store, 'ALARM'))
    if (chance.random() < 0.2) this.later(15_000, () => this.#stop())
    if (chance.random() < 0.3) this.later(15_000, () => this.#scale())
    for (let tasks = this.#protection.below(3); tasks > 0; tasks--) this.#planProtection()
  }

  /** A task protects itself for a while from being taken away. */
  #planProtection(): void {
    const protection = this.#protection
    const protectedFor = protection.pick([5_000, 60_000, 1_200_000])
    this.clock.at(this.clock.now() + protection.below(15_000), () => {
      const { store } = this.engine
      const running = store.tasks.list().filter(({ lastStatus }) => lastStatus === 'RUNNING')
      if (this.engine.isDead || running.length === 0) return
      const task = protection.pick(running)
      this.tried(() => store.tasks.put(task.taskArn, withProtection(task, this.clock.now() + protectedFor)))
    })
  }

  #scale(): void {
    const service = this.#service()
    // Not to one: what the configuration of two and more leaves room for may leave none then.
    const desiredCount = Math.max(service.desiredCount > 1 ? 2 : 1, 1 + this.chance.below(4))
    this.engine.store.services.put(names.serviceArn, { ...service, desiredCount })
  }

  #stop(): void {
    const { store } = this.engine
    const deployment = currentDeployment(store, this.#service())
    if (deployment === undefined || !['PENDING', 'IN_PROGRESS'].includes(deployment.status)) return
    const status = this.chance.pick(['ROLLBACK_REQUESTED', 'STOP_REQUESTED'] as const)
    store.serviceDeployments.put(deployment.serviceDeploymentArn, { ...deployment, status })
  }

  #service(): Service {
    const service = this.engine.store.services.get(names.serviceArn)
    assert(service)
    return service
  }

  #isOver(): boolean {
    const deployment = currentDeployment(this.engine.store, this.#service())
    return deployment !== undefined && isOver(deployment)
  }

  #tools() {
    return { store: this.engine.store, clock: this.clock, chance: this.chance }
  }

  async #diskHasRoom(): Promise<void> {
    this.clock.at(this.diskIsFullUntil, () => undefined)
    await this.#until('the disk has room again', () => this.clock.now() >= this.diskIsFullUntil)
  }

  async #until(what: string, isDone: () => boolean): Promise<void> {
    const limit = this.clock.now() + 4 * 60 * 60 * 1_000
    const done = await this.clock.run(
      () => this.#invariants.violation !== undefined || (!this.engine.isDead && isDone()),
      limit,
    )
    if (this.#invariants.violation !== undefined) throw this.#invariants.violation
    if (!done) assert.fail(`It never came about that ${what}. ${this.lastWarning} ${this.#picture()}`)
  }

  #picture(): string {
    const { store } = this.engine
    const tasks = store.tasks.list().filter(({ lastStatus }) => lastStatus !== 'STOPPED')
    return JSON.stringify({
      deployment: currentDeployment(store, this.#service()),
      desired: this.#service().desiredCount,
      taskSets: store.taskSets
        .list()
        .map(({ taskSetId, status, rollout, failures }) => ({ taskSetId, status, rollout, failures })),
      tasks: tasks.map(({ taskSetId, desiredStatus, lastStatus, healthyAt }) => ({
        taskSetId,
        desiredStatus,
        lastStatus,
        healthyAt,
      })),
    })
  }
}
