import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MetricAlarmSettings } from '../../src/domain/alarm.ts'
import type { StepScaling, TargetTracking } from '../../src/domain/scaling.ts'
import { changeAlarmState } from '../../src/engine/alarm-changes.ts'
import { trackingAlarms } from '../../src/domain/scaling-alarm.ts'
import { deletePolicy, scalingKey } from '../../src/engine/scaling-policies.ts'
import { aService, aTaskSet, serviceArn } from '../world/a-service.ts'
import { metricAlarm } from '../world/an-alarm.ts'
import { resourceId, ScalingWorld } from '../world/scaling-world.ts'

const cpuAt50: TargetTracking = {
  kind: 'targetTracking',
  targetValue: 50,
  metric: { kind: 'predefined', type: 'ECSServiceAverageCPUUtilization' },
  disableScaleIn: false,
}

const oneMore: StepScaling = {
  kind: 'step',
  adjustmentType: 'ChangeInCapacity',
  steps: [{ lowerBound: 0, scalingAdjustment: 1 }],
  cooldownSeconds: 0,
  metricAggregationType: 'Average',
}

const fire = (world: ScalingWorld, policyArn: string): void => {
  const alarm = metricAlarm({ alarmActions: [policyArn], treatMissingData: 'ignore' }, 'busy')
  world.store.alarms.put('us-east-1/busy', alarm)
  world.store.transaction(() =>
    changeAlarmState(world.store, alarm, { state: 'ALARM', reason: 'by hand' }, world.clock.now()),
  )
}

const oneOrThreeMore: StepScaling = {
  ...oneMore,
  steps: [
    { lowerBound: 0, upperBound: 5, scalingAdjustment: 1 },
    { lowerBound: 5, scalingAdjustment: 3 },
  ],
  cooldownSeconds: 600,
}

/** An alarm on more than 70 % that triggers the policy. */
const watchCpu = (world: ScalingWorld, policyArn: string, wishes: Partial<MetricAlarmSettings> = {}): void => {
  const [high] = trackingAlarms({ policyArn, resourceId }, cpuAt50)
  const { namespace, metricName, dimensions } = high?.settings ?? assert.fail()
  const settings = { namespace, metricName, dimensions, statistic: 'Average', threshold: 70 } as const
  world.store.alarms.put('us-east-1/busy', metricAlarm({ ...settings, alarmActions: [policyArn], ...wishes }, 'busy'))
}

