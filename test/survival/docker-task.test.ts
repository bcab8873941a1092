import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  ListClustersCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs'
import type { Task } from '@aws-sdk/client-ecs'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodeImage, withoutDocker } from '../adapters/docker-world.ts'
import { dataDirectory, Serving, teal } from '../cli/command-line.ts'
import { DockerDaemon } from './docker-daemon.ts'
import { until } from './theatre.ts'

const program = `
const metadata = process.env.ECS_CONTAINER_METADATA_URI_V4
process.on('SIGTERM', () => process.exit(0))
const tell = async () => {
  const task = await (await fetch(metadata + '/task')).json()
  const credentials = process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI
  if (credentials) console.log(new URL(credentials).hostname + ': ' + (await (await fetch(credentials)).json()).RoleArn)
  console.log('I am ' + task.Family + ' and ' + process.env.AWS_ENDPOINT_URL + ' answers ' + (await fetch(process.env.AWS_ENDPOINT_URL)).status)
  setInterval(() => undefined, 1000)
}
tell().catch((error) => { console.error(error); process.exit(1) })
`

describe('a task of the endpoint, in Docker', { skip: await withoutDocker() }, () => {
  test('reaches the endpoint, is checked, logged, asked and stopped', { timeout: 120_000 }, async (t) => {
    const data = dataDirectory(t)
    const serving = new Serving(data, '--runtime', 'docker')
    const ecs = clientOf(await serving.url())
    await until('it has said where tasks run', async () => /tasks run in Docker\./.test(serving.output))
    const logs = new CloudWatchLogsClient(configurationOf(await serving.url()))
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/app' }))
    const taskArn = await runTask(ecs, await nodeImage({ 'app.js': program }, ['CMD ["node", "app.js"]']))
    const task = await reached(ecs, taskArn, ({ lastStatus, healthStatus }) => {
      return lastStatus === 'RUNNING' && healthStatus === 'HEALTHY'
    })
    const [container] = task.containers ?? []
    assert.match(container?.imageDigest ?? '', /^sha256:/)
    assert.match(container?.runtimeId ?? '', /^[0-9a-f]{64}$/)
    let said: readonly (string | undefined)[] = []
    await until('it has told what it found', async () => {
      const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: '/app' }))
      said = events.map(({ message }) => message)
      return said.length >= 2
    })
    assert.equal(said[0], '169.254.170.2: arn:aws:iam::000000000000:role/app')
    assert.match(said[1] ?? '', /^I am app and http:\/\/(?!127)[\d.]+:\d+ answers 200$/)
    await ecs.send(new StopTaskCommand({ cluster: 'main', task: taskArn }))
    const stopped = await reached(ecs, taskArn, ({ lastStatus }) => lastStatus === 'STOPPED')
    assert.deepEqual([stopped.stoppedReason, stopped.containers?.[0]?.exitCode], ['Task stopped by user', 0])
    assert.equal(await serving.end('SIGINT'), 0)
  })

  test('that is an image of `teal build` is told so', { timeout: 120_000 }, async (t) => {
    const data = dataDirectory(t)
    const built = await teal(
      'build',
      new URL('../../examples/hello', import.meta.url).pathname,
      '--tag',
      '127.0.0.1:1/hello:1',
      '--data',
      data,
    )
    assert.equal(built.exitCode, 0, built.errors)
    const serving = new Serving(data, '--runtime', 'docker')
    const ecs = clientOf(await serving.url())
    const taskArn = await runTask(ecs, '127.0.0.1:1/hello:1', { isLogged: false })
    const stopped = await reached(ecs, taskArn, ({ lastStatus }) => lastStatus === 'STOPPED')
    assert.equal(stopped.stopCode, 'TaskFailedToStart')
    assert.match(
      stopped.stoppedReason ?? '',
      /^CannotPullContainerError: .* --runtime process\); for Docker, .* docker build/,
    )
    assert.equal(await serving.end('SIGINT'), 0)
  })
})

describe('a Docker engine that hangs', { skip: DockerDaemon.isMissing() }, () => {
  test('holds up the tasks and not the endpoint, and they go on with it', { timeout: 120_000 }, async (t) => {
    const daemon = new DockerDaemon()
    t.after(() => daemon.goOn())
    process.env['DOCKER_HOST'] = `unix://${daemon.socketPath}`
    const data = dataDirectory(t)
    t.after(async () => {
      delete process.env['DOCKER_HOST']
      await daemon.remove()
    })
    await daemon.start()
    const serving = new Serving(data, '--runtime', 'docker')
    const ecs = clientOf(await serving.url())
    const image = await nodeImage({ 'app.js': program }, ['CMD ["node", "app.js"]'], daemon.api)
    const first = await runTask(ecs, image, { isLogged: false })
    await reached(ecs, first, ({ lastStatus }) => lastStatus === 'RUNNING')
    daemon.hang()
    const second = await runTask(ecs, image, { isLogged: false })
    await ecs.send(new StopTaskCommand({ cluster: 'main', task: first }))
    for (let asked = 0; asked < 20; asked++) await ecs.send(new ListClustersCommand({}))
    assert.equal((await found(ecs, second)).desiredStatus, 'RUNNING')
    daemon.goOn()
    await reached(ecs, second, ({ lastStatus }) => lastStatus === 'RUNNING')
    await reached(ecs, first, ({ lastStatus }) => lastStatus === 'STOPPED')
    assert.equal(await serving.end('SIGINT'), 0)
    assert.deepEqual(await daemon.api.call('GET', '/containers/json', { query: { all: true } }), [])
  })
})

function configurationOf(endpoint: string) {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'teal', secretAccessKey: 'teal' } }
}

function clientOf(endpoint: string): ECSClient {
  return new ECSClient(configurationOf(endpoint))
}

async function runTask(ecs: ECSClient, image: string, { isLogged = true } = {}): Promise<string> {
  const options = { 'awslogs-group': '/app', 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'app' }
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'app',
      taskRoleArn: 'arn:aws:iam::000000000000:role/app',
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      containerDefinitions: [
        {
          name: 'app',
          image,
          healthCheck: { command: ['CMD', 'node', '-e', 'process.exit(0)'], interval: 5, timeout: 5, retries: 3 },
          ...(isLogged && { logConfiguration: { logDriver: 'awslogs', options } }),
        },
      ],
    }),
  )
  await ecs.send(new CreateClusterCommand({ clusterName: 'main' }))
  const { tasks } = await ecs.send(
    new RunTaskCommand({
      cluster: 'main',
      taskDefinition: taskDefinition?.taskDefinitionArn,
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    }),
  )
  return tasks?.[0]?.taskArn ?? ''
}

async function found(ecs: ECSClient, taskArn: string): Promise<Task> {
  const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster: 'main', tasks: [taskArn] }))
  const [task] = tasks ?? []
  assert.ok(task)
  return task
}

async function reached(ecs: ECSClient, taskArn: string, is: (task: Task) => boolean): Promise<Task> {
  let task: Task | undefined
  try {
    await until('the task is where it is to be', async () => is((task = await found(ecs, taskArn))))
  } catch (error) {
    throw new Error(`The task is ${JSON.stringify(task)}`, { cause: error })
  }
  assert.ok(task)
  return task
}
