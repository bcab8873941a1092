import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreateClusterCommand,
  DeleteServiceCommand,
  DeregisterTaskDefinitionCommand,
  type CreateServiceCommandInput,
} from '@aws-sdk/client-ecs'
import {
  assertRefused,
  blueGreenService,
  createBlueGreenService,
  createService,
  networkConfiguration,
  putTargetGroup,
  registerWeb,
  startEcs,
  type EcsWorld,
} from './ecs-world.ts'

/** A world with a definition and a target group, and the input of a service of them. */
async function furnish(world: EcsWorld): Promise<CreateServiceCommandInput> {
  await registerWeb(world)
  return blueGreenService(putTargetGroup(world.store, 'web-blue'))
}

const external = { serviceName: 'api', desiredCount: 1, deploymentController: { type: 'EXTERNAL' } } as const

describe('creating a service', () => {
  test('in a cluster with a default capacity provider strategy it has that, unless it names a launch type', async (t) => {
    const world = await startEcs(t)
    const input = { ...(await furnish(world)), deploymentController: undefined, cluster: 'spot' }
    const strategy = [{ capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 }]
    await world.client.send(
      new CreateClusterCommand({ clusterName: 'spot', defaultCapacityProviderStrategy: strategy }),
    )
    const service = await createService(world, { ...input, launchType: undefined })
    assert.equal(service.launchType, undefined)
    assert.deepEqual(service.capacityProviderStrategy, strategy)
    assert.deepEqual(service.deployments?.[0]?.capacityProviderStrategy, strategy)
    const named = await createService(world, { ...input, serviceName: 'other', launchType: 'FARGATE' })
    assert.equal(named.launchType, 'FARGATE')
    assert.equal(named.capacityProviderStrategy, undefined)
  })

  test('for CodeDeploy it has its capacity provider strategy, or that of its cluster, and so has its first task set', async (t) => {
    const world = await startEcs(t)
    const strategy = [
      { capacityProvider: 'FARGATE', weight: 0, base: 1 },
      { capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 },
    ]
    const [first, spot] = strategy
    assert(first && spot)
    await world.client.send(
      new CreateClusterCommand({
        clusterName: 'spot',
        capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
        defaultCapacityProviderStrategy: [spot],
      }),
    )
    const input = { ...(await furnish(world)), launchType: undefined, cluster: 'spot' }
    const byDefault = await createService(world, input)
    const own = await createService(world, { ...input, serviceName: 'own', capacityProviderStrategy: strategy })
    for (const [service, expected] of [
      [byDefault, [spot]],
      [own, strategy],
    ] as const) {
      const [taskSet] = service.taskSets ?? []
      for (const shown of [service, taskSet]) {
        assert.deepEqual(shown?.capacityProviderStrategy, expected)
        assert.equal(shown.launchType, undefined)
      }
      assert.deepEqual([service.platformVersion, taskSet?.platformVersion], ['LATEST', '1.4.0'])
    }
    const named = await createService(world, { ...input, serviceName: 'named', launchType: 'FARGATE' })
    assert.deepEqual([named.launchType, named.capacityProviderStrategy], ['FARGATE', undefined])
    assert.equal(named.taskSets?.[0]?.capacityProviderStrategy, undefined)
  })

  test('without a deployment controller it is ECS, and its first deployment begins', async (t) => {
    const world = await startEcs(t)
    const input = await furnish(world)
    const service = await createService(world, { ...input, deploymentController: undefined })
    assert.deepEqual(service.deploymentController, { type: 'ECS' })
    assert.deepEqual(service.taskSets, [])
    const [deployment, ...others] = service.deployments ?? []
    assert.deepEqual(others, [])
    assert.match(deployment?.id ?? '', /^ecs-svc\/[1-9]\d{18}$/)
    assert.equal(deployment?.status, 'PRIMARY')
    assert.equal(deployment.rolloutState, 'IN_PROGRESS')
    assert.equal(deployment.rolloutStateReason, `ECS deployment ${deployment.id} in progress.`)
    assert.deepEqual([deployment.desiredCount, deployment.runningCount, deployment.failedTasks], [2, 0, 0])
    assert.deepEqual(service.deploymentConfiguration, {
      strategy: 'ROLLING',
      maximumPercent: 200,
      minimumHealthyPercent: 100,
    })
    assert.match(service.currentServiceDeployment ?? '', /:service-deployment\/default\/web\/.{21}$/)
    assert.deepEqual(
      service.currentServiceRevisions?.map(({ arn: key, requestedTaskCount }) => [
        key?.split('/').at(-1),
        requestedTaskCount,
      ]),
      [[deployment.id?.split('/')[1], 2]],
    )
  })

  test('under the ECS controller a service needs no load balancer, or has up to five target groups', async (t) => {
    const world = await startEcs(t)
    const input = await furnish(world)
    const ecs = { ...input, deploymentController: { type: 'ECS' } } as const
    assert.deepEqual(
      (await createService(world, { ...ecs, loadBalancers: undefined, serviceName: 'job' })).loadBalancers,
      [],
    )
    const groups = Array.from({ length: 6 }, (_, number) => putTargetGroup(world.store, `web-${number}`))
    const entries = groups.map((targetGroupArn) => ({ targetGroupArn, containerName: 'web', containerPort: 8080 }))
    const five = await createService(world, { ...ecs, loadBalancers: entries.slice(0, 5) })
    assert.equal(five.loadBalancers?.length, 5)
    await assertRefused(
      createService(world, { ...ecs, loadBalancers: entries, serviceName: 'six' }),
      'InvalidParameterException',
      'loadBalancers can have at most 5 items.',
    )
    const [entry] = entries
    assert.ok(entry)
    await assertRefused(
      createService(world, { ...ecs, loadBalancers: [entry, entry], serviceName: 'twice' }),
      'InvalidParameterException',
      `Duplicate targetGroupArn found: ${entry.targetGroupArn}`,
    )
  })

  test('under the ECS controller DAEMON is not done', async (t) => {
    const world = await startEcs(t)
    const input = await furnish(world)
    await assertRefused(
      createService(world, { ...input, deploymentController: undefined, schedulingStrategy: 'DAEMON' }),
      'UnsupportedFeatureException',
      'schedulingStrategy DAEMON is not supported by Teal yet. Use REPLICA with desiredCount 1.',
    )
  })

  test('the same call again answers the same service, another one of its name is refused', async (t) => {
    const world = await startEcs(t)
    const input = await furnish(world)
    const first = await createService(world, { ...input, clientToken: 'once' })
    for (const clientToken of ['once', undefined]) {
      const again = await createService(world, { ...input, clientToken })
      assert.equal(again.createdAt?.getTime(), first.createdAt?.getTime())
      assert.deepEqual(
        again.taskSets?.map(({ id }) => id),
        first.taskSets?.map(({ id }) => id),
      )
    }
    await assertRefused(
      createService(world, { ...input, clientToken: 'once', desiredCount: 3 }),
      'InvalidParameterException',
      'Creation of service was not idempotent.',
    )
    await world.client.send(new DeleteServiceCommand({ service: 'web', force: true }))
    await assertRefused(
      createService(world, input),
      'InvalidParameterException',
      'Unable to Start a service that is still Draining.',
    )
    world.scheduler.settle()
    const anew = await createService(world, input)
    assert.notEqual(anew.taskSets?.[0]?.id, first.taskSets?.[0]?.id)
  })

  test('an EXTERNAL service has no task sets, and nothing of one but a launch type', async (t) => {
    const world = await startEcs(t)
    const service = await createService(world, external)
    assert.deepEqual(service.taskSets, [])
    assert.deepEqual(service.deployments, [])
    assert.deepEqual(service.loadBalancers, [])
    assert.equal(service.launchType, 'EC2')
    for (const member of ['taskDefinition', 'platformVersion', 'networkConfiguration'] as const) {
      assert.equal(service[member], undefined)
    }
  })

  test('an EXTERNAL service needs no more than a name', async (t) => {
    const world = await startEcs(t)
    const service = await createService(world, { serviceName: 'api', deploymentController: { type: 'EXTERNAL' } })
    assert.equal(service.desiredCount, 0)
  })

  test('an EXTERNAL service takes nothing of a task set', async (t) => {
    const world = await startEcs(t)
    const { serviceName: _, desiredCount: __, deploymentController: ___, ...ofTaskSet } = await furnish(world)
    const members = { ...ofTaskSet, platformVersion: '1.4.0', serviceRegistries: [{ registryArn: 'arn:x' }] }
    for (const [member, value] of Object.entries(members)) {
      await assertRefused(
        createService(world, { ...external, [member]: value }),
        'InvalidParameterException',
        `${member} cannot be specified for a service with the EXTERNAL deployment controller. Give it to CreateTaskSet.`,
      )
    }
  })

  test('a name, a count and a short token are needed', async (t) => {
    const world = await startEcs(t)
    const input = await furnish(world)
    const refuse = (changes: Partial<CreateServiceCommandInput>, message: string) =>
      assertRefused(createService(world, { ...input, ...changes }), 'InvalidParameterException', message)
    await refuse({ serviceName: 'my web' }, 'A serviceName has 1 to 255 letters, numbers, hyphens and underscores.')
    await refuse({ desiredCount: undefined }, 'desiredCount must be specified.')
    await refuse({ desiredCount: -1 }, 'desiredCount cannot be negative.')
    await refuse({ clientToken: 'x'.repeat(65) }, 'clientToken can have at most 64 characters.')
    await refuse(
      { schedulingStrategy: 'DAEMON' },
      'schedulingStrategy DAEMON is not supported with the CODE_DEPLOY deployment controller.',
    )
  })

  test('a CODE_DEPLOY service needs an ACTIVE task definition', async (t) => {
    const world = await startEcs(t)
    const input = await furnish(world)
    await assertRefused(
      createService(world, { ...input, taskDefinition: undefined }),
      'InvalidParameterException',
      'TaskDefinition can not be blank.',
    )
    await assertRefused(
      createService(world, { ...input, taskDefinition: 'web:9' }),
      'ClientException',
      'TaskDefinition not found.',
    )
    await world.client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'web:1' }))
    await assertRefused(
      createService(world, { ...input, taskDefinition: 'web:1' }),
      'ClientException',
      'TaskDefinition is inactive',
    )
  })

  test('a CODE_DEPLOY service needs exactly one target group', async (t) => {
    const world = await startEcs(t)
    const input = await furnish(world)
    const [entry] = input.loadBalancers ?? []
    assert.ok(entry)
    for (const loadBalancers of [undefined, [], [entry, entry]]) {
      await assertRefused(
        createService(world, { ...input, loadBalancers }),
        'InvalidParameterException',
        'A service with the CODE_DEPLOY deployment controller needs exactly one entry in loadBalancers: ' +
          'the target group of its first task set.',
      )
    }
  })

  test('roles and settings are recorded', async (t) => {
    const world = await startEcs(t)
    const service = await createService(world, {
      ...(await furnish(world)),
      role: 'my-role',
      healthCheckGracePeriodSeconds: 30,
      propagateTags: 'SERVICE',
      enableECSManagedTags: true,
      enableExecuteCommand: true,
      availabilityZoneRebalancing: 'ENABLED',
      deploymentConfiguration: { maximumPercent: 150, deploymentCircuitBreaker: { enable: false, rollback: false } },
    })
    assert.equal(service.roleArn, 'arn:aws:iam::000000000000:role/my-role')
    assert.equal(service.healthCheckGracePeriodSeconds, 30)
    assert.equal(service.propagateTags, 'SERVICE')
    assert.equal(service.enableECSManagedTags, true)
    assert.equal(service.enableExecuteCommand, true)
    assert.equal(service.availabilityZoneRebalancing, 'ENABLED')
    assert.equal(service.deploymentConfiguration?.maximumPercent, 150)
    assert.equal(service.deploymentConfiguration.minimumHealthyPercent, 100)
    const role = 'arn:aws:iam::000000000000:role/full'
    assert.equal((await createService(world, { ...external, role })).roleArn, role)
  })

  test('nothing is kept of a service whose task set could not be made', async (t) => {
    const world = await startEcs(t)
    const input = await furnish(world)
    t.mock.method(world.scheduler, 'createTaskSet', () => {
      throw new Error('the scheduler is broken')
    })
    await assert.rejects(createService(world, input))
    assert.equal(world.warnings.splice(0).length, 1)
    assert.deepEqual(world.store.services.list(), [])
    t.mock.restoreAll()
    assert.equal((await createService(world, input)).status, 'ACTIVE')
  })

  test('a service of another cluster is another service', async (t) => {
    const world = await startEcs(t)
    const first = await createBlueGreenService(world)
    await world.client.send(new CreateClusterCommand({ clusterName: 'shop' }))
    const input = blueGreenService(first.loadBalancers?.[0]?.targetGroupArn ?? '')
    const second = await createService(world, { ...input, cluster: 'shop' })
    assert.notEqual(second.serviceArn, first.serviceArn)
  })

  test('a bridge service on EC2 needs no network and an instance target group', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world, { requiresCompatibilities: [], networkMode: 'bridge' })
    const targetGroupArn = putTargetGroup(world.store, 'web-blue', { targetType: 'instance' })
    const input = { ...blueGreenService(targetGroupArn), launchType: 'EC2', networkConfiguration: undefined } as const
    const service = await createService(world, input)
    assert.equal(service.launchType, 'EC2')
    assert.equal(service.platformVersion, undefined)
    await assertRefused(
      createService(world, { ...input, serviceName: 'other', networkConfiguration }),
      'InvalidParameterException',
      'Network Configuration is not valid for the given networkMode of this task definition.',
    )
  })
})
