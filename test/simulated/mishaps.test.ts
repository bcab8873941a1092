import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ListenerAction } from '../../src/domain/load-balancer.ts'
import { aWorld } from '../world/deployment-world.ts'
import type { World } from '../world/deployment-world.ts'
import { alarmName, names, putAlarm } from '../world/furnished-world.ts'
import { simulatedSettings } from '../world/simulated-engine.ts'

const minute = simulatedSettings.minuteMilliseconds
const longCanary = { type: 'TimeBasedCanary', canaryPercentage: 10, canaryInterval: 100 } as const
const watching = { enabled: true, ignorePollAlarmFailure: false, alarms: [{ name: alarmName }] }

describe('during the hold of a canary', () => {
  test('a green that is lost late is waited for as long as one that is lost early', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ trafficRouting: longCanary })
    await holding(world, deploymentId)
    const startedAt = world.clock.now()
    await world.until(() => world.clock.now() > startedAt + 40 * minute)
    const lostAt = world.clock.now()
    for (const taskId of tasksOf(world, deploymentId, 'green')) world.machine.exit(taskId, 1)
    await world.until(() => world.weights(names.prodListenerArn)['web-green'] === 0)
    const { status } = await world.ended(deploymentId)
    assert(status === 'Succeeded' || world.clock.now() - lostAt >= 5 * minute, 'it was not given up at once')
  })

  test('green has everything while blue has no healthy task, and its share again when blue is back', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ trafficRouting: longCanary })
    await holding(world, deploymentId)
    for (const taskId of tasksOf(world, deploymentId, 'blue')) world.machine.exit(taskId, 1)
    await world.until(() => world.weights(names.prodListenerArn)['web-green'] === 100)
    await world.until(() => world.weights(names.prodListenerArn)['web-green'] === 10)
    assert.equal((await world.ended(deploymentId)).status, 'Succeeded')
  })

  test('a production listener that is deleted fails the deployment in CodeDeploy’s words', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ trafficRouting: longCanary })
    await holding(world, deploymentId)
    world.engine.store.listeners.delete(names.prodListenerArn)
    const ended = await world.ended(deploymentId)
    assert.equal(ended.errorInformation?.code, 'ELASTIC_LOAD_BALANCING_INVALID')
    assert.match(ended.errorInformation.message, /does not exist any more/)
  })
})

describe('what a deployment finds at its listeners', () => {
  test('a stop in the moment of the shift leaves nothing that would hinder the next deployment', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({})
    await world.until(() => stepOf(world, deploymentId) === 'routeProductionTraffic')
    world.engine.deployments.stop(deploymentId, false)
    assert.equal((await world.ended(deploymentId)).status, 'Stopped')
    assert.equal(world.weights(names.prodListenerArn)['web-green'], 100)
    assert.equal((await world.deploy({})).status, 'Succeeded')
  })

  test('a test listener that forwards to neither group is refused before anything is changed', async () => {
    const world = await aWorld()
    setActions(world, names.testListenerArn, [{ type: 'fixed-response', statusCode: '503' }])
    const ended = await world.deploy({ testListener: true })
    assert.equal(ended.errorInformation?.code, 'ELASTIC_LOAD_BALANCING_INVALID')
    assert.equal(world.engine.store.taskSets.list().length, 1)
  })

  test('a forward that mixes the pair with another group is refused before anything is changed', async () => {
    const world = await aWorld()
    const other = { targetGroupArn: names.blueArn.replace('web-blue', 'other'), weight: 50 }
    const targetGroups = [{ targetGroupArn: names.blueArn, weight: 50 }, other]
    setActions(world, names.prodListenerArn, [{ type: 'forward', targetGroups }])
    const ended = await world.deploy({})
    assert.match(ended.errorInformation?.message ?? '', /and to other target groups as well/)
    assert.equal(world.engine.store.taskSets.list().length, 1)
  })
})

describe('what came first counts', () => {
  test('a stop on request does not take away the rollback which an alarm before it brings', async () => {
    const world = await aWorld()
    putAlarm(world.engine.store, 'OK')
    const { deploymentId } = world.create({ alarms: watching, rollbackOn: ['DEPLOYMENT_STOP_ON_ALARM'] })
    await world.until(() => stepOf(world, deploymentId) === 'routeProductionTraffic')
    putAlarm(world.engine.store, 'ALARM')
    await world.until(() => world.deployment(deploymentId).alarmStop !== undefined)
    world.engine.deployments.stop(deploymentId, undefined)
    const ended = await world.ended(deploymentId)
    assert.equal(ended.errorInformation?.code, 'ALARM_ACTIVE')
    assert.notEqual(ended.rollbackInfo?.rollbackDeploymentId, undefined)
  })

  test('a hook that is asked again after a long time without an engine has its hour again', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ hooks: { BeforeInstall: 'succeeds' } })
    await world.until(() => (world.deployment(deploymentId).hookExecutions ?? []).length > 0)
    world.engine.kill()
    world.clock.at(world.clock.now() + 100 * minute, () => void world.restart())
    assert.equal((await world.ended(deploymentId)).status, 'Succeeded')
    assert.equal(world.functions.invocations, 2)
  })
})

test('a TaskDefinition that ends in no revision number is refused in ECS’s words', async () => {
  const world = await aWorld()
  for (const revision of ['latest', '0x2', '1e0', '']) {
    const ended = await world.deploy({ taskDefinition: `web:${revision}` })
    assert.match(ended.errorInformation?.message ?? '', new RegExp(`Invalid revision number\\. Number: ${revision} `))
  }
})

async function holding(world: World, deploymentId: string): Promise<void> {
  await world.until(() => stepOf(world, deploymentId) === 'holdTraffic')
}

/** The step that is being performed. */
function stepOf({ engine: { store } }: World, deploymentId: string): string | undefined {
  return store.journal.list().findLast((entry) => entry.deploymentId === deploymentId && entry.outcome === undefined)
    ?.step.kind
}

function tasksOf(world: World, deploymentId: string, side: 'blue' | 'green'): readonly string[] {
  const taskSetId = world.deployment(deploymentId).plan?.[side].taskSetId
  return world.engine.store.tasks
    .list()
    .filter((task) => task.taskSetId === taskSetId && task.lastStatus === 'RUNNING')
    .map(({ taskId }) => taskId)
}

function setActions(
  { engine: { store } }: World,
  listenerArn: string,
  defaultActions: readonly ListenerAction[],
): void {
  const listener = store.listeners.get(listenerArn)
  assert(listener)
  store.listeners.put(listenerArn, { ...listener, defaultActions })
}
