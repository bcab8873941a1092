import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreateServiceCommand,
  CreateTaskSetCommand,
  DeleteServiceCommand,
  DeleteTaskSetCommand,
  DescribeServicesCommand,
  DescribeTaskSetsCommand,
  UpdateServicePrimaryTaskSetCommand,
  UpdateTaskSetCommand,
  type CreateTaskSetCommandInput,
  type TaskSet,
} from '@aws-sdk/client-ecs'
import type { TestContext } from 'node:test'
import {
  associate,
  assertRefused,
  createBlueGreenService,
  createService,
  networkConfiguration,
  putTargetGroup,
  registerWeb,
  startEcs,
  type EcsWorld,
} from './ecs-world.ts'

const api = { cluster: 'default', service: 'api' }

type ExternalWorld = EcsWorld & {
  readonly input: CreateTaskSetCommandInput
  readonly create: (changes?: Partial<CreateTaskSetCommandInput>) => Promise<TaskSet>
}

/** A world with an EXTERNAL service of four tasks, and what its task sets are made of. */
async function startExternal(t: TestContext): Promise<ExternalWorld> {
  const world = await startEcs(t)
  await registerWeb(world)
  await createService(world, { serviceName: 'api', desiredCount: 4, deploymentController: { type: 'EXTERNAL' } })
  const targetGroupArn = putTargetGroup(world.store, 'api-blue')
  const input: CreateTaskSetCommandInput = {
    ...api,
    taskDefinition: 'web',
    launchType: 'FARGATE',
    networkConfiguration,
    loadBalancers: [{ targetGroupArn, containerName: 'web', containerPort: 8080 }],
  }
  const create = async (changes: Partial<CreateTaskSetCommandInput> = {}): Promise<TaskSet> => {
    const { taskSet } = await world.client.send(new CreateTaskSetCommand({ ...input, ...changes }))
    assert.ok(taskSet)
    return taskSet
  }
  return { ...world, input, create }
}

