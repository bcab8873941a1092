import {
  ContinueServiceDeploymentCommand,
  CreateServiceCommand,
  DescribeServiceDeploymentsCommand,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import type { AdvancedConfiguration, CreateServiceCommandInput, DeploymentConfiguration } from '@aws-sdk/client-ecs'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { arn } from '../../../src/domain/identifiers.ts'
import { assertRefused, blueGreenService, place, putTargetGroup, registerWeb, startEcs } from './ecs-world.ts'
import type { EcsWorld } from './ecs-world.ts'

const listenerArn = arn.listener(arn.loadBalancer(place, 'web', '0123456789abcdef'), 'pair')
const productionListenerRule = arn.rule(listenerArn, 'default')
const roleArn = 'arn:aws:iam::000000000000:role/ecs'

/** Two target groups behind one listener. */
async function worldWithPair(world: EcsWorld): Promise<{ readonly blue: string; readonly green: string }> {
  await registerWeb(world)
  const [blue, green] = [putTargetGroup(world.store, 'web-blue'), putTargetGroup(world.store, 'web-green')]
  const [like] = world.store.listeners.list()
  assert(like)
  const targetGroups = [
    { targetGroupArn: blue, weight: 100 },
    { targetGroupArn: green, weight: 0 },
  ]
  world.store.listeners.put(listenerArn, {
    ...like,
    listenerArn,
    defaultRuleArn: productionListenerRule,
    defaultActions: [{ type: 'forward', targetGroups }],
  })
  return { blue, green }
}

function input(
  { blue, green }: { readonly blue: string; readonly green: string },
  configuration: Partial<DeploymentConfiguration> = {},
  advanced: Partial<AdvancedConfiguration> = {},
): CreateServiceCommandInput {
  const service = blueGreenService(blue)
  const [entry] = service.loadBalancers ?? []
  const advancedConfiguration = { alternateTargetGroupArn: green, productionListenerRule, roleArn, ...advanced }
  return {
    ...service,
    deploymentController: undefined,
    deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0, ...configuration },
    loadBalancers: [{ ...entry, advancedConfiguration }],
  }
}

