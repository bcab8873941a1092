import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  DescribeTasksCommand,
  ExecuteCommandCommand,
  ListTasksCommand,
  PutClusterCapacityProvidersCommand,
  RunTaskCommand,
  StartTaskCommand,
  type RunTaskCommandInput,
} from '@aws-sdk/client-ecs'
import { assertRefused, associate, networkConfiguration, registerWeb, startEcs, type EcsWorld } from './ecs-world.ts'

const asked: RunTaskCommandInput = { taskDefinition: 'web', launchType: 'FARGATE', networkConfiguration }

async function run({ client }: EcsWorld, more: Partial<RunTaskCommandInput> = {}) {
  return (await client.send(new RunTaskCommand({ ...asked, ...more }))).tasks ?? []
}

describe('RunTask', () => {
  test('starts so many tasks, with what was asked for differently from the definition', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world, { tags: [{ key: 'team', value: 'blue' }] })
    const tasks = await run(world, {
      count: 2,
      startedBy: 'me',
      tags: [{ key: 'run', value: '1' }],
      propagateTags: 'TASK_DEFINITION',
      overrides: {
        cpu: '512',
        memory: '1024',
        ephemeralStorage: { sizeInGiB: 30 },
        containerOverrides: [{ name: 'web', command: ['migrate'], environment: [{ name: 'A', value: 'b' }] }],
      },
    })
    assert.equal(tasks.length, 2)
    for (const task of tasks) {
      assert.deepEqual([task.group, task.startedBy, task.cpu, task.memory], ['family:web', 'me', '512', '1024'])
      assert.deepEqual([task.lastStatus, task.desiredStatus], ['PROVISIONING', 'RUNNING'])
      assert.equal(task.overrides?.ephemeralStorage?.sizeInGiB, 30)
      assert.deepEqual(task.overrides.containerOverrides, [
        { name: 'web', command: ['migrate'], environment: [{ name: 'A', value: 'b' }] },
      ])
      assert.deepEqual(task.tags, [
        { key: 'team', value: 'blue' },
        { key: 'run', value: '1' },
      ])
    }
    const described = await world.client.send(
      new DescribeTasksCommand({ tasks: tasks.map(({ taskArn = '' }) => taskArn), include: ['TAGS'] }),
    )
    assert.deepEqual(described.tasks, tasks)
    const listed = await world.client.send(new ListTasksCommand({ startedBy: 'me' }))
    assert.deepEqual(new Set(listed.taskArns), new Set(tasks.map(({ taskArn }) => taskArn)))
  })

  test('says of each task which capacity provider of the strategy it is of, and of none without one', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world)
    const names = async (more: Partial<RunTaskCommandInput>) =>
      (await run(world, { count: 4, ...more })).map(
        ({ launchType, capacityProviderName = 'none' }) => `${launchType} ${capacityProviderName}`,
      )
    const capacityProviderStrategy = [
      { capacityProvider: 'FARGATE', base: 1 },
      { capacityProvider: 'FARGATE_SPOT', weight: 1 },
    ]
    const spot = 'FARGATE FARGATE_SPOT'
    await associate(world, 'FARGATE', 'FARGATE_SPOT')
    assert.deepEqual(await names({ launchType: undefined, capacityProviderStrategy }), [
      'FARGATE FARGATE',
      spot,
      spot,
      spot,
    ])
    assert.deepEqual(await names({ count: 1 }), ['FARGATE none'])
    const defaults = {
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT' }],
    }
    await world.client.send(new PutClusterCapacityProvidersCommand({ cluster: 'default', ...defaults }))
    assert.deepEqual(await names({ count: 1, launchType: undefined }), [spot])
    assert.deepEqual(await names({ count: 1 }), ['FARGATE none'])
  })

  test('takes no capacity provider that the cluster does not have', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world)
    await associate(world, 'FARGATE')
    const spot = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }]
    await assertRefused(
      run(world, { launchType: undefined, capacityProviderStrategy: spot }),
      'InvalidParameterException',
      /^The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster\./,
    )
    assert.equal(world.store.tasks.list().length, 0)
  })

  test('says nothing of who started a task where nobody was named', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world)
    const [task] = await run(world)
    assert.ok(task)
    assert.equal('startedBy' in task, false)
  })

  test('with a client token starts them once, and refuses another request with it', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world)
    const first = await run(world, { clientToken: 'one' })
    const again = await run(world, { clientToken: 'one' })
    assert.deepEqual(
      again.map(({ taskArn }) => taskArn),
      first.map(({ taskArn }) => taskArn),
    )
    assert.equal(world.store.tasks.list().length, 1)
    await assert.rejects(run(world, { clientToken: 'one', startedBy: 'else' }), {
      name: 'ConflictException',
      resourceIds: first.map(({ taskArn }) => taskArn),
    })
  })

  for (const [what, more, name, message] of [
    ['eleven tasks', { count: 11 }, 'InvalidParameterException', 'Count must be between 1 and 10.'],
    ['one and a half tasks', { count: 1.5 }, 'InvalidParameterException', /'count' .* Member must be an integer$/],
    [
      'no network',
      { networkConfiguration: undefined },
      'InvalidParameterException',
      "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    ],
    [
      'an override of nobody',
      { overrides: { containerOverrides: [{ name: 'db' }] } },
      'InvalidParameterException',
      'Override for container named db is not a container in the TaskDefinition.',
    ],
    [
      'an override of too little memory',
      { overrides: { containerOverrides: [{ name: 'web', memory: 5 }] } },
      'InvalidParameterException',
      "Override for container web: 'memory' must be at least 6.",
    ],
    [
      'an override of less than no processor',
      { overrides: { containerOverrides: [{ name: 'web', cpu: -1 }] } },
      'InvalidParameterException',
      "Override for container web: 'cpu' must be at least 0.",
    ],
    [
      'an override of memory below what is reserved',
      { overrides: { containerOverrides: [{ name: 'web', memory: 64, memoryReservation: 64 }] } },
      'InvalidParameterException',
      "Override for container web: 'memory' must be greater than 'memoryReservation'.",
    ],
    [
      'an environment file that is no object of S3',
      { overrides: { containerOverrides: [{ name: 'web', environmentFiles: [{ value: 'web.env', type: 's3' }] }] } },
      'ClientException',
      /'web\.env' of 'environmentFiles' is not the ARN of an object/,
    ],
    [
      'overrides of more characters than ECS takes',
      { overrides: { containerOverrides: [{ name: 'web', command: ['x'.repeat(8_192)] }] } },
      'InvalidParameterException',
      'Container Overrides length must be at most 8192',
    ],
    [
      'a size Fargate does not have',
      { overrides: { cpu: '256', memory: '4096' } },
      'ClientException',
      'No Fargate configuration exists for given values: 256 CPU, 4096 memory. See the Amazon ECS documentation for the valid values.',
    ],
    ['a group of a service', { group: 'service:web' }, 'InvalidParameterException', /^Invalid namespace for group/],
    ['no such definition', { taskDefinition: 'none' }, 'ClientException', 'TaskDefinition not found.'],
    [
      'a volume configured at launch',
      { volumeConfigurations: [{ name: 'data' }] },
      'UnsupportedFeatureException',
      /^volumeConfigurations is not supported by Teal yet\. /,
    ],
  ] as const) {
    test(`refuses ${what}`, async (t) => {
      const world = await startEcs(t)
      await registerWeb(world)
      await assertRefused(run(world, more as Partial<RunTaskCommandInput>), name, message)
    })
  }

  test('StartTask and ExecuteCommand say what to do instead', async (t) => {
    const { client } = await startEcs(t)
    const start = client.send(new StartTaskCommand({ taskDefinition: 'web', containerInstances: ['i'] }))
    await assertRefused(
      start,
      'UnsupportedFeatureException',
      /^StartTask is not supported by Teal yet\. .* Use RunTask/,
    )
    const execute = client.send(new ExecuteCommandCommand({ task: 'abc', command: 'sh', interactive: true }))
    await assertRefused(execute, 'UnsupportedFeatureException', /use: teal exec abc -- COMMAND$/)
  })
})
