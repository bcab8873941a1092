import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { arn, parseArn } from '../../src/domain/identifiers.ts'
import { resourceIdOf } from '../../src/domain/scaling.ts'
import type { ScalableTarget } from '../../src/domain/scaling.ts'
import type { Trigger } from '../../src/domain/scaling-decision.ts'
import { keepTarget, scaleService, scalingDuring } from '../../src/engine/scaling-activities.ts'
import { SeededChance } from '../world/seeded-chance.ts'
import { aWorld } from '../world/deployment-world.ts'
import type { World } from '../world/deployment-world.ts'
import { simulatedSettings } from '../world/simulated-engine.ts'

const minute = simulatedSettings.minuteMilliseconds
const canary = { type: 'TimeBasedCanary', canaryPercentage: 10, canaryInterval: 15 } as const

const trigger: Trigger = {
  policyName: 'cpu',
  alarmName: 'busy',
  direction: 'high',
  threshold: 1,
  comparisonOperator: 'GreaterThanThreshold',
  datapoints: [],
  configuration: {
    kind: 'targetTracking',
    targetValue: 1,
    metric: { kind: 'predefined', type: 'ECSServiceAverageCPUUtilization' },
    disableScaleIn: false,
  },
}

/** A deployment in the middle of its canary, and the service's scalable target. */
async function inTheShift() {
  const world = await aWorld()
  const { deploymentId } = world.create({ trafficRouting: canary })
  await world.until(() =>
    world
      .deployment(deploymentId)
      .lifecycleEvents.some(
        ({ lifecycleEventName, status }) => lifecycleEventName === 'AllowTraffic' && status === 'InProgress',
      ),
  )
  const [service] = world.engine.store.services.list()
  assert(service)
  const region = parseArn(service.serviceArn)?.region ?? ''
  const target: ScalableTarget = {
    scalableTargetArn: arn.scalableTarget({ region, accountId: '000000000000' }, '0ec5'),
    region,
    resourceId: resourceIdOf(service.serviceArn),
    serviceArn: service.serviceArn,
    minCapacity: 1,
    maxCapacity: 10,
    roleArn: '',
    suspended: { scaleIn: false, scaleOut: false, scheduled: false },
    createdAt: 0,
    tags: {},
  }
  return { world, deploymentId, service, target }
}

/** As Application Auto Scaling does it. */
function scale(world: World, { target, service }: Awaited<ReturnType<typeof inTheShift>>, capacity: number): void {
  const { store } = world.engine
  const how = { kind: 'scale', capacity, direction: 'out', from: service.desiredCount, trigger } as const
  scaleService({ store, clock: world.clock, chance: new SeededChance(3) }, target, service, how)
}

describe('scaling while a deployment shifts traffic', () => {
  test('reaches both versions, and the deployment goes on', async () => {
    const shift = await inTheShift()
    const { world, deploymentId } = shift
    scale(world, shift, 4)
    const counts = () => {
      const { store, services } = world.engine
      return store.taskSets.list().map(({ taskSetArn }) => services.counts(taskSetArn).running)
    }
    await world.until(() => counts().join() === '4,4')
    assert.equal((await world.ended(deploymentId)).status, 'Succeeded')
    assert.deepEqual(counts(), [4])
  })

  test('ends the deployment when the service does not come to rest within five minutes', async () => {
    const shift = await inTheShift()
    const { world, deploymentId } = shift
    const since = world.clock.now()
    const { store } = world.engine
    const blue = store.taskSets.list().find(({ status }) => status === 'PRIMARY')
    const image = store.taskDefinitions.get(blue?.taskDefinition ?? '')?.containerDefinitions[0]?.image ?? ''
    scale(world, shift, 4)
    world.machine.spoil(image)
    const { status, errorInformation } = await world.ended(deploymentId)
    assert.equal(status, 'Failed')
    assert.equal(errorInformation?.code, 'ECS_UPDATE_ERROR')
    assert.match(
      errorInformation.message,
      /^The service was scaled to 4 tasks while the deployment shifted its traffic/,
    )
    assert(world.clock.now() - since >= 5 * minute)
    assert(world.clock.now() - since < 6 * minute)
  })

  test('names the protected tasks where these keep a scale-in from its end', async () => {
    const shift = await inTheShift()
    const { world, deploymentId } = shift
    const { store } = world.engine
    const since = world.clock.now()
    const protectedUntil = since + 24 * 60 * minute
    const blue = store.taskSets.list().find(({ status }) => status === 'PRIMARY')
    const kept = store.tasks.list().filter(({ taskSetId }) => taskSetId === blue?.taskSetId)
    for (const task of kept) store.tasks.put(task.taskArn, { ...task, protectedUntil })
    scale(world, shift, 1)
    const { status, errorInformation } = await world.ended(deploymentId)
    assert.deepEqual([status, errorInformation?.code], ['Failed', 'ECS_UPDATE_ERROR'])
    assert.match(
      errorInformation?.message ?? '',
      /did not reach a steady state within 5 minutes\. Tasks \S+ \(until \S+\) and/,
    )
    assert.match(errorInformation?.message ?? '', /or end their protection \(UpdateTaskProtection\)\.$/)
    assert(world.clock.now() - since >= 5 * minute)
  })

  test('stands in the record of the deployment, and so does that it was suspended and resumed', async () => {
    const shift = await inTheShift()
    const { world, deploymentId, target } = shift
    const { store } = world.engine
    const { suspended } = target
    const parts = { store, clock: world.clock, chance: new SeededChance(3) }
    keepTarget(parts, { ...target, suspended: { ...suspended, scaleIn: true, scaleOut: true } })
    keepTarget(parts, target)
    scale(world, shift, 4)
    await world.ended(deploymentId)
    assert.deepEqual(
      scalingDuring(store, world.deployment(deploymentId))
        .map(({ sentence }) => sentence)
        .toSorted(),
      [
        'Scaling out and in was resumed by RegisterScalableTarget.',
        'Scaling out and in was suspended by RegisterScalableTarget.',
        'Successfully set desired count to 4. Waiting for change to be fulfilled by ecs. Monitor alarm busy in state ALARM triggered policy cpu.',
      ],
    )
  })
})
