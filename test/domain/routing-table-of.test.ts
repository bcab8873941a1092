import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Listener, ListenerRule, LoadBalancer, TargetGroup } from '../../src/domain/load-balancer.ts'
import { referencedTargetGroups, routingTableOf } from '../../src/domain/routing-table-of.ts'
import { defaultBalancing, defaultHandling } from '../../src/domain/routing-table.ts'

const loadBalancer: LoadBalancer = {
  loadBalancerArn: 'lb',
  name: 'lb',
  createdTime: 0,
  scheme: 'internet-facing',
  ipAddressType: 'ipv4',
  subnets: [],
  securityGroups: [],
  attributes: {},
  tags: {},
}
const blue: TargetGroup = {
  targetGroupArn: 'blue',
  name: 'blue',
  protocol: 'HTTP',
  protocolVersion: 'HTTP1',
  port: 80,
  targetType: 'ip',
  ipAddressType: 'ipv4',
  healthCheck: {
    enabled: true,
    path: '/',
    port: 'traffic-port',
    intervalSeconds: 30,
    timeoutSeconds: 5,
    healthyThresholdCount: 5,
    unhealthyThresholdCount: 2,
    matcher: '200',
  },
  attributes: {},
  targets: [{ id: '127.0.0.1', port: 8001 }],
  tags: {},
}
const green: TargetGroup = { ...blue, targetGroupArn: 'green', name: 'green', targets: [] }
const listener: Listener = {
  listenerArn: 'listener',
  loadBalancerArn: 'lb',
  port: 80,
  protocol: 'HTTP',
  defaultActions: [{ type: 'forward', targetGroups: [{ targetGroupArn: 'blue', weight: 1 }] }],
  attributes: {},
  tags: {},
  defaultRuleArn: 'listener/default',
}
const rule: ListenerRule = {
  ruleArn: 'rule',
  listenerArn: 'listener',
  priority: 10,
  conditions: [{ field: 'path-pattern', values: ['/api/*'] }],
  actions: [{ type: 'forward', targetGroups: [{ targetGroupArn: 'green', weight: 0 }] }],
  tags: {},
}
const source = { loadBalancers: [loadBalancer], listeners: [listener], rules: [rule], targetGroups: [blue, green] }

