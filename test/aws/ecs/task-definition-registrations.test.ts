import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DescribeTaskDefinitionCommand, type RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs'
import { assertRefused, registerWeb, startEcs, webDefinition, type EcsWorld } from './ecs-world.ts'

const refuse = (world: EcsWorld, changes: Partial<RegisterTaskDefinitionCommandInput>, message: string | RegExp) =>
  assertRefused(registerWeb(world, changes), 'ClientException', message)

const web = { name: 'web', image: 'hello:1' }

const logged = (logDriver: 'awslogs' | 'syslog') => ({
  containerDefinitions: [{ name: 'web', image: 'hello:1', logConfiguration: { logDriver } }],
})

describe('registering a task definition', () => {
  test('a family has up to 255 letters, numbers, hyphens and underscores', async (t) => {
    const world = await startEcs(t)
    await refuse(world, { family: '' }, 'Family should not be null or empty.')
    for (const family of ['my web', 'web:1', 'x'.repeat(256)]) {
      await refuse(world, { family }, 'Family contains invalid characters.')
    }
    await registerWeb(world, { family: 'x'.repeat(255) })
  })

  test('a family and containers are required', async (t) => {
    const world = await startEcs(t)
    await assertRefused(registerWeb(world, { family: undefined }), 'InvalidParameterException', /'family'/)
    await assertRefused(
      registerWeb(world, { containerDefinitions: undefined }),
      'InvalidParameterException',
      /'containerDefinitions'/,
    )
  })

  test('a definition has up to 64 KiB', async (t) => {
    const world = await startEcs(t)
    const withValue = (characters: number) => ({
      containerDefinitions: [{ ...web, environment: [{ name: 'VALUE', value: 'x'.repeat(characters) }] }],
    })
    await registerWeb(world, withValue(65_000))
    await refuse(world, withValue(65_536), /^Actual length: '65\d{3}'\. Max allowed length is '65536' bytes\.$/)
    await refuse(world, { containerDefinitions: [{ ...web, command: ['é'.repeat(33_000)] }] }, /^Actual length/)
  })

  test('Fargate needs awsvpc', async (t) => {
    const world = await startEcs(t)
    for (const networkMode of ['bridge', undefined] as const) {
      await refuse(world, { networkMode }, 'Fargate only supports network mode ‘awsvpc’.')
    }
  })

  test('Fargate shares no namespaces but that of the processes of a task', async (t) => {
    const world = await startEcs(t)
    await refuse(world, { ipcMode: 'task' }, 'Tasks using the Fargate launch type do not support ipcMode.')
    await refuse(
      world,
      { pidMode: 'host' },
      "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.",
    )
    await registerWeb(world, { pidMode: 'task' })
    await registerWeb(world, { requiresCompatibilities: ['EC2'], pidMode: 'host', ipcMode: 'host' })
  })

  test('Fargate needs an execution role for awslogs, and has few other log drivers', async (t) => {
    const world = await startEcs(t)
    await refuse(
      world,
      logged('awslogs'),
      'Fargate requires task definition to have execution role ARN to support log driver awslogs.',
    )
    await refuse(world, logged('syslog'), "Container 'web': Fargate does not have log driver syslog. Use awslogs.")
  })

  test('of the options of awslogs those that nobody knows, and a group that is to be made by another word, are refused', async (t) => {
    const world = await startEcs(t)
    const executionRoleArn = 'arn:aws:iam::000000000000:role/execution'
    const group = { 'awslogs-group': '/ecs/web', 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'web' }
    const withOptions = (others: Record<string, string>) => ({
      executionRoleArn,
      containerDefinitions: [
        { ...web, logConfiguration: { logDriver: 'awslogs' as const, options: { ...group, ...others } } },
      ],
    })
    await refuse(
      world,
      withOptions({ 'awslogs-creat-group': 'true', log_key: 'log' }),
      'Log driver awslogs disallows options: awslogs-creat-group, log_key',
    )
    await refuse(
      world,
      withOptions({ 'awslogs-multiline-pattern': '^INFO' }),
      "Container 'web': log option awslogs-multiline-pattern is not supported by Teal yet. Remove it: each line is an event.",
    )
    for (const word of ['false', 'yes']) {
      await refuse(
        world,
        withOptions({ 'awslogs-create-group': word }),
        "Log driver awslogs option 'awslogs-create-group' should only be set to 'true', else omit option.",
      )
    }
    await registerWeb(world, withOptions({ 'awslogs-create-group': 'true', mode: 'non-blocking' }))
  })

  test('without requirements it is for EC2 and for instances of one’s own, with networkMode bridge', async (t) => {
    const world = await startEcs(t)
    const taskDefinition = await registerWeb(world, { requiresCompatibilities: undefined, networkMode: undefined })
    const answer = await world.client.send(new DescribeTaskDefinitionCommand({ taskDefinition }))
    assert.equal(answer.taskDefinition?.networkMode, 'bridge')
    assert.deepEqual(answer.taskDefinition.compatibilities, ['EXTERNAL', 'EC2'])
  })

  test('what would change how tasks run and is not done yet is refused by name', async (t) => {
    const world = await startEcs(t)
    const ec2 = { requiresCompatibilities: [] }
    await refuse(
      world,
      { ...ec2, networkMode: 'host' },
      'networkMode host is not supported by Teal yet. Use awsvpc or bridge.',
    )
    await refuse(
      world,
      { ...ec2, networkMode: 'none' },
      'networkMode none is not supported by Teal yet. Use awsvpc or bridge.',
    )
    await refuse(
      world,
      { proxyConfiguration: { containerName: 'web' } },
      /^proxyConfiguration is not supported by Teal yet\. /,
    )
    await refuse(
      world,
      { inferenceAccelerators: [{ deviceName: 'a', deviceType: 'b' }] },
      /^inferenceAccelerators is not supported by Teal yet\. /,
    )
    await refuse(world, { enableFaultInjection: true }, /^enableFaultInjection is not supported by Teal yet\. /)
    await refuse(
      world,
      { runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' } },
      'runtimePlatform.operatingSystemFamily WINDOWS_SERVER_2022_CORE is not supported by Teal yet. Use LINUX.',
    )
    for (const sizeInGiB of [0, 20, 201]) {
      const words = `ephemeralStorage.sizeInGiB must be between 21 and 200, and is ${sizeInGiB}.`
      await refuse(world, { ephemeralStorage: { sizeInGiB } }, words)
    }
    await registerWeb(world, { enableFaultInjection: false, inferenceAccelerators: [] })
  })
})

test('what DescribeTaskDefinition answers is registered again as it is', async (t) => {
  const world = await startEcs(t)
  // Unsigned, and so in another region than the clients of these tests.
  const call = async (operation: string, body: object) => {
    const target = `AmazonEC2ContainerServiceV20141113.${operation}`
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }
    const answer = await fetch(world.url, { method: 'POST', headers, body: JSON.stringify(body) })
    return (await answer.json()) as {
      readonly taskDefinition?: { readonly revision: number }
      readonly message?: string
    }
  }
  await call('RegisterTaskDefinition', webDefinition)
  const { taskDefinition = {} } = await call('DescribeTaskDefinition', { taskDefinition: 'web' })
  const again = await call('RegisterTaskDefinition', taskDefinition)
  assert.equal(again.taskDefinition?.revision, 2, again.message)
  const unknown = await call('RegisterTaskDefinition', { ...taskDefinition, nonsense: 1 })
  assert.match(unknown.message ?? '', /nonsense/)
})