describe('target tracking', () => {
  test('sets the desired count after three minutes above the target, in proportion', async () => {
    await using world = new ScalingWorld()
    world.putPolicy(cpuAt50)
    await world.minutes(2, 100)
    await world.moment()
    assert.equal(world.desiredCount, 2)
    await world.minutes(1, 120)
    await world.moment()
    assert.equal(world.desiredCount, 5)
    const [activity] = world.activities
    assert.equal(activity?.statusCode, 'InProgress')
    assert.equal(activity.description, 'Setting desired count to 5.')
    assert.match(
      activity.cause,
      /^monitor alarm TargetTracking-service\/prod\/web-AlarmHigh-\S+ in state ALARM triggered policy cpu$/,
    )
  })

  test('tells that the change was fulfilled once as many tasks run', async () => {
    await using world = new ScalingWorld()
    world.putPolicy(cpuAt50)
    await world.minutes(3, 100)
    await world.moment()
    world.run(4)
    await world.moment()
    const [activity] = world.activities
    assert.equal(activity?.statusCode, 'Successful')
    assert.equal(activity.statusMessage, 'Successfully set desired count to 4. Change successfully fulfilled by ecs.')
    assert.match(
      world.events[0] ?? '',
      /^Message: Successfully set desired count to 4\. Change successfully fulfilled by ecs\. Cause: monitor alarm /,
    )
  })

  test('of a service whose task sets are the client’s is fulfilled once each has what its scale makes of the count', async () => {
    await using world = new ScalingWorld()
    world.store.services.put(serviceArn, aService({ deploymentController: 'EXTERNAL' }))
    world.store.taskSets.put('tasks', aTaskSet({ status: 'ACTIVE', scalePercent: 50 }))
    world.run(1)
    world.putPolicy(cpuAt50)
    await world.minutes(3, 100)
    await world.moment()
    assert.equal(world.desiredCount, 4)
    assert.equal(world.activities[0]?.statusCode, 'InProgress')
    world.run(2)
    await world.moment()
    assert.equal(world.activities[0].statusCode, 'Successful')
  })

  test('tells that the count was changed by somebody else', async () => {
    await using world = new ScalingWorld()
    world.putPolicy(cpuAt50)
    await world.minutes(3, 100)
    await world.moment()
    world.store.services.put(serviceArn, aService({ desiredCount: 3 }))
    await world.moment()
    assert.equal(world.activities[0]?.statusCode, 'Overridden')
    assert.equal(
      world.activities[0].statusMessage,
      'Successfully set desired count to 4. Found it was later changed to 3.',
    )
  })

  test('does not add again what it has just added, and does once its cooldown is over', async () => {
    await using world = new ScalingWorld()
    world.putPolicy(cpuAt50)
    await world.minutes(3, 100)
    await world.moment()
    world.run(4)
    await world.minutes(5, 100)
    assert.equal(world.desiredCount, 4)
    await world.minutes(1, 100)
    await world.moment()
    assert.equal(world.desiredCount, 8)
  })

  test('scales in after fifteen quiet minutes, not before', async () => {
    await using world = new ScalingWorld()
    world.putPolicy(cpuAt50)
    await world.minutes(14, 10)
    await world.moment()
    assert.equal(world.desiredCount, 2)
    await world.minutes(1, 10)
    await world.moment()
    assert.equal(world.desiredCount, 1)
  })

  test('never scales in where that is disabled, and has no alarm for it', async () => {
    await using world = new ScalingWorld()
    world.putPolicy(cpuAt50)
    assert.equal(world.store.alarms.list().length, 2)
    world.putPolicy({ ...cpuAt50, disableScaleIn: true })
    assert.deepEqual(
      world.store.alarms.list().map(({ settings }) => settings.comparisonOperator),
      ['GreaterThanThreshold'],
    )
    await world.minutes(17, 10)
    assert.equal(world.desiredCount, 2)
  })

  test('says once that it is at its most', async () => {
    await using world = new ScalingWorld()
    world.putTarget({ maxCapacity: 2 })
    world.putPolicy(cpuAt50)
    await world.minutes(6, 100)
    assert.equal(world.activities.length, 1)
    assert.equal(world.activities[0]?.notScaled?.code, 'AlreadyAtMaxCapacity')
  })

  test('waits while it is suspended and goes on when it is resumed', async () => {
    await using world = new ScalingWorld()
    world.putTarget({ suspended: { scaleIn: false, scaleOut: true, scheduled: false } })
    world.putPolicy(cpuAt50)
    await world.minutes(6, 100)
    assert.equal(world.desiredCount, 2)
    assert.deepEqual(world.activities, [])
    world.putTarget({})
    await world.minutes(1, 100)
    await world.moment()
    assert.equal(world.desiredCount, 4)
  })

  test('goes on after a restart where the engine before it was', async () => {
    await using world = new ScalingWorld()
    world.putPolicy(cpuAt50)
    await world.minutes(3, 100)
    await world.moment()
    await world.stopEngine()
    world.startEngine()
    world.run(4)
    await world.moment()
    assert.equal(world.activities[0]?.statusCode, 'Successful')
    await world.minutes(2, 100)
    await world.moment()
    assert.equal(world.desiredCount, 4)
  })

  test('takes its alarms with it when it is deleted', async () => {
    await using world = new ScalingWorld()
    deletePolicy(world, world.putPolicy(cpuAt50))
    assert.deepEqual(world.store.alarms.list(), [])
    await world.minutes(4, 100)
    assert.equal(world.desiredCount, 2)
  })

  test('is deregistered with a service that is gone', async () => {
    await using world = new ScalingWorld()
    world.putPolicy(cpuAt50)
    world.store.services.put(serviceArn, aService({ status: 'INACTIVE' }))
    await world.minutes(2, 10)
    assert.deepEqual(world.store.scalableTargets.list(), [])
    assert.deepEqual(world.store.scalingPolicies.list(), [])
    assert.deepEqual(world.store.alarms.list(), [])
  })

  test('keeps its cooldown in minutes of the clock setting', async () => {
    await using world = new ScalingWorld(10_000)
    world.putPolicy(cpuAt50)
    await world.minutes(3, 100)
    await world.moment()
    world.run(4)
    await world.minutes(6, 100)
    await world.moment()
    assert.equal(world.desiredCount, 8)
  })
})

