import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  DescribeTasksCommand,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
  type ListTasksCommandInput,
  type Task,
} from '@aws-sdk/client-ecs'
import { arn, lastPart } from '../../../src/domain/identifiers.ts'
import {
  assertRefused,
  blueGreenService,
  createBlueGreenService,
  createService,
  place,
  putTargetGroup,
  registerWeb,
  startEcs,
  type EcsWorld,
} from './ecs-world.ts'

const defaultCluster = arn.cluster(place, 'default')

async function listTasks({ client }: EcsWorld, input: ListTasksCommandInput = {}): Promise<readonly string[]> {
  return (await client.send(new ListTasksCommand(input))).taskArns ?? []
}

async function describeTask({ client }: EcsWorld, taskArn: string | undefined): Promise<Task> {
  const { tasks } = await client.send(new DescribeTasksCommand({ tasks: [taskArn ?? ''] }))
  const [task] = tasks ?? []
  assert.ok(task)
  return task
}

const details = (task: Task) =>
  Object.fromEntries((task.attachments?.[0]?.details ?? []).map(({ name = '', value }) => [name, value]))

describe('tasks', () => {
  test('a Fargate task is described as it runs, with its interface and the ports it is reached at', async (t) => {
    const world = await startEcs(t)
    const service = await createBlueGreenService(world)
    const [taskArn] = await listTasks(world)
    assert.equal((await describeTask(world, taskArn)).attachments?.[0]?.status, 'ATTACHING')
    world.scheduler.settle()
    const task = await describeTask(world, taskArn)
    assert.deepEqual([task.lastStatus, task.desiredStatus, task.healthStatus], ['RUNNING', 'RUNNING', 'UNKNOWN'])
    assert.deepEqual([task.cpu, task.memory], ['256', '512'])
    assert.deepEqual([task.group, task.startedBy], ['service:web', service.taskSets?.[0]?.id])
    assert.deepEqual([task.platformVersion, task.platformFamily, task.launchType], ['1.4.0', 'Linux', 'FARGATE'])
    assert.equal(task.taskDefinitionArn, service.taskDefinition)
    assert.equal(task.availabilityZone, 'eu-west-1a')
    assert.equal(task.connectivity, 'CONNECTED')
    assert.ok(task.createdAt instanceof Date && task.startedAt instanceof Date && task.stoppedAt === undefined)
    assert.deepEqual(task.tags, [])
    const [attachment] = task.attachments ?? []
    assert.deepEqual([attachment?.type, attachment?.status], ['ElasticNetworkInterface', 'ATTACHED'])
    assert.equal(details(task)['privateIPv4Address'], '127.0.0.1')
    assert.equal(details(task)['privateDnsName'], 'ip-127-0-0-1.eu-west-1.compute.internal')
    assert.match(details(task)['subnetId'] ?? '', /^subnet-[12]$/)
    assert.match(details(task)['networkInterfaceId'] ?? '', /^eni-[0-9a-f]{17}$/)
    assert.match(details(task)['macAddress'] ?? '', /^0a(:[0-9a-f]{2}){5}$/)
    const [container] = task.containers ?? []
    assert.deepEqual(container?.networkInterfaces, [{ attachmentId: attachment?.id, privateIpv4Address: '127.0.0.1' }])
    const binding = { bindIP: '127.0.0.1', containerPort: 8080, hostPort: 41_000, protocol: 'tcp' }
    assert.deepEqual(container?.networkBindings, [binding])
    assert.deepEqual([container?.name, container?.image, container?.cpu], ['web', 'hello:1', '0'])
    assert.equal(container?.exitCode, undefined)
    assert.deepEqual(await describeTask(world, taskArn), task)
  })

  test('a bridge task on EC2 has no interface', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world, { requiresCompatibilities: [], networkMode: 'bridge' })
    const targetGroupArn = putTargetGroup(world.store, 'web-blue', { targetType: 'instance' })
    const input = { ...blueGreenService(targetGroupArn), launchType: 'EC2', networkConfiguration: undefined } as const
    await createService(world, input)
    world.scheduler.settle()
    const task = await describeTask(world, (await listTasks(world))[0])
    assert.deepEqual(task.attachments, [])
    assert.deepEqual(task.containers?.[0]?.networkInterfaces, [])
    assert.equal(task.containers?.[0]?.networkBindings?.[0]?.hostPort, 41_000)
    assert.deepEqual([task.launchType, task.platformVersion], ['EC2', undefined])
  })

  test('the port of a datagram service is one of UDP', async (t) => {
    const world = await startEcs(t)
    const dns = { name: 'web', image: 'dns:1', portMappings: [{ containerPort: 53, protocol: 'udp' as const }] }
    await registerWeb(world, { requiresCompatibilities: [], networkMode: 'bridge', containerDefinitions: [dns] })
    const { tasks: [run] = [] } = await world.client.send(new RunTaskCommand({ taskDefinition: 'web' }))
    const kept = world.store.tasks.get(run?.taskArn ?? '')
    assert.ok(kept)
    const endpoints = [{ containerName: 'web', containerPort: 53, host: '127.0.0.1', port: 20_053 }]
    world.store.tasks.put(kept.taskArn, { ...kept, endpoints })
    const task = await describeTask(world, kept.taskArn)
    const [binding] = task.containers?.[0]?.networkBindings ?? []
    assert.deepEqual([binding?.containerPort, binding?.protocol], [53, 'udp'])
  })

  test('tasks are found by id, ARN and short ARN, and otherwise MISSING', async (t) => {
    const world = await startEcs(t)
    await createBlueGreenService(world)
    const [taskArn = ''] = await listTasks(world)
    const unknown = '0'.repeat(32)
    const names = [lastPart(taskArn), taskArn, taskArn.replace('/default/', '/'), unknown]
    const answer = await world.client.send(new DescribeTasksCommand({ tasks: names }))
    assert.deepEqual(
      answer.tasks?.map((task) => task.taskArn),
      [taskArn, taskArn, taskArn],
    )
    assert.deepEqual(answer.failures, [{ arn: arn.task(defaultCluster, unknown), reason: 'MISSING' }])
  })

  test('1 to 100 tasks are described at a time, by ids of the right length', async (t) => {
    const { client } = await startEcs(t)
    const refuse = (tasks: string[], message: string) =>
      assertRefused(client.send(new DescribeTasksCommand({ tasks })), 'InvalidParameterException', message)
    await refuse([], 'Tasks cannot be empty.')
    await refuse(
      Array.from({ length: 101 }, () => '0'.repeat(32)),
      'Tasks can have at most 100 items.',
    )
    await refuse(['web'], 'taskId length should be one of [32,36]')
  })

  test('tasks are listed by family, service, starter, status and launch type', async (t) => {
    const world = await startEcs(t)
    const service = await createBlueGreenService(world)
    await registerWeb(world, { family: 'web-admin' })
    await createService(world, {
      ...blueGreenService(service.loadBalancers?.[0]?.targetGroupArn ?? ''),
      serviceName: 'admin',
      taskDefinition: 'web-admin',
      desiredCount: 1,
    })
    const count = async (input: ListTasksCommandInput) => (await listTasks(world, input)).length
    assert.equal(await count({}), 3)
    assert.equal(await count({ family: 'web' }), 2)
    assert.equal(await count({ family: 'web-admin' }), 1)
    assert.equal(await count({ serviceName: 'web' }), 2)
    assert.equal(await count({ serviceName: service.serviceArn, family: 'web-admin' }), 0)
    assert.equal(await count({ startedBy: service.taskSets?.[0]?.id }), 2)
    assert.equal(await count({ launchType: 'FARGATE' }), 3)
    assert.equal(await count({ launchType: 'EC2' }), 0)
    assert.equal(await count({ desiredStatus: 'PENDING' }), 0)
    assert.equal(await count({ desiredStatus: 'STOPPED' }), 0)
    const first = await world.client.send(new ListTasksCommand({ maxResults: 2 }))
    const second = await world.client.send(new ListTasksCommand({ maxResults: 2, nextToken: first.nextToken }))
    const listed = [...(first.taskArns ?? []), ...(second.taskArns ?? [])]
    assert.deepEqual(listed, (await listTasks(world)).toSorted())
  })

  test('filters that nothing here can match are refused', async (t) => {
    const world = await startEcs(t)
    await assertRefused(listTasks(world, { serviceName: 'nope' }), 'ServiceNotFoundException', 'Service not found.')
    await assertRefused(
      listTasks(world, { containerInstance: 'i-1' }),
      'InvalidParameterException',
      'containerInstance: there are no container instances, tasks run on this machine.',
    )
    await assertRefused(
      listTasks(world, { daemonName: 'agent' }),
      'InvalidParameterException',
      'daemonName: daemons are not supported by Teal yet.',
    )
  })

  test('a task is stopped for a reason, once', async (t) => {
    const world = await startEcs(t)
    await createBlueGreenService(world)
    const [first, second] = await listTasks(world)
    const stop = async (task: string | undefined, reason?: string) =>
      (await world.client.send(new StopTaskCommand({ task, reason }))).task
    const stopped = await stop(first)
    assert.equal(stopped?.desiredStatus, 'STOPPED')
    assert.deepEqual([stopped.stopCode, stopped.stoppedReason], ['UserInitiated', 'Task stopped by user'])
    assert.equal((await stop(second, 'too slow'))?.stoppedReason, 'too slow')
    assert.equal((await stop(second, 'another reason'))?.stoppedReason, 'too slow')
    world.scheduler.settle()
    const after = await describeTask(world, first)
    assert.deepEqual([after.lastStatus, after.attachments?.[0]?.status], ['STOPPED', 'DELETED'])
    assert.equal(after.containers?.[0]?.exitCode, 143)
    assert.ok(after.stoppedAt instanceof Date)
    assert.equal((await listTasks(world, { desiredStatus: 'STOPPED' })).length, 2)
    await assertRefused(stop('0'.repeat(32)), 'InvalidParameterException', 'The referenced task was not found.')
  })
})