describe('the routing table', () => {
  test('has each listener with its rules in ascending priority, whatever the order of their creation', () => {
    const rules = [700, 3, 50_000, 12].map((priority) => ({ ...rule, ruleArn: `rule-${priority}`, priority }))
    const { listeners, version } = routingTableOf({ ...source, rules }, 7)
    assert.equal(version, 7)
    assert.deepEqual(
      listeners.map((each) => each.rules.map(({ priority }) => priority)),
      [[3, 12, 700, 50_000]],
    )
  })

  test("gives a listener its load balancer's time-outs, and AWS's defaults where none are set", () => {
    const [byDefault] = routingTableOf(source, 1).listeners
    assert.deepEqual([byDefault?.idleTimeoutSeconds, byDefault?.clientKeepAliveSeconds], [60, 3600])
    const attributes = { 'idle_timeout.timeout_seconds': '7', 'client_keep_alive.seconds': '90' }
    const [set] = routingTableOf({ ...source, loadBalancers: [{ ...loadBalancer, attributes }] }, 1).listeners
    assert.deepEqual([set?.idleTimeoutSeconds, set?.clientKeepAliveSeconds], [7, 90])
  })

  test('gives a target group its deregistration delay and marks the targets that drain', () => {
    const attributes = { 'deregistration_delay.timeout_seconds': '4' }
    const targets = [...blue.targets, { id: '127.0.0.1', port: 8002, draining: { since: 1 } }]
    const table = routingTableOf({ ...source, targetGroups: [{ ...blue, attributes, targets }] }, 1)
    assert.deepEqual(table.targetGroups.get('blue'), {
      targetGroupArn: 'blue',
      healthCheck: blue.healthCheck,
      deregistrationDelaySeconds: 4,
      targets: [
        { id: '127.0.0.1', port: 8001, draining: false },
        { id: '127.0.0.1', port: 8002, draining: true },
      ],
    })
    assert.equal(routingTableOf(source, 1).targetGroups.get('blue')?.deregistrationDelaySeconds, 300)
  })

  test('has the target groups which an action names, at weight 0 too, and no others', () => {
    const idle = { ...blue, targetGroupArn: 'idle' }
    assert.deepEqual(
      [...routingTableOf({ ...source, targetGroups: [idle, blue, green] }, 1).targetGroups.keys()],
      ['blue', 'green'],
    )
    assert.deepEqual([...referencedTargetGroups(source)], ['blue', 'green'])
  })

  test('turns redirects and fixed responses into what the router sends', () => {
    const redirect = { protocol: 'HTTPS', port: '443', host: '#{host}', path: '/#{path}', query: '#{query}' }
    const rules = [
      { ...rule, priority: 1, actions: [{ type: 'redirect', ...redirect, statusCode: 'HTTP_301' } as const] },
      { ...rule, priority: 2, actions: [{ type: 'redirect', ...redirect, statusCode: 'HTTP_302' } as const] },
      { ...rule, priority: 3, actions: [{ type: 'fixed-response', statusCode: '503' } as const] },
    ]
    const [served] = routingTableOf({ ...source, rules }, 1).listeners
    assert.deepEqual(
      served?.rules.map(({ action }) => action),
      [
        { type: 'redirect', ...redirect, statusCode: 301 },
        { type: 'redirect', ...redirect, statusCode: 302 },
        { type: 'fixed-response', statusCode: 503, contentType: 'text/plain', messageBody: '' },
      ],
    )
  })

  test('has the same objects as the one before wherever the same was said', () => {
    const before = routingTableOf(source, 1)
    const same = routingTableOf({ ...source }, 2)
    assert.equal(same.listeners[0], before.listeners[0])
    assert.equal(same.targetGroups.get('blue'), before.targetGroups.get('blue'))
    const changed = { ...blue, targets: [] }
    const now = routingTableOf({ ...source, targetGroups: [changed, green], loadBalancers: [{ ...loadBalancer }] }, 3)
    assert.notEqual(now.listeners[0], before.listeners[0])
    assert.deepEqual(now.targetGroups.get('blue')?.targets, [])
    assert.equal(now.targetGroups.get('green'), before.targetGroups.get('green'))
  })

  test('says how requests are handled and targets chosen only where something differs from the default', () => {
    const table = routingTableOf(source, 1)
    assert.equal(table.listeners[0]?.handling, undefined)
    assert.equal(table.targetGroups.get('blue')?.balancing, undefined)
    const set = {
      ...source,
      listeners: [{ ...listener, attributes: { 'routing.http.response.x_frame_options.header_value': 'DENY' } }],
      targetGroups: [{ ...blue, attributes: { 'stickiness.enabled': 'true' } }, green],
    }
    assert.deepEqual(routingTableOf(set, 1).listeners[0]?.handling, {
      ...defaultHandling,
      answerHeaders: [['X-Frame-Options', 'DENY']],
    })
    assert.deepEqual(routingTableOf(set, 1).targetGroups.get('blue')?.balancing, {
      ...defaultBalancing,
      stickiness: { type: 'lb_cookie', durationSeconds: 86_400 },
    })
  })

  test('binds clients to a target group where that is on, and not by a duration alone', () => {
    const forward = { type: 'forward', targetGroups: [{ targetGroupArn: 'blue', weight: 1 }] } as const
    const actionOf = (action: typeof forward & { stickinessEnabled?: boolean; stickinessDurationSeconds?: number }) =>
      routingTableOf({ ...source, listeners: [{ ...listener, defaultActions: [action] }] }, 1).listeners[0]
        ?.defaultAction
    assert.deepEqual(actionOf({ ...forward, stickinessDurationSeconds: 60 }), forward)
    assert.deepEqual(actionOf({ ...forward, stickinessEnabled: true, stickinessDurationSeconds: 60 }), {
      ...forward,
      stickinessSeconds: 60,
    })
  })

  test("names a listener's load balancer as logs and metrics do", () => {
    const loadBalancerArn = 'arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/web/00000001ffffffff'
    const balancer = { ...loadBalancer, loadBalancerArn, name: 'web' }
    const of = (scheme: LoadBalancer['scheme']) =>
      routingTableOf(
        { ...source, loadBalancers: [{ ...balancer, scheme }], listeners: [{ ...listener, loadBalancerArn }] },
        1,
      ).listeners[0]?.loadBalancer
    assert.deepEqual(of('internet-facing'), {
      loadBalancerArn,
      resource: 'app/web/00000001ffffffff',
      dnsName: 'web-1.eu-west-1.elb.amazonaws.com',
    })
    assert.equal(of('internal')?.dnsName, 'internal-web-1.eu-west-1.elb.amazonaws.com')
  })
})
