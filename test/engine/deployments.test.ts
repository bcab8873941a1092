import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aDeployment } from '../world/a-deployment.ts'
import { aWorld } from '../world/deployment-world.ts'
import type { World } from '../world/deployment-world.ts'
import { names, putTaskDefinition } from '../world/furnished-world.ts'
import { simulatedSettings } from '../world/simulated-engine.ts'

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

  test('that fails before there is a green is undone by one that shows none either', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ taskDefinition: 'nobody', rollbackOn: ['DEPLOYMENT_FAILURE'] })
    const { rollbackInfo } = await world.ended(deploymentId)
    const rollback = await world.ended(rollbackInfo?.rollbackDeploymentId ?? '')
    assert.deepEqual(
      rollback.finalTaskSets?.map(({ taskSetLabel }) => taskSetLabel),
      ['Blue'],
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
    assert.match(
      done.errorInformation.message,
      /The production listener on port \d+ forwards to [\w-]*green, not to [\w-]*blue, the target group of the PRIMARY task set\. aws elbv2 modify-listener/,
    )
    assert.equal(store.taskSets.list().length, 1)
  })

  test('fails when its service has left the CODE_DEPLOY controller', async () => {
    const world = await aWorld()
    const { store } = world.engine
    const service = store.services.list()[0]
    assert(service)
    store.services.put(service.serviceArn, { ...service, deploymentController: 'EXTERNAL' })
    const { status, errorInformation } = await world.deploy({})
    assert.equal(status, 'Failed')
    assert.deepEqual(errorInformation, {
      code: 'INVALID_ECS_SERVICE',
      message: "Deployment group's ECS service must be configured for a CODE_DEPLOY deployment controller.",
    })
  })

  test('fails with the AppSpec’s or ECS’s own words when these refuse it', async () => {
    const world = await aWorld()
    const unknown = await world.deploy({ taskDefinition: names.taskDefinition(77) })
    assert.equal(unknown.errorInformation?.code, 'ECS_UPDATE_ERROR')
    const { message } = unknown.errorInformation
    assert.match(
      message,
      /Unable to describe task definition\..* There is no task definition \S+:77\. Register it, and/,
    )
    const family = await world.deploy({ taskDefinition: 'nobody' })
    assert.match(family.errorInformation?.message ?? '', /There is no task definition nobody\. Register it, and/)
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

describe('a deployment whose service somebody deletes', () => {
  for (const wishes of [
    { trafficRouting: { type: 'TimeBasedCanary', canaryPercentage: 10, canaryInterval: 60 } },
    { readyWaitInMinutes: 60 },
  ] as const) {
    test(`${'readyWaitInMinutes' in wishes ? 'before' : 'during'} the shift fails as soon as it comes to that, and says so`, async () => {
      const world = await aWorld()
      const { deploymentId } = world.create(wishes)
      const { store, services } = world.engine
      await world.until(() => hasComeTo(world, deploymentId, 'readyWaitInMinutes' in wishes ? 'Ready' : 'AllowTraffic'))
      for (const { taskSetArn } of store.taskSets.list()) services.deleteTaskSet(taskSetArn)
      await world.until(() => store.taskSets.list().length === 0)
      const deletedAt = world.clock.now()
      if ('readyWaitInMinutes' in wishes) world.engine.deployments.continueWait(deploymentId, 'READY_WAIT')
      const { errorInformation } = await world.ended(deploymentId)
      assert.equal(errorInformation?.code, 'ECS_UPDATE_ERROR')
      assert.match(errorInformation.message, /^Task set \S+ was deleted by someone else/)
      assert(world.clock.now() - deletedAt < minute)
    })
  }
})

describe('a deployment whose listeners somebody changes', () => {
  const other = names.blueArn.replace('web-blue', 'other')
  const canary = { type: 'TimeBasedCanary', canaryPercentage: 10, canaryInterval: 5 } as const

  test('fails before it changes anything when the test listener mixes the pair with another group', async () => {
    const world = await aWorld()
    turn(world, names.testListenerArn, names.blueArn, other)
    const done = await world.deploy({ testListener: true })
    assert.equal(done.errorInformation?.code, 'ELASTIC_LOAD_BALANCING_INVALID')
    assert.match(done.errorInformation.message, /000000b forwards to web-blue or web-green and to other target groups/)
    assert.equal(world.engine.store.taskSets.list().length, 1)
  })

  test('does not say that test traffic reaches green when the test listener was turned to another group', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ testListener: true })
    await world.until(() => hasComeTo(world, deploymentId, 'Install'))
    turn(world, names.testListenerArn, other)
    const done = await world.ended(deploymentId)
    assert.equal(done.status, 'Failed')
    assert.match(done.errorInformation?.message ?? '', /000000b was changed meanwhile and does not forward to web-blue/)
  })

  for (const { wishes, during } of [
    { wishes: { trafficRouting: canary }, during: 'AllowTraffic' },
    { wishes: { trafficRouting: canary, testListener: true }, during: 'AllowTraffic' },
    { wishes: { testListener: true }, during: 'Install' },
  ]) {
    const what = `${'testListener' in wishes ? 'with' : 'without'} a test listener`
    test(`${what} fails when its production listener is turned away in ${during}, and says so`, async () => {
      const world = await aWorld()
      const { deploymentId } = world.create(wishes)
      await world.until(() => hasComeTo(world, deploymentId, during))
      turn(world, names.prodListenerArn, other)
      const turned = world.clock.now()
      const done = await world.ended(deploymentId)
      assert.equal(done.status, 'Failed')
      assert.match(
        done.errorInformation?.message ?? '',
        /000000a was changed meanwhile and does not forward to web-blue/,
      )
      assert(world.clock.now() - turned <= 5 * minute + 10_000, 'it waited for no health that nobody checks')
      assert.equal(world.engine.store.taskSets.list().length, 2)
    })
  }

  test('says so in its rollback, too, instead of waiting for blue, which nobody checks any more', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ trafficRouting: canary })
    await world.until(() => hasComeTo(world, deploymentId, 'AllowTraffic'))
    turn(world, names.prodListenerArn, other)
    const turned = world.clock.now()
    world.engine.deployments.stop(deploymentId, true)
    const { rollbackInfo } = await world.ended(deploymentId)
    const rollback = await world.ended(rollbackInfo?.rollbackDeploymentId ?? '')
    assert.match(rollback.errorInformation?.message ?? '', /000000a was changed meanwhile/)
    assert(world.clock.now() - turned < minute)
  })

  test('whose target group was deleted says so, and no listener forwards to that group again', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ testListener: true, rollbackOn: ['DEPLOYMENT_FAILURE'] })
    await world.until(() => hasComeTo(world, deploymentId, 'Install'))
    turn(world, names.prodListenerArn, names.blueArn)
    world.engine.store.targetGroups.delete(names.greenArn)
    const deletedAt = world.clock.now()
    const { errorInformation, rollbackInfo } = await world.ended(deploymentId)
    assert.equal(errorInformation?.message, 'Target group web-green does not exist any more.')
    assert.equal((await world.ended(rollbackInfo?.rollbackDeploymentId ?? '')).status, 'Succeeded')
    assert(world.clock.now() - deletedAt < 5 * minute)
    const [forward] = world.engine.store.listeners.get(names.prodListenerArn)?.defaultActions ?? []
    assert.deepEqual(forward, { type: 'forward', targetGroups: [{ targetGroupArn: names.blueArn, weight: 100 }] })
  })

  test('gives production traffic back also when the test listener has been deleted', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ trafficRouting: canary, testListener: true })
    await world.until(() => hasComeTo(world, deploymentId, 'AllowTraffic'))
    world.engine.store.listeners.delete(names.testListenerArn)
    world.engine.deployments.stop(deploymentId, true)
    const { rollbackInfo } = await world.ended(deploymentId)
    const rollback = await world.ended(rollbackInfo?.rollbackDeploymentId ?? '')
    assert.equal(rollback.status, 'Succeeded')
    assert.deepEqual(world.weights(names.prodListenerArn), { 'web-blue': 100, 'web-green': 0 })
    const event = rollback.lifecycleEvents.find(({ lifecycleEventName: name }) => name === 'AllowTestTraffic')
    assert.match(event?.message ?? '', /^The test listener is left as it is\. .* does not exist any more/)
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

function turn(world: World, listenerArn: string, ...targetGroupArns: readonly string[]): void {
  const { listeners } = world.engine.store
  const listener = listeners.get(listenerArn)
  assert(listener)
  const targetGroups = targetGroupArns.map((targetGroupArn) => ({ targetGroupArn, weight: 1 }))
  listeners.put(listenerArn, { ...listener, defaultActions: [{ type: 'forward', targetGroups }] })
}

/** To a status, or a lifecycle event. */
function hasComeTo(world: World, deploymentId: string, what: string): boolean {
  const { status, lifecycleEvents } = world.deployment(deploymentId)
  if (status === what) return true
  return lifecycleEvents.some((event) => event.lifecycleEventName === what && event.status === 'InProgress')
}
