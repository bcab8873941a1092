import {
  CreateTargetGroupCommand,
  DeleteTargetGroupCommand,
  DescribeTargetGroupsCommand,
  ModifyTargetGroupCommand,
  type ModifyTargetGroupCommandInput,
  type CreateTargetGroupCommandInput,
  type DescribeTargetGroupsCommandInput,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import {
  assertRefused,
  createListener,
  createLoadBalancer,
  createTargetGroup,
  given,
  startLoadBalancingEndpoint,
  type LoadBalancingEndpoint,
} from './load-balancing-endpoint.ts'

const ordinary = { Name: 'blue', Protocol: 'HTTP', Port: 80, VpcId: 'vpc-1', TargetType: 'ip' } as const

describe('target groups', () => {
  let endpoint: LoadBalancingEndpoint
  let client: ReturnType<LoadBalancingEndpoint['client']>
  let region = 0

  before(async () => {
    endpoint = await startLoadBalancingEndpoint()
  })
  after(() => endpoint.close())
  // A region of its own for each test: names are unique within one.
  beforeEach(() => {
    client = endpoint.client(`xx-test-${++region}`)
  })
  const create = (input: Partial<CreateTargetGroupCommandInput> = {}) =>
    client.send(new CreateTargetGroupCommand({ ...ordinary, ...input }))

  test("have AWS's defaults for what was not given", async () => {
    const { TargetGroups } = await create()
    const created = given(TargetGroups?.[0])
    assert.match(given(created.TargetGroupArn), /:000000000000:targetgroup\/blue\/[0-9a-f]{16}$/)
    assert.deepEqual(created, {
      TargetGroupArn: created.TargetGroupArn,
      TargetGroupName: 'blue',
      Protocol: 'HTTP',
      Port: 80,
      VpcId: 'vpc-1',
      HealthCheckProtocol: 'HTTP',
      HealthCheckPort: 'traffic-port',
      HealthCheckEnabled: true,
      HealthCheckIntervalSeconds: 30,
      HealthCheckTimeoutSeconds: 5,
      HealthyThresholdCount: 5,
      UnhealthyThresholdCount: 2,
      HealthCheckPath: '/',
      Matcher: { HttpCode: '200' },
      LoadBalancerArns: [],
      TargetType: 'ip',
      ProtocolVersion: 'HTTP1',
      IpAddressType: 'ipv4',
    })
  })

  test('created again with the same settings are the same; with others they are refused', async () => {
    const first = await create()
    const again = await create({ HealthCheckPath: '/' })
    assert.equal(again.TargetGroups?.[0]?.TargetGroupArn, first.TargetGroups?.[0]?.TargetGroupArn)
    await assertRefused(
      create({ HealthCheckPath: '/health' }),
      'DuplicateTargetGroupNameException',
      /^A target group with the specified name already exists\.$/,
    )
  })

  test('which Teal cannot serve are refused with the parameter and its value', async () => {
    const code = 'InvalidConfigurationRequestException'
    await assertRefused(create({ TargetType: undefined }), code, /TargetType 'instance' .* use TargetType 'ip'/)
    await assertRefused(create({ TargetType: 'lambda' }), code, /TargetType 'lambda'/)
    await assertRefused(create({ Protocol: 'TLS' }), code, /Protocol 'TLS' .* use HTTP or HTTPS/)
    await assertRefused(create({ ProtocolVersion: 'GRPC' }), code, /ProtocolVersion 'GRPC'/)
    await assertRefused(create({ ProtocolVersion: 'HTTP2' }), code, /asked in HTTP\/1\.1: use HTTP1/)
    await assertRefused(create({ Matcher: { GrpcCode: '12' } }), code, /Matcher\.GrpcCode '12'/)
    await assertRefused(create({ TargetControlPort: 3000 }), code, /TargetControlPort '3000'/)
  })

  test('need a protocol, a port and a VPC, and a name AWS would take', async () => {
    await assertRefused(create({ Protocol: undefined }), 'ValidationError', /protocol must be specified/)
    await assertRefused(create({ Port: undefined }), 'ValidationError', /port must be specified/)
    await assertRefused(create({ VpcId: undefined }), 'ValidationError', /VPC ID must be specified/)
    await assertRefused(
      create({ Port: 65_536 }),
      'ValidationError',
      /'65536' must be a whole number between 1 and 65535/,
    )
    await assertRefused(create({ Name: 'a'.repeat(33) }), 'ValidationError', /Target group name .* longer than '32'/)
  })

  test('check health within the ranges AWS has', async () => {
    const cases: readonly [Partial<CreateTargetGroupCommandInput>, RegExp][] = [
      [{ HealthCheckIntervalSeconds: 4 }, /interval '4' must be a whole number between 5 and 300/],
      [{ HealthCheckTimeoutSeconds: 121, HealthCheckIntervalSeconds: 200 }, /timeout '121'/],
      [{ HealthyThresholdCount: 1 }, /Healthy threshold count '1'/],
      [{ UnhealthyThresholdCount: 11 }, /Unhealthy threshold count '11'/],
      [{ HealthCheckIntervalSeconds: 5 }, /timeout '5' must be smaller than the interval '5'/],
      [{ HealthCheckPath: 'health' }, /path 'health' must begin with '\/'/],
      [{ HealthCheckPort: 'http' }, /port 'http' must be 'traffic-port', or a whole number between 1 and 65535/],
      [{ HealthCheckPort: '70000' }, /port '70000' must be a whole number between 1 and 65535/],
      [{ Matcher: { HttpCode: '200-600' } }, /'200-600'/],
      [{ Matcher: { HttpCode: '300-200' } }, /'300-200'/],
      [{ HealthCheckEnabled: false }, /must be true/],
      [{ HealthCheckProtocol: 'TCP' }, /^Health check protocol 'TCP' must be one of 'HTTP' and 'HTTPS'/],
    ]
    for (const [input, message] of cases) await assertRefused(create(input), 'ValidationError', message)
    const Matcher = { HttpCode: '200-299,301' }
    const { TargetGroups } = await create({ HealthCheckPort: '8080', Matcher })
    assert.deepEqual([TargetGroups?.[0]?.HealthCheckPort, TargetGroups?.[0]?.Matcher], ['8080', Matcher])
  })

  test('of HTTPS are spoken to by TLS, and checked by HTTP unless they are told otherwise', async () => {
    const loadBalancerArn = await createLoadBalancer(client)
    const created = await create({ Protocol: 'HTTPS', Port: 443 })
    const group = given(created.TargetGroups?.[0])
    assert.deepEqual([group.Protocol, group.Port, group.HealthCheckProtocol], ['HTTPS', 443, 'HTTP'])
    const arn = given(group.TargetGroupArn)
    await createListener(client, { loadBalancerArn, port: 20_502, actions: arn })
    assert.equal(endpoint.router.table?.targetGroups.get(arn)?.protocol, 'HTTPS')
    const { TargetGroups } = await client.send(new DescribeTargetGroupsCommand({ Names: ['blue'] }))
    assert.equal(TargetGroups?.[0]?.Protocol, 'HTTPS')
    await assertRefused(create({ Port: 443 }), 'DuplicateTargetGroupNameException', /already exists/)
  })

  test('check health over HTTPS until they are told otherwise', async () => {
    const loadBalancerArn = await createLoadBalancer(client)
    const arn = await createTargetGroup(client, 'blue', { HealthCheckProtocol: 'HTTPS' })
    await createListener(client, { loadBalancerArn, port: 20_501, actions: arn })
    const check = () => endpoint.router.table?.targetGroups.get(arn)?.healthCheck
    const modify = async (input: Partial<ModifyTargetGroupCommandInput>) => {
      const { TargetGroups } = await client.send(new ModifyTargetGroupCommand({ TargetGroupArn: arn, ...input }))
      return TargetGroups?.[0]?.HealthCheckProtocol
    }
    assert.equal(check()?.protocol, 'HTTPS')
    assert.equal(await modify({ HealthCheckPath: '/health' }), 'HTTPS')
    assert.equal(await modify({ HealthCheckProtocol: 'HTTP' }), 'HTTP')
    assert.equal(check()?.protocol, undefined)
  })

  test('change only what is given, and the router is told', async () => {
    const loadBalancerArn = await createLoadBalancer(client)
    const arn = await createTargetGroup(client, 'blue', { HealthCheckPath: '/old', HealthCheckIntervalSeconds: 20 })
    await createListener(client, { loadBalancerArn, port: 20_080, actions: arn })
    const { TargetGroups } = await client.send(
      new ModifyTargetGroupCommand({ TargetGroupArn: arn, HealthCheckPath: '/new' }),
    )
    assert.equal(TargetGroups?.[0]?.HealthCheckPath, '/new')
    assert.equal(TargetGroups?.[0]?.HealthCheckIntervalSeconds, 20)
    assert.equal(endpoint.router.table?.targetGroups.get(arn)?.healthCheck.path, '/new')
  })

  test('are found by ARN, by name and by load balancer', async () => {
    const loadBalancerArn = await createLoadBalancer(client)
    const [blue, green] = [await createTargetGroup(client, 'blue'), await createTargetGroup(client, 'green')]
    const pair = [blue, green].map((TargetGroupArn, at) => ({ TargetGroupArn, Weight: at }))
    const actions = [{ Type: 'forward', ForwardConfig: { TargetGroups: pair } } as const]
    await createListener(client, { loadBalancerArn, port: 20_500, actions })
    await createTargetGroup(client, 'idle')
    const names = async (input: DescribeTargetGroupsCommandInput) => {
      const { TargetGroups } = await client.send(new DescribeTargetGroupsCommand(input))
      return TargetGroups?.map(({ TargetGroupName }) => TargetGroupName)
    }
    assert.deepEqual(await names({}), ['blue', 'green', 'idle'])
    assert.deepEqual(await names({ LoadBalancerArn: loadBalancerArn }), ['blue', 'green'])
    assert.deepEqual(await names({ Names: ['idle'] }), ['idle'])
    assert.deepEqual(await names({ TargetGroupArns: [green] }), ['green'])
    const code = 'TargetGroupNotFoundException'
    await assertRefused(names({ Names: ['idle', 'nobody'] }), code, /^One or more target groups not found$/)
    await assertRefused(names({ TargetGroupArns: [`${blue}0`] }), code, /^One or more target groups not found$/)
    await assertRefused(
      names({ TargetGroupArns: ['blue'] }),
      'ValidationError',
      /'blue' is not a valid target group ARN/,
    )
    await assertRefused(names({ TargetGroupArns: [blue], Names: ['blue'] }), 'ValidationError', /at the same time/)
  })

  test('are described without looking through all listeners for each of them', async (t) => {
    const loadBalancerArn = await createLoadBalancer(client)
    for (const [index, name] of ['one', 'two', 'three'].entries()) {
      const actions = await createTargetGroup(client, name)
      await createListener(client, { loadBalancerArn, port: 7001 + index, actions })
    }
    const looked = t.mock.method(endpoint.store.listeners, 'list')
    const countFor = async (Names: string[]): Promise<number> => {
      looked.mock.resetCalls()
      await client.send(new DescribeTargetGroupsCommand({ Names }))
      return looked.mock.callCount()
    }
    assert.equal(await countFor(['one', 'two', 'three']), await countFor(['one']))
  })

  test('in use stay; unused ones go, and going twice is no error', async () => {
    const loadBalancerArn = await createLoadBalancer(client)
    const [used, unused] = [await createTargetGroup(client, 'used'), await createTargetGroup(client, 'unused')]
    await createListener(client, { loadBalancerArn, port: 20_082, actions: used })
    await assertRefused(
      client.send(new DeleteTargetGroupCommand({ TargetGroupArn: used })),
      'ResourceInUseException',
      /^Target group 'arn:.*used.*' is currently in use by a listener or a rule$/,
    )
    await client.send(new DeleteTargetGroupCommand({ TargetGroupArn: unused }))
    await client.send(new DeleteTargetGroupCommand({ TargetGroupArn: unused }))
  })
})
