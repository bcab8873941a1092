import {
  DescribeListenerAttributesCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeTargetGroupAttributesCommand,
  ModifyListenerAttributesCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import {
  assertRefused,
  createListener,
  createLoadBalancer,
  createTargetGroup,
  startLoadBalancingEndpoint,
  type LoadBalancingEndpoint,
} from './load-balancing-endpoint.ts'

type Attribute = { Key?: string | undefined; Value?: string | undefined }

describe('attributes', () => {
  let endpoint: LoadBalancingEndpoint
  let client: ReturnType<LoadBalancingEndpoint['client']>
  let [LoadBalancerArn, TargetGroupArn, ListenerArn] = ['', '', '']
  let [region, port] = [0, 24_000]

  before(async () => {
    endpoint = await startLoadBalancingEndpoint()
  })
  after(() => endpoint.close())
  beforeEach(async () => {
    client = endpoint.client(`xx-test-${++region}`)
    LoadBalancerArn = await createLoadBalancer(client)
    TargetGroupArn = await createTargetGroup(client)
    const listener = { loadBalancerArn: LoadBalancerArn, port: ++port, actions: TargetGroupArn }
    ListenerArn = await createListener(client, listener)
  })
  const modifyLoadBalancer = (...Attributes: Attribute[]) =>
    client.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }))
  const modifyTargetGroup = (...Attributes: Attribute[]) =>
    client.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }))

  test('are all described, with the defaults of those never set', async () => {
    const ofLoadBalancer = await client.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }))
    const ofTargetGroup = await client.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }))
    const ofListener = await client.send(new DescribeListenerAttributesCommand({ ListenerArn }))
    const [loadBalancer, targetGroup, listener] = [ofLoadBalancer, ofTargetGroup, ofListener].map(
      ({ Attributes = [] }) => Object.fromEntries(Attributes.map(({ Key, Value }) => [Key, Value])),
    )
    assert.equal(loadBalancer?.['idle_timeout.timeout_seconds'], '60')
    assert.equal(loadBalancer?.['routing.http.xff_header_processing.mode'], 'append')
    assert.equal(targetGroup?.['deregistration_delay.timeout_seconds'], '300')
    assert.equal(targetGroup?.['load_balancing.algorithm.type'], 'round_robin')
    assert.equal(listener?.['routing.http.response.server.enabled'], 'true')
  })

  test('that something enforces reach the router', async () => {
    const idle = { Key: 'idle_timeout.timeout_seconds', Value: '7' }
    const { Attributes } = await modifyLoadBalancer(idle, { Key: 'client_keep_alive.seconds', Value: '90' })
    assert.deepEqual(
      Attributes?.find(({ Key }) => Key === idle.Key),
      idle,
    )
    await modifyTargetGroup({ Key: 'deregistration_delay.timeout_seconds', Value: '0' })
    const { listeners = [], targetGroups = {} } = endpoint.router.table ?? {}
    const route = listeners.find(({ listenerArn }) => listenerArn === ListenerArn)
    assert.deepEqual([route?.idleTimeoutSeconds, route?.clientKeepAliveSeconds], [7, 90])
    assert.equal(targetGroups[TargetGroupArn]?.deregistrationDelaySeconds, 0)
  })

  test('that nothing enforces can be set to their defaults, and to nothing else', async () => {
    await modifyLoadBalancer(
      { Key: 'routing.http2.enabled', Value: 'true' },
      { Key: 'access_logs.s3.bucket', Value: '' },
    )
    await modifyTargetGroup(
      { Key: 'stickiness.enabled', Value: 'false' },
      { Key: 'stickiness.type', Value: 'lb_cookie' },
    )
    const code = 'InvalidConfigurationRequestException'
    await assertRefused(
      modifyLoadBalancer({ Key: 'access_logs.s3.enabled', Value: 'true' }),
      code,
      /^Load balancer attribute 'access_logs\.s3\.enabled' with value 'true' is not supported by Teal/,
    )
    await assertRefused(modifyTargetGroup({ Key: 'stickiness.enabled', Value: 'true' }), code, /'stickiness\.enabled'/)
    const Attributes = [{ Key: 'routing.http.response.server.enabled', Value: 'false' }]
    const listener = client.send(new ModifyListenerAttributesCommand({ ListenerArn, Attributes }))
    await assertRefused(listener, code, /'routing\.http\.response\.server\.enabled' with value 'false'/)
  })

  test('out of range, unknown or twice are refused, and none of the others is set', async () => {
    await assertRefused(modifyTargetGroup(delay('3601')), 'ValidationError', /between 0 and 3600, not '3601'/)
    await assertRefused(modifyTargetGroup(delay('soon')), 'ValidationError', /not 'soon'/)
    await assertRefused(modifyTargetGroup(delay('1'), delay('2')), 'ValidationError', /twice/)
    await assertRefused(
      modifyTargetGroup(delay('5'), { Key: 'colour', Value: 'teal' }),
      'ValidationError',
      /^Target group attribute key 'colour' is not recognized$/,
    )
    const protection = { Key: 'deletion_protection.enabled', Value: 'yes' }
    await assertRefused(modifyLoadBalancer(protection), 'ValidationError', /true or false, not 'yes'/)
    const { Attributes } = await client.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }))
    assert.deepEqual(
      Attributes?.find(({ Key }) => Key === 'deregistration_delay.timeout_seconds'),
      delay('300'),
    )
  })
})

function delay(Value: string): Attribute {
  return { Key: 'deregistration_delay.timeout_seconds', Value }
}
