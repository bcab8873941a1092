import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, test } from 'node:test'
import { promisify } from 'node:util'
import {
  ApplicationDoesNotExistException,
  CodeDeployClient,
  DeploymentIdRequiredException,
  GetApplicationCommand,
  GetDeploymentCommand,
} from '@aws-sdk/client-codedeploy'
import {
  DescribeClustersCommand,
  ECSClient,
  InvalidParameterException,
  CreateServiceCommand,
} from '@aws-sdk/client-ecs'
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  ModifyRuleCommand,
  TargetGroupNotFoundException,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { startEndpoint, type Endpoint } from '../../src/aws/endpoint.ts'
import { AwsError } from '../../src/domain/aws-error.ts'
import { services } from './wire/services.ts'

const opened: { close(): Promise<void> }[] = []
const logged: string[] = []

async function endpointOf(handlers: Parameters<typeof services>[0], port = 0): Promise<Endpoint> {
  const endpoint = await startEndpoint({
    services: services(handlers),
    host: '127.0.0.1',
    port,
    accountId: '000000000000',
    log: { info: () => undefined, warn: (message) => void logged.push(message) },
  })
  opened.push(endpoint)
  return endpoint
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((endpoint) => endpoint.close()))
  logged.length = 0
})

const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' }
const configuration = ({ url }: Endpoint) => ({ endpoint: url, region: 'eu-west-1', credentials, maxAttempts: 1 })

const answering: Parameters<typeof services>[0] = {
  codeDeploy: {
    GetDeployment: ({ deploymentId }) => ({
      deploymentInfo: { deploymentId, status: 'InProgress', createTime: new Date(1_700_000_000_250) },
    }),
    GetApplication({ applicationName }) {
      throw new AwsError('ApplicationDoesNotExistException', `No application found for name: ${applicationName}`)
    },
  },
  ecs: { DescribeClusters: (_, { region }) => ({ clusters: [{ clusterName: region }], failures: [] }) },
  elbv2: {
    DescribeTargetGroups({ Names }) {
      if (Names) throw new AwsError('TargetGroupNotFoundException', 'One or more target groups not found')
      return { TargetGroups: [] }
    },
    DeregisterTargets: () => ({}),
    ModifyRule: ({ RuleArn, Actions }) => ({
      Rules: [{ RuleArn, Priority: Actions === undefined ? 'none' : 'empty' }],
    }),
  },
}

describe('the endpoint, called by the AWS SDK for JavaScript,', () => {
  test('answers values and exceptions of JSON services', async () => {
    const endpoint = await endpointOf(answering)
    using codeDeploy = disposable(new CodeDeployClient(configuration(endpoint)))
    const answer = await codeDeploy.send(new GetDeploymentCommand({ deploymentId: 'd-1' }))
    const { deploymentId, createTime } = answer.deploymentInfo ?? {}
    assert.deepEqual([deploymentId, createTime], ['d-1', new Date(1_700_000_000_250)])
    assert.match(answer.$metadata.requestId ?? '', /^[0-9a-f-]{36}$/)
    await assert.rejects(codeDeploy.send(new GetApplicationCommand({ applicationName: 'a' })), (error) => {
      assert.ok(error instanceof ApplicationDoesNotExistException)
      assert.equal(error.message, 'No application found for name: a')
      return true
    })
    const empty = new GetDeploymentCommand({ deploymentId: undefined })
    await assert.rejects(codeDeploy.send(empty), DeploymentIdRequiredException)
    using ecs = disposable(new ECSClient(configuration(endpoint)))
    const { clusters } = await ecs.send(new DescribeClustersCommand({}))
    assert.equal(clusters?.[0]?.clusterName, 'eu-west-1')
  })

  test('answers values and exceptions of query services', async () => {
    const endpoint = await endpointOf(answering)
    using elbv2 = disposable(new ElasticLoadBalancingV2Client(configuration(endpoint)))
    assert.deepEqual((await elbv2.send(new DescribeTargetGroupsCommand({}))).TargetGroups, [])
    await assert.rejects(elbv2.send(new DescribeTargetGroupsCommand({ Names: ['x'] })), (error) => {
      assert.ok(error instanceof TargetGroupNotFoundException)
      assert.equal(error.message, 'One or more target groups not found')
      return true
    })
    await elbv2.send(new DeregisterTargetsCommand({ TargetGroupArn: 'a', Targets: [{ Id: '10.0.0.1', Port: 80 }] }))
    const { Rules } = await elbv2.send(new ModifyRuleCommand({ RuleArn: 'r', Actions: [] }))
    assert.equal(Rules?.[0]?.Priority, 'empty')
  })

  test('refuses what it does not implement by name', async () => {
    const endpoint = await endpointOf({ ecs: { CreateService: () => ({}) } })
    using codeDeploy = disposable(new CodeDeployClient(configuration(endpoint)))
    await assert.rejects(codeDeploy.send(new GetApplicationCommand({ applicationName: 'a' })), {
      name: 'UnknownOperationException',
      message: 'Teal does not implement the operation GetApplication of CodeDeploy (yet).',
    })
    using ecs = disposable(new ECSClient(configuration(endpoint)))
    const wrong = new CreateServiceCommand({ serviceName: 's', launchType: 'MOON' as never })
    await assert.rejects(ecs.send(wrong), InvalidParameterException)
  })
})

