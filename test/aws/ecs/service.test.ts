import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import {
  DeleteServiceCommand,
  ListTasksCommand,
  paginateListTasks,
  DiscoverPollEndpointCommand,
  ListServicesByNamespaceCommand,
  StopTaskCommand,
  waitUntilServicesInactive,
  waitUntilTasksRunning,
  waitUntilTasksStopped,
} from '@aws-sdk/client-ecs'
import {
  createBlueGreenService,
  credentials,
  putTargetGroup,
  region,
  startEcs,
  webDefinition,
  type EcsWorld,
} from './ecs-world.ts'

const run = promisify(execFile)
const hasAwsCli = await run('aws', ['--version']).then(
  () => true,
  () => false,
)

/** Runs `aws ecs …` against the endpoint, with no configuration but this. Answers what it printed as JSON. */
async function aws({ url }: EcsWorld, ...args: string[]): Promise<Record<string, unknown>> {
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: url,
    AWS_PAGER: '',
  }
  const { stdout } = await run('aws', ['ecs', ...args, '--output', 'json'], { env })
  return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>)
}

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'teal-ecs-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

describe('the ECS API', () => {
  test('the waiters of the SDK see what they wait for', async (t) => {
    const world = await startEcs(t)
    const { client, scheduler } = world
    await createBlueGreenService(world)
    scheduler.settle()
    const { taskArns: tasks } = await client.send(new ListTasksCommand({}))
    const patience = { client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }
    assert.equal((await waitUntilTasksRunning(patience, { tasks })).state, 'SUCCESS')
    for (const task of tasks ?? []) await client.send(new StopTaskCommand({ task }))
    scheduler.settle()
    assert.equal((await waitUntilTasksStopped(patience, { tasks })).state, 'SUCCESS')
    await client.send(new DeleteServiceCommand({ service: 'web', force: true }))
    scheduler.settle()
    assert.equal((await waitUntilServicesInactive(patience, { services: ['web'] })).state, 'SUCCESS')
  })

  test('the paginators of the SDK come to an end', async (t) => {
    const world = await startEcs(t)
    await createBlueGreenService(world)
    const pages: number[] = []
    for await (const { taskArns } of paginateListTasks({ client: world.client, pageSize: 1 }, {})) {
      pages.push(taskArns?.length ?? 0)
    }
    assert.deepEqual(pages, [1, 1])
  })

  test('every list that a waiter reads is there, also when it is empty', async (t) => {
    const { url } = await startEcs(t)
    const lists = { DescribeServices: { services: ['web'] }, DescribeTasks: { tasks: ['0'.repeat(32)] } }
    for (const [operation, input] of Object.entries(lists)) {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
          authorization: `AWS4-HMAC-SHA256 Credential=AKID/20260101/${region}/ecs/aws4_request, SignedHeaders=host, Signature=0`,
        },
        body: JSON.stringify(input),
      })
      const answer = (await response.json()) as Record<string, unknown>
      const [list = ''] = Object.keys(input)
      assert.deepEqual(answer[list], [])
      assert.equal((answer['failures'] as unknown[]).length, 1)
    }
  })

  test('operations which are not implemented say so', async (t) => {
    const { client } = await startEcs(t)
    const namespace = 'arn:aws:servicediscovery:eu-west-1:000000000000:namespace/ns-1'
    await assert.rejects(client.send(new ListServicesByNamespaceCommand({ namespace })), /ListServicesByNamespace/)
    await assert.rejects(client.send(new DiscoverPollEndpointCommand({})), /DiscoverPollEndpoint/)
  })

  test('the aws CLI registers, creates, describes, waits and deletes', { skip: noCli() }, async (t) => {
    const world = await startEcs(t)
    const directory = await temporaryDirectory(t)
    const file = async (name: string, content: unknown): Promise<string> => {
      await writeFile(join(directory, name), JSON.stringify(content))
      return `file://${join(directory, name)}`
    }
    await aws(world, 'register-task-definition', '--cli-input-json', await file('taskdef.json', webDefinition))
    const targetGroupArn = putTargetGroup(world.store, 'web-blue')
    const creation = [
      `create-service --service-name web --task-definition web --desired-count 2`,
      `--launch-type FARGATE --deployment-controller type=CODE_DEPLOY`,
      `--network-configuration awsvpcConfiguration={subnets=[subnet-1],securityGroups=[sg-1]}`,
      `--load-balancers targetGroupArn=${targetGroupArn},containerName=web,containerPort=8080`,
    ]
    await aws(world, ...creation.join(' ').split(' '))
    world.scheduler.settle()
    const described = await aws(world, 'describe-services', '--services', 'web', 'gone', '--include', 'TAGS')
    const [service] = described['services'] as Record<string, unknown>[]
    assert.deepEqual([service?.['runningCount'], service?.['deployments']], [2, []])
    assert.equal(typeof service?.['createdAt'], 'number')
    assert.equal((described['failures'] as { reason: string }[])[0]?.reason, 'MISSING')
    const listed = await aws(world, 'list-tasks', '--service-name', 'web')
    await aws(world, 'wait', 'tasks-running', '--tasks', ...(listed['taskArns'] as string[]))
    await assert.rejects(aws(world, 'delete-service', '--service', 'web'), (error: { stderr: string }) => {
      assert.match(
        error.stderr,
        /\(InvalidParameterException\) .* The service cannot be stopped while it is scaled above 0\./,
      )
      return true
    })
    await aws(world, 'delete-service', '--service', 'web', '--force')
    world.scheduler.settle()
    await aws(world, 'wait', 'services-inactive', '--services', 'web')
  })

  test('a definition the CLI described can be registered again', { skip: noCli() }, async (t) => {
    const world = await startEcs(t)
    const directory = await temporaryDirectory(t)
    const path = join(directory, 'taskdef.json')
    await writeFile(path, JSON.stringify(webDefinition))
    await aws(world, 'register-task-definition', '--cli-input-json', `file://${path}`)
    const { taskDefinition } = (await aws(world, 'describe-task-definition', '--task-definition', 'web')) as {
      taskDefinition: Record<string, unknown>
    }
    // The CLI itself refuses what only answers have.
    const readOnly = 'taskDefinitionArn revision status requiresAttributes compatibilities registeredAt registeredBy'
    for (const member of readOnly.split(' ')) delete taskDefinition[member]
    await writeFile(path, JSON.stringify(taskDefinition))
    const again = (await aws(world, 'register-task-definition', '--cli-input-json', `file://${path}`)) as {
      taskDefinition: Record<string, unknown>
    }
    assert.equal(again.taskDefinition['revision'], 2)
    assert.deepEqual(again.taskDefinition['containerDefinitions'], taskDefinition['containerDefinitions'])
  })
})

/** Why the tests of the CLI are left out, if they are. */
function noCli(): string | false {
  return hasAwsCli ? false : 'the aws CLI is not installed: its calls are not tested here'
}