describe('a service whose deployments shift traffic', () => {
  test('is created with its pair, its rules, its hooks and the defaults of its strategy', async (t) => {
    const world = await startEcs(t)
    const pair = await worldWithPair(world)
    const hook = { targetType: 'PAUSE' as const, lifecycleStages: ['POST_SCALE_UP' as const] }
    const { service } = await world.client.send(
      new CreateServiceCommand(input(pair, { strategy: 'CANARY', lifecycleHooks: [hook] })),
    )
    assert.deepEqual(service?.deploymentConfiguration?.canaryConfiguration, {
      canaryPercent: 5,
      canaryBakeTimeInMinutes: 10,
    })
    assert.deepEqual(service.deploymentConfiguration.lifecycleHooks, [hook])
    assert.deepEqual(service.loadBalancers?.[0]?.advancedConfiguration, {
      alternateTargetGroupArn: pair.green,
      productionListenerRule,
      roleArn,
    })
    assert.deepEqual(
      service.deployments?.map(({ status, desiredCount }) => [status, desiredCount]),
      [['PRIMARY', 0]],
    )
    const { service: updated } = await world.client.send(
      new UpdateServiceCommand({ service: 'web', deploymentConfiguration: { bakeTimeInMinutes: 5 }, desiredCount: 4 }),
    )
    assert.equal(updated?.currentServiceDeployment, service.currentServiceDeployment, 'that needs no deployment')
  })

  test('is refused in the words of ECS where the pair and its rules do not fit', async (t) => {
    const world = await startEcs(t)
    const pair = await worldWithPair(world)
    const create = (...wishes: [Partial<DeploymentConfiguration>?, Partial<AdvancedConfiguration>?]) =>
      world.client.send(new CreateServiceCommand(input(pair, ...wishes)))
    const refusals = [
      [
        create({}, { productionListenerRule: listenerArn }),
        `productionListenerRule has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: ${listenerArn}`,
      ],
      [
        create({}, { testListenerRule: productionListenerRule }),
        `The following rules cannot be used as both production and test listener rules: ${productionListenerRule}`,
      ],
      [create({}, { alternateTargetGroupArn: pair.blue }), `Duplicate targetGroupArn found: ${pair.blue}`],
      [
        create({ linearConfiguration: { stepPercent: 20 } }),
        'deploymentConfiguration.linearConfiguration cannot be used with deployment strategy BLUE_GREEN. Remove it.',
      ],
      [
        create({ strategy: 'LINEAR', linearConfiguration: { stepPercent: 2 } }),
        'deploymentConfiguration.linearConfiguration.stepPercent must be between 3 and 100.0, in multiples of 0.1.',
      ],
      [
        create({ lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['TEST_TRAFFIC_SHIFT'] }] }),
        'Invalid lifecycle stage provided for Pause Hook',
      ],
    ] as const
    for (const [call, message] of refusals) await assertRefused(call, 'InvalidParameterException', message)
    const plain = input(pair)
    const { targetGroupArn, containerName, containerPort } = plain.loadBalancers?.[0] ?? {}
    await assertRefused(
      world.client.send(
        new CreateServiceCommand({ ...plain, loadBalancers: [{ targetGroupArn, containerName, containerPort }] }),
      ),
      'InvalidParameterException',
      'advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy',
    )
  })

  test('answers ContinueServiceDeployment for the pause that waits, and for nothing else', async (t) => {
    const world = await startEcs(t)
    const { service } = await world.client.send(new CreateServiceCommand(input(await worldWithPair(world))))
    const serviceDeploymentArn = service?.currentServiceDeployment ?? ''
    const go = (hookId: string) =>
      world.client.send(new ContinueServiceDeploymentCommand({ serviceDeploymentArn, hookId, action: 'ROLLBACK' }))
    await assertRefused(
      go('nonsense'),
      'InvalidParameterException',
      'Invalid hookId: hookId must follow the format: ecs-{hookType}-{id}',
    )
    const unavailable =
      'Provided hookId is either completed, unavailable, or not associated with the given Resource ARN'
    await assertRefused(go('ecs-pause-1'), 'InvalidParameterException', unavailable)
    const deployment = world.store.serviceDeployments.get(serviceDeploymentArn)
    assert(deployment)
    const waiting = {
      hookId: 'ecs-pause-1',
      targetType: 'PAUSE',
      lifecycleStage: 'POST_SCALE_UP',
      status: 'AWAITING_ACTION',
    } as const
    world.store.serviceDeployments.put(serviceDeploymentArn, { ...deployment, lifecycleHookDetails: [waiting] })
    await go('ecs-pause-1')
    assert.equal(
      world.store.serviceDeployments.get(serviceDeploymentArn)?.lifecycleHookDetails?.[0]?.answer,
      'ROLLBACK',
    )
    await assertRefused(go('ecs-pause-1'), 'InvalidParameterException', unavailable)
    const { serviceDeployments } = await world.client.send(
      new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [serviceDeploymentArn] }),
    )
    assert.equal(serviceDeployments?.[0]?.lifecycleHookDetails?.[0]?.status, 'AWAITING_ACTION')
    world.store.serviceDeployments.put(serviceDeploymentArn, { ...deployment, status: 'SUCCESSFUL' })
    await assertRefused(
      go('ecs-pause-1'),
      'InvalidParameterException',
      'Continuing a service deployment is not allowed for service deployment in terminal states.',
    )
  })

  test('is not stopped while it takes the former revision away, and no rolling update comes between', async (t) => {
    const world = await startEcs(t)
    const { service } = await world.client.send(new CreateServiceCommand(input(await worldWithPair(world))))
    const serviceDeploymentArn = service?.currentServiceDeployment ?? ''
    const rolling = { deploymentConfiguration: { strategy: 'ROLLING' as const }, forceNewDeployment: true }
    await assertRefused(
      world.client.send(new UpdateServiceCommand({ service: 'web', ...rolling })),
      'InvalidParameterException',
      'A rolling update cannot replace a BLUE_GREEN deployment that is PENDING. Wait for its end, or stop it with StopServiceDeployment.',
    )
    const deployment = world.store.serviceDeployments.get(serviceDeploymentArn)
    assert(deployment)
    world.store.serviceDeployments.put(serviceDeploymentArn, { ...deployment, lifecycleStage: 'CLEAN_UP' })
    await assertRefused(
      world.client.send(new StopServiceDeploymentCommand({ serviceDeploymentArn })),
      'ConflictException',
      'The service deployment takes away the former revision: it cannot be stopped any more.',
    )
  })
})