describe('task sets', () => {
  test('one is created ACTIVE, at 0 percent unless told otherwise', async (t) => {
    const world = await startExternal(t)
    const empty = await world.create()
    assert.match(empty.id ?? '', /^ecs-svc\/[1-9]\d{18}$/)
    assert.deepEqual([empty.status, empty.computedDesiredCount], ['ACTIVE', 0])
    assert.deepEqual(empty.scale, { value: 0, unit: 'PERCENT' })
    const scale = { value: 30, unit: 'PERCENT' } as const
    const half = await world.create({ scale, externalId: 'build-7', tags: [{ key: 'team', value: 'blue' }] })
    assert.equal(half.computedDesiredCount, 2)
    assert.equal(half.externalId, 'build-7')
    assert.equal(half.startedBy, undefined)
    assert.deepEqual(half.tags, [{ key: 'team', value: 'blue' }])
    assert.equal(half.platformVersion, '1.4.0')
    assert.equal(half.pendingCount, 2)
  })

  test('they are described by id, ARN or digits, all of them when none is named', async (t) => {
    const { client, create } = await startExternal(t)
    const [first, second] = [await create(), await create()]
    const describeSets = (taskSets?: string[]) => client.send(new DescribeTaskSetsCommand({ ...api, taskSets }))
    const all = await describeSets()
    assert.deepEqual(
      all.taskSets?.map(({ id }) => id),
      [first.id, second.id],
    )
    assert.deepEqual(all.failures, [])
    for (const name of [second.id, second.taskSetArn, second.id?.split('/')[1]]) {
      assert.deepEqual(
        (await describeSets([name ?? ''])).taskSets?.map(({ id }) => id),
        [second.id],
      )
    }
    const missing = await describeSets(['ecs-svc/1'])
    assert.deepEqual(missing.taskSets, [])
    assert.equal(missing.failures?.[0]?.reason, 'MISSING')
    assert.match(missing.failures[0].arn ?? '', /:task-set\/default\/api\/ecs-svc\/1$/)
    await assertRefused(
      describeSets([(first.taskSetArn ?? '').replace('/api/', '/other/')]),
      'InvalidParameterException',
      /is not a task set of service api\.$/,
    )
  })

  test('scale can change, and the tasks follow', async (t) => {
    const { client, create, scheduler } = await startExternal(t)
    const { id: taskSet } = await create()
    const scale = { value: 100, unit: 'PERCENT' } as const
    const updated = await client.send(new UpdateTaskSetCommand({ ...api, taskSet, scale }))
    assert.deepEqual([updated.taskSet?.scale, updated.taskSet?.computedDesiredCount], [scale, 4])
    scheduler.settle()
    const described = await client.send(new DescribeTaskSetsCommand({ ...api }))
    assert.equal(described.taskSets?.[0]?.runningCount, 4)
    for (const value of [-1, 101]) {
      await assertRefused(
        client.send(new UpdateTaskSetCommand({ ...api, taskSet, scale: { value, unit: 'PERCENT' } })),
        'InvalidParameterException',
        'The value of scale must be between 0 and 100 percent.',
      )
    }
  })

  test('one becomes PRIMARY, and the service shows it', async (t) => {
    const { client, create } = await startExternal(t)
    const [first, second] = [await create(), await create()]
    const promote = async (primaryTaskSet: string | undefined) =>
      (await client.send(new UpdateServicePrimaryTaskSetCommand({ ...api, primaryTaskSet }))).taskSet?.status
    assert.equal(await promote(first.id), 'PRIMARY')
    assert.equal(await promote(second.taskSetArn), 'PRIMARY')
    const { services } = await client.send(new DescribeServicesCommand({ services: ['api'] }))
    assert.deepEqual(
      services?.[0]?.taskSets?.map(({ id, status }) => [id, status]),
      [
        [second.id, 'PRIMARY'],
        [first.id, 'ACTIVE'],
      ],
    )
    assert.equal(services?.[0]?.taskDefinition, second.taskDefinition)
    assert.equal(services?.[0]?.launchType, 'FARGATE')
    assert.deepEqual(services?.[0]?.networkConfiguration, second.networkConfiguration)
  })

  test('the PRIMARY or a scaled one is only deleted by force', async (t) => {
    const { client, create, scheduler } = await startExternal(t)
    const scaled = await create({ scale: { value: 50, unit: 'PERCENT' } })
    const primary = await create()
    await client.send(new UpdateServicePrimaryTaskSetCommand({ ...api, primaryTaskSet: primary.id }))
    const remove = async (taskSet: string | undefined, force?: boolean) =>
      (await client.send(new DeleteTaskSetCommand({ ...api, taskSet, force }))).taskSet
    await assertRefused(
      remove(scaled.id),
      'InvalidParameterException',
      'The task set must be scaled to 0 before it is deleted, or use force.',
    )
    await assertRefused(
      remove(primary.id),
      'InvalidParameterException',
      'Primary TaskSet cannot be deleted. Make another one PRIMARY first, or use force.',
    )
    scheduler.settle()
    const draining = await remove(scaled.id, true)
    assert.deepEqual([draining?.status, draining?.computedDesiredCount], ['DRAINING', 0])
    assert.deepEqual([draining?.runningCount, draining?.stabilityStatus], [2, 'STABILIZING'])
    assert.equal((await remove(scaled.id))?.status, 'DRAINING')
    await assertRefused(
      client.send(new UpdateServicePrimaryTaskSetCommand({ ...api, primaryTaskSet: scaled.id })),
      'InvalidParameterException',
      'The task set is being deleted and cannot be changed.',
    )
    scheduler.settle()
    await assertRefused(
      remove(scaled.id),
      'TaskSetNotFoundException',
      "The specified task set wasn't found. You can view your available task sets with DescribeTaskSets. " +
        'Task sets are specific to each cluster, service and Region.',
    )
  })

  test('a service has at most five', async (t) => {
    const { create } = await startExternal(t)
    for (let count = 0; count < 5; count++) await create()
    await assertRefused(
      create(),
      'InvalidParameterException',
      '5 deployments exist on the service. Unable to create new TaskSet since this exceeds the maximum limit.',
    )
  })

  test('a clientToken makes one task set, and only of the same input', async (t) => {
    const { create } = await startExternal(t)
    const first = await create({ clientToken: 'once' })
    assert.equal((await create({ clientToken: 'once' })).id, first.id)
    assert.notEqual((await create({ clientToken: 'twice' })).id, first.id)
    await assertRefused(
      create({ clientToken: 'once', externalId: 'other' }),
      'InvalidParameterException',
      'Creation of task set was not idempotent.',
    )
    await assertRefused(
      create({ clientToken: 'x'.repeat(65) }),
      'InvalidParameterException',
      'clientToken can have at most 64 characters.',
    )
  })

  test('what a task set is made of is checked', async (t) => {
    const { create, input } = await startExternal(t)
    await assertRefused(create({ taskDefinition: 'nope' }), 'ClientException', 'TaskDefinition not found.')
    await assertRefused(
      create({ networkConfiguration: undefined }),
      'InvalidParameterException',
      "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    )
    const [entry] = input.loadBalancers ?? []
    assert.ok(entry)
    await assertRefused(
      create({ loadBalancers: [entry, entry] }),
      'InvalidParameterException',
      'loadBalancers can have at most 1 item.',
    )
    await assertRefused(
      create({ loadBalancers: [{ ...entry, containerPort: 1 }] }),
      'InvalidParameterException',
      'The container web did not have a container port 1 defined.',
    )
    await assertRefused(
      create({ serviceRegistries: [{ registryArn: 'arn:x' }] }),
      'UnsupportedFeatureException',
      /^serviceRegistries is not supported by Teal yet\. /,
    )
    assert.deepEqual((await create({ loadBalancers: undefined })).loadBalancers, [])
  })

  test('those of a CODE_DEPLOY service are described, and changed by CodeDeploy alone', async (t) => {
    const world = await startEcs(t)
    const { client } = world
    const { taskSets } = await createBlueGreenService(world)
    const web = { cluster: 'default', service: 'web' }
    const taskSet = taskSets?.[0]?.id
    assert.equal((await client.send(new DescribeTaskSetsCommand(web))).taskSets?.[0]?.id, taskSet)
    const scale = { value: 50, unit: 'PERCENT' } as const
    for (const call of [
      client.send(new CreateTaskSetCommand({ ...web, taskDefinition: 'web' })),
      client.send(new UpdateTaskSetCommand({ ...web, taskSet, scale })),
      client.send(new UpdateServicePrimaryTaskSetCommand({ ...web, primaryTaskSet: taskSet })),
      client.send(new DeleteTaskSetCommand({ ...web, taskSet, force: true })),
    ]) {
      await assertRefused(
        call,
        'InvalidParameterException',
        'AWS CodeDeploy manages the task sets of services with a CODE_DEPLOY deployment controller. ' +
          'Use AWS CodeDeploy to trigger a new deployment.',
      )
    }
  })

  test('a capacity provider strategy stands for the launch type', async (t) => {
    const world = await startExternal(t)
    const { create } = world
    await associate(world, 'FARGATE_SPOT')
    const capacityProviderStrategy = [{ capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 }]
    const taskSet = await create({ launchType: undefined, capacityProviderStrategy })
    assert.equal(taskSet.launchType, undefined)
    assert.equal(taskSet.platformVersion, '1.4.0')
    assert.deepEqual(taskSet.capacityProviderStrategy, capacityProviderStrategy)
  })

  test('a service under the ECS controller shows none, and takes none', async (t) => {
    const { client, create, store } = await startExternal(t)
    const input = { serviceName: 'web', taskDefinition: 'web', desiredCount: 1, networkConfiguration } as const
    await client.send(new CreateServiceCommand({ ...input, launchType: 'FARGATE' }))
    assert.equal(store.taskSets.list().length, 1)
    for (const call of [
      client.send(new DescribeTaskSetsCommand({ cluster: 'default', service: 'web' })),
      create({ service: 'web' }),
    ]) {
      await assertRefused(
        call,
        'InvalidParameterException',
        /^Amazon ECS only supports task set management on services configured to use external deployment controllers\. /,
      )
    }
  })

  test('a service that is gone has none', async (t) => {
    const { client, create, scheduler } = await startExternal(t)
    await assertRefused(create({ service: 'nope' }), 'ServiceNotFoundException', 'Service not found.')
    await client.send(new DeleteServiceCommand({ service: 'api', force: true }))
    await assertRefused(create(), 'ServiceNotActiveException', 'Service was not ACTIVE.')
    scheduler.settle()
    await assertRefused(
      client.send(new DescribeTaskSetsCommand(api)),
      'ServiceNotActiveException',
      'Service was not ACTIVE.',
    )
  })
})