const commands = { aws: isThere('aws', ['--version']), boto3: isThere('python3', ['-c', 'import boto3']) }

describe('the endpoint, called by other clients,', () => {
  test('serves the AWS CLI', { skip: commands.aws ? false : 'there is no aws command on this machine' }, async () => {
    const endpoint = await endpointOf(answering)
    const deployment = await aws(endpoint, ['deploy', 'get-deployment', '--deployment-id', 'd-1'])
    assert.match(deployment, /"deploymentId": "d-1"/)
    assert.equal(
      (await aws(endpoint, ['elbv2', 'describe-target-groups'])).replaceAll(/\s/g, ''),
      '{"TargetGroups":[]}',
    )
    const targets = ['--target-group-arn', 'a', '--targets', 'Id=10.0.0.1']
    assert.equal(await aws(endpoint, ['elbv2', 'deregister-targets', ...targets]), '')
    await assert.rejects(
      aws(endpoint, ['deploy', 'get-application', '--application-name', 'a']),
      /\(ApplicationDoesNotExistException\) when calling the GetApplication operation: No application found for name: a/,
    )
    await assert.rejects(
      aws(endpoint, ['elbv2', 'describe-target-groups', '--names', 'x']),
      /\(TargetGroupNotFound\) when calling the DescribeTargetGroups operation: One or more target groups not found/,
    )
  })

  test('serves boto3', { skip: commands.boto3 ? false : 'boto3 is not installed on this machine' }, async () => {
    const endpoint = await endpointOf(answering)
    const { stdout } = await promisify(execFile)('python3', ['-c', botoScript, endpoint.url], {
      env: clientEnvironment,
    })
    assert.deepEqual(stdout.trim().split('\n'), [
      'd-1 1700000000.25',
      'ApplicationDoesNotExistException',
      'TargetGroupNotFound 400',
      'eu-west-1',
    ])
  })
})

const clientEnvironment = {
  ...process.env,
  AWS_ACCESS_KEY_ID: 'AKID',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_DEFAULT_REGION: 'eu-west-1',
  AWS_MAX_ATTEMPTS: '1',
  AWS_PAGER: '',
}

const botoScript = `
import boto3, sys
client = lambda name: boto3.client(name, endpoint_url=sys.argv[1])
code_deploy, balancing = client('codedeploy'), client('elbv2')
info = code_deploy.get_deployment(deploymentId='d-1')['deploymentInfo']
print(info['deploymentId'], info['createTime'].timestamp())
try: code_deploy.get_application(applicationName='a')
except code_deploy.exceptions.ApplicationDoesNotExistException as error: print(error.response['Error']['Code'])
try: balancing.describe_target_groups(Names=['x'])
except balancing.exceptions.TargetGroupNotFoundException as error:
    print(error.response['Error']['Code'], error.response['ResponseMetadata']['HTTPStatusCode'])
print(client('ecs').describe_clusters()['clusters'][0]['clusterName'])
`

async function aws({ url }: Endpoint, command: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('aws', [...command, '--endpoint-url', url], { env: clientEnvironment })
  return stdout
}

function isThere(command: string, options: readonly string[]): boolean {
  return spawnSync(command, options, { stdio: 'ignore' }).status === 0
}

