import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  type ContainerDefinition,
  type Task,
} from '@aws-sdk/client-ecs'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { dataDirectory, Serving, teal } from './command-line.ts'

const hold = 'exec sleep 300'
const credentials = { accessKeyId: 'teal', secretAccessKey: 'teal' }

type Clients = { readonly ecs: ECSClient; readonly logs: CloudWatchLogsClient; readonly endpoint: string }

function clientsOf(endpoint: string): Clients {
  const configuration = { endpoint, region: 'us-east-1', credentials }
  return { ecs: new ECSClient(configuration), logs: new CloudWatchLogsClient(configuration), endpoint }
}

async function describe({ ecs }: Clients, taskArn: string): Promise<Task | undefined> {
  return (await ecs.send(new DescribeTasksCommand({ tasks: [taskArn] }))).tasks?.[0]
}

async function eventually<Answer>(what: string, ask: () => Promise<Answer | undefined | false>): Promise<Answer> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(`Waited a minute in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** A migration, then an application with a secret and a parameter, whose output goes to CloudWatch Logs. */
function containers(image: string, secretArn: string): ContainerDefinition[] {
  const awslogs = { 'awslogs-group': '/ecs/job', 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'job' }
  return [
    {
      name: 'app',
      image,
      command: ['sh', '-c', `echo "app $PASSWORD $GREETING"; ${hold}`],
      dependsOn: [{ containerName: 'migrate', condition: 'SUCCESS' }],
      secrets: [
        { name: 'PASSWORD', valueFrom: `${secretArn}:password::` },
        { name: 'GREETING', valueFrom: '/app/greeting' },
      ],
      logConfiguration: { logDriver: 'awslogs', options: { ...awslogs, 'awslogs-create-group': 'true' } },
    },
    {
      name: 'migrate',
      image,
      essential: false,
      command: ['sh', '-c', 'echo migrated'],
      logConfiguration: { logDriver: 'awslogs', options: awslogs },
    },
  ]
}

async function runJob({ ecs, endpoint }: Clients, image: string): Promise<string> {
  const configuration = { endpoint, region: 'us-east-1', credentials }
  const secret = { Name: 'db', SecretString: '{"password":"hush"}' }
  const { ARN = '' } = await new SecretsManagerClient(configuration).send(new CreateSecretCommand(secret))
  const parameter = { Name: '/app/greeting', Value: 'hello', Type: 'SecureString' } as const
  await new SSMClient(configuration).send(new PutParameterCommand(parameter))
  const [executionRoleArn, taskRoleArn] = ['execution', 'task'].map((name) => `arn:aws:iam::000000000000:role/${name}`)
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'job',
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      executionRoleArn,
      taskRoleArn,
      containerDefinitions: containers(image, ARN),
    }),
  )
  const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-1'] } }
  const { tasks } = await ecs.send(new RunTaskCommand({ taskDefinition: 'job', networkConfiguration }))
  return tasks?.[0]?.taskArn ?? ''
}

async function messagesOf({ logs }: Clients): Promise<readonly string[]> {
  const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: '/ecs/job' }))
  return events.map(({ message = '' }) => message)
}

test('a task runs in order with its secrets, writes to its log, is entered with exec, and outlives its engine', async (t) => {
  const data = dataDirectory(t)
  const app = join(data, 'app')
  mkdirSync(app, { recursive: true })
  const first = new Serving(data)
  const clients = clientsOf(await first.url())
  const taskArn = await runJob(clients, pathToFileURL(app).href)
  const running = await eventually('it runs', async () => {
    const task = await describe(clients, taskArn)
    return task?.lastStatus === 'RUNNING' && task
  })
  assert.deepEqual(
    running.containers?.map(({ name, lastStatus, exitCode }) => [name, lastStatus, exitCode]),
    [
      ['app', 'RUNNING', undefined],
      ['migrate', 'STOPPED', 0],
    ],
  )
  await eventually('the log', async () => (await messagesOf(clients)).length === 2)
  // Two containers' lines are dated when they are read: in which order, is chance.
  assert.deepEqual(new Set(await messagesOf(clients)), new Set(['migrated', 'app hush hello']))

  const exec = (...argv: readonly string[]) => teal('exec', '--endpoint-url', clients.endpoint, taskArn, ...argv)
  const said = await exec('--container', 'app', '--', 'sh', '-c', 'echo "$GREETING"; echo oops >&2; exit 3')
  assert.deepEqual(said, { exitCode: 3, output: 'hello\n', errors: 'oops\n' })
  const nameless = await exec('--', 'true')
  assert.equal(nameless.errors, 'teal: The task has several containers: say which one of app, migrate.\n')
  assert.equal((await exec('--container', 'app', '--timeout', '1', '--', 'sleep', '30')).exitCode, 124)

  const ask = 'const get = async (url) => console.log(JSON.stringify(await (await fetch(url)).json()));'
  const [metadata, taskUri, role] = await Promise.all(
    [
      'ECS_CONTAINER_METADATA_URI_V4',
      'ECS_CONTAINER_METADATA_URI_V4 + "/task"',
      'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    ].map(async (variable) => {
      const { output } = await exec('--container', 'app', '--', 'node', '-e', `${ask} get(process.env.${variable})`)
      return JSON.parse(output) as Record<string, unknown>
    }),
  )
  assert.deepEqual([metadata?.['Name'], metadata?.['KnownStatus']], ['app', 'RUNNING'])
  assert.deepEqual([taskUri?.['TaskARN'], taskUri?.['Family']], [taskArn, 'job'])
  assert.equal(role?.['RoleArn'], 'arn:aws:iam::000000000000:role/task')

  assert.equal(await first.end('SIGKILL'), 'SIGKILL')
  const second = new Serving(data)
  const later = clientsOf(await second.url())
  assert.equal((await describe(later, taskArn))?.lastStatus, 'RUNNING')
  assert.deepEqual(new Set(await messagesOf(later)), new Set(['migrated', 'app hush hello']))
  assert.equal((await messagesOf(later)).length, 2)
  await later.ecs.send(new StopTaskCommand({ task: taskArn, reason: 'enough' }))
  const stopped = await eventually('it has stopped', async () => {
    const task = await describe(later, taskArn)
    return task?.lastStatus === 'STOPPED' && task
  })
  assert.deepEqual([stopped.stopCode, stopped.stoppedReason], ['UserInitiated', 'enough'])
  assert.equal(await second.end('SIGINT'), 0)
})

test('what is no task is told as that, and so is what does not answer as Teal does', async (t) => {
  const refused = await teal('exec', 'web', '--', 'env')
  assert.deepEqual(refused, {
    exitCode: 1,
    output: '',
    errors: "teal: 'web' is no task's id or ARN. `teal tasks` lists those there are.\n",
  })
  const server = createServer((_, answer) => answer.end('<html>'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const foreign = await teal('exec', '--endpoint-url', endpoint, 'a'.repeat(32), '--', 'env')
  assert.deepEqual(foreign, {
    exitCode: 1,
    output: '',
    errors: `teal: ${endpoint} does not answer as Teal does (HTTP 200).\n`,
  })
})
