import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionFamiliesCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { arn } from '../../../src/domain/identifiers.ts'
import {
  assertRefused,
  blueGreenService,
  createService,
  place,
  putTargetGroup,
  registerWeb,
  startEcs,
  webDefinition,
} from './ecs-world.ts'

const revisions = (arns: string[] | undefined) => arns?.map((text) => Number(text.split(':').at(-1)))

describe('task definitions', () => {
  test('a registered one is answered with all that ECS adds', async (t) => {
    const { client } = await startEcs(t)
    const tags = [{ key: 'team', value: 'blue' }]
    const before = Date.now()
    const answer = await client.send(new RegisterTaskDefinitionCommand({ ...webDefinition, tags, cpu: '.25 vCPU' }))
    const { taskDefinition } = answer
    assert.deepEqual(answer.tags, tags)
    assert.equal(taskDefinition?.taskDefinitionArn, arn.taskDefinition(place, 'web', 1))
    assert.equal(taskDefinition.revision, 1)
    assert.equal(taskDefinition.status, 'ACTIVE')
    assert.equal(taskDefinition.cpu, '256')
    assert.deepEqual(taskDefinition.compatibilities, ['EC2', 'FARGATE'])
    assert.deepEqual(taskDefinition.requiresCompatibilities, ['FARGATE'])
    assert.deepEqual(taskDefinition.volumes, [])
    assert.deepEqual(taskDefinition.placementConstraints, [])
    assert.ok(taskDefinition.requiresAttributes?.some(({ name }) => name === 'ecs.capability.task-eni'))
    assert.ok((taskDefinition.registeredAt?.getTime() ?? 0) >= before - 1)
    assert.equal(taskDefinition.registeredBy, 'arn:aws:iam::000000000000:root')
    assert.equal(taskDefinition.deregisteredAt, undefined)
  })

  test('roles, volumes and the platform are recorded', async (t) => {
    const world = await startEcs(t)
    const recorded = {
      taskRoleArn: 'arn:aws:iam::000000000000:role/task',
      executionRoleArn: 'arn:aws:iam::000000000000:role/execution',
      runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
      ephemeralStorage: { sizeInGiB: 30 },
      volumes: [{ name: 'data' }],
      pidMode: 'task',
    } as const
    const taskDefinition = await registerWeb(world, { ...recorded, volumes: [{ name: 'data' }] })
    const answer = await world.client.send(new DescribeTaskDefinitionCommand({ taskDefinition }))
    for (const [member, value] of Object.entries(recorded)) {
      assert.deepEqual(answer.taskDefinition?.[member as keyof typeof recorded], value)
    }
  })

  test('a family without a revision is its latest ACTIVE one', async (t) => {
    const world = await startEcs(t)
    const { client } = world
    const [first, second] = [await registerWeb(world), await registerWeb(world)]
    const describeArn = async (taskDefinition: string) =>
      (await client.send(new DescribeTaskDefinitionCommand({ taskDefinition }))).taskDefinition?.taskDefinitionArn
    assert.equal(await describeArn('web'), second)
    assert.equal(await describeArn('web:1'), first)
    assert.equal(await describeArn(first), first)
    await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'web:2' }))
    assert.equal(await describeArn('web'), first)
    assert.equal(await describeArn('web:2'), second)
  })

  test('revisions never repeat', async (t) => {
    const world = await startEcs(t)
    const first = await registerWeb(world)
    await world.client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: first }))
    await world.client.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: [first] }))
    assert.equal(await registerWeb(world), arn.taskDefinition(place, 'web', 2))
  })

  test('tags are described when they are asked for', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world, { tags: [{ key: 'team', value: 'blue' }] })
    const { client } = world
    assert.deepEqual((await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'web' }))).tags, [])
    const tagged = await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'web', include: ['TAGS'] }))
    assert.deepEqual(tagged.tags, [{ key: 'team', value: 'blue' }])
  })

  test('an unknown one cannot be described or deregistered', async (t) => {
    const { client } = await startEcs(t)
    for (const taskDefinition of ['web', 'web:7', arn.taskDefinition(place, 'web', 7)]) {
      await assertRefused(
        client.send(new DescribeTaskDefinitionCommand({ taskDefinition })),
        'ClientException',
        'Unable to describe task definition.',
      )
    }
    await assertRefused(
      client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'web:7' })),
      'ClientException',
      'The specified task definition does not exist.',
    )
    await assertRefused(
      client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'web' })),
      'InvalidParameterException',
      'Invalid revision number. Name the revision of web, as in FAMILY:REVISION.',
    )
  })

  test('they are listed by family and revision as a number, in both directions', async (t) => {
    const world = await startEcs(t)
    const { client } = world
    for (let count = 0; count < 11; count++) await registerWeb(world)
    await registerWeb(world, { family: 'web-admin' })
    const web = await client.send(new ListTaskDefinitionsCommand({ familyPrefix: 'web' }))
    assert.deepEqual(revisions(web.taskDefinitionArns), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    const last = await client.send(new ListTaskDefinitionsCommand({ familyPrefix: 'web', sort: 'DESC', maxResults: 2 }))
    assert.deepEqual(revisions(last.taskDefinitionArns), [11, 10])
    assert.equal((await client.send(new ListTaskDefinitionsCommand({}))).taskDefinitionArns?.length, 12)
    const inactive = await client.send(new ListTaskDefinitionsCommand({ status: 'INACTIVE' }))
    assert.deepEqual(inactive.taskDefinitionArns, [])
  })

  test('families are listed by prefix and status', async (t) => {
    const world = await startEcs(t)
    for (const family of ['web', 'web-admin', 'db']) await registerWeb(world, { family })
    const deregistered = await world.client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: 'db:1' }))
    assert.equal(deregistered.taskDefinition?.status, 'INACTIVE')
    assert.ok(deregistered.taskDefinition.deregisteredAt instanceof Date)
    const families = async (input: object) =>
      (await world.client.send(new ListTaskDefinitionFamiliesCommand(input))).families
    assert.deepEqual(await families({}), ['db', 'web', 'web-admin'])
    assert.deepEqual(await families({ status: 'ACTIVE' }), ['web', 'web-admin'])
    assert.deepEqual(await families({ status: 'INACTIVE' }), ['db'])
    assert.deepEqual(await families({ familyPrefix: 'web-' }), ['web-admin'])
  })

  test('only a deregistered one is deleted, and it stays for as long as a service is made of it', async (t) => {
    const world = await startEcs(t)
    const { client, store } = world
    const used = await registerWeb(world)
    await createService(world, blueGreenService(putTargetGroup(store, 'web-blue')))
    const unused = await registerWeb(world)
    const active = await client.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: ['web:1', 'web:9'] }))
    assert.deepEqual(active.taskDefinitions, [])
    assert.deepEqual(active.failures, [
      {
        arn: used,
        reason: 'The specified task definition is still in ACTIVE status. Please deregister the target and try again.',
      },
      { arn: 'web:9', reason: 'The specified task definition does not exist.' },
    ])
    for (const taskDefinition of [used, unused])
      await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition }))
    const deleted = await client.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: [used, unused] }))
    assert.deepEqual(
      deleted.taskDefinitions?.map(({ status }) => status),
      ['DELETE_IN_PROGRESS', 'DELETE_IN_PROGRESS'],
    )
    assert.deepEqual([store.taskDefinitions.has(used), store.taskDefinitions.has(unused)], [true, false])
    const again = await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: used }))
    assert.equal(again.taskDefinition?.status, 'DELETE_IN_PROGRESS')
  })

  test('a deleted one stays for as long as a deployment may roll back to it', async (t) => {
    const world = await startEcs(t)
    const { client, store } = world
    const former = await registerWeb(world)
    await createService(world, {
      ...blueGreenService(putTargetGroup(store, 'web-blue')),
      deploymentController: undefined,
    })
    const [service] = store.services.list()
    const [revision] = store.serviceRevisions.list()
    assert.ok(service && revision)
    store.services.put(service.serviceArn, { ...service, completedServiceRevision: revision.serviceRevisionArn })
    await registerWeb(world)
    await client.send(new UpdateServiceCommand({ service: 'web', taskDefinition: 'web:2' }))
    // It bakes: of the former revision nothing runs any more.
    for (const { taskSetArn, taskDefinition } of store.taskSets.list()) {
      if (taskDefinition === former) store.taskSets.delete(taskSetArn)
    }
    await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: former }))
    await client.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: [former] }))
    assert.ok(store.taskDefinitions.has(former))
  })

  test('1 to 10 are deleted at a time', async (t) => {
    const { client } = await startEcs(t)
    const taskDefinitions = Array.from({ length: 11 }, (_, index) => `web:${index + 1}`)
    await assertRefused(
      client.send(new DeleteTaskDefinitionsCommand({ taskDefinitions })),
      'InvalidParameterException',
      'taskDefinitions must have 1 to 10 items.',
    )
  })

  test('regions keep their own', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world)
    const elsewhere = arn.taskDefinition({ ...place, region: 'us-east-1' }, 'web', 1)
    const [definition] = world.store.taskDefinitions.list()
    assert.ok(definition)
    world.store.taskDefinitions.put(elsewhere, { ...definition, taskDefinitionArn: elsewhere })
    const listed = await world.client.send(new ListTaskDefinitionsCommand({}))
    assert.deepEqual(listed.taskDefinitionArns, [arn.taskDefinition(place, 'web', 1)])
  })
})
