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
  const modifyListener = (...Attributes: Attribute[]) =>
    client.send(new ModifyListenerAttributesCommand({ ListenerArn, Attributes }))
  const route = () => endpoint.router.table?.listeners.find(({ listenerArn }) => listenerArn === ListenerArn)
  const balancing = () => endpoint.router.table?.targetGroups.get(TargetGroupArn)?.balancing

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
    assert.deepEqual([route()?.idleTimeoutSeconds, route()?.clientKeepAliveSeconds], [7, 90])
    assert.equal(endpoint.router.table?.targetGroups.get(TargetGroupArn)?.deregistrationDelaySeconds, 0)
  })

  test('of how requests are handled reach the router, and leave its table when they have their defaults again', async () => {
    await modifyLoadBalancer(
      { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
      { Key: 'routing.http.desync_mitigation_mode', Value: 'strictest' },
      { Key: 'routing.http.xff_header_processing.mode', Value: 'preserve' },
      { Key: 'routing.http.xff_client_port.enabled', Value: 'true' },
      { Key: 'routing.http.preserve_host_header.enabled', Value: 'true' },
      { Key: 'routing.http.x_amzn_tls_version_and_cipher_suite.enabled', Value: 'true' },
    )
    await modifyListener(
      { Key: 'routing.http.response.server.enabled', Value: 'false' },
      { Key: 'routing.http.response.x_frame_options.header_value', Value: 'DENY' },
    )
    assert.deepEqual(route()?.handling, {
      dropInvalidHeaderFields: true,
      desyncMitigationMode: 'strictest',
      forwardedFor: 'preserve',
      forwardsClientPort: true,
      preservesHost: true,
      forwardsTlsVersionAndCipher: true,
      accessLog: false,
      answerHeaders: [['X-Frame-Options', 'DENY']],
      showsServer: false,
    })
    await modifyLoadBalancer(
      { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'false' },
      { Key: 'routing.http.desync_mitigation_mode', Value: 'defensive' },
      { Key: 'routing.http.xff_header_processing.mode', Value: 'append' },
      { Key: 'routing.http.xff_client_port.enabled', Value: 'false' },
      { Key: 'routing.http.preserve_host_header.enabled', Value: 'false' },
      { Key: 'routing.http.x_amzn_tls_version_and_cipher_suite.enabled', Value: 'false' },
    )
    await modifyListener(
      { Key: 'routing.http.response.server.enabled', Value: 'true' },
      { Key: 'routing.http.response.x_frame_options.header_value', Value: '' },
    )
    assert.equal(route()?.handling, undefined)
  })

  test('of which target gets a request reach the router', async () => {
    await modifyTargetGroup(
      { Key: 'stickiness.enabled', Value: 'true' },
      { Key: 'stickiness.lb_cookie.duration_seconds', Value: '60' },
      { Key: 'slow_start.duration_seconds', Value: '30' },
      { Key: 'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage', Value: '50' },
    )
    assert.deepEqual(balancing(), {
      algorithm: 'round_robin',
      slowStartSeconds: 30,
      stickiness: { type: 'lb_cookie', durationSeconds: 60 },
      minimumHealthy: { count: 1, percentage: 50 },
    })
    await modifyTargetGroup(
      { Key: 'stickiness.type', Value: 'app_cookie' },
      { Key: 'stickiness.app_cookie.cookie_name', Value: 'JSESSIONID' },
      { Key: 'slow_start.duration_seconds', Value: '0' },
      { Key: 'load_balancing.algorithm.type', Value: 'least_outstanding_requests' },
      { Key: 'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count', Value: '2' },
      { Key: 'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage', Value: 'off' },
    )
    assert.deepEqual(balancing(), {
      algorithm: 'least_outstanding_requests',
      slowStartSeconds: 0,
      stickiness: { type: 'app_cookie', cookieName: 'JSESSIONID', durationSeconds: 86_400 },
      minimumHealthy: { count: 2 },
    })
  })

  test('that do not go together are refused', async () => {
    const code = 'InvalidConfigurationRequestException'
    const slowStart = { Key: 'slow_start.duration_seconds', Value: '60' }
    const random = { Key: 'load_balancing.algorithm.type', Value: 'weighted_random' }
    await assertRefused(
      modifyTargetGroup(slowStart, random),
      code,
      /^You cannot enable both slow start and weighted random algorithm on a target group$/,
    )
    await modifyTargetGroup(slowStart)
    const least = { Key: 'load_balancing.algorithm.type', Value: 'least_outstanding_requests' }
    await assertRefused(modifyTargetGroup(least), code, /slow start and least outstanding requests algorithm/)
    const application = { Key: 'stickiness.type', Value: 'app_cookie' }
    const enabled = { Key: 'stickiness.enabled', Value: 'true' }
    await assertRefused(modifyTargetGroup(application, enabled), 'ValidationError', /app_cookie\.cookie_name/)
    const ofDns = { Key: 'target_group_health.dns_failover.minimum_healthy_targets.count', Value: '1' }
    const ofRouting = { Key: 'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count', Value: '2' }
    await assertRefused(modifyTargetGroup(ofDns, ofRouting), code, /greater than or equal to/)
  })

  test('that nothing enforces can be set to their defaults, and to nothing else', async () => {
    await modifyLoadBalancer({ Key: 'waf.fail_open.enabled', Value: 'false' })
    await modifyTargetGroup({ Key: 'load_balancing.algorithm.anomaly_mitigation', Value: 'off' })
    const code = 'InvalidConfigurationRequestException'
    await assertRefused(
      modifyLoadBalancer({ Key: 'connection_logs.s3.enabled', Value: 'true' }),
      code,
      /^Load balancer attribute 'connection_logs\.s3\.enabled' with value 'true' is not supported by Teal/,
    )
    await assertRefused(
      modifyTargetGroup({ Key: 'load_balancing.algorithm.anomaly_mitigation', Value: 'on' }),
      code,
      /'on' is not supported by Teal; weights do not follow/,
    )
  })

  test('are refused with a value that AWS does not know', async () => {
    for (const [Key, Value] of [
      ['routing.http.desync_mitigation_mode', 'off'],
      ['routing.http.xff_header_processing.mode', 'Append'],
      ['routing.http2.enabled', '1'],
      ['idle_timeout.timeout_seconds', '4001'],
      ['client_keep_alive.seconds', '59'],
    ] as const) {
      await assertRefused(modifyLoadBalancer({ Key, Value }), 'ValidationError', new RegExp(`not '${Value}'$`))
    }
    for (const [Key, Value] of [
      ['slow_start.duration_seconds', '29'],
      ['stickiness.type', 'source_ip'],
      ['stickiness.lb_cookie.duration_seconds', '604801'],
      ['stickiness.app_cookie.cookie_name', 'AWSALBAPP-1'],
      ['target_group_health.unhealthy_state_routing.minimum_healthy_targets.count', 'off'],
      ['target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage', '0'],
    ] as const) {
      await assertRefused(modifyTargetGroup({ Key, Value }), 'ValidationError', new RegExp(`not '${Value}'$`))
    }
    for (const [name, Value] of [
      ['strict_transport_security', 'forever'],
      ['access_control_allow_origin', 'example.com'],
      ['access_control_allow_methods', 'GET,FETCH'],
      ['access_control_allow_credentials', 'false'],
      ['access_control_max_age', '-1'],
      ['content_security_policy', `default-src 'self'\r\nSet-Cookie: a=b`],
      ['content_security_policy', 'x'.repeat(1025)],
      ['x_content_type_options', 'sniff'],
    ] as const) {
      const Key = `routing.http.response.${name}.header_value`
      await assertRefused(modifyListener({ Key, Value }), 'ValidationError', /must be/)
    }
    const nosniff = { Key: 'routing.http.response.x_content_type_options.header_value', Value: 'sniff' }
    await assertRefused(modifyListener(nosniff), 'ValidationError', /must be nosniff or empty, not 'sniff'$/)
    const maxAge = { Key: 'routing.http.response.access_control_max_age.header_value', Value: '-1' }
    await assertRefused(
      modifyListener(maxAge),
      'ValidationError',
      /must be empty or a whole number between 0 and 86400/,
    )
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
