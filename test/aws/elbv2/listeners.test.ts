import {
  CreateListenerCommand,
  CreateRuleCommand,
  DeleteListenerCommand,
  DescribeListenersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  ModifyListenerCommand,
  type Action,
  type CreateListenerCommandInput,
  type RedirectActionConfig,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { eventually } from '../../cleanups.ts'
import type { ListenerAction } from '../../../src/domain/load-balancer.ts'
import type { RouteAction } from '../../../src/domain/routing-table.ts'
import {
  assertRefused,
  createListener,
  createLoadBalancer,
  createTargetGroup,
  given,
  startLoadBalancingEndpoint,
  type LoadBalancingEndpoint,
} from './load-balancing-endpoint.ts'

const ok: Action = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }

describe('listeners', () => {
  let endpoint: LoadBalancingEndpoint
  let client: ReturnType<LoadBalancingEndpoint['client']>
  let loadBalancerArn: string
  let [region, port] = [0, 21_000]

  before(async () => {
    endpoint = await startLoadBalancingEndpoint()
  })
  after(() => endpoint.close())
  // A region and a port of its own for each test; the router here opens none.
  beforeEach(async () => {
    client = endpoint.client(`xx-test-${++region}`)
    loadBalancerArn = await createLoadBalancer(client)
    port++
  })
  const create = async (input: Partial<CreateListenerCommandInput> = {}) => {
    const ordinary = { LoadBalancerArn: loadBalancerArn, Port: port, DefaultActions: [ok] }
    const { Listeners } = await client.send(new CreateListenerCommand({ Protocol: 'HTTP', ...ordinary, ...input }))
    return given(Listeners?.[0])
  }
  const createWith = (...DefaultActions: Action[]) => create({ DefaultActions })

  test('forward to a target group, answered in both forms, and the router serves them', async () => {
    const blue = await createTargetGroup(client)
    const created = await createWith({ Type: 'forward', TargetGroupArn: blue })
    assert.match(
      given(created.ListenerArn),
      new RegExp(`^${loadBalancerArn.replace(':loadbalancer/', ':listener/')}/[0-9a-f]{16}$`),
    )
    assert.deepEqual(created, {
      ListenerArn: created.ListenerArn,
      LoadBalancerArn: loadBalancerArn,
      Port: port,
      Protocol: 'HTTP',
      DefaultActions: [
        {
          Type: 'forward',
          TargetGroupArn: blue,
          ForwardConfig: {
            TargetGroups: [{ TargetGroupArn: blue, Weight: 1 }],
            TargetGroupStickinessConfig: { Enabled: false },
          },
        },
      ],
    })
    const described = await client.send(new DescribeListenersCommand({ ListenerArns: [given(created.ListenerArn)] }))
    assert.deepEqual(described.Listeners, [created])
    const route = endpoint.router.table?.listeners.find(({ listenerArn }) => listenerArn === created.ListenerArn)
    assert.deepEqual(route?.defaultAction, { type: 'forward', targetGroups: [{ targetGroupArn: blue, weight: 1 }] })
    const { TargetGroups } = await client.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [blue] }))
    assert.deepEqual(TargetGroups?.[0]?.LoadBalancerArns, [loadBalancerArn])
  })

  test('forward to several target groups by weight, answered as a ForwardConfig alone', async () => {
    const [blue, green] = [await createTargetGroup(client, 'blue'), await createTargetGroup(client, 'green')]
    const TargetGroups = [
      { TargetGroupArn: blue, Weight: 0 },
      { TargetGroupArn: green, Weight: 999 },
    ]
    const TargetGroupStickinessConfig = { Enabled: false, DurationSeconds: 3600 }
    const created = await createWith({
      Type: 'forward',
      Order: 1,
      ForwardConfig: { TargetGroups, TargetGroupStickinessConfig },
    })
    assert.deepEqual(created.DefaultActions, [
      { Type: 'forward', Order: 1, ForwardConfig: { TargetGroups, TargetGroupStickinessConfig } },
    ])
  })

  test('redirect and answer by themselves, with the defaults AWS fills in', async () => {
    const redirect = await createWith({
      Type: 'redirect',
      RedirectConfig: { Protocol: 'HTTPS', StatusCode: 'HTTP_301' },
    })
    assert.deepEqual(redirect.DefaultActions?.[0]?.RedirectConfig, {
      Protocol: 'HTTPS',
      Port: '#{port}',
      Host: '#{host}',
      Path: '/#{path}',
      Query: '#{query}',
      StatusCode: 'HTTP_301',
    })
    port++
    const FixedResponseConfig = { StatusCode: '503', ContentType: 'text/html', MessageBody: '<p>Later & better</p>' }
    const fixed = await createWith({ Type: 'fixed-response', FixedResponseConfig })
    assert.deepEqual(fixed.DefaultActions, [{ Type: 'fixed-response', FixedResponseConfig }])
  })

  test('have a default rule with an ARN of its own that mirrors the default actions', async () => {
    const { ListenerArn } = await create()
    const { Rules } = await client.send(new DescribeRulesCommand({ ListenerArn }))
    const [rule] = given(Rules)
    assert.match(
      given(rule?.RuleArn),
      new RegExp(`^${given(ListenerArn).replace(':listener/', ':listener-rule/')}/[0-9a-f]{16}$`),
    )
    assert.deepEqual(Rules, [
      { RuleArn: rule?.RuleArn, Priority: 'default', Conditions: [], Actions: [ok], IsDefault: true },
    ])
  })

  test('on one port of a load balancer are one; the same one again is itself', async () => {
    const first = await create()
    assert.equal((await create()).ListenerArn, first.ListenerArn)
    const other: Action = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }
    await assertRefused(createWith(other), 'DuplicateListenerException', /^A listener already exists on this port/)
  })

  test('of another load balancer cannot have the same port, because they share the host', async () => {
    const { ListenerArn } = await create()
    const LoadBalancerArn = await createLoadBalancer(client, 'other')
    await assertRefused(
      create({ LoadBalancerArn }),
      'InvalidConfigurationRequestException',
      new RegExp(
        `^Port ${port} on 127\\.0\\.0\\.1, which all load balancers share, belongs to listener '${ListenerArn}'`,
      ),
    )
  })

  test('whose port the router cannot open are refused, and nothing of them stays', async () => {
    endpoint.router.takenPorts.set(port, `Port ${port} on 127.0.0.1 is in use by another program`)
    await assertRefused(
      create(),
      'InvalidConfigurationRequestException',
      new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is in use by another program\\. Choose another port`),
    )
    const { Listeners } = await client.send(new DescribeListenersCommand({ LoadBalancerArn: loadBalancerArn }))
    assert.deepEqual(Listeners, [])
    assert.ok(endpoint.router.table?.listeners.every((listener) => listener.port !== port))
  })

  test('keep their port when the router cannot open the new one', async () => {
    const { ListenerArn } = await create()
    endpoint.router.takenPorts.set(port + 500, 'permission denied')
    await assertRefused(
      client.send(new ModifyListenerCommand({ ListenerArn, Port: port + 500 })),
      'InvalidConfigurationRequestException',
      /permission denied/,
    )
    const described = await client.send(new DescribeListenersCommand({ ListenerArns: [given(ListenerArn)] }))
    assert.equal(described.Listeners?.[0]?.Port, port)
    assert.ok(endpoint.router.table?.listeners.some((listener) => listener.port === port))
  })

  test('keep the actions that they were given while the router was trying the new port', async (t) => {
    const { ListenerArn } = await create()
    const { router } = endpoint
    router.takenPorts.set(port + 500, 'permission denied')
    const { promise, resolve } = Promise.withResolvers<void>()
    t.after(() => {
      router.gate = undefined
      resolve()
    })
    router.gate = promise
    const refused = assertRefused(
      client.send(new ModifyListenerCommand({ ListenerArn, Port: port + 500 })),
      'InvalidConfigurationRequestException',
      /permission denied/,
    )
    await eventually('the port is about to be tried', () =>
      endpoint.store.listeners.list().some((listener) => listener.port === port + 500),
    )
    const FixedResponseConfig = { StatusCode: '404' }
    const DefaultActions: Action[] = [{ Type: 'fixed-response', FixedResponseConfig }]
    const modified = client.send(new ModifyListenerCommand({ ListenerArn, DefaultActions }))
    await eventually('the actions are changed', () =>
      endpoint.store.listeners.list().some(({ defaultActions: [action] }) => isFixed(action, 404)),
    )
    router.gate = undefined
    resolve()
    await Promise.all([refused, modified])
    const { Listeners } = await client.send(new DescribeListenersCommand({ ListenerArns: [given(ListenerArn)] }))
    assert.equal(Listeners?.[0]?.Port, port)
    assert.equal(Listeners?.[0]?.DefaultActions?.[0]?.FixedResponseConfig?.StatusCode, '404')
    const route = router.table?.listeners.find(({ listenerArn }) => listenerArn === ListenerArn)
    assert.deepEqual([route?.port, isFixed(route?.defaultAction, 404)], [port, true])
  })

  test('get neither the port nor the actions of a call that is refused', async () => {
    const { ListenerArn } = await create()
    endpoint.router.takenPorts.set(port + 500, 'permission denied')
    const DefaultActions: Action[] = [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }]
    await assert.rejects(client.send(new ModifyListenerCommand({ ListenerArn, Port: port + 500, DefaultActions })))
    const { Listeners } = await client.send(new DescribeListenersCommand({ ListenerArns: [given(ListenerArn)] }))
    assert.equal(Listeners?.[0]?.Port, port)
    assert.equal(Listeners?.[0]?.DefaultActions?.[0]?.FixedResponseConfig?.StatusCode, '200')
  })

  test('which the router was not told of are taken back', async () => {
    endpoint.router.failure = new Error('the router does not answer')
    try {
      await assert.rejects(create())
    } finally {
      endpoint.router.failure = undefined
    }
    const { Listeners } = await client.send(new DescribeListenersCommand({ LoadBalancerArn: loadBalancerArn }))
    assert.deepEqual(Listeners, [])
  })

  test('get other default actions and another port, and keep what is not given', async () => {
    const [blue, green] = [await createTargetGroup(client, 'blue'), await createTargetGroup(client, 'green')]
    const ListenerArn = await createListener(client, { loadBalancerArn, port, actions: blue })
    const DefaultActions: Action[] = [{ Type: 'forward', TargetGroupArn: green }]
    const modified = await client.send(new ModifyListenerCommand({ ListenerArn, DefaultActions }))
    assert.equal(modified.Listeners?.[0]?.DefaultActions?.[0]?.TargetGroupArn, green)
    assert.equal(modified.Listeners?.[0]?.Port, port)
    const moved = await client.send(new ModifyListenerCommand({ ListenerArn, Port: port + 700 }))
    assert.equal(moved.Listeners?.[0]?.DefaultActions?.[0]?.TargetGroupArn, green)
    const route = endpoint.router.table?.listeners.find(({ listenerArn }) => listenerArn === ListenerArn)
    assert.equal(route?.port, port + 700)
  })

  test('forward only to target groups that exist and belong to no other load balancer', async () => {
    const blue = await createTargetGroup(client)
    const other = await createLoadBalancer(client, 'other')
    await createListener(client, { loadBalancerArn: other, port: port + 300, actions: blue })
    await assertRefused(
      createWith({ Type: 'forward', TargetGroupArn: blue }),
      'TargetGroupAssociationLimitException',
      /^The following target groups cannot be associated with more than one load balancer: arn:/,
    )
    await assertRefused(
      createWith({ Type: 'forward', TargetGroupArn: `${blue}0` }),
      'TargetGroupNotFoundException',
      /^One or more target groups not found$/,
    )
  })

  test('of TLS, and actions that Teal does not perform, are refused by name', async () => {
    const action = 'InvalidLoadBalancerActionException'
    await assertRefused(create({ Protocol: 'HTTPS' }), 'ValidationError', /certificate must be specified/)
    await assertRefused(create({ Protocol: 'TCP' }), 'UnsupportedProtocolException', /Protocol 'TCP'/)
    const Certificates = [{ CertificateArn: 'arn:aws:acm:eu-west-1:000000000000:certificate/1' }]
    await assertRefused(create({ Certificates }), 'InvalidConfigurationRequestException', /Certificates/)
    await assertRefused(create({ SslPolicy: 'x' }), 'InvalidConfigurationRequestException', /SslPolicy 'x'/)
    const AuthenticateCognitoConfig = { UserPoolArn: 'a', UserPoolClientId: 'b', UserPoolDomain: 'c' }
    await assertRefused(
      createWith({ Type: 'authenticate-cognito', Order: 1, AuthenticateCognitoConfig }, { ...ok, Order: 2 }),
      action,
      /Action type 'authenticate-cognito'/,
    )
  })

  test('whose actions make no sense are refused with the reason', async () => {
    const [blue, green] = [await createTargetGroup(client, 'blue'), await createTargetGroup(client, 'green')]
    const action = 'InvalidLoadBalancerActionException'
    const cases: readonly [readonly Action[], string, RegExp][] = [
      [[], 'ValidationError', /At least one action/],
      [[ok, ok], action, /Exactly one action .* not '2'/],
      [[{ Type: 'forward' }], 'ValidationError', /^A target group ARN must be specified$/],
      [[forward({ TargetGroupArn: blue, Weight: 1000 })], 'ValidationError', /'1000' .* between 0 and 999/],
      [
        [forward({ TargetGroupArn: blue, Weight: 1 }, { TargetGroupArn: green })],
        'ValidationError',
        /A weight must be/,
      ],
      [[forward({ TargetGroupArn: blue, Weight: 1 }, { TargetGroupArn: blue, Weight: 1 })], 'ValidationError', /twice/],
      [
        [forward(...Array.from({ length: 6 }, (_, n) => ({ TargetGroupArn: `${blue}${n}`, Weight: 1 })))],
        action,
        /'5'/,
      ],
      [[{ ...forward({ TargetGroupArn: blue }), TargetGroupArn: green }], 'ValidationError', /one and the same/],
      [[{ ...ok, TargetGroupArn: blue }], action, /TargetGroupArn .*'fixed-response' takes FixedResponseConfig/],
      [[{ Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_302' } }], action, /creates a loop/],
      [[redirectTo({ Port: '0x50' })], 'ValidationError', /^Redirect port '0x50' must be/],
      [[redirectTo({ Host: 'a b' })], 'ValidationError', /^Redirect host 'a b' can only contain/],
      [[redirectTo({ Host: '#{name}' })], 'ValidationError', /^Redirect host '#\{name\}' can only contain/],
      [[redirectTo({ Path: '/#{uri}' })], 'ValidationError', /^Redirect path '\/#\{uri\}' can only contain/],
      [[redirectTo({ Path: '/a\r\nb' })], 'ValidationError', /cannot contain control characters$/],
      [[redirectTo({ Query: '#{args}' })], 'ValidationError', /^Redirect query '#\{args\}' can only contain/],
      [[{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '302' } }], 'ValidationError', /'302'/],
    ]
    for (const [actions, code, message] of cases) await assertRefused(createWith(...actions), code, message)
    await assertRefused(create({ Port: 0 }), 'ValidationError', /Listener port '0'/)
    await assertRefused(create({ Port: undefined }), 'ValidationError', /A port must be specified/)
  })

  test('are listed by port, page by page, and need a load balancer or ARNs', async () => {
    const ports = [port + 2000, port + 1000, port + 3000]
    for (const Port of ports) await create({ Port })
    const list = { LoadBalancerArn: loadBalancerArn, PageSize: 2 }
    const first = await client.send(new DescribeListenersCommand(list))
    const second = await client.send(new DescribeListenersCommand({ ...list, Marker: first.NextMarker }))
    assert.deepEqual(
      [first, second].map(({ Listeners }) => Listeners?.map(({ Port }) => given(Port) - port)),
      [[1000, 2000], [3000]],
    )
    assert.equal(second.NextMarker, undefined)
    await assertRefused(
      client.send(new DescribeListenersCommand({})),
      'ValidationError',
      /^You must specify either listener ARNs or a load balancer ARN$/,
    )
  })

  test('go with their rules', async () => {
    const { ListenerArn } = await create()
    const Conditions = [{ Field: 'path-pattern', Values: ['/a'] }]
    const rule = { ListenerArn, Priority: 1, Conditions, Actions: [ok] }
    const { Rules } = await client.send(new CreateRuleCommand(rule))
    await client.send(new DeleteListenerCommand({ ListenerArn }))
    const RuleArns = [given(Rules?.[0]?.RuleArn)]
    await assertRefused(client.send(new DescribeRulesCommand({ RuleArns })), 'RuleNotFoundException', /not found/)
    await assertRefused(
      client.send(new DeleteListenerCommand({ ListenerArn })),
      'ListenerNotFoundException',
      /^One or more listeners not found$/,
    )
  })
})

function forward(...TargetGroups: { TargetGroupArn?: string; Weight?: number }[]): Action {
  return { Type: 'forward', ForwardConfig: { TargetGroups } }
}

function redirectTo(changed: Partial<RedirectActionConfig>): Action {
  return { Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_301', Host: 'elsewhere.test', ...changed } }
}

function isFixed(action: ListenerAction | RouteAction | undefined, statusCode: number): boolean {
  return action?.type === 'fixed-response' && Number(action.statusCode) === statusCode
}
