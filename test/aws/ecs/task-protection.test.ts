import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreateTaskSetCommand,
  DeleteTaskSetCommand,
  GetTaskProtectionCommand,
  RunTaskCommand,
  StopTaskCommand,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs'
import type { UpdateTaskProtectionCommandInput } from '@aws-sdk/client-ecs'
import type { TestContext } from 'node:test'
import { arn } from '../../../src/domain/identifiers.ts'
import {
  assertRefused,
  createBlueGreenService,
  createService,
  networkConfiguration,
  place,
  registerWeb,
  startEcs,
} from './ecs-world.ts'

const cluster = 'default'
const unknown = arn.task(arn.cluster(place, cluster), '0'.repeat(32))

/** A service of two tasks, which run. */
async function startWeb(t: TestContext) {
  const world = await startEcs(t)
  const { client, store, scheduler } = world
  await createBlueGreenService(world)
  scheduler.settle()
  const taskArns = store.tasks.list().map(({ taskArn }) => taskArn)
  const [first = '', second = ''] = taskArns
  const get = (...tasks: string[]) => client.send(new GetTaskProtectionCommand({ cluster, tasks }))
  const update = (tasks: string[], wishes: Partial<UpdateTaskProtectionCommandInput> = {}) =>
    client.send(new UpdateTaskProtectionCommand({ cluster, tasks, protectionEnabled: true, ...wishes }))
  return { ...world, first, second, get, update }
}

describe('protection of tasks from scale-in', () => {
  test('lasts two hours, or as long as it is told, and is told again', async (t) => {
    const { first, second, get, update } = await startWeb(t)
    const unprotected = { protectedTasks: [{ taskArn: first, protectionEnabled: false }], failures: [] }
    const { $metadata: _before, ...before } = await get(first)
    assert.deepEqual(before, unprotected)
    for (const [expiresInMinutes, minutes] of [
      [undefined, 120],
      [1, 1],
      [2_880, 2_880],
    ] as const) {
      const called = Date.now()
      const { protectedTasks = [], failures } = await update([first], { expiresInMinutes })
      assert.deepEqual(failures, [])
      const [{ taskArn, protectionEnabled, expirationDate } = {}] = protectedTasks
      assert.deepEqual([taskArn, protectionEnabled], [first, true])
      const late = (expirationDate?.getTime() ?? 0) - called - minutes * 60_000
      assert.ok(late >= -1 && late < 30_000, `${late} ms later than asked for`)
    }
    // By their ids too, and each for itself.
    const both = await get(first.split('/').at(-1) ?? '', second)
    assert.deepEqual(
      both.protectedTasks?.map(({ protectionEnabled }) => protectionEnabled),
      [true, false],
    )
    const { $metadata: _after, ...after } = await update([first], { protectionEnabled: false })
    assert.deepEqual(after, unprotected)
    assert.deepEqual((await get(first)).protectedTasks, unprotected.protectedTasks)
  })

  test('fails for what is no running task of a service, each with its reason', async (t) => {
    const world = await startWeb(t)
    const { client, first, second, get, update } = world
    const ran = await client.send(new RunTaskCommand({ taskDefinition: 'web', networkConfiguration }))
    const alone = ran.tasks?.[0]?.taskArn ?? ''
    await client.send(new StopTaskCommand({ task: second }))
    const reasons = [
      [unknown, 'MISSING'],
      [alone, 'TASK_NOT_VALID'],
      [second, 'TASK_NOT_VALID'],
    ]
    for (const answer of [await update([unknown, alone, second, first]), await get(unknown, alone, second, first)]) {
      assert.deepEqual(
        answer.failures?.map(({ arn: failed, reason }) => [failed, reason]),
        reasons,
      )
      assert.match(answer.failures[1]?.detail ?? '', /belongs to no service/)
      assert.match(answer.failures[2]?.detail ?? '', /has stopped, or is about to/)
      assert.deepEqual(
        answer.protectedTasks?.map(({ taskArn }) => taskArn),
        [first],
      )
    }
  })

  test('is not for more tasks than the service wants', async (t) => {
    const { client, first, second, update } = await startWeb(t)
    assert.equal((await update([first, second])).protectedTasks?.length, 2)
    await client.send(new UpdateServiceCommand({ service: 'web', desiredCount: 1 }))
    const blocked = await update([first])
    assert.deepEqual(blocked.protectedTasks, [])
    assert.equal(blocked.failures?.[0]?.reason, 'DEPLOYMENT_BLOCKED')
    assert.match(
      blocked.failures[0].detail ?? '',
      /^1 other tasks of the service are protected, and its desired count is 1/,
    )
    assert.deepEqual((await update([second], { protectionEnabled: false })).failures, [])
    assert.deepEqual((await update([first])).failures, [])
  })

  test('is refused for times, lists and clusters that there cannot be', async (t) => {
    const { client, first, get, update } = await startWeb(t)
    for (const expiresInMinutes of [0, -1, 2_881]) {
      const text = `expiresInMinutes is ${expiresInMinutes}. Pass a whole number of minutes from 1 to 2880.`
      await assertRefused(update([first], { expiresInMinutes }), 'InvalidParameterException', text)
    }
    const many = (count: number) => Array.from({ length: count }, () => first)
    await assertRefused(update(many(11)), 'InvalidParameterException', 'Tasks can have at most 10 items.')
    await assertRefused(get(...many(101)), 'InvalidParameterException', 'Tasks can have at most 100 items.')
    await assertRefused(update([]), 'InvalidParameterException', 'Tasks cannot be empty.')
    await assertRefused(
      client.send(new GetTaskProtectionCommand({ cluster })),
      'InvalidParameterException',
      'Tasks cannot be empty.',
    )
    await assertRefused(update([first], { cluster: 'nobody' }), 'ClusterNotFoundException', 'Cluster not found.')
  })

  test('ends with the task set that is deleted by force', async (t) => {
    const world = await startEcs(t)
    const { client, store } = world
    await registerWeb(world)
    const service = { cluster, service: 'api' }
    await createService(world, { serviceName: 'api', desiredCount: 1, deploymentController: { type: 'EXTERNAL' } })
    const scale = { value: 100, unit: 'PERCENT' } as const
    const input = { ...service, taskDefinition: 'web', launchType: 'FARGATE', networkConfiguration, scale } as const
    const { taskSet } = await client.send(new CreateTaskSetCommand(input))
    const [task] = store.tasks.list()
    const tasks = [task?.taskArn ?? '']
    await client.send(new UpdateTaskProtectionCommand({ cluster, tasks, protectionEnabled: true }))
    await client.send(new DeleteTaskSetCommand({ ...service, taskSet: taskSet?.id, force: true }))
    const { protectedTasks } = await client.send(new GetTaskProtectionCommand({ cluster, tasks }))
    assert.deepEqual(protectedTasks, [{ taskArn: tasks[0], protectionEnabled: false }])
  })
})
