import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CreateClusterCommand, type CreateServiceCommandInput } from '@aws-sdk/client-ecs'
import { assertRefused, blueGreenService, createService, putTargetGroup, registerWeb, startEcs } from './ecs-world.ts'

describe("a service's launch type", () => {
  test('is EC2 unless something says FARGATE', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world)
    const input = { ...blueGreenService(putTargetGroup(world.store, 'web-blue')), launchType: undefined }
    assert.equal((await createService(world, input)).launchType, 'EC2')
    const strategy = [{ capacityProvider: 'FARGATE', weight: 1 }]
    await world.client.send(
      new CreateClusterCommand({ clusterName: 'fargate', defaultCapacityProviderStrategy: strategy }),
    )
    const { launchType, platformFamily } = await createService(world, { ...input, cluster: 'fargate' })
    assert.deepEqual([launchType, platformFamily], [undefined, 'Linux'])
  })

  test('fits the task definition and the platform version', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world)
    const input = blueGreenService(putTargetGroup(world.store, 'web-blue'))
    const refuse = (changes: Partial<CreateServiceCommandInput>, name: string, message: string) =>
      assertRefused(createService(world, { ...input, ...changes }), name, message)
    await refuse(
      { platformVersion: '9.9.9' },
      'PlatformUnknownException',
      "The specified platform version doesn't exist.",
    )
    await refuse(
      { launchType: 'EC2', platformVersion: '1.4.0' },
      'InvalidParameterException',
      'The platform version must be null when specifying an EC2 launch type.',
    )
    await refuse(
      { capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }] },
      'InvalidParameterException',
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    )
    await refuse(
      { launchType: undefined, capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }] },
      'InvalidParameterException',
      'The specified capacity provider strategy cannot contain a capacity provider that is not associated with the ' +
        'cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again.',
    )
    await refuse(
      { launchType: 'EXTERNAL' },
      'UnsupportedFeatureException',
      'launchType EXTERNAL is not supported by Teal yet. Use launchType FARGATE or EC2.',
    )
    await registerWeb(world, { requiresCompatibilities: [], cpu: undefined })
    await refuse({}, 'InvalidParameterException', 'Task definition does not support launch_type FARGATE.')
  })
})
