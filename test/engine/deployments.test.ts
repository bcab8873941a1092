import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isTerminal } from '../../src/domain/deployment.ts'
import type { Deployment } from '../../src/domain/deployment.ts'
import { aDeployment } from '../world/a-deployment.ts'
import { firstTaskSet, furnish, names, putTaskDefinition } from '../world/furnished-world.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { SeededChance } from '../world/seeded-chance.ts'
import { SimulatedFunctions } from '../world/simulated-functions.ts'
import { SimulatedEngine, simulatedSettings } from '../world/simulated-engine.ts'
import { SimulatedMachine } from '../world/simulated-machine.ts'
import type { Behaviour } from '../world/simulated-machine.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

const minute = simulatedSettings.minuteMilliseconds

describe('a deployment, run by the engine', () => {
  test('replaces blue by green and leaves a weighted forward behind', async () => {
    const world = await aWorld()
    const done = await world.deploy({ testListener: true, terminationWaitInMinutes: 2 })
    assert.equal(done.status, 'Succeeded')
    assert.deepEqual(
      done.lifecycleEvents.map(({ lifecycleEventName, status }) => `${lifecycleEventName} ${status}`),
      [
        'BeforeInstall Succeeded',
        'Install Succeeded',
        'AfterInstall Succeeded',
        'AllowTestTraffic Succeeded',
        'AfterAllowTestTraffic Succeeded',
        'BeforeAllowTraffic Succeeded',
        'AllowTraffic Succeeded',
        'AfterAllowTraffic Succeeded',
      ],
    )
    assert.deepEqual(world.weights(names.prodListenerArn), { 'web-blue': 0, 'web-green': 100 })
    assert.deepEqual(world.weights(names.testListenerArn), { 'web-blue': 0, 'web-green': 100 })
    const [green, ...others] = world.engine.store.taskSets.list()
    assert.deepEqual(others, [])
    assert.equal(green?.status, 'PRIMARY')
    assert.equal(green.startedBy, 'CODE_DEPLOY')
    assert.equal(green.externalId, done.deploymentId)
    assert.equal(green.stabilityStatus, 'STEADY_STATE')
  })

  test('is still InProgress, with all events succeeded, in the termination wait', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ terminationWaitInMinutes: 10 })
    await world.until(() => world.deployment(deploymentId).instanceTerminationWaitTimeStarted)
    const waiting = world.deployment(deploymentId)
    assert.equal(waiting.status, 'InProgress')
    assert(waiting.lifecycleEvents.every(({ status }) => status === 'Succeeded'))
    assert.deepEqual(
      world.engine.deployments.taskSets(waiting).map(({ taskSetLabel, status, trafficWeight }) => ({
        taskSetLabel,
        status,
        trafficWeight,
      })),
      [
        { taskSetLabel: 'Blue', status: 'ACTIVE', trafficWeight: 0 },
        { taskSetLabel: 'Green', status: 'PRIMARY', trafficWeight: 100 },
      ],
    )
    const started = world.clock.now()
    world.engine.deployments.continueWait(deploymentId, 'TERMINATION_WAIT')
    await world.ended(deploymentId)
    assert.equal(world.deployment(deploymentId).status, 'Succeeded')
    assert(world.clock.now() - started < 10 * minute, 'ContinueDeployment ended the wait')
  })

  test('swaps the roles of the target groups with every deployment', async () => {
    const world = await aWorld()
    await world.deploy({})
    const second = await world.deploy({ taskDefinition: names.taskDefinition(1) })
    assert.equal(second.status, 'Succeeded')
    assert.equal(second.plan?.green.targetGroupName, 'web-blue')
    assert.deepEqual(world.weights(names.prodListenerArn), { 'web-blue': 100, 'web-green': 0 })
  })

  test('that never gets healthy fails within its time-out, says what was seen, and blue keeps serving', async () => {
    const world = await aWorld({ green: 'crashes' })
    const done = await world.deploy({})
    assert.equal(done.status, 'Failed')
    assert.equal(done.errorInformation?.code, 'TIMEOUT')
    assert.match(done.errorInformation.message, /time out period is 60 minutes/)
    assert.match(done.errorInformation.message, /exit code 1/)
    assert.match(done.errorInformation.message, /a line of the log/)
    assert.deepEqual(
      done.lifecycleEvents.map(({ status }) => status),
      ['Succeeded', 'Failed', 'Skipped', 'Skipped', 'Skipped', 'Skipped'],
    )
    assert.deepEqual(world.weights(names.prodListenerArn), { 'web-blue': 100, 'web-green': 0 })
    assert.equal(world.engine.store.taskSets.list().length, 2, 'without a rollback everything stays as it is')
  })

  test('that fails with automatic rollback is followed by a deployment of its own that undoes it', async () => {
    const world = await aWorld({ green: 'sick' })
    const failed = await world.deploy({ testListener: true, rollbackOn: ['DEPLOYMENT_FAILURE'] })
    const rollbackId = failed.rollbackInfo?.rollbackDeploymentId ?? ''
    assert.match(rollbackId, /^d-[A-Z0-9]{9}$/)
    assert.equal(
      failed.rollbackInfo?.rollbackMessage,
      `Deployment ${failed.deploymentId} terminated. Automatic rollback is triggered with a DeploymentId ${rollbackId}.`,
    )
    const rollback = await world.ended(rollbackId)
    assert.equal(rollback.status, 'Succeeded')
    assert.equal(rollback.creator, 'codeDeployRollback')
    assert.equal(rollback.deploymentConfigName, 'CodeDeployDefault.ECSAllAtOnce')
    assert.equal(rollback.rollbackInfo?.rollbackTriggeringDeploymentId, failed.deploymentId)
    assert.equal(
      rollback.rollbackInfo.rollbackMessage,
      `Deployment ${rollbackId} is triggered to roll back deployment ${failed.deploymentId}.`,
    )
    assert(rollback.lifecycleEvents.every(({ status }) => status === 'Succeeded'))
    assert.deepEqual(
      world.engine.store.taskSets.list().map(({ taskSetId }) => taskSetId),
      [failed.plan?.blue.taskSetId],
    )
  })

  test('that is stopped in the termination wait gives all traffic back to blue', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ testListener: true, terminationWaitInMinutes: 60 })
    await world.until(() => world.deployment(deploymentId).instanceTerminationWaitTimeStarted)
    world.engine.deployments.stop(deploymentId, true)
    const stopped = await world.ended(deploymentId)
    assert.equal(stopped.status, 'Stopped')
    assert.equal(stopped.errorInformation?.code, 'MANUAL_STOP')
    await world.ended(stopped.rollbackInfo?.rollbackDeploymentId ?? '')
    assert.deepEqual(world.weights(names.prodListenerArn), { 'web-blue': 100, 'web-green': 0 })
    assert.deepEqual(world.weights(names.testListenerArn), { 'web-blue': 100, 'web-green': 0 })
    assert.equal(world.engine.store.services.get(names.serviceArn)?.taskDefinition, names.taskDefinition(1))
  })

  test('that is stopped without auto rollback stays as it is, and the next one clears it away', async () => {
    const world = await aWorld({ green: 'sick' })
    const { deploymentId } = world.create({})
    await world.until(() => world.engine.store.taskSets.list().length === 2)
    world.engine.deployments.stop(deploymentId, false)
    const stopped = await world.ended(deploymentId)
    assert.equal(stopped.rollbackInfo, undefined)
    assert.equal(world.engine.store.taskSets.list().length, 2)

    putTaskDefinition(world.engine.store, 3, 'good')
    const next = await world.deploy({ taskDefinition: names.taskDefinition(3), terminationWaitInMinutes: 0 })
    assert.equal(next.status, 'Succeeded')
    assert.deepEqual(
      world.engine.store.taskSets.list().map(({ taskDefinition }) => taskDefinition),
      [names.taskDefinition(3)],
    )
  })

  test('fails before it changes anything when the production listener does not serve the PRIMARY task set', async () => {
    const world = await aWorld()
    const { store } = world.engine
    const listener = store.listeners.get(names.prodListenerArn)
    assert(listener)
    store.listeners.put(names.prodListenerArn, {
      ...listener,
      defaultActions: [{ type: 'forward', targetGroups: [{ targetGroupArn: names.greenArn, weight: 1 }] }],
    })
    const done = await world.deploy({})
    assert.equal(done.status, 'Failed')
    assert.equal(done.errorInformation?.code, 'ELASTIC_LOAD_BALANCING_INVALID')
    assert.match(done.errorInformation.message, /Primary taskset target group must be behind listener/)
    assert.equal(store.taskSets.list().length, 1)
  })

  test('fails with the AppSpec’s or ECS’s own words when these refuse it', async () => {
    const world = await aWorld()
    const unknown = await world.deploy({ taskDefinition: names.taskDefinition(77) })
    assert.equal(unknown.errorInformation?.code, 'ECS_UPDATE_ERROR')
    const created = aDeployment({ prodListenerArn: names.prodListenerArn, deploymentId: 'd-BROKEN001' })
    const malformed = { ...created, revision: { ...created.revision, content: 'version: 0.0\nResources: [' } }
    world.engine.deployments.create(malformed)
    const done = await world.ended('d-BROKEN001')
    assert.equal(done.errorInformation?.code, 'INVALID_REVISION')
    assert(done.lifecycleEvents.every(({ status }) => status === 'Skipped'))
  })

  test('does not delete blue when somebody has given it traffic during the termination wait', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ terminationWaitInMinutes: 10 })
    await world.until(() => world.deployment(deploymentId).instanceTerminationWaitTimeStarted)
    const { store } = world.engine
    const listener = store.listeners.get(names.prodListenerArn)
    assert(listener)
    store.listeners.put(names.prodListenerArn, {
      ...listener,
      defaultActions: [{ type: 'forward', targetGroups: [{ targetGroupArn: names.blueArn, weight: 1 }] }],
    })
    const done = await world.ended(deploymentId)
    assert.equal(done.status, 'Failed')
    assert.match(done.errorInformation?.message ?? '', /was not terminated: listener .* sends 100%/)
    assert.equal(store.taskSets.list().length, 2)
  })
})

