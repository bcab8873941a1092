import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  DeleteServiceCommand,
  DescribeServicesCommand,
  ListServicesCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { arn } from '../../../src/domain/identifiers.ts'
import {
  assertRefused,
  blueGreenService,
  createBlueGreenService,
  createService,
  place,
  putTargetGroup,
  registerWeb,
  startEcs,
} from './ecs-world.ts'

describe('services', () => {
  test('a CODE_DEPLOY service begins with a PRIMARY task set of its own', async (t) => {
    const world = await startEcs(t)
    const created = await createBlueGreenService(world)
    assert.equal(created.status, 'ACTIVE')
    assert.equal(created.serviceArn, arn.service(arn.cluster(place, 'default'), 'web'))
    assert.equal(created.taskDefinition, arn.taskDefinition(place, 'web', 1))
    assert.deepEqual(created.deploymentController, { type: 'CODE_DEPLOY' })
    const [taskSet, ...others] = created.taskSets ?? []
    assert.deepEqual(others, [])
    assert.match(taskSet?.id ?? '', /^ecs-svc\/[1-9]\d{18}$/)
    assert.equal(taskSet?.taskSetArn, arn.taskSet(created.serviceArn ?? '', taskSet?.id ?? ''))
    assert.equal(taskSet?.status, 'PRIMARY')
    assert.deepEqual(taskSet.scale, { value: 100, unit: 'PERCENT' })
    assert.equal(taskSet.computedDesiredCount, 2)
    assert.equal(taskSet.startedBy, undefined)
    assert.equal(taskSet.externalId, undefined)
    assert.deepEqual(taskSet.networkConfiguration?.awsvpcConfiguration?.assignPublicIp, 'DISABLED')
  })

  test('a service is described with its defaults, and deployments always empty', async (t) => {
    const world = await startEcs(t)
    const { client, scheduler } = world
    const { serviceArn = '' } = await createBlueGreenService(world)
    scheduler.recordEvent(serviceArn, '(service web) has reached a steady state.')
    scheduler.settle()
    const { services, failures } = await client.send(new DescribeServicesCommand({ services: ['web'] }))
    assert.deepEqual(failures, [])
    const [service] = services ?? []
    assert.deepEqual(service?.deployments, [])
    assert.deepEqual([service?.desiredCount, service?.runningCount, service?.pendingCount], [2, 2, 0])
    assert.equal(service?.taskSets?.[0]?.stabilityStatus, 'STEADY_STATE')
    assert.equal(service.events?.[0]?.message, '(service web) has reached a steady state.')
    assert.ok(service.events[0].createdAt instanceof Date)
    assert.deepEqual(service.deploymentConfiguration, { maximumPercent: 200, minimumHealthyPercent: 100 })
    assert.equal(service.schedulingStrategy, 'REPLICA')
    assert.equal(service.launchType, 'FARGATE')
    assert.equal(service.platformVersion, 'LATEST')
    assert.equal(service.platformFamily, 'Linux')
    assert.equal(service.healthCheckGracePeriodSeconds, 0)
    assert.equal(service.propagateTags, 'NONE')
    assert.equal(service.createdBy, 'arn:aws:iam::000000000000:root')
    assert.match(service.roleArn ?? '', /AWSServiceRoleForECS$/)
    for (const member of ['placementConstraints', 'placementStrategy', 'serviceRegistries', 'tags'] as const) {
      assert.deepEqual(service[member], [])
    }
  })

  test('in a deployment the counts are of all task sets, and the rest is the PRIMARY’s', async (t) => {
    const world = await startEcs(t)
    const { client, scheduler, store } = world
    const { serviceArn = '' } = await createBlueGreenService(world)
    scheduler.settle()
    const green = putTargetGroup(store, 'web-green')
    const taskDefinition = await registerWeb(world)
    const made = scheduler.createTaskSet({
      taskSetId: 'ecs-svc/1234567890123456789',
      serviceArn,
      taskDefinition,
      loadBalancers: [{ targetGroupArn: green, containerName: 'web', containerPort: 8080 }],
      scalePercent: 100,
      status: 'ACTIVE',
      launchType: 'FARGATE',
      externalId: 'd-A1B2C3D4E',
      startedBy: 'CODE_DEPLOY',
    })
    const describeWeb = async () =>
      (await client.send(new DescribeServicesCommand({ services: ['web'] }))).services?.[0]
    const before = await describeWeb()
    assert.deepEqual([before?.runningCount, before?.pendingCount], [2, 2])
    assert.deepEqual(
      before?.taskSets?.map(({ status }) => status),
      ['PRIMARY', 'ACTIVE'],
    )
    assert.equal(before?.taskDefinition, arn.taskDefinition(place, 'web', 1))
    assert.equal(before.taskSets?.[1]?.startedBy, 'CODE_DEPLOY')
    assert.equal(before.taskSets[1].externalId, 'd-A1B2C3D4E')

    scheduler.makePrimary(made.taskSetArn)
    const after = await describeWeb()
    assert.equal(after?.taskSets?.[0]?.taskSetArn, made.taskSetArn)
    assert.deepEqual(
      after.taskSets.map(({ status }) => status),
      ['PRIMARY', 'ACTIVE'],
    )
    assert.equal(after.taskDefinition, taskDefinition)
    assert.equal(after.loadBalancers?.[0]?.targetGroupArn, green)
  })

  test('unknown services are MISSING, and tags are described when they are asked for', async (t) => {
    const world = await startEcs(t)
    const { client } = world
    const tags = [{ key: 'team', value: 'blue' }]
    await registerWeb(world)
    await createService(world, { ...blueGreenService(putTargetGroup(world.store, 'web-blue')), tags })
    const answer = await client.send(new DescribeServicesCommand({ services: ['web', 'nope'], include: ['TAGS'] }))
    assert.deepEqual(answer.services?.[0]?.tags, tags)
    const missing = arn.service(arn.cluster(place, 'default'), 'nope')
    assert.deepEqual(answer.failures, [{ arn: missing, reason: 'MISSING' }])
  })

  test('1 to 10 services are described at a time', async (t) => {
    const { client } = await startEcs(t)
    await assertRefused(
      client.send(new DescribeServicesCommand({ services: [] })),
      'InvalidParameterException',
      'Services cannot be empty.',
    )
    await assertRefused(
      client.send(new DescribeServicesCommand({ services: Array.from({ length: 11 }, (_, index) => `s${index}`) })),
      'InvalidParameterException',
      'Services can have at most 10 items.',
    )
  })

  test('services are listed ten at a time, by launch type and strategy', async (t) => {
    const world = await startEcs(t)
    const { client } = world
    const targetGroup = putTargetGroup(world.store, 'web-blue')
    await registerWeb(world)
    for (let index = 0; index < 11; index++) {
      await createService(world, { ...blueGreenService(targetGroup), serviceName: `web-${index}`, desiredCount: 0 })
    }
    const first = await client.send(new ListServicesCommand({}))
    assert.equal(first.serviceArns?.length, 10)
    const second = await client.send(new ListServicesCommand({ nextToken: first.nextToken }))
    assert.equal(second.serviceArns?.length, 1)
    assert.equal(second.nextToken, undefined)
    const count = async (input: object) =>
      (await client.send(new ListServicesCommand({ ...input, maxResults: 100 }))).serviceArns?.length
    assert.equal(await count({ launchType: 'FARGATE' }), 11)
    assert.equal(await count({ launchType: 'EC2' }), 0)
    assert.equal(await count({ schedulingStrategy: 'DAEMON' }), 0)
    assert.equal(await count({ resourceManagementType: 'ECS' }), 0)
  })

  test('a service cannot be deleted while it is scaled above 0, unless by force', async (t) => {
    const world = await startEcs(t)
    const { client, scheduler } = world
    await createBlueGreenService(world)
    await assertRefused(
      client.send(new DeleteServiceCommand({ service: 'web' })),
      'InvalidParameterException',
      'The service cannot be stopped while it is scaled above 0.',
    )
    const { service } = await client.send(new DeleteServiceCommand({ service: 'web', force: true }))
    assert.deepEqual([service?.status, service?.desiredCount], ['DRAINING', 0])
    const again = await client.send(new DeleteServiceCommand({ service: 'web' }))
    assert.equal(again.service?.status, 'DRAINING')
    await assertRefused(
      client.send(new UpdateServiceCommand({ service: 'web', desiredCount: 1 })),
      'ServiceNotActiveException',
      'Service was not ACTIVE.',
    )
    scheduler.settle()
    const described = await client.send(new DescribeServicesCommand({ services: ['web'] }))
    assert.equal(described.services?.[0]?.status, 'INACTIVE')
    assert.deepEqual((await client.send(new ListServicesCommand({}))).serviceArns, [])
    const gone = ['ServiceNotFoundException', 'Service not found.'] as const
    await assertRefused(client.send(new DeleteServiceCommand({ service: 'web' })), ...gone)
    await assertRefused(client.send(new UpdateServiceCommand({ service: 'never' })), ...gone)
    await assertRefused(
      client.send(new UpdateServiceCommand({ service: 'web' })),
      'ServiceNotActiveException',
      'Service was not ACTIVE.',
    )
  })

  test('a service scaled to 0 is deleted without force, but not during a deployment', async (t) => {
    const world = await startEcs(t)
    const { client, scheduler, store } = world
    const { serviceArn = '', taskDefinition = '' } = await createBlueGreenService(world)
    await client.send(new UpdateServiceCommand({ service: 'web', desiredCount: 0 }))
    const green = scheduler.createTaskSet({
      taskSetId: 'ecs-svc/1234567890123456789',
      serviceArn,
      taskDefinition,
      loadBalancers: [],
      scalePercent: 100,
      status: 'ACTIVE',
      launchType: 'FARGATE',
    })
    await assertRefused(
      client.send(new DeleteServiceCommand({ service: 'web' })),
      'InvalidParameterException',
      'The service cannot be stopped while deployments are active.',
    )
    store.taskSets.delete(green.taskSetArn)
    assert.equal((await client.send(new DeleteServiceCommand({ service: 'web' }))).service?.status, 'DRAINING')
  })

  test('an EXTERNAL service with task sets is deleted after them, or by force', async (t) => {
    const world = await startEcs(t)
    const { client, scheduler } = world
    const taskDefinition = await registerWeb(world)
    const deploymentController = { type: 'EXTERNAL' } as const
    const { serviceArn = '' } = await createService(world, {
      serviceName: 'api',
      desiredCount: 0,
      deploymentController,
    })
    const taskSetId = 'ecs-svc/1234567890123456789'
    const rest = { loadBalancers: [], scalePercent: 0, status: 'ACTIVE', launchType: 'FARGATE' } as const
    scheduler.createTaskSet({ taskSetId, serviceArn, taskDefinition, ...rest })
    await assertRefused(
      client.send(new DeleteServiceCommand({ service: 'api' })),
      'InvalidParameterException',
      'The service cannot be stopped while it has task sets. Delete them first, or use force.',
    )
    const { service } = await client.send(new DeleteServiceCommand({ service: 'api', force: true }))
    assert.equal(service?.status, 'DRAINING')
  })
})
