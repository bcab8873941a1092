import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UpdateServiceCommand } from '@aws-sdk/client-ecs'
import type { Service, UpdateServiceCommandInput } from '@aws-sdk/client-ecs'
import {
  associate,
  assertRefused,
  blueGreenService,
  createService,
  networkConfiguration,
  putTargetGroup,
  registerWeb,
  startEcs,
} from './ecs-world.ts'
import type { EcsWorld } from './ecs-world.ts'

async function rollingService(world: EcsWorld): Promise<Service> {
  await registerWeb(world)
  const input = blueGreenService(putTargetGroup(world.store, 'web-blue'))
  return createService(world, { ...input, deploymentController: undefined })
}

async function update({ client }: EcsWorld, changes: Partial<UpdateServiceCommandInput>): Promise<Service> {
  const { service } = await client.send(new UpdateServiceCommand({ service: 'web', ...changes }))
  assert.ok(service)
  return service
}

const primary = ({ deployments = [] }: Service): string | undefined => deployments[0]?.id

describe('updating a service under the ECS controller', () => {
  test('to another task definition makes a new PRIMARY deployment, and the old one ACTIVE', async (t) => {
    const world = await startEcs(t)
    const before = await rollingService(world)
    world.scheduler.settle()
    const second = await registerWeb(world)
    const after = await update(world, { taskDefinition: 'web:2' })
    assert.equal(after.taskDefinition, second)
    assert.deepEqual(
      after.deployments?.map(({ status, taskDefinition, desiredCount }) => [status, taskDefinition, desiredCount]),
      [
        ['PRIMARY', second, 2],
        ['ACTIVE', before.taskDefinition, 2],
      ],
    )
    assert.notEqual(after.currentServiceDeployment, before.currentServiceDeployment)
    const replaced = world.store.serviceDeployments.get(before.currentServiceDeployment ?? '')
    assert.equal(replaced?.status, 'STOPPED')
    assert.equal(replaced.statusReason, 'Service deployment was replaced by a newer one.')
  })

  test('deploys only what changes: the same again, counts and settings do not', async (t) => {
    const world = await startEcs(t)
    const service = await rollingService(world)
    const without: readonly Partial<UpdateServiceCommandInput>[] = [
      { taskDefinition: 'web:1' },
      { desiredCount: 4 },
      { healthCheckGracePeriodSeconds: 10, enableExecuteCommand: true, propagateTags: 'SERVICE' },
      { deploymentConfiguration: { minimumHealthyPercent: 50 } },
      { networkConfiguration, forceNewDeployment: false, volumeConfigurations: [] },
    ]
    for (const changes of without) assert.equal(primary(await update(world, changes)), primary(service))
    const changed = await update(world, {})
    assert.equal(changed.desiredCount, 4)
    assert.equal(changed.deploymentConfiguration?.minimumHealthyPercent, 50)
    assert.equal(changed.deploymentConfiguration.maximumPercent, 200)
    const other = putTargetGroup(world.store, 'web-other')
    const withNew: readonly Partial<UpdateServiceCommandInput>[] = [
      { forceNewDeployment: true },
      { platformVersion: '1.4.0' },
      { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }], forceNewDeployment: true },
      { networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-9'] } } },
      { loadBalancers: [{ targetGroupArn: other, containerName: 'web', containerPort: 8080 }] },
      { loadBalancers: [] },
    ]
    await associate(world, 'FARGATE_SPOT')
    let last = primary(service)
    for (const changes of withNew) {
      const updated = await update(world, changes)
      assert.notEqual(primary(updated), last, JSON.stringify(changes))
      last = primary(updated)
    }
    const final = await update(world, {})
    assert.deepEqual(final.loadBalancers, [])
    assert.equal(final.launchType, undefined)
    assert.deepEqual(final.capacityProviderStrategy, [{ capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 }])
  })

  test('changes its capacity providers only where a new deployment is forced, and to those of the cluster', async (t) => {
    const world = await startEcs(t)
    await rollingService(world)
    const spot = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }]
    const unforced =
      /^When switching from launch type to capacity provider strategy on an existing service, .* force a new/
    await assertRefused(update(world, { capacityProviderStrategy: spot }), 'InvalidParameterException', unforced)
    const forced = { capacityProviderStrategy: spot, forceNewDeployment: true }
    await assertRefused(
      update(world, forced),
      'InvalidParameterException',
      /^The specified capacity provider strategy cannot contain a capacity provider that is not associated with/,
    )
    await associate(world, 'FARGATE_SPOT')
    const before = await update(world, forced)
    // The same again is no change, and so is none at all of a service that has none.
    assert.equal(primary(await update(world, { capacityProviderStrategy: spot })), primary(before))
    await assertRefused(update(world, { capacityProviderStrategy: [] }), 'InvalidParameterException', unforced)
    const back = await update(world, { capacityProviderStrategy: [], forceNewDeployment: true })
    assert.equal(back.capacityProviderStrategy, undefined)
    assert.equal(back.launchType, 'FARGATE')
    assert.equal(primary(await update(world, { capacityProviderStrategy: [] })), primary(back))
  })

  test('checks the new parts against one another, and then nothing has changed', async (t) => {
    const world = await startEcs(t)
    const service = await rollingService(world)
    await registerWeb(world, { containerDefinitions: [{ name: 'other', image: 'hello:1' }] })
    await assertRefused(
      update(world, { taskDefinition: 'web:2', desiredCount: 9 }),
      'InvalidParameterException',
      'The container does not exist in the task definition.',
    )
    await assertRefused(update(world, { taskDefinition: 'web:7' }), 'ClientException', 'TaskDefinition not found.')
    const after = await update(world, {})
    assert.equal(after.desiredCount, 2)
    assert.equal(primary(after), primary(service))
  })
})
