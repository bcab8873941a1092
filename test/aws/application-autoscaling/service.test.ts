import {
  ApplicationAutoScalingClient,
  DeleteScalingPolicyCommand,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  ListTagsForResourceCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-application-auto-scaling'
import type {
  PutScalingPolicyCommandInput,
  RegisterScalableTargetCommandInput,
  StepScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling'
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { SystemChance } from '../../../src/adapters/system-chance.ts'
import { SystemClock } from '../../../src/adapters/system-clock.ts'
import { applicationAutoScaling } from '../../../src/aws/application-autoscaling/service.ts'
import { cloudWatch } from '../../../src/aws/cloudwatch/service.ts'
import { startEndpoint } from '../../../src/aws/endpoint.ts'
import { Metrics } from '../../../src/engine/metrics.ts'
import { Store } from '../../../src/engine/store.ts'
import { command, missing } from '../../conformance/command.ts'
import { aService, serviceArn } from '../../world/a-service.ts'
import { MemoryPersistence } from '../../world/memory-persistence.ts'
import { assertRefused } from '../ecs/ecs-world.ts'

const ids = {
  ServiceNamespace: 'ecs',
  ResourceId: 'service/prod/web',
  ScalableDimension: 'ecs:service:DesiredCount',
} as const
const bounds = { ...ids, MinCapacity: 1, MaxCapacity: 10 }
const inWords = 'service namespace: ecs, resource ID: service/prod/web, scalable dimension: ecs:service:DesiredCount'

const cpuPolicy: PutScalingPolicyCommandInput = {
  ...ids,
  PolicyName: 'cpu75',
  PolicyType: 'TargetTrackingScaling',
  TargetTrackingScalingPolicyConfiguration: {
    TargetValue: 75,
    PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' },
    ScaleOutCooldown: 60,
  },
}

const steps: StepScalingPolicyConfiguration = {
  AdjustmentType: 'ChangeInCapacity',
  StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
}

const step = (lower: number | undefined, upper: number | undefined) => ({
  MetricIntervalLowerBound: lower,
  MetricIntervalUpperBound: upper,
  ScalingAdjustment: 1,
})

async function start(t: TestContext) {
  const log = { info: () => undefined, warn: () => undefined }
  const [store, clock, chance] = [new Store(new MemoryPersistence()), new SystemClock(), new SystemChance()]
  store.services.put(serviceArn, aService({ deploymentController: 'ECS' }))
  const settings = { accountId: '000000000000', minuteMilliseconds: 60_000, listenHost: '', endpointUrl: '' }
  const metrics = new Metrics({ store, clock, settings, log })
  const services = [
    applicationAutoScaling({ store, clock, chance, log }),
    cloudWatch({ store, clock, settings, log }, metrics),
  ]
  const endpoint = await startEndpoint({ services, host: '127.0.0.1', port: 0, accountId: '000000000000', log })
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const configuration = { region: 'us-east-1', endpoint: endpoint.url, credentials, maxAttempts: 1 }
  const [client, watch] = [new ApplicationAutoScalingClient(configuration), new CloudWatchClient(configuration)]
  t.after(async () => {
    client.destroy()
    watch.destroy()
    await endpoint.close()
  })
  const register = (wishes: Partial<RegisterScalableTargetCommandInput> = {}) =>
    client.send(new RegisterScalableTargetCommand({ ...bounds, ...wishes }))
  const put = (wishes: Partial<PutScalingPolicyCommandInput> = {}) =>
    client.send(new PutScalingPolicyCommand({ ...cpuPolicy, ...wishes }))
  return { client, watch, store, url: endpoint.url, register, put }
}

describe('scalable targets', () => {
  test('are registered, described, changed in part and deregistered', async (t) => {
    const { client, register } = await start(t)
    const { ScalableTargetARN = '' } = await register()
    assert.match(
      ScalableTargetARN,
      /^arn:aws:application-autoscaling:us-east-1:000000000000:scalable-target\/0ec5[0-9a-f]{28}$/,
    )
    const again = await register({
      MaxCapacity: 20,
      MinCapacity: undefined,
      SuspendedState: { DynamicScalingInSuspended: true },
    })
    assert.equal(again.ScalableTargetARN, ScalableTargetARN)
    const { ScalableTargets = [] } = await client.send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' }))
    const [{ CreationTime, ...target } = { CreationTime: undefined }] = ScalableTargets
    assert(CreationTime instanceof Date)
    assert.deepEqual(target, {
      ...ids,
      MinCapacity: 1,
      MaxCapacity: 20,
      RoleARN:
        'arn:aws:iam::000000000000:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService',
      SuspendedState: {
        DynamicScalingInSuspended: true,
        DynamicScalingOutSuspended: false,
        ScheduledScalingSuspended: false,
      },
      ScalableTargetARN,
    })
    await client.send(new DeregisterScalableTargetCommand(ids))
    await assertRefused(
      client.send(new DeregisterScalableTargetCommand(ids)),
      'ObjectNotFoundException',
      `No scalable target found for ${inWords}`,
    )
  })

  test('are ECS services that exist, within bounds that make sense', async (t) => {
    const { register } = await start(t)
    const refused = (wishes: Partial<RegisterScalableTargetCommandInput>, message: string | RegExp) =>
      assertRefused(register(wishes), 'ValidationException', message)
    await refused({ ResourceId: 'service/prod/api' }, "ECS service doesn't exist: service/prod/api")
    await refused({ ServiceNamespace: 'dynamodb' }, /ServiceNamespace 'dynamodb' is not supported by Teal; use ecs/)
    await refused({ ResourceId: 'web' }, /^Unsupported service namespace, resource type or scalable dimension/)
    await refused({ ScalableDimension: 'ec2:spot-fleet-request:TargetCapacity' }, /^Unsupported service namespace/)
    await refused({ MinCapacity: undefined }, /^MinCapacity and MaxCapacity are required/)
    await refused({ MinCapacity: 11 }, /^Maximum capacity cannot be less than minimum capacity/)
    await refused({ MinCapacity: -1 }, 'MinCapacity cannot be negative; it is -1.')
  })

  test('are also services whose task sets are the client’s: their desired count follows, and with it each task set', async (t) => {
    const { register, store } = await start(t)
    store.services.put(serviceArn, aService({ deploymentController: 'EXTERNAL', desiredCount: 0 }))
    await register({ MinCapacity: 2 })
    assert.equal(store.services.get(serviceArn)?.desiredCount, 2)
  })

  test('have tags', async (t) => {
    const { client, register } = await start(t)
    const { ScalableTargetARN: ResourceARN = '' } = await register({ Tags: { team: 'web' } })
    await client.send(new TagResourceCommand({ ResourceARN, Tags: { stage: 'prod' } }))
    await client.send(new UntagResourceCommand({ ResourceARN, TagKeys: ['team'] }))
    const { Tags } = await client.send(new ListTagsForResourceCommand({ ResourceARN }))
    assert.deepEqual(Tags, { stage: 'prod' })
    await assertRefused(
      client.send(new ListTagsForResourceCommand({ ResourceARN: `${ResourceARN}0` })),
      'ResourceNotFoundException',
      /^There is no scalable target with the ARN/,
    )
  })

  test('come in pages', async (t) => {
    const { client, store, register } = await start(t)
    for (const name of ['a', 'b', 'c']) {
      const arn = serviceArn.replace('/web', `/${name}`)
      store.services.put(arn, aService({ serviceArn: arn, serviceName: name }))
      await register({ ResourceId: `service/prod/${name}` })
    }
    const shown: string[] = []
    let NextToken: string | undefined
    do {
      const input = { ServiceNamespace: 'ecs', MaxResults: 2, NextToken } as const
      const page = await client.send(new DescribeScalableTargetsCommand(input))
      shown.push(...(page.ScalableTargets ?? []).map(({ ResourceId = '' }) => ResourceId))
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    assert.deepEqual(shown, ['service/prod/a', 'service/prod/b', 'service/prod/c'])
    await assertRefused(
      client.send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs', NextToken: 'no' })),
      'InvalidNextTokenException',
      /^The NextToken is not one of this list/,
    )
  })
})

describe('target tracking policies', () => {
  test('make two alarms, as Application Auto Scaling makes them', async (t) => {
    const { watch, register, put } = await start(t)
    await register()
    const { PolicyARN = '', Alarms = [] } = await put()
    assert.match(
      PolicyARN,
      /^arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:[0-9a-f-]{36}:resource\/ecs\/service\/prod\/web:policyName\/cpu75$/,
    )
    assert.deepEqual(
      Alarms.map(({ AlarmName = '' }) => AlarmName.replace(/-[0-9a-f]{8}-.*/, '')),
      ['TargetTracking-service/prod/web-AlarmHigh', 'TargetTracking-service/prod/web-AlarmLow'],
    )
    const { MetricAlarms = [] } = await watch.send(new DescribeAlarmsCommand({}))
    const [high, low] = MetricAlarms
    assert.deepEqual(
      [high, low].map((alarm) => [
        alarm?.MetricName,
        alarm?.ComparisonOperator,
        alarm?.Threshold,
        alarm?.EvaluationPeriods,
        alarm?.Period,
        alarm?.AlarmActions,
      ]),
      [
        ['CPUUtilization', 'GreaterThanThreshold', 75, 3, 60, [PolicyARN]],
        ['CPUUtilization', 'LessThanThreshold', 67.5, 15, 60, [PolicyARN]],
      ],
    )
    assert.equal(high?.AlarmDescription, `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${PolicyARN}.`)
    assert.deepEqual(high.Dimensions, [
      { Name: 'ClusterName', Value: 'prod' },
      { Name: 'ServiceName', Value: 'web' },
    ])
  })

  test('keep their alarms from everybody else, until they are deleted', async (t) => {
    const { client, watch, register, put } = await start(t)
    await register()
    const { Alarms = [] } = await put()
    const AlarmNames = Alarms.map(({ AlarmName = '' }) => AlarmName)
    const remove = new DeleteAlarmsCommand({ AlarmNames })
    await assertRefused(
      watch.send(remove),
      'ValidationException',
      /belongs to the target tracking scaling policy cpu75/,
    )
    const alarm = { AlarmName: AlarmNames[0], MetricName: 'M', Namespace: 'N', Statistic: 'Sum', Period: 60 } as const
    const change = { ...alarm, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'LessThanThreshold' } as const
    await assertRefused(watch.send(new PutMetricAlarmCommand(change)), 'ValidationException', /belongs to/)
    await client.send(new DeleteScalingPolicyCommand({ ...ids, PolicyName: 'cpu75' }))
    assert.deepEqual((await watch.send(new DescribeAlarmsCommand({}))).MetricAlarms, [])
  })

  test('are put again under their name, and keep their ARN and their alarms', async (t) => {
    const { client, register, put } = await start(t)
    await register()
    const first = await put()
    const configuration = {
      ...cpuPolicy.TargetTrackingScalingPolicyConfiguration,
      TargetValue: 50,
      DisableScaleIn: true,
    }
    const second = await put({ TargetTrackingScalingPolicyConfiguration: configuration })
    assert.equal(second.PolicyARN, first.PolicyARN)
    assert.deepEqual(second.Alarms, first.Alarms?.slice(0, 1))
    const { ScalingPolicies = [] } = await client.send(new DescribeScalingPoliciesCommand({ ServiceNamespace: 'ecs' }))
    assert.equal(ScalingPolicies.length, 1)
    assert.deepEqual(ScalingPolicies[0]?.TargetTrackingScalingPolicyConfiguration, configuration)
  })

  test('follow requests of a target group, or a metric of one’s own', async (t) => {
    const { watch, register, put } = await start(t)
    await register()
    const ResourceLabel = 'app/web/50dc6c495c0c9188/targetgroup/blue/73e2d6bc24d8a067'
    const PredefinedMetricSpecification = { PredefinedMetricType: 'ALBRequestCountPerTarget', ResourceLabel } as const
    await put({
      PolicyName: 'requests',
      TargetTrackingScalingPolicyConfiguration: { TargetValue: 100, PredefinedMetricSpecification },
    })
    const CustomizedMetricSpecification = {
      MetricName: 'Backlog',
      Namespace: 'App',
      Dimensions: [{ Name: 'Queue', Value: 'jobs' }],
      Statistic: 'Maximum' as const,
      Unit: 'Count',
    }
    await put({
      PolicyName: 'backlog',
      TargetTrackingScalingPolicyConfiguration: { TargetValue: 5, CustomizedMetricSpecification },
    })
    const { MetricAlarms = [] } = await watch.send(new DescribeAlarmsCommand({}))
    const requests = MetricAlarms.find(({ MetricName }) => MetricName === 'RequestCountPerTarget')
    assert.equal(requests?.Statistic, 'Sum')
    assert.deepEqual(requests.Dimensions, [
      { Name: 'TargetGroup', Value: 'targetgroup/blue/73e2d6bc24d8a067' },
      { Name: 'LoadBalancer', Value: 'app/web/50dc6c495c0c9188' },
    ])
    const backlog = MetricAlarms.find(({ MetricName }) => MetricName === 'Backlog')
    assert.equal(backlog?.Statistic, 'Maximum')
    assert.equal(backlog.Unit, 'Count')
    assert.deepEqual(backlog.Dimensions, [{ Name: 'Queue', Value: 'jobs' }])
  })

  test('go with their target', async (t) => {
    const { client, watch, register, put } = await start(t)
    await register()
    await put()
    await client.send(new DeregisterScalableTargetCommand(ids))
    assert.deepEqual((await watch.send(new DescribeAlarmsCommand({}))).MetricAlarms, [])
    const { ScalingPolicies } = await client.send(new DescribeScalingPoliciesCommand({ ServiceNamespace: 'ecs' }))
    assert.deepEqual(ScalingPolicies, [])
  })
})

describe('step scaling policies', () => {
  test('are described with their defaults, and with the alarms that are set on them', async (t) => {
    const { client, watch, register, put } = await start(t)
    await register()
    const stepScaling = {
      PolicyType: undefined,
      TargetTrackingScalingPolicyConfiguration: undefined,
      StepScalingPolicyConfiguration: steps,
    }
    const { PolicyARN = '' } = await put({ ...stepScaling, PolicyName: 'steps' })
    await watch.send(
      new PutMetricAlarmCommand({
        AlarmName: 'busy',
        MetricName: 'Backlog',
        Namespace: 'App',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 10,
        ComparisonOperator: 'GreaterThanThreshold',
        AlarmActions: [PolicyARN],
      }),
    )
    const { ScalingPolicies = [] } = await client.send(new DescribeScalingPoliciesCommand(ids))
    assert.equal(ScalingPolicies[0]?.PolicyType, 'StepScaling')
    assert.deepEqual(ScalingPolicies[0].StepScalingPolicyConfiguration, {
      ...steps,
      Cooldown: 300,
      MetricAggregationType: 'Average',
    })
    assert.deepEqual(
      ScalingPolicies[0].Alarms?.map(({ AlarmName }) => AlarmName),
      ['busy'],
    )
  })

  test('have steps side by side', async (t) => {
    const { register, put } = await start(t)
    await register()
    const refused = (configuration: StepScalingPolicyConfiguration, message: string | RegExp) =>
      assertRefused(
        put({
          PolicyType: 'StepScaling',
          TargetTrackingScalingPolicyConfiguration: undefined,
          StepScalingPolicyConfiguration: configuration,
        }),
        'ValidationException',
        message,
      )
    await refused({ ...steps, StepAdjustments: [] }, 'At least one StepAdjustment must be given.')
    await refused({ ...steps, StepAdjustments: [step(0, 10), step(5, 20)] }, 'StepAdjustment intervals cannot overlap.')
    await refused({ ...steps, StepAdjustments: [step(0, 10), step(15, 20)] }, /cannot be a gap/)
    await refused({ ...steps, StepAdjustments: [step(10, 10)] }, /must be greater than/)
    await refused({ ...steps, StepAdjustments: [step(undefined, undefined), step(0, 1)] }, /^At least one of/)
    await refused({ ...steps, MinAdjustmentMagnitude: 1 }, /PercentChangeInCapacity only/)
    await refused({ ...steps, Cooldown: -1 }, 'Cooldown cannot be negative; it is -1 seconds.')
    await refused({ StepAdjustments: steps.StepAdjustments }, /^AdjustmentType is required/)
  })
})

describe('what is not there', () => {
  test('is refused by name', async (t) => {
    const { client, register, put } = await start(t)
    await assertRefused(put(), 'ObjectNotFoundException', `No scalable target registered for ${inWords}`)
    await register()
    await assertRefused(
      put({ PolicyType: 'PredictiveScaling' }),
      'ValidationException',
      /PolicyType 'PredictiveScaling' is not supported/,
    )
    await assertRefused(
      put({ PolicyType: 'StepScaling' }),
      'ValidationException',
      /^StepScalingPolicyConfiguration is required/,
    )
    const type = 'ECSServiceAverageCPUUtilizationHighResolution'
    const configuration = { TargetValue: 1, PredefinedMetricSpecification: { PredefinedMetricType: type } } as const
    await assertRefused(
      put({ TargetTrackingScalingPolicyConfiguration: configuration }),
      'ValidationException',
      new RegExp(type),
    )
    const math = { Metrics: [{ Id: 'm1', Expression: 'm2 / m3' }] }
    const ofMath = { TargetValue: 1, CustomizedMetricSpecification: math }
    await assertRefused(
      put({ TargetTrackingScalingPolicyConfiguration: ofMath }),
      'ValidationException',
      /Metrics is not supported/,
    )
    const scheduled = { ...ids, ScheduledActionName: 'night', Schedule: 'rate(1 day)' }
    await assert.rejects(client.send(new PutScheduledActionCommand(scheduled)), /PutScheduledAction/)
    const { ScheduledActions } = await client.send(new DescribeScheduledActionsCommand({ ServiceNamespace: 'ecs' }))
    assert.deepEqual(ScheduledActions, [])
    await assertRefused(
      client.send(new DeleteScalingPolicyCommand({ ...ids, PolicyName: 'other' })),
      'ObjectNotFoundException',
      `No scaling policy found for ${inWords}, policy name: other`,
    )
    const dimensionAlone = { ServiceNamespace: 'ecs', ScalableDimension: ids.ScalableDimension } as const
    await assertRefused(
      client.send(new DescribeScalingActivitiesCommand(dimensionAlone)),
      'ValidationException',
      'If you specify a scalable dimension, you must also specify a resource ID.',
    )
  })
})

const skip = await missing('aws', ['--version'])

test('the AWS CLI registers a target, sets a policy and describes both', { skip }, async (t) => {
  const { url } = await start(t)
  const aws = async (operation: string, ...options: readonly string[]): Promise<string> => {
    const argv = ['application-autoscaling', operation, '--service-namespace', 'ecs', '--output', 'json', ...options]
    const { output, errors } = await command(url, 'aws', argv)
    assert.equal(errors, '')
    return output
  }
  const resource = ['--resource-id', ids.ResourceId, '--scalable-dimension', ids.ScalableDimension]
  await aws('register-scalable-target', ...resource, '--min-capacity', '1', '--max-capacity', '4')
  const configuration = JSON.stringify(cpuPolicy.TargetTrackingScalingPolicyConfiguration)
  const policy = ['--policy-name', 'cpu75', '--policy-type', 'TargetTrackingScaling']
  await aws(
    'put-scaling-policy',
    ...resource,
    ...policy,
    '--target-tracking-scaling-policy-configuration',
    configuration,
  )
  assert.match(await aws('describe-scalable-targets'), /"MaxCapacity": 4/)
  assert.match(await aws('describe-scaling-policies'), /"PolicyName": "cpu75"/)
  assert.match(await aws('describe-scaling-activities'), /"ScalingActivities": \[\]/)
})
