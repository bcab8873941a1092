import {
  CreateRuleCommand,
  DescribeRulesCommand,
  ModifyRuleCommand,
  SetRulePrioritiesCommand,
  type Action,
  type RuleTransform,
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

const ok: Action = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }

describe('transforms of a rule', () => {
  let endpoint: LoadBalancingEndpoint
  let client: ReturnType<LoadBalancingEndpoint['client']>
  let listenerArn: string
  let forward: Action
  let [region, port] = [0, 23_000]

  before(async () => {
    endpoint = await startLoadBalancingEndpoint()
  })
  after(() => endpoint.close())
  beforeEach(async () => {
    client = endpoint.client(`xx-test-${++region}`)
    const loadBalancerArn = await createLoadBalancer(client)
    listenerArn = await createListener(client, { loadBalancerArn, port: ++port, actions: [ok] })
    forward = { Type: 'forward', TargetGroupArn: await createTargetGroup(client) }
  })
  const create = async (Transforms: RuleTransform[], action = forward) => {
    const Conditions = [{ Field: 'path-pattern', Values: ['/api/*'] }]
    const { Rules } = await client.send(
      new CreateRuleCommand({ ListenerArn: listenerArn, Priority: 10, Conditions, Actions: [action], Transforms }),
    )
    return given(Rules?.[0])
  }
  const routed = () =>
    endpoint.router.table?.listeners.find((listener) => listener.listenerArn === listenerArn)?.rules[0]?.transforms

  test('are answered as they were given, and reach the router', async () => {
    const transforms = [url('^/api/(.*)$', '/$1'), host('^www\\.(.*)$', '$1')]
    const { RuleArn, Transforms } = await create(transforms)
    assert.deepEqual(Transforms, transforms)
    assert.deepEqual(routed(), [
      { type: 'url-rewrite', regex: '^/api/(.*)$', replace: '/$1' },
      { type: 'host-header-rewrite', regex: '^www\\.(.*)$', replace: '$1' },
    ])
    await client.send(new SetRulePrioritiesCommand({ RulePriorities: [{ RuleArn, Priority: 20 }] }))
    const { Rules } = await client.send(new DescribeRulesCommand({ RuleArns: [given(RuleArn)] }))
    assert.deepEqual(Rules?.[0]?.Transforms, transforms)
  })

  test('stay, are replaced, or are taken away by a modification', async () => {
    const { RuleArn = '' } = await create([url('a', 'b')])
    const modify = async (input: Partial<ModifyRuleCommand['input']>) =>
      (await client.send(new ModifyRuleCommand({ RuleArn, ...input }))).Rules?.[0]?.Transforms
    assert.deepEqual(await modify({ Actions: [forward] }), [url('a', 'b')])
    assert.deepEqual(await modify({ ResetTransforms: false }), [url('a', 'b')])
    assert.deepEqual(await modify({ Transforms: [host('c', 'd')] }), [host('c', 'd')])
    await assertRefused(
      modify({ Actions: [ok] }),
      'ValidationError',
      /^A rule with transforms must have a 'forward' action/,
    )
    await assertRefused(
      modify({ Transforms: [url('a', 'b')], ResetTransforms: true }),
      'ValidationError',
      /^Transforms and ResetTransforms cannot be specified at the same time$/,
    )
    assert.equal(await modify({ ResetTransforms: true }), undefined)
    assert.equal(routed(), undefined)
  })

  test('are refused where they could not be meant, and the refusal says why', async () => {
    const cases: readonly (readonly [RuleTransform[], RegExp])[] = [
      [[url('a', 'b'), url('c', 'd')], /^A rule can only have one 'url-rewrite' transform$/],
      [[{ Type: 'path-rewrite' as never }], /^1 validation error detected: Value 'path-rewrite' at 'transforms\.1/],
      [
        [{ ...url('a', 'b'), Type: 'host-header-rewrite' }],
        /^A transform 'host-header-rewrite' takes HostHeaderRewriteConfig, not UrlRewriteConfig$/,
      ],
      [
        [{ Type: 'url-rewrite' }],
        /^A transform 'url-rewrite' needs exactly one rewrite in UrlRewriteConfig\.Rewrites$/,
      ],
      [[url('', 'b')], /^Regex of a transform must have 1 to 1024 characters, not 0$/],
      [[url('a', 'b'.repeat(1025))], /^Replace of a transform must have 0 to 1024 characters, not 1025$/],
      [[url('(?=a)', 'b')], /^Regex '\(\?=a\)' of a transform 'url-rewrite' has a group .* cannot be used$/],
      [[url('(a)', '$2')], /has one group, and what replaces its match names \$2$/],
      [[url('a', '/b c')], /^Replace '\/b c' of a transform 'url-rewrite' can only have characters that a path/],
      [[url('a', '/b#c')], /can only have characters that a path/],
      [[host('a', 'b/c')], /^Replace 'b\/c' of a transform 'host-header-rewrite' can only have characters that a host/],
    ]
    for (const [transforms, message] of cases) await assertRefused(create(transforms), 'ValidationError', message)
    await assertRefused(create([url('a', 'b')], ok), 'ValidationError', /must have a 'forward' action/)
  })
})

function url(Regex: string, Replace: string): RuleTransform {
  return { Type: 'url-rewrite', UrlRewriteConfig: { Rewrites: [{ Regex, Replace }] } }
}

function host(Regex: string, Replace: string): RuleTransform {
  return { Type: 'host-header-rewrite', HostHeaderRewriteConfig: { Rewrites: [{ Regex, Replace }] } }
}