describe('the endpoint, over HTTP,', () => {
  const call = { method: 'POST', headers: { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.DescribeClusters' } }

  test('tells a browser what it is', async () => {
    const { url } = await endpointOf({})
    const page = await fetch(url)
    assert.equal(page.status, 200)
    assert.match(await page.text(), new RegExp(`^This is Teal.*CodeDeploy, Amazon ECS.*--endpoint-url ${url}\n$`, 's'))
    const head = await fetch(url, { method: 'HEAD' })
    assert.deepEqual([head.status, await head.text()], [200, ''])
    const options = await fetch(url, { method: 'OPTIONS' })
    assert.deepEqual([options.status, options.headers.get('allow')], [200, 'DELETE, GET, HEAD, OPTIONS, POST, PUT'])
    assert.equal(options.headers.get('access-control-allow-origin'), null)
    assert.equal((await fetch(`${url}/favicon.ico`)).status, 404)
    assert.equal((await fetch(url, { method: 'PUT', body: 'x' })).status, 405)
  })

  test('refuses web pages of other sites', async () => {
    const { url } = await endpointOf(answering)
    const headers = { ...call.headers, origin: 'https://example.com' }
    const refused = await fetch(url, { ...call, headers, body: '{}' })
    assert.equal(refused.status, 403)
    assert.match(await refused.text(), /a web page of https:\/\/example\.com may not use this endpoint/)
    assert.equal((await fetch(url, { ...call, headers: { ...headers, origin: url }, body: '{}' })).status, 200)
  })

  test('gives every answer a request id', async () => {
    const { url } = await endpointOf(answering)
    for (const [path, init] of [
      ['/', {}],
      ['/x', {}],
      ['/', { ...call, body: '{}' }],
      ['/', { ...call, body: '{' }],
    ] as const) {
      const { headers } = await fetch(url + path, init)
      assert.match(headers.get('x-amzn-requestid') ?? '', /^[0-9a-f-]{36}$/)
    }
  })

  test('refuses a body of more than 16 MiB', async () => {
    const { url } = await endpointOf(answering)
    const answer = await fetch(url, { ...call, body: Buffer.alloc(16 * 1024 * 1024 + 1, ' ') })
    assert.equal(answer.status, 413)
    const { __type, message } = (await answer.json()) as Record<string, string>
    assert.deepEqual([__type, message], ['RequestEntityTooLargeException', "The request's body is larger than 16 MiB."])
    const largest = await fetch(url, { ...call, body: `{}${' '.repeat(16 * 1024 * 1024 - 2)}` })
    assert.equal(largest.status, 200)
  })

  test('is not disturbed by clients that go away', async () => {
    const finish = Promise.withResolvers<void>()
    const called = Promise.withResolvers<void>()
    const endpoint = await endpointOf({
      ecs: {
        async ListClusters() {
          called.resolve()
          await finish.promise
          return {}
        },
        ...answering.ecs,
      },
    })
    const halfARequest = await rawConnection(endpoint)
    halfARequest.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{')
    halfARequest.resetAndDestroy()
    const halfACall = await rawConnection(endpoint)
    halfACall.write(rawCall('ListClusters'))
    await called.promise
    halfACall.resetAndDestroy()
    await once(halfACall, 'close')
    finish.resolve()
    const nonsense = await rawConnection(endpoint)
    nonsense.end('\u0016\u0003\u0001 this is not HTTP\r\n\r\n')
    assert.match(await text(nonsense), /^HTTP\/1\.1 400 /)
    assert.equal((await fetch(endpoint.url, { ...call, body: '{}' })).status, 200)
    assert.deepEqual(logged, [])
  })

  test('lets running calls finish when it closes, and takes no new ones', async () => {
    const finish = Promise.withResolvers<void>()
    const called = Promise.withResolvers<void>()
    const endpoint = await endpointOf({
      ecs: {
        async ListClusters() {
          called.resolve()
          await finish.promise
          return { clusterArns: ['a'] }
        },
      },
    })
    const idle = await rawConnection(endpoint)
    const running = await rawConnection(endpoint)
    running.write(rawCall('ListClusters'))
    await called.promise
    const closed = endpoint.close()
    const isOpen = await Promise.race([closed.then(() => false), sleep(20).then(() => true)])
    assert.ok(isOpen)
    await assert.rejects(rawConnection(endpoint), { code: 'ECONNREFUSED' })
    finish.resolve()
    assert.match(
      await text(running),
      /^HTTP\/1\.1 200 OK\r\n[^{]*connection: close\r\n[^{]*\{"clusterArns":\["a"\]\}$/s,
    )
    await closed
    idle.destroy()
  })

  test('says which port it cannot have, and why', async () => {
    const { port } = await endpointOf({})
    await assert.rejects(endpointOf({}, port), {
      message: `Port ${port} on 127.0.0.1 is in use by another program: end that one, or choose another port.`,
    })
    const options = { services: [], port: 0, accountId: '', log: { info: () => undefined, warn: () => undefined } }
    await assert.rejects(startEndpoint({ ...options, host: '203.0.113.1' }), {
      message: '203.0.113.1 is not an address of this machine.',
    })
  })
})

function rawCall(operation: string): string {
  const target = `X-Amz-Target: AmazonEC2ContainerServiceV20141113.${operation}`
  return `POST / HTTP/1.1\r\nHost: x\r\n${target}\r\nContent-Length: 2\r\n\r\n{}`
}

async function rawConnection({ port }: Endpoint): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

function disposable<Client extends { destroy(): void }>(client: Client): Client & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() })
}
