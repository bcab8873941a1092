import {
  ApplicationAutoScalingClient,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling'
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import {
  ContinueServiceDeploymentCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  ListTasksCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import type { Service, ServiceDeployment, UpdateServiceCommandInput } from '@aws-sdk/client-ecs'
import { DescribeRulesCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, promisify } from 'node:util'
import type { Load } from '../../demo/load/index.ts'
import { desiredCount, healthyTargets, name, registerTaskDefinition } from '../../demo/surroundings.ts'
import { Theatre, until } from './theatre.ts'
import { createFunction } from './theatre-function.ts'

const run = promisify(execFile)
const launcher = fileURLToPath(new URL('../../bin/teal.mjs', import.meta.url))

/** Asks green through the test listener, twice: the first answer is IN_PROGRESS, as of a check that takes longer. */
const handler = `
exports.handler = async ({ lifecycleStage, hookDetails, executionDetails }) => {
  if (hookDetails?.asked === undefined) return { hookStatus: 'IN_PROGRESS', callBackDelay: Number(process.env.DELAY), hookDetails: { asked: 1 } }
  const answer = await fetch(process.env.URL_TO_CHECK)
  console.log('checked', lifecycleStage, answer.status, JSON.stringify(executionDetails))
  return { hookStatus: answer.status === 200 ? process.env.VERDICT : 'FAILED' }
}
`
const functionArn = (functionName: string) => `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`

describe('a native blue/green deployment, under load', { timeout: 400_000 }, () => {
  let theatre: Theatre
  let load: Load
  let rules: { readonly production: string; readonly test: string }
  before(async () => {
    theatre = await Theatre.open('300ms')
    await create('check', 'SUCCEEDED', 1)
    // So long one sees what it is about to take back.
    await create('refuse', 'FAILED', 5)
    load = theatre.startLoad()
    await update({ deploymentController: { type: 'ECS' } })
    const { productionListenerArn = '', testListenerArn = '' } = theatre.loadBalancing ?? {}
    rules = { production: await defaultRule(productionListenerArn), test: await defaultRule(testListenerArn) }
  })
  after(() => theatre?.close())

  const create = (functionName: string, verdict: string, delaySeconds: number): Promise<void> => {
    const url = theatre.loadBalancing?.testUrl ?? ''
    const variables = { URL_TO_CHECK: url, VERDICT: verdict, DELAY: String(delaySeconds) }
    return createFunction(theatre, functionName, { code: handler, variables })
  }
  const defaultRule = async (listenerArn: string): Promise<string> => {
    const { Rules = [] } = await theatre.clients.elb.send(new DescribeRulesCommand({ ListenerArn: listenerArn }))
    return Rules.find(({ IsDefault }) => IsDefault)?.RuleArn ?? ''
  }
  const update = async (changes: Partial<UpdateServiceCommandInput>): Promise<Service> => {
    const input = { cluster: name, service: name, ...changes }
    const { service } = await theatre.clients.ecs.send(new UpdateServiceCommand(input))
    assert(service)
    return service
  }
  /** The client's first configuration, each time the same: the first group, whichever serves. */
  const deploy = async (image: string, changes: Partial<UpdateServiceCommandInput> = {}): Promise<Service> => {
    const { blueArn: targetGroupArn = '', greenArn = '' } = theatre.loadBalancing ?? {}
    const advancedConfiguration = {
      alternateTargetGroupArn: greenArn,
      productionListenerRule: rules.production,
      testListenerRule: rules.test,
      roleArn: 'arn:aws:iam::000000000000:role/ecs',
    }
    return update({
      taskDefinition: await registerTaskDefinition(theatre.clients, image),
      loadBalancers: [{ targetGroupArn, containerName: 'web', containerPort: 8080, advancedConfiguration }],
      ...changes,
    })
  }
  const service = async (): Promise<Service> => {
    const input = { cluster: name, services: [name] }
    const { services = [] } = await theatre.clients.ecs.send(new DescribeServicesCommand(input))
    assert(services[0])
    return services[0]
  }
  const running = async () => (await service()).deployments?.map(({ runningCount }) => runningCount)
  const deploymentOf = async ({ currentServiceDeployment = '' }: Service): Promise<ServiceDeployment> => {
    const input = { serviceDeploymentArns: [currentServiceDeployment] }
    const { serviceDeployments = [] } = await theatre.clients.ecs.send(new DescribeServiceDeploymentsCommand(input))
    assert(serviceDeployments[0])
    return serviceDeployments[0]
  }
  const ended = async (begun: Service): Promise<ServiceDeployment> => {
    await until('the deployment has ended', async () => (await deploymentOf(begun)).finishedAt !== undefined)
    return deploymentOf(begun)
  }
  const weights = async (ruleArn: string): Promise<readonly (number | undefined)[]> => {
    const { Rules = [] } = await theatre.clients.elb.send(new DescribeRulesCommand({ RuleArns: [ruleArn] }))
    const groups = Rules[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups ?? []
    return [theatre.loadBalancing?.blueArn, theatre.loadBalancing?.greenArn].map(
      (arn) => groups.find(({ TargetGroupArn }) => TargetGroupArn === arn)?.Weight,
    )
  }
  /** `teal deployment ARN`: what was done and why, and every request. */
  const recordTellsOf = async ({ currentServiceDeployment = '' }: Service): Promise<void> => {
    const show = () =>
      run(process.execPath, [launcher, 'deployment', currentServiceDeployment, '--endpoint-url', theatre.url])
    await until('the record is complete', async () => / answered, 0 failed/.test((await show()).stdout))
    const stdout = (await show()).stdout.replaceAll(/\s+/g, ' ')
    assert.match(stdout, /Decided: the new revision goes to hello-green, because hello-blue serves\./)
    assert.match(stdout, /POST_TEST_TRAFFIC_SHIFT: arn:\S+:check, SUCCEEDED/)
    assert.match(stdout, /production hello-green hello:2 2xx/)
  }
  const nothingFailed = async (t: { diagnostic(text: string): void }): Promise<void> => {
    await delay(300)
    const account = await load.account()
    t.diagnostic(`${account.answered} requests answered, ${account.failed} failed`)
    assert.deepEqual(account.failures, [])
  }

  test('goes through its stages with hooks and a pause, and so does one whose engine is killed on the way', async (t) => {
    const begun = await deploy('hello:2', {
      deploymentConfiguration: {
        strategy: 'CANARY',
        bakeTimeInMinutes: 10,
        canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 3 },
        lifecycleHooks: [
          { hookTargetArn: functionArn('check'), lifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'] },
          { targetType: 'PAUSE', lifecycleStages: ['PRE_PRODUCTION_TRAFFIC_SHIFT'] },
        ],
      },
    })
    assert.deepEqual(
      begun.deployments?.map(({ status, rolloutState, desiredCount: desired }) => [status, rolloutState, desired]),
      [
        ['PRIMARY', 'IN_PROGRESS', 0],
        ['ACTIVE', 'COMPLETED', desiredCount],
      ],
    )
    const waiting = async () => {
      const { lifecycleHookDetails: details = [] } = await deploymentOf(begun)
      return details.find(({ status }) => status === 'AWAITING_ACTION')
    }
    for (const expected of [
      [100, 0],
      [90, 10],
    ]) {
      await until('the pause waits', async () => (await waiting()) !== undefined)
      assert.deepEqual(await weights(rules.production), expected)
      await theatre.killEngine()
      await delay(200)
      await theatre.startEngine()
      const { hookId } = (await waiting()) ?? {}
      const input = { serviceDeploymentArn: begun.currentServiceDeployment, hookId }
      await theatre.clients.ecs.send(new ContinueServiceDeploymentCommand(input))
      await until('it goes on', async () => (await waiting())?.hookId !== hookId)
    }
    await until('it bakes', async () => (await deploymentOf(begun)).lifecycleStage === 'BAKE_TIME')
    assert.deepEqual(await weights(rules.production), [0, 100])
    await theatre.killEngine()
    await theatre.startEngine()
    const done = await ended(begun)
    assert.equal(done.status, 'SUCCESSFUL', done.statusReason)
    assert.equal(done.targetServiceRevision?.requestedProductionTrafficWeight, 100)
    assert.equal(done.targetServiceRevision?.requestedTestTrafficWeight, 100)
    await recordTellsOf(begun)
    const { deployments, runningCount } = await service()
    assert.deepEqual(
      deployments?.map(({ rolloutState }) => rolloutState),
      ['COMPLETED'],
    )
    assert.equal(runningCount, desiredCount)
    await nothingFailed(t)
  })

  test('alternates the groups also when the client names its first one again, and goes back where a hook says so', async (t) => {
    const hook = { hookTargetArn: functionArn('refuse'), lifecycleStages: ['POST_PRODUCTION_TRAFFIC_SHIFT' as const] }
    const refused = await deploy('hello:1', {
      deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0, lifecycleHooks: [hook] },
    })
    await until('all production traffic is with green', async () => (await weights(rules.production))[0] === 100)
    const done = await ended(refused)
    assert.equal(done.status, 'ROLLBACK_SUCCESSFUL')
    assert.equal(
      done.statusReason,
      'Service deployment rolled back because POST_PRODUCTION_TRAFFIC_SHIFT lifecycle hook(s) failed. Lifecycle hook ' +
        `target ${functionArn('refuse')} returned FAILED status.`,
    )
    assert.deepEqual(await weights(rules.production), [0, 100])
    const { deployments } = await service()
    assert.deepEqual(
      deployments?.map(({ rolloutState }) => rolloutState),
      ['COMPLETED'],
    )
    const begun = await deploy('hello:1', {
      deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0, lifecycleHooks: [] },
    })
    assert.equal((await ended(begun)).status, 'SUCCESSFUL')
    assert.deepEqual(await weights(rules.production), [100, 0])
    const { taskArns = [] } = await theatre.clients.ecs.send(new ListTasksCommand({ cluster: name }))
    assert.equal(taskArns.length, desiredCount)
    assert.equal(await healthyTargets(theatre.clients, theatre.loadBalancing?.blueArn ?? ''), desiredCount)
    await nothingFailed(t)
  })

  test('is scaled on the way: both revisions follow, and it goes on', async (t) => {
    const scaling = new ApplicationAutoScalingClient(theatre.clientConfiguration)
    const cloudWatch = new CloudWatchClient(theatre.clientConfiguration)
    t.after(() => {
      scaling.destroy()
      cloudWatch.destroy()
    })
    const scaled = desiredCount + 1
    await scaling.send(
      new RegisterScalableTargetCommand({ ...scalable, MinCapacity: desiredCount, MaxCapacity: scaled }),
    )
    await scaling.send(new PutScalingPolicyCommand({ ...scalable, ...onBacklog }))
    const begun = await deploy('hello:2', {
      deploymentConfiguration: {
        strategy: 'CANARY',
        bakeTimeInMinutes: 1,
        canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 0 },
        lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['PRE_PRODUCTION_TRAFFIC_SHIFT'] }],
      },
    })
    /** False where it does not pause. */
    const goOn = async (): Promise<boolean> => {
      const { lifecycleHookDetails: details = [] } = await deploymentOf(begun)
      const { hookId } = details.find(({ status }) => status === 'AWAITING_ACTION') ?? {}
      if (hookId === undefined) return false
      const input = { serviceDeploymentArn: begun.currentServiceDeployment, hookId }
      await theatre.clients.ecs.send(new ContinueServiceDeploymentCommand(input))
      return true
    }
    await until('both revisions run', async () => isDeepStrictEqual(await running(), [desiredCount, desiredCount]))
    await until('it has paused', goOn)
    await until('green has a tenth of the traffic', async () => (await weights(rules.production))[1] === 10)
    await until('both revisions have one task more', async () => {
      const MetricData = [{ MetricName: 'Backlog', Value: 100 }]
      await cloudWatch.send(new PutMetricDataCommand({ Namespace: 'App', MetricData }))
      return isDeepStrictEqual(await running(), [scaled, scaled])
    })
    assert.equal((await deploymentOf(begun)).status, 'IN_PROGRESS')
    assert.deepEqual(await weights(rules.production), [90, 10])
    await until('the deployment has ended', async () => {
      await goOn()
      return (await deploymentOf(begun)).finishedAt !== undefined
    })
    const done = await deploymentOf(begun)
    assert.equal(done.status, 'SUCCESSFUL', done.statusReason)
    assert.deepEqual(await weights(rules.production), [0, 100])
    assert.deepEqual(await running(), [scaled])
    await nothingFailed(t)
  })
})

const scalable = {
  ServiceNamespace: 'ecs',
  ResourceId: `service/${name}/${name}`,
  ScalableDimension: 'ecs:service:DesiredCount',
} as const
/** It is never scaled in again. */
const onBacklog = {
  PolicyName: 'backlog',
  PolicyType: 'TargetTrackingScaling',
  TargetTrackingScalingPolicyConfiguration: {
    TargetValue: 10,
    CustomizedMetricSpecification: { MetricName: 'Backlog', Namespace: 'App', Statistic: 'Average' },
    DisableScaleIn: true,
  },
} as const
