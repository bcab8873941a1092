import {
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  DeleteLoadBalancerCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  ModifyLoadBalancerAttributesCommand,
  SetIpAddressTypeCommand,
  SetSecurityGroupsCommand,
  SetSubnetsCommand,
  waitUntilLoadBalancerAvailable,
  type CreateLoadBalancerCommandInput,
  type DescribeLoadBalancersCommandInput,
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

describe('load balancers', () => {
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

  const create = (input: Partial<CreateLoadBalancerCommandInput>) =>
    client.send(new CreateLoadBalancerCommand({ Name: 'web', Subnets: ['subnet-1', 'subnet-2'], ...input }))

  test('are active at once, with a zone for each subnet and the name of the host whose ports they open', async () => {
    const { LoadBalancers } = await client.send(
      new CreateLoadBalancerCommand({
        Name: 'web',
        Subnets: ['subnet-1', 'subnet-2'],
        SecurityGroups: ['sg-1'],
        Scheme: 'internal',
      }),
    )
    const created = given(LoadBalancers?.[0])
    const arn = new RegExp(
      `^arn:aws:elasticloadbalancing:xx-test-${region}:000000000000:loadbalancer/app/web/[0-9a-f]{16}$`,
    )
    assert.match(given(created.LoadBalancerArn), arn)
    assert.ok(Math.abs(Date.now() - given(created.CreatedTime).getTime()) < 60_000)
    assert.deepEqual(created, {
      LoadBalancerArn: created.LoadBalancerArn,
      DNSName: 'localhost',
      CreatedTime: created.CreatedTime,
      LoadBalancerName: 'web',
      Scheme: 'internal',
      State: { Code: 'active' },
      Type: 'application',
      AvailabilityZones: [
        { ZoneName: `xx-test-${region}a`, SubnetId: 'subnet-1', LoadBalancerAddresses: [] },
        { ZoneName: `xx-test-${region}b`, SubnetId: 'subnet-2', LoadBalancerAddresses: [] },
      ],
      SecurityGroups: ['sg-1'],
      IpAddressType: 'ipv4',
    })
    const described = await client.send(new DescribeLoadBalancersCommand({ Names: ['web'] }))
    assert.deepEqual(described.LoadBalancers, [created])
    const waited = await waitUntilLoadBalancerAvailable({ client, minDelay: 1, maxWaitTime: 10 }, { Names: ['web'] })
    assert.equal(waited.state, 'SUCCESS')
  })

  test('created again with the same settings are the same; with others they are refused', async () => {
    const tags = { Tags: [{ Key: 'team', Value: 'shop' }] }
    const input = { Name: 'web', Subnets: ['subnet-1', 'subnet-2'], ...tags }
    const first = await client.send(new CreateLoadBalancerCommand(input))
    const arn = given(first.LoadBalancers?.[0]?.LoadBalancerArn)
    await client.send(new AddTagsCommand({ ResourceArns: [arn], Tags: [{ Key: 'more', Value: 'tags' }] }))
    const again = await client.send(new CreateLoadBalancerCommand({ ...input, Subnets: ['subnet-2', 'subnet-1'] }))
    assert.equal(again.LoadBalancers?.[0]?.LoadBalancerArn, arn)
    await assertRefused(
      client.send(new CreateLoadBalancerCommand({ ...input, Scheme: 'internal' })),
      'DuplicateLoadBalancerNameException',
      /^A load balancer with the same name 'web' exists, but with different settings$/,
    )
    const elsewhere = endpoint.client(`xx-other-${region}`)
    assert.notEqual(await createLoadBalancer(elsewhere), arn)
  })

  test('that are not application load balancers, or have impossible names, are refused with the reason', async () => {
    await assertRefused(create({ Type: 'network' }), 'InvalidConfigurationRequestException', /Type 'network'/)
    await assertRefused(create({ Name: 'a'.repeat(33) }), 'ValidationError', /cannot be longer than '32' characters/)
    await assertRefused(create({ Name: 'a_b' }), 'ValidationError', /'a_b' can only contain/)
    await assertRefused(create({ Name: '-a' }), 'ValidationError', /cannot begin or end with a hyphen/)
    await assertRefused(create({ Name: 'internal-a' }), 'ValidationError', /cannot begin with 'internal-'/)
    await assertRefused(
      create({ Subnets: [], SubnetMappings: [{ SubnetId: 'subnet-1', AllocationId: 'eipalloc-1' }] }),
      'InvalidConfigurationRequestException',
      /AllocationId 'eipalloc-1'/,
    )
    const duplicates = [{ Key: 'a' }, { Key: 'a' }]
    await assertRefused(create({ Tags: duplicates }), 'DuplicateTagKeysException', /'a'/)
  })

  test('that do not exist are not found, by name and by ARN; what is no ARN is no valid input', async () => {
    const arn = await createLoadBalancer(client)
    const describeOf = (input: DescribeLoadBalancersCommandInput) =>
      client.send(new DescribeLoadBalancersCommand(input))
    const name = 'LoadBalancerNotFoundException'
    await assertRefused(describeOf({ Names: ['web', 'nobody'] }), name, /^Load balancers '\[nobody\]' not found$/)
    const unknown = [arn.replace(/.$/, 'x')]
    await assertRefused(describeOf({ LoadBalancerArns: unknown }), name, /^One or more load balancers not found$/)
    await assertRefused(
      describeOf({ LoadBalancerArns: ['nobody'] }),
      'ValidationError',
      /^'nobody' is not a valid load balancer ARN$/,
    )
    const elsewhere = endpoint.client(`xx-other-${region}`)
    const call = elsewhere.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }))
    await assertRefused(call, name, /not found/)
  })

  test('are listed page by page; the last page has no marker, and a marker of somebody else is refused', async () => {
    for (const name of ['one', 'two', 'three']) await createLoadBalancer(client, name)
    const first = await client.send(new DescribeLoadBalancersCommand({ PageSize: 2 }))
    const second = await client.send(new DescribeLoadBalancersCommand({ PageSize: 2, Marker: first.NextMarker }))
    const names = [first, second].flatMap(({ LoadBalancers = [] }) =>
      LoadBalancers.map((each) => each.LoadBalancerName),
    )
    assert.deepEqual(names, ['one', 'three', 'two'])
    assert.equal(second.NextMarker, undefined)
    await assertRefused(
      client.send(new DescribeLoadBalancersCommand({ Marker: 'what?' })),
      'ValidationError',
      /marker 'what\?' is not valid/,
    )
    const tooMany = client.send(new DescribeLoadBalancersCommand({ PageSize: 401 }))
    await assertRefused(tooMany, 'ValidationError', /'401' at 'pageSize'.* less than or equal to 400/)
  })

  test('are at most fifty in a region', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, at) => createLoadBalancer(client, `web-${at}`)))
    await assertRefused(create({ Name: 'one-more' }), 'TooManyLoadBalancersException', /'50', has been reached/)
  })

  test('need two subnets, as on AWS, also when these are changed', async () => {
    const text = /^At least two subnets in two different Availability Zones must be specified$/
    await assertRefused(create({ Subnets: undefined }), 'ValidationError', text)
    await assertRefused(create({ Subnets: ['subnet-1'] }), 'ValidationError', text)
    const mapped = [{ SubnetId: 'subnet-1' }]
    await assertRefused(create({ Subnets: undefined, SubnetMappings: mapped }), 'ValidationError', text)
    const LoadBalancerArn = await createLoadBalancer(client)
    const change = client.send(new SetSubnetsCommand({ LoadBalancerArn, Subnets: ['subnet-9'] }))
    await assertRefused(change, 'ValidationError', text)
  })

  test('can be given other subnets, security groups and address types', async () => {
    const LoadBalancerArn = await createLoadBalancer(client)
    const subnets = await client.send(new SetSubnetsCommand({ LoadBalancerArn, Subnets: ['subnet-8', 'subnet-9'] }))
    assert.deepEqual(
      subnets.AvailabilityZones?.map(({ SubnetId }) => SubnetId),
      ['subnet-8', 'subnet-9'],
    )
    const groups = await client.send(new SetSecurityGroupsCommand({ LoadBalancerArn, SecurityGroups: ['sg-9'] }))
    assert.deepEqual(groups.SecurityGroupIds, ['sg-9'])
    const type = await client.send(new SetIpAddressTypeCommand({ LoadBalancerArn, IpAddressType: 'dualstack' }))
    assert.equal(type.IpAddressType, 'dualstack')
    const { LoadBalancers } = await client.send(new DescribeLoadBalancersCommand({}))
    const [described] = given(LoadBalancers)
    assert.deepEqual([described?.SecurityGroups, described?.IpAddressType], [['sg-9'], 'dualstack'])
  })

  test('go with their listeners and rules; their target groups are free again', async () => {
    const LoadBalancerArn = await createLoadBalancer(client)
    const blue = await createTargetGroup(client)
    const listenerArn = await createListener(client, { loadBalancerArn: LoadBalancerArn, port: 20_080, actions: blue })
    await client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }))
    await assertRefused(
      client.send(new DescribeListenersCommand({ ListenerArns: [listenerArn] })),
      'ListenerNotFoundException',
      /not found/,
    )
    const rules = client.send(new DescribeRulesCommand({ ListenerArn: listenerArn }))
    await assertRefused(rules, 'ListenerNotFoundException', /not found/)
    const { TargetGroups } = await client.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [blue] }))
    assert.deepEqual(TargetGroups?.[0]?.LoadBalancerArns, [])
    assert.deepEqual(endpoint.router.table?.listeners, [])
    await client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }))
  })

  test('leave word where their access logs go, also when these are switched off before', async () => {
    const bucket = 'access_logs.s3.bucket'
    const LoadBalancerArn = await createLoadBalancer(client)
    const loadBalancer = endpoint.store.loadBalancers.get(LoadBalancerArn) ?? assert.fail('there is none')
    const attributes = { 'access_logs.s3.enabled': 'true', [bucket]: 'logs', 'access_logs.s3.prefix': 'web' }
    endpoint.store.loadBalancers.put(LoadBalancerArn, { ...loadBalancer, attributes })
    const destination = () => endpoint.store.endedAccessLogs.get(LoadBalancerArn)?.destination
    await client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }))
    assert.deepEqual(destination(), { bucket: 'logs', prefix: 'web' })

    endpoint.store.endedAccessLogs.delete(LoadBalancerArn)
    endpoint.store.loadBalancers.put(LoadBalancerArn, { ...loadBalancer, attributes })
    const off = ['access_logs.s3.enabled', bucket].map((Key) => ({ Key, Value: Key === bucket ? '' : 'false' }))
    await client.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes: off }))
    assert.deepEqual(destination(), { bucket: 'logs', prefix: 'web' })
    await client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }))
    assert.deepEqual(destination(), { bucket: 'logs', prefix: 'web' })
  })

  test('with deletion protection stay', async () => {
    const LoadBalancerArn = await createLoadBalancer(client)
    const protect = (Value: string) =>
      client.send(
        new ModifyLoadBalancerAttributesCommand({
          LoadBalancerArn,
          Attributes: [{ Key: 'deletion_protection.enabled', Value }],
        }),
      )
    await protect('true')
    await assertRefused(
      client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn })),
      'OperationNotPermittedException',
      /cannot be deleted because deletion protection is enabled/,
    )
    await protect('false')
    await client.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }))
  })

  test('that are unknown get no listeners', async () => {
    const LoadBalancerArn = `${await createLoadBalancer(client)}0`
    const DefaultActions = [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } } as const]
    const input = { LoadBalancerArn, Protocol: 'HTTP', Port: 20_081, DefaultActions } as const
    await assertRefused(client.send(new CreateListenerCommand(input)), 'LoadBalancerNotFoundException', /not found/)
  })
})