describe('an engine that is killed', () => {
  test('at any write of a deployment leaves one from which the next engine comes to the same journal', async () => {
    const calm = await aWorld()
    await calm.deploy({ testListener: true, rollbackOn: ['DEPLOYMENT_FAILURE'] })
    const story = storyOf(calm)
    let ends = 0
    for (let write = 1; ends === 0; write++) {
      const world = await aWorld()
      const { deploymentId } = world.create({ testListener: true, rollbackOn: ['DEPLOYMENT_FAILURE'] })
      world.killAfterWrites(write)
      await world.ended(deploymentId)
      assert.deepEqual(storyOf(world), story, `killed after write ${write}`)
      if (!world.wasKilled) ends += 1
    }
  })

  test('in a wait goes on with the time that is left, not with the whole wait again', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ terminationWaitInMinutes: 100 })
    await world.until(() => world.deployment(deploymentId).instanceTerminationWaitTimeStarted)
    const started = world.clock.now()
    await world.until(() => world.clock.now() >= started + 90 * minute)
    await world.restart()
    await world.ended(deploymentId)
    assert(world.clock.now() - started < 110 * minute)
  })
})

/** What the journal says was done, without times. */
function storyOf(world: World): readonly unknown[] {
  return world.engine.store.journal
    .list()
    .toSorted((one, other) => one.position - other.position)
    .map(({ step, outcome }) => [step, outcome?.result])
}

async function aWorld({ green = 'good' }: { readonly green?: Behaviour } = {}): Promise<World> {
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

class World {
  readonly clock = new VirtualClock()
  readonly #chance = new SeededChance(7)
  readonly #disk = new MemoryPersistence()
  readonly #machine = new SimulatedMachine(this.clock, new SeededChance(8))
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
    const action = this.#machine.table.listeners.find((each) => each.listenerArn === listenerArn)?.defaultAction
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
      machine: this.#machine,
      functions: this.functions,
      log,
    })
  }
}
