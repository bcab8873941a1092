import {
  AddTagsCommand,
  CreateRuleCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  RemoveTagsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  assertRefused,
  createListener,
  createLoadBalancer,
  createTargetGroup,
  given,
  startLoadBalancingEndpoint,
  type LoadBalancingEndpoint,
} from './load-balancing-endpoint.ts'

describe('tags', () => {
  let endpoint: LoadBalancingEndpoint
  let client: ReturnType<LoadBalancingEndpoint['client']>
  let [loadBalancer, targetGroup, listener, rule, defaultRule] = ['', '', '', '', '']

  before(async () => {
    endpoint = await startLoadBalancingEndpoint()
    client = endpoint.client()
    loadBalancer = await createLoadBalancer(client)
    targetGroup = await createTargetGroup(client)
    listener = await createListener(client, { loadBalancerArn: loadBalancer, port: 25_000, actions: targetGroup })
    const Conditions = [{ Field: 'path-pattern', Values: ['/a'] }]
    const Actions = [{ Type: 'forward', TargetGroupArn: targetGroup } as const]
    await client.send(new CreateRuleCommand({ ListenerArn: listener, Priority: 1, Conditions, Actions }))
    const { Rules = [] } = await client.send(new DescribeRulesCommand({ ListenerArn: listener }))
    ;[rule = '', defaultRule = ''] = Rules.map(({ RuleArn }) => given(RuleArn))
  })
  after(() => endpoint.close())
  const add = (ResourceArns: string[], ...Tags: { Key: string; Value?: string }[]) =>
    client.send(new AddTagsCommand({ ResourceArns, Tags }))
  const tagsOf = async (...ResourceArns: string[]) => {
    const { TagDescriptions } = await client.send(new DescribeTagsCommand({ ResourceArns }))
    return TagDescriptions?.map(({ ResourceArn, Tags }) => [ResourceArn, Tags])
  }

  test('are added to, described of and removed from load balancers, target groups, listeners and rules', async () => {
    const ResourceArns = [loadBalancer, targetGroup, listener, rule]
    const Tags = [
      { Key: 'team', Value: 'shop' },
      { Key: 'empty', Value: '' },
    ]
    await client.send(new AddTagsCommand({ ResourceArns, Tags }))
    await client.send(new AddTagsCommand({ ResourceArns: [rule], Tags: [{ Key: 'team', Value: 'cart' }] }))
    await client.send(new RemoveTagsCommand({ ResourceArns: [rule, listener], TagKeys: ['empty', 'unknown'] }))
    assert.deepEqual(await tagsOf(...ResourceArns), [
      [loadBalancer, Tags],
      [targetGroup, Tags],
      [listener, [{ Key: 'team', Value: 'shop' }]],
      [rule, [{ Key: 'team', Value: 'cart' }]],
    ])
  })

  test('of a default rule are those of its listener to have', async () => {
    assert.deepEqual(await tagsOf(defaultRule), [[defaultRule, []]])
    await assertRefused(add([defaultRule], { Key: 'a' }), 'OperationNotPermittedException', /tag its listener instead/)
  })

  test('are refused with what is wrong, and none is added', async () => {
    const present = await tagsOf(loadBalancer)
    const arns = [loadBalancer]
    await assertRefused(add(arns, { Key: 'a' }, { Key: 'a' }), 'DuplicateTagKeysException', /'a'/)
    await assertRefused(add(arns, { Key: 'aws:a' }), 'ValidationError', /reserved/)
    await assertRefused(add(arns, { Key: 'a'.repeat(129) }), 'ValidationError', /1 to 128/)
    const many = Array.from({ length: 51 }, (_, at) => ({ Key: `key-${at}` }))
    await assertRefused(add(arns, ...many), 'TooManyTagsException', /'50' tags/)
    await assertRefused(
      add([loadBalancer, `${targetGroup}0`], { Key: 'b' }),
      'TargetGroupNotFoundException',
      /not found/,
    )
    await assertRefused(add(['nobody'], { Key: 'b' }), 'ValidationError', /'nobody' is not a valid ARN/)
    assert.deepEqual(await tagsOf(loadBalancer), present)
  })
})