describe('step scaling', () => {
  test('begins at once when an alarm has the policy among its actions', async () => {
    await using world = new ScalingWorld()
    fire(world, world.putPolicy(oneMore, 'steps').policyArn)
    await world.moment()
    assert.equal(world.desiredCount, 3)
    assert.equal(world.activities[0]?.cause, 'monitor alarm busy in state ALARM triggered policy steps')
    const [item] = world.store.alarmHistories.get('us-east-1/busy')?.items ?? []
    assert.match(item?.summary ?? '', /^Successfully executed action arn:aws:autoscaling:/)
  })

  test('goes on every minute while the alarm fires', async () => {
    await using world = new ScalingWorld()
    const { policyArn } = world.putPolicy(oneMore, 'steps')
    fire(world, policyArn)
    await world.moment()
    world.run(3)
    await world.minutes(1, 0)
    await world.moment()
    assert.equal(world.desiredCount, 4)
  })

  test('goes by what the alarm saw, also where its periods are longer than a minute', async () => {
    await using world = new ScalingWorld()
    const steps = [
      { lowerBound: 0, upperBound: 15, scalingAdjustment: 1 },
      { lowerBound: 15, scalingAdjustment: 5 },
    ]
    const { policyArn } = world.putPolicy({ ...oneMore, steps }, 'steps')
    watchCpu(world, policyArn, { periodSeconds: 300 })
    await world.minutes(6, 10)
    await world.minutes(3, 95)
    await world.moment()
    assert.equal(world.desiredCount, 2, 'an average of 61 in the last five minutes')
    await world.minutes(1, 95)
    await world.moment()
    assert.equal(world.desiredCount, 3, 'an average of 78')
  })

  test('what was added counts towards what is wanted until the last cooldown is over', async () => {
    await using world = new ScalingWorld()
    watchCpu(world, world.putPolicy(oneOrThreeMore, 'steps').policyArn)
    await world.minutes(1, 72)
    await world.moment()
    world.run(3)
    await world.minutes(1, 90)
    await world.moment()
    assert.equal(world.desiredCount, 5, 'three more than the two at first')
    world.run(5)
    await world.minutes(3, 90)
    await world.moment()
    assert.equal(world.desiredCount, 5)
    await world.minutes(11, 90)
    await world.moment()
    assert.equal(world.desiredCount, 8, 'after ten minutes')
  })

  test('keeps its cooldown where it scaled again before the first change was fulfilled', async () => {
    await using world = new ScalingWorld()
    watchCpu(world, world.putPolicy(oneOrThreeMore, 'steps').policyArn)
    await world.minutes(1, 72)
    await world.moment()
    await world.minutes(1, 90)
    await world.moment()
    assert.deepEqual(
      world.activities.map(({ statusCode }) => statusCode),
      ['InProgress', 'Overridden'],
    )
    world.run(5)
    await world.minutes(3, 90)
    await world.moment()
    assert.equal(world.desiredCount, 5)
  })

  test('an action on a policy that is gone has failed, and nothing is scaled', async () => {
    await using world = new ScalingWorld()
    const policy = world.putPolicy(oneMore, 'steps')
    deletePolicy(world, policy)
    fire(world, policy.policyArn)
    await world.moment()
    assert.equal(world.desiredCount, 2)
    const [item] = world.store.alarmHistories.get('us-east-1/busy')?.items ?? []
    assert.match(item?.summary ?? '', /Received error: "There is no such scaling policy/)
  })

  test('the cooldown is of the target, and is forgotten when somebody sets the count', async () => {
    await using world = new ScalingWorld()
    const { policyArn } = world.putPolicy({ ...oneMore, cooldownSeconds: 600 }, 'steps')
    fire(world, policyArn)
    await world.moment()
    assert.equal(world.store.scalableTargets.get(scalingKey({ region: 'us-east-1', resourceId }))?.lastScaling?.from, 2)
    world.store.services.put(serviceArn, aService({ desiredCount: 6 }))
    await world.minutes(1, 0)
    await world.moment()
    assert.equal(world.desiredCount, 7)
  })
})

describe('bounds', () => {
  test('bring the count between them at once, and no cooldown follows', async () => {
    await using world = new ScalingWorld()
    const { policyArn } = world.putPolicy({ ...oneMore, cooldownSeconds: 600 }, 'steps')
    await world.moment()
    world.register({ minCapacity: 3 })
    assert.equal(world.desiredCount, 3)
    world.run(3)
    await world.moment()
    const [activity] = world.activities
    assert.deepEqual([activity?.statusCode, activity?.cause], ['Successful', 'minimum capacity was set to 3'])
    assert.equal(
      world.events[0],
      'Message: Successfully set desired count to 3. Change successfully fulfilled by ecs. Cause: minimum capacity was set to 3',
    )
    fire(world, policyArn)
    await world.moment()
    assert.equal(world.desiredCount, 4)
    world.register({ minCapacity: 0, maxCapacity: 2 })
    assert.deepEqual([world.desiredCount, world.activities[0]?.cause], [2, 'maximum capacity was set to 2'])
  })

  test('leave a count alone that is between them', async () => {
    await using world = new ScalingWorld()
    world.register({ minCapacity: 2, maxCapacity: 2 })
    assert.deepEqual([world.desiredCount, world.activities], [2, []])
  })
})
