import assert from 'node:assert/strict'
import { isTerminal } from '../../src/domain/deployment.ts'
import type { Deployment } from '../../src/domain/deployment.ts'
import { aDeployment } from './a-deployment.ts'
import { firstTaskSet, furnish, names, putTaskDefinition } from './furnished-world.ts'
import { MemoryPersistence } from './memory-persistence.ts'
import { SeededChance } from './seeded-chance.ts'
import { SimulatedEngine } from './simulated-engine.ts'
import { SimulatedFunctions } from './simulated-functions.ts'
import { SimulatedMachine } from './simulated-machine.ts'
import type { Behaviour } from './simulated-machine.ts'
import { VirtualClock } from './virtual-clock.ts'

/** A service of two tasks of version 1 is steady behind both listeners; task definition 2 is the version to deploy. */
export async function aWorld({ green = 'good' }: { readonly green?: Behaviour } = {}): Promise<World> {
  const world = new World()
  furnish(world.engine.store, { desiredCount: 2, now: world.clock.now() })
  putTaskDefinition(world.engine.store, 2, green)
  void world.engine.start()
  world.engine.services.createTaskSet(firstTaskSet())
  await world.until(() =>
    world.engine.store.taskSets.list().every(({ stabilityStatus }) => stabilityStatus === 'STEADY_STATE'),
  )
  return world
}

/** A simulated world in which a test says what happens when. */
export class World {
  readonly clock = new VirtualClock()
  readonly #chance = new SeededChance(7)
  readonly #disk = new MemoryPersistence()
  readonly machine = new SimulatedMachine(this.clock, new SeededChance(8))
  readonly functions = new SimulatedFunctions(this.clock, new SeededChance(9))
  engine = this.#newEngine()
  wasKilled = false
  #count = 0

  create(wishes: Parameters<typeof aDeployment>[0]): Deployment {
    this.#count += 1
    const deployment = aDeployment({
      deploymentId: `d-${String(this.#count).padStart(9, '0')}`,
      taskDefinition: names.taskDefinition(2),
      prodListenerArn: names.prodListenerArn,
      testListenerArn: names.testListenerArn,
      createTime: this.clock.now(),
      ...wishes,
    })
    this.engine.deployments.create(deployment)
    return deployment
  }

  async deploy(wishes: Parameters<typeof aDeployment>[0]): Promise<Deployment> {
    return this.ended(this.create(wishes).deploymentId)
  }

  async ended(deploymentId: string): Promise<Deployment> {
    await this.until(() => isTerminal(this.deployment(deploymentId).status))
    return this.deployment(deploymentId)
  }

  deployment(deploymentId: string): Deployment {
    const deployment = this.engine.store.deployments.get(deploymentId)
    assert(deployment, `there is a deployment ${deploymentId}`)
    return deployment
  }

  /** Target group name → weight, of the listener's default action. */
  weights(listenerArn: string): Readonly<Record<string, number>> {
    const action = this.machine.table.listeners.find((each) => each.listenerArn === listenerArn)?.defaultAction
    assert(action?.type === 'forward')
    return Object.fromEntries(
      action.targetGroups.map(({ targetGroupArn, weight }) => [targetGroupArn.split('/')[1], weight]),
    )
  }

  async until(isSo: () => boolean): Promise<void> {
    const done = await this.clock.run(() => !this.engine.isDead && isSo(), this.clock.now() + 24 * 3_600_000)
    assert(done, 'what was waited for never came')
  }

  killAfterWrites(count: number): void {
    let left = count
    this.#disk.afterWrite = () => {
      left -= 1
      if (left !== 0) return
      this.wasKilled = true
      this.engine.kill()
      this.clock.at(this.clock.now() + 200, () => void this.restart())
    }
  }

  async restart(): Promise<void> {
    this.engine.kill()
    this.engine = this.#newEngine()
    void this.engine.start()
  }

  #newEngine(): SimulatedEngine {
    const log = { info: () => undefined, warn: () => undefined }
    return new SimulatedEngine({
      clock: this.clock,
      chance: this.#chance,
      disk: this.#disk,
      machine: this.machine,
      functions: this.functions,
      log,
    })
  }
}
