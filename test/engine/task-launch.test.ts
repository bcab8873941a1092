import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newTask, taskLaunch } from '../../src/engine/task-launch.ts'
import { aService, aTask, aTaskDefinition, aTaskSet } from '../world/a-service.ts'
import { SeededChance } from '../world/seeded-chance.ts'

const settings = {
  accountId: '000000000000',
  minuteMilliseconds: 60_000,
  listenHost: '127.0.0.1',
  endpointUrl: 'http://127.0.0.1:4566',
}
const [web] = aTaskDefinition().containerDefinitions
assert.ok(web)

function tagsOf(recorded: Readonly<Record<string, unknown>>) {
  const definition = aTaskDefinition({ tags: { of: 'definition' } })
  const service = aService({ tags: { of: 'service' }, recorded })
  return newTask(service, aTaskSet(), definition, { chance: new SeededChance(1), now: 7 }).tags
}

describe('a task that is launched', () => {
  test('finds this engine through its environment; what the definition says wins', () => {
    const environment = [
      { name: 'GREETING', value: 'hello' },
      { name: 'AWS_REGION', value: 'eu-west-1' },
    ]
    const definition = aTaskDefinition({ containerDefinitions: [{ ...web, environment }] })
    const launch = taskLaunch(aTask('a'), definition, aTaskSet().loadBalancers, settings)
    assert.deepEqual(launch.containers[0]?.environment, {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE',
      ECS_CONTAINER_METADATA_URI_V4: 'http://127.0.0.1:4566/v4/a-0',
      ECS_AGENT_URI: 'http://127.0.0.1:4566/v4/a-0/api',
      AWS_ACCESS_KEY_ID: 'teal',
      AWS_SECRET_ACCESS_KEY: 'teal',
      GREETING: 'hello',
    })
  })

  test('has 30 seconds to stop, or what its definition says', () => {
    const seconds = [undefined, 5].map((stopTimeout) => {
      const container = stopTimeout === undefined ? web : { ...web, stopTimeout }
      const definition = aTaskDefinition({ containerDefinitions: [container] })
      return taskLaunch(aTask('a'), definition, [], settings).containers[0]?.stopTimeoutSeconds
    })
    assert.deepEqual(seconds, [30, 5])
  })

  test('needs a definition, and the port its load balancer names', () => {
    const port = { targetGroupArn: 'arn:tg', containerName: 'web', containerPort: 81 }
    assert.throws(
      () => taskLaunch(aTask('a'), undefined, [], settings),
      /ResourceInitializationError: there is no task/,
    )
    assert.throws(() => taskLaunch(aTask('a'), aTaskDefinition(), [port], settings), /names port 81 of container web/)
  })

  test('has the tags its service hands on, and those that ECS gives by itself where the service wants them', () => {
    const managed = { 'aws:ecs:clusterName': 'prod', 'aws:ecs:serviceName': 'web' }
    assert.deepEqual(tagsOf({ enableECSManagedTags: false, propagateTags: 'NONE' }), {})
    assert.deepEqual(tagsOf({ propagateTags: 'TASK_DEFINITION' }), { of: 'definition' })
    assert.deepEqual(tagsOf({ enableECSManagedTags: true }), managed)
    assert.deepEqual(tagsOf({ enableECSManagedTags: true, propagateTags: 'SERVICE' }), { ...managed, of: 'service' })
  })

  test('begins as ECS describes it', () => {
    const taskSet = aTaskSet()
    const task = newTask(aService(), taskSet, aTaskDefinition({ cpu: '256' }), { chance: new SeededChance(1), now: 7 })
    assert.match(task.taskArn, /^arn:aws:ecs:us-east-1:000000000000:task\/prod\/[0-9a-f]{32}$/)
    const { lastStatus, desiredStatus, group, startedBy, cpu, createdAt, version } = task
    assert.deepEqual(
      { lastStatus, desiredStatus, group, startedBy, cpu, createdAt, version },
      {
        lastStatus: 'PROVISIONING',
        desiredStatus: 'RUNNING',
        group: 'service:web',
        startedBy: taskSet.taskSetId,
        cpu: '256',
        createdAt: 7,
        version: 1,
      },
    )
    assert.match(task.containers[0]?.containerArn ?? '', /:container\/prod\/[0-9a-f]{32}\/[0-9a-f-]{36}$/)
  })
})
