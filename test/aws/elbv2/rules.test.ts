import {
  CreateRuleCommand,
  DeleteRuleCommand,
  DescribeRulesCommand,
  ModifyRuleCommand,
  SetRulePrioritiesCommand,
  type Action,
  type CreateRuleCommandInput,
  type RuleCondition,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { RuleTest } from '../../../src/domain/rule-match.ts'
import { requestText } from '../../domain/request-text.ts'
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

describe('listener rules', () => {
  let endpoint: LoadBalancingEndpoint
  let client: ReturnType<LoadBalancingEndpoint['client']>
  let listenerArn: string
  let [region, port] = [0, 22_000]

  before(async () => {
    endpoint = await startLoadBalancingEndpoint()
  })
  after(() => endpoint.close())
  beforeEach(async () => {
    client = endpoint.client(`xx-test-${++region}`)
    const loadBalancerArn = await createLoadBalancer(client)
    listenerArn = await createListener(client, { loadBalancerArn, port: ++port, actions: [ok] })
  })
  const create = async (input: Partial<CreateRuleCommandInput> = {}) => {
    const Conditions = [{ Field: 'path-pattern', Values: ['/api/*'] }]
    const rule = { ListenerArn: listenerArn, Priority: 10, Conditions, Actions: [ok], ...input }
    const { Rules } = await client.send(new CreateRuleCommand(rule))
    return given(Rules?.[0])
  }
  const set = (...pairs: [string | undefined, number][]) => {
    const RulePriorities = pairs.map(([RuleArn, Priority]) => ({ RuleArn, Priority }))
    return client.send(new SetRulePrioritiesCommand({ RulePriorities }))
  }
  const priorities = async () => {
    const { Rules } = await client.send(new DescribeRulesCommand({ ListenerArn: listenerArn }))
    return Rules?.map(({ Priority }) => Priority)
  }
  const routes = () =>
    endpoint.router.table?.listeners.find((listener) => listener.listenerArn === listenerArn)?.rules ?? []

  test('have a priority in text, and a path condition answered in both styles', async () => {
    const created = await create()
    assert.match(
      given(created.RuleArn),
      new RegExp(`^${listenerArn.replace(':listener/', ':listener-rule/')}/[0-9a-f]{16}$`),
    )
    assert.deepEqual(created, {
      RuleArn: created.RuleArn,
      Priority: '10',
      Conditions: [{ Field: 'path-pattern', Values: ['/api/*'], PathPatternConfig: { Values: ['/api/*'] } }],
      Actions: [ok],
      IsDefault: false,
    })
    const { Rules } = await client.send(new DescribeRulesCommand({ RuleArns: [given(created.RuleArn)] }))
    assert.deepEqual(Rules, [created])
    assert.deepEqual(
      routes().map(({ conditions }) => conditions),
      [[{ field: 'path-pattern', values: ['/api/*'] }]],
    )
  })

  test('know all six kinds of conditions', async () => {
    const asked: RuleCondition[][] = [
      [
        { Field: 'host-header', HostHeaderConfig: { Values: ['*.example.com', 'example.org'] } },
        { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['GET', 'HEAD'] } },
      ],
      [
        { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Version', Values: ['2*'] } },
        { Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'beta', Value: 'yes' }, { Value: 'all' }] } },
        { Field: 'source-ip', SourceIpConfig: { Values: ['10.0.0.0/8', '2001:db8::/32'] } },
      ],
    ]
    const [first, second] = [
      await create({ Priority: 1, Conditions: asked[0] }),
      await create({ Priority: 2, Conditions: asked[1] }),
    ]
    const hosts = ['*.example.com', 'example.org']
    assert.deepEqual(first.Conditions, [
      { Field: 'host-header', Values: hosts, HostHeaderConfig: { Values: hosts } },
      asked[0]?.[1],
    ])
    assert.deepEqual(second.Conditions, asked[1])
    assert.deepEqual(routes()[1]?.conditions, [
      { field: 'http-header', name: 'X-Version', values: ['2*'] },
      { field: 'query-string', values: [{ key: 'beta', value: 'yes' }, { value: 'all' }] },
      { field: 'source-ip', values: ['10.0.0.0/8', '2001:db8::/32'] },
    ])
  })

  test('know regular expressions for hosts, paths and headers, and the router gets them', async () => {
    const Conditions = [
      { Field: 'host-header', HostHeaderConfig: { RegexValues: ['^www\\d\\.'] } },
      { Field: 'path-pattern', RegexValues: ['^/api/v[12]/'] },
      { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'Via', RegexValues: ['proxy'] } },
    ]
    const created = await create({ Conditions })
    assert.deepEqual(created.Conditions, [
      { ...Conditions[0], RegexValues: ['^www\\d\\.'] },
      { ...Conditions[1], PathPatternConfig: { RegexValues: ['^/api/v[12]/'] } },
      Conditions[2],
    ])
    const [rule] = routes()
    assert.deepEqual(rule?.conditions[1], { field: 'path-pattern', values: [], regexValues: ['^/api/v[12]/'] })
    const via = new Map([['via', ['1.1 a proxy']]])
    const isMeant = (host: string, uri: string): boolean =>
      new RuleTest(rule?.conditions ?? []).isMatch({
        method: requestText('GET'),
        host: requestText(host),
        path: requestText(uri),
        query: requestText(''),
        hasValue: (name, values) =>
          (via.get(name) ?? []).map(requestText).some(({ bytes, start, end }) => values.isMeant(bytes, start, end)),
        sourceIp: '127.0.0.1',
      })
    assert.equal(isMeant('WWW1.example.com', '/api/v1/x'), true)
    assert.equal(isMeant('www.example.com', '/api/v1/x'), false)
    assert.equal(isMeant('www1.example.com', '/API/v1/x'), false)
  })

  test('bind clients to a target group for as long as they are told', async () => {
    const TargetGroups = [
      { TargetGroupArn: await createTargetGroup(client, 'blue'), Weight: 1 },
      { TargetGroupArn: await createTargetGroup(client, 'green'), Weight: 1 },
    ]
    const forward = (TargetGroupStickinessConfig: { Enabled?: boolean; DurationSeconds?: number }): Action => ({
      Type: 'forward',
      ForwardConfig: { TargetGroups, TargetGroupStickinessConfig },
    })
    const sticky = forward({ Enabled: true, DurationSeconds: 60 })
    assert.deepEqual((await create({ Actions: [sticky] })).Actions, [sticky])
    const action = routes()[0]?.action
    assert.ok(action?.type === 'forward')
    assert.equal(action.stickinessSeconds, 60)
    const refused = (config: Parameters<typeof forward>[0], message: RegExp) =>
      assertRefused(create({ Priority: 11, Actions: [forward(config)] }), 'ValidationError', message)
    await refused({ Enabled: true }, /^A stickiness duration in seconds must be specified/)
    await refused({ Enabled: true, DurationSeconds: 0 }, /between 1 and 604800/)
    await refused({ Enabled: true, DurationSeconds: 604_801 }, /between 1 and 604800/)
  })

  test('are listed in the order in which they are tried, the default rule last, page by page', async () => {
    for (const Priority of [50_000, 2, 30]) await create({ Priority })
    assert.deepEqual(await priorities(), ['2', '30', '50000', 'default'])
    const list = { ListenerArn: listenerArn, PageSize: 3 }
    const first = await client.send(new DescribeRulesCommand(list))
    const second = await client.send(new DescribeRulesCommand({ ...list, Marker: first.NextMarker }))
    assert.deepEqual(
      [first, second].map(({ Rules }) => Rules?.length),
      [3, 1],
    )
    assert.equal(second.NextMarker, undefined)
  })

  test('of one listener do not share a priority', async () => {
    await create()
    await assertRefused(create(), 'PriorityInUseException', /^The specified priority is in use\.$/)
    await assertRefused(create({ Priority: 0 }), 'ValidationError', /'0' must be a whole number between 1 and 50000/)
    await assertRefused(create({ Priority: 50_001 }), 'ValidationError', /'50001'/)
  })

  test('change places all at once or not at all', async () => {
    const [first, second, third] = [
      await create({ Priority: 1 }),
      await create({ Priority: 2 }),
      await create({ Priority: 3 }),
    ]
    const swapped = await set([first.RuleArn, 2], [second.RuleArn, 1])
    assert.deepEqual(
      swapped.Rules?.map(({ RuleArn, Priority }) => [RuleArn, Priority]),
      [
        [first.RuleArn, '2'],
        [second.RuleArn, '1'],
      ],
    )
    await assertRefused(set([first.RuleArn, 7], [second.RuleArn, 3]), 'PriorityInUseException', /in use/)
    assert.deepEqual(await priorities(), ['1', '2', '3', 'default'])
    await assertRefused(set([third.RuleArn, 9], [`${second.RuleArn}0`, 8]), 'RuleNotFoundException', /not found/)
    assert.deepEqual(await priorities(), ['1', '2', '3', 'default'])
  })

  test('keep their conditions or actions when only the others are modified', async () => {
    const blue = await createTargetGroup(client)
    const { RuleArn } = await create()
    const forward = await client.send(
      new ModifyRuleCommand({ RuleArn, Actions: [{ Type: 'forward', TargetGroupArn: blue }] }),
    )
    assert.equal(forward.Rules?.[0]?.Actions?.[0]?.TargetGroupArn, blue)
    assert.deepEqual(forward.Rules?.[0]?.Conditions?.[0]?.Values, ['/api/*'])
    const Conditions = [{ Field: 'host-header', Values: ['example.com'] }]
    const hosts = await client.send(new ModifyRuleCommand({ RuleArn, Conditions }))
    assert.equal(hosts.Rules?.[0]?.Actions?.[0]?.TargetGroupArn, blue)
    assert.deepEqual(
      hosts.Rules?.[0]?.Conditions?.map(({ Field }) => Field),
      ['host-header'],
    )
    assert.deepEqual(routes()[0]?.action, { type: 'forward', targetGroups: [{ targetGroupArn: blue, weight: 1 }] })
  })

  test('that are default cannot be modified, moved or deleted', async () => {
    const { Rules } = await client.send(new DescribeRulesCommand({ ListenerArn: listenerArn }))
    const RuleArn = given(Rules?.[0]?.RuleArn)
    const code = 'OperationNotPermittedException'
    await assertRefused(client.send(new DeleteRuleCommand({ RuleArn })), code, /^Default rule '.*' cannot be deleted/)
    await assertRefused(client.send(new ModifyRuleCommand({ RuleArn, Actions: [ok] })), code, /cannot be modified/)
    const RulePriorities = [{ RuleArn, Priority: 1 }]
    await assertRefused(client.send(new SetRulePrioritiesCommand({ RulePriorities })), code, /given a priority/)
  })

  test('can be deleted once', async () => {
    const { RuleArn } = await create()
    await client.send(new DeleteRuleCommand({ RuleArn }))
    assert.deepEqual(routes(), [])
    await assertRefused(
      client.send(new DeleteRuleCommand({ RuleArn })),
      'RuleNotFoundException',
      /^One or more rules not found$/,
    )
  })

  test('with conditions that make no sense are refused with the reason', async () => {
    const cases: readonly [RuleCondition[], RegExp][] = [
      [[], /at least one condition/],
      [[{ Field: 'cookie', Values: ['a'] }], /^Condition field 'cookie' must be one of '\[path-pattern,host-header,/],
      [[{ Values: ['a'] }], /condition field must be specified/],
      [[{ Field: 'path-pattern' }], /needs at least one value in PathPatternConfig/],
      [[path('/a b')], /Path pattern '\/a b' can only contain/],
      [[path(`/${'a'.repeat(128)}`)], /1 to 128 characters/],
      [[path('/1', '/2', '/3', '/4', '/5', '/6')], /^A rule can only have '5' condition values$/],
      [[path('/*/*/*', '/?/?/?')], /^A rule can only have '5' condition wildcards$/],
      [[path('/1'), path('/2')], /only have one 'path-pattern' condition/],
      [[{ ...path('/1'), PathPatternConfig: { Values: ['/2'] } }], /either Values or PathPatternConfig/],
      [[{ ...path('/1'), HostHeaderConfig: { Values: ['a.b'] } }], /in PathPatternConfig, not in HostHeaderConfig/],
      [[{ Field: 'source-ip', Values: ['10.0.0.0/8'] }], /in SourceIpConfig, not in Values/],
      [[{ Field: 'source-ip', SourceIpConfig: { Values: ['10.0.0.0/33'] } }], /must be a CIDR block/],
      [[{ Field: 'source-ip', SourceIpConfig: { Values: ['fe80::1%eth0/64'] } }], /must be a CIDR block/],
      [[{ Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['get'] } }], /method 'get'/],
      [[{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'Host', Values: ['a'] } }], /'host-header'/],
      [[{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'a b', Values: ['a'] } }], /name 'a b'/],
      [[{ Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'a' }] } }], /A value must be specified/],
      [
        [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X', Values: ['café'] } }],
        /^HTTP header value 'café' must have only printable characters of ASCII; put a wildcard in place of others$/,
      ],
      [
        [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X', RegexValues: ['^Ω$'] } }],
        /^Regular expression '\^Ω\$' must have only printable characters of ASCII/,
      ],
      [
        [{ Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'a', Value: 'é' }] } }],
        /^Query string value 'é' must have only characters that a URI can have; others are percent-encoded in it/,
      ],
      [
        [{ Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'a b', Value: '1' }] } }],
        /^Query string key 'a b'/,
      ],
      [
        [{ Field: 'host-header', HostHeaderConfig: { RegexValues: ['(?=a)'] } }],
        /'\(\?=a\)' has a group .* cannot be used/,
      ],
      [[{ Field: 'path-pattern', RegexValues: ['a'], Values: ['/'] }], /either Values or RegexValues/],
      [[{ Field: 'path-pattern', RegexValues: ['a'], PathPatternConfig: { RegexValues: ['b'] } }], /not both/],
      [[{ Field: 'path-pattern', RegexValues: ['a'.repeat(129)] }], /1 to 128 characters/],
      [[{ Field: 'path-pattern', RegexValues: ['1', '2', '3', '4', '5', '6'] }], /'5' condition values/],
      [[{ Field: 'source-ip', RegexValues: ['a'] }], /in SourceIpConfig, not in RegexValues/],
    ]
    for (const [Conditions, message] of cases) await assertRefused(create({ Conditions }), 'ValidationError', message)
  })

  test('are described by listener or by ARN', async () => {
    await assertRefused(
      client.send(new DescribeRulesCommand({})),
      'ValidationError',
      /^You must specify either listener rule ARNs or a listener ARN$/,
    )
  })
})

function path(...Values: string[]): RuleCondition {
  return { Field: 'path-pattern', Values }
}
