import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  DeregisterScalableTargetCommand,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling'
import type {
  ScalingActivity,
  TargetTrackingScalingPolicyConfiguration,
} from '@aws-sdk/client-application-auto-scaling'
import { CloudWatchClient, GetMetricStatisticsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { CreateDeploymentConfigCommand } from '@aws-sdk/client-codedeploy'
import { DescribeServicesCommand } from '@aws-sdk/client-ecs'
import type { Service } from '@aws-sdk/client-ecs'
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { name } from '../../demo/surroundings.ts'
import { Theatre, until } from './theatre.ts'

const target = {
  ServiceNamespace: 'ecs',
  ResourceId: `service/${name}/${name}`,
  ScalableDimension: 'ecs:service:DesiredCount',
} as const
const queue = { namespace: 'App', metricName: 'Backlog' }

describe('scaling of a service that runs', { timeout: 400_000 }, () => {
  let theatre: Theatre
  let scaling: ApplicationAutoScalingClient
  let cloudWatch: CloudWatchClient
  const open = async (minute: string): Promise<void> => {
    theatre = await Theatre.open(minute)
    scaling = new ApplicationAutoScalingClient(theatre.clientConfiguration)
    cloudWatch = new CloudWatchClient(theatre.clientConfiguration)
  }
  const close = async (): Promise<void> => {
    scaling?.destroy()
    cloudWatch?.destroy()
    await theatre?.close()
  }
  before(() => open('1s'))
  afterEach(() => scaling.send(new DeregisterScalableTargetCommand(target)))
  after(close)

  const service = async (): Promise<Service> => {
    const input = { cluster: name, services: [name] }
    const { services = [] } = await theatre.clients.ecs.send(new DescribeServicesCommand(input))
    assert(services[0])
    return services[0]
  }
  const taskSetsHave = (count: number, taskSets: number) => async (): Promise<boolean> => {
    const found = (await service()).taskSets ?? []
    return found.length === taskSets && found.every(({ runningCount }) => runningCount === count)
  }
  const track = async (
    limits: { readonly MinCapacity: number; readonly MaxCapacity: number },
    configuration: TargetTrackingScalingPolicyConfiguration,
  ): Promise<void> => {
    await scaling.send(new RegisterScalableTargetCommand({ ...target, ...limits }))
    await scaling.send(
      new PutScalingPolicyCommand({
        ...target,
        PolicyName: 'track',
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingScalingPolicyConfiguration: configuration,
      }),
    )
  }
  const activities = async (): Promise<readonly ScalingActivity[]> => {
    const { ScalingActivities = [] } = await scaling.send(new DescribeScalingActivitiesCommand(target))
    return ScalingActivities
  }
  const backlog = async (Value: number): Promise<void> => {
    const MetricData = [{ MetricName: queue.metricName, Value }]
    await cloudWatch.send(new PutMetricDataCommand({ Namespace: queue.namespace, MetricData }))
  }
  const onBacklog: TargetTrackingScalingPolicyConfiguration = {
    TargetValue: 10,
    CustomizedMetricSpecification: {
      MetricName: queue.metricName,
      Namespace: queue.namespace,
      Statistic: 'Average',
    },
  }

  test('out under load and in after it, and no request is lost', async (t) => {
    const load = theatre.startLoad()
    const [, blue = ''] = (theatre.loadBalancing?.blueArn ?? '').split(':targetgroup/')
    const [, listener = ''] = (theatre.loadBalancing?.productionListenerArn ?? '').split(':listener/')
    const loadBalancer = listener.split('/').slice(0, 3).join('/')
    await track(
      { MinCapacity: 2, MaxCapacity: 4 },
      {
        TargetValue: 20,
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'ALBRequestCountPerTarget',
          ResourceLabel: `${loadBalancer}/targetgroup/${blue}`,
        },
        ScaleInCooldown: 60,
      },
    )
    await until('the service has four tasks', taskSetsHave(4, 1))
    await until('the activity is told to be over', async () => (await activities())[0]?.StatusCode === 'Successful')
    const account = await load.stop()
    t.diagnostic(`${account.answered} requests answered, ${account.failed} failed`)
    assert.deepEqual(account.failures, [])
    await until('the service has two tasks again', taskSetsHave(2, 1))
    const [scaledIn, scaledOut] = await activities()
    assert.match(scaledIn?.Cause ?? '', /-AlarmLow-\S+ in state ALARM triggered policy track$/)
    assert.match(scaledOut?.Cause ?? '', /-AlarmHigh-\S+ in state ALARM triggered policy track$/)
  })

  test('waits while it is suspended, also for the next engine', async () => {
    await track({ MinCapacity: 1, MaxCapacity: 4 }, onBacklog)
    const suspended = { DynamicScalingOutSuspended: true }
    await scaling.send(new RegisterScalableTargetCommand({ ...target, SuspendedState: suspended }))
    await theatre.killEngine()
    await theatre.startEngine()
    const { ScalableTargets = [] } = await scaling.send(new DescribeScalableTargetsCommand(target))
    assert.equal(ScalableTargets[0]?.SuspendedState?.DynamicScalingOutSuspended, true)
    const resumed = { DynamicScalingOutSuspended: false }
    const countBefore = (await service()).desiredCount
    for (let told = 0; told < 5; told++) await backlog(100)
    assert.equal((await service()).desiredCount, countBefore)
    await scaling.send(new RegisterScalableTargetCommand({ ...target, SuspendedState: resumed }))
    await until('the service has four tasks', async () => {
      await backlog(100)
      return taskSetsHave(4, 1)()
    })
  })

  const averageOf = async (MetricName: string): Promise<number | undefined> => {
    const now = Date.now()
    const { Datapoints = [] } = await cloudWatch.send(
      new GetMetricStatisticsCommand({
        Namespace: 'AWS/ECS',
        MetricName,
        Dimensions: [
          { Name: 'ClusterName', Value: name },
          { Name: 'ServiceName', Value: name },
        ],
        StartTime: new Date(now - 60_000),
        EndTime: new Date(now + 1_000),
        Period: 3_600,
        Statistics: ['Average'],
      }),
    )
    return Datapoints.find(({ Average = 0 }) => Average > 0)?.Average
  }

  test('CloudWatch is told what the tasks really use', async () => {
    await scaling.send(new RegisterScalableTargetCommand({ ...target, MinCapacity: 1, MaxCapacity: 4 }))
    await until('memory is measured', async () => (await averageOf('MemoryUtilization')) !== undefined)
    await until('CPU is measured', async () => {
      await fetch(theatre.loadBalancing?.productionUrl ?? '')
      return (await averageOf('CPUUtilization')) !== undefined
    })
  })

  test('while a blue/green deployment shifts traffic, of both versions', async () => {
    // A service that is scaled meanwhile has five minutes to come to rest: here they are ten seconds.
    await close()
    await open('2s')
    const trafficRoutingConfig = {
      type: 'TimeBasedCanary',
      timeBasedCanary: { canaryPercentage: 10, canaryInterval: 12 },
    } as const
    const config = { deploymentConfigName: 'Canary', computePlatform: 'ECS', trafficRoutingConfig } as const
    await theatre.clients.codeDeploy.send(new CreateDeploymentConfigCommand(config))
    await theatre.configure({ deploymentConfigName: 'Canary' })
    await track({ MinCapacity: 2, MaxCapacity: 3 }, onBacklog)
    const deploymentId = await theatre.deploy('hello:2')
    await until('both versions run', taskSetsHave(2, 2))
    await until('both versions have three tasks', async () => {
      await backlog(100)
      return taskSetsHave(3, 2)()
    })
    assert.equal((await theatre.ended(deploymentId)).status, 'Succeeded')
    await until('the new version is left, with three tasks', taskSetsHave(3, 1))
  })
})
