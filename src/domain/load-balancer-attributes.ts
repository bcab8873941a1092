import type { LoadBalancer, TargetGroup } from './load-balancer.ts'

/** Every attribute of an Application Load Balancer and its default, as DescribeLoadBalancerAttributes answers them. */
export const loadBalancerAttributeDefaults: Readonly<Record<string, string>> = {
  'access_logs.s3.bucket': '',
  'access_logs.s3.enabled': 'false',
  'access_logs.s3.prefix': '',
  'client_keep_alive.seconds': '3600',
  'connection_logs.s3.bucket': '',
  'connection_logs.s3.enabled': 'false',
  'connection_logs.s3.prefix': '',
  'deletion_protection.enabled': 'false',
  'health_check_logs.s3.bucket': '',
  'health_check_logs.s3.enabled': 'false',
  'health_check_logs.s3.prefix': '',
  'idle_timeout.timeout_seconds': '60',
  'ipv6.deny_all_igw_traffic': 'false',
  'load_balancing.cross_zone.enabled': 'true',
  'routing.http.desync_mitigation_mode': 'defensive',
  'routing.http.drop_invalid_header_fields.enabled': 'false',
  'routing.http.preserve_host_header.enabled': 'false',
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': 'false',
  'routing.http.xff_client_port.enabled': 'false',
  'routing.http.xff_header_processing.mode': 'append',
  'routing.http2.enabled': 'true',
  'waf.fail_open.enabled': 'false',
  'zonal_shift.config.enabled': 'false',
}

/** Every attribute of an HTTP target group and its default, as DescribeTargetGroupAttributes answers them. */
export const targetGroupAttributeDefaults: Readonly<Record<string, string>> = {
  'deregistration_delay.timeout_seconds': '300',
  'load_balancing.algorithm.anomaly_mitigation': 'off',
  'load_balancing.algorithm.type': 'round_robin',
  'load_balancing.cross_zone.enabled': 'use_load_balancer_configuration',
  'slow_start.duration_seconds': '0',
  'stickiness.app_cookie.cookie_name': '',
  'stickiness.app_cookie.duration_seconds': '86400',
  'stickiness.enabled': 'false',
  'stickiness.lb_cookie.duration_seconds': '86400',
  'stickiness.type': 'lb_cookie',
  'target_group_health.dns_failover.minimum_healthy_targets.count': '1',
  'target_group_health.dns_failover.minimum_healthy_targets.percentage': 'off',
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': '1',
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': 'off',
}

/** Every attribute of an HTTP listener and its default, as DescribeListenerAttributes answers them. */
export const listenerAttributeDefaults: Readonly<Record<string, string>> = {
  'routing.http.response.access_control_allow_credentials.header_value': '',
  'routing.http.response.access_control_allow_headers.header_value': '',
  'routing.http.response.access_control_allow_methods.header_value': '',
  'routing.http.response.access_control_allow_origin.header_value': '',
  'routing.http.response.access_control_expose_headers.header_value': '',
  'routing.http.response.access_control_max_age.header_value': '',
  'routing.http.response.content_security_policy.header_value': '',
  'routing.http.response.server.enabled': 'true',
  'routing.http.response.strict_transport_security.header_value': '',
  'routing.http.response.x_content_type_options.header_value': '',
  'routing.http.response.x_frame_options.header_value': '',
}

/** Those an HTTPS listener has besides: the names of headers that tell targets of the client's certificate and of TLS. */
export const httpsListenerAttributeDefaults: Readonly<Record<string, string>> = {
  'routing.http.request.x_amzn_mtls_clientcert.header_name': 'X-Amzn-Mtls-Clientcert',
  'routing.http.request.x_amzn_mtls_clientcert_issuer.header_name': 'X-Amzn-Mtls-Clientcert-Issuer',
  'routing.http.request.x_amzn_mtls_clientcert_leaf.header_name': 'X-Amzn-Mtls-Clientcert-Leaf',
  'routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name': 'X-Amzn-Mtls-Clientcert-Serial-Number',
  'routing.http.request.x_amzn_mtls_clientcert_subject.header_name': 'X-Amzn-Mtls-Clientcert-Subject',
  'routing.http.request.x_amzn_mtls_clientcert_validity.header_name': 'X-Amzn-Mtls-Clientcert-Validity',
  'routing.http.request.x_amzn_tls_cipher_suite.header_name': 'X-Amzn-Tls-Cipher-Suite',
  'routing.http.request.x_amzn_tls_version.header_name': 'X-Amzn-Tls-Version',
}

export function idleTimeoutSeconds(loadBalancer: LoadBalancer): number {
  return seconds(loadBalancer.attributes, loadBalancerAttributeDefaults, 'idle_timeout.timeout_seconds')
}

export function clientKeepAliveSeconds(loadBalancer: LoadBalancer): number {
  return seconds(loadBalancer.attributes, loadBalancerAttributeDefaults, 'client_keep_alive.seconds')
}

export function isHttp2Enabled(loadBalancer: LoadBalancer): boolean {
  return loadBalancer.attributes['routing.http2.enabled'] !== 'false'
}

export function isDeletionProtected(loadBalancer: LoadBalancer): boolean {
  return loadBalancer.attributes['deletion_protection.enabled'] === 'true'
}

export function deregistrationDelaySeconds(targetGroup: TargetGroup): number {
  return seconds(targetGroup.attributes, targetGroupAttributeDefaults, 'deregistration_delay.timeout_seconds')
}

function seconds(
  set: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>>,
  key: string,
): number {
  return Number(set[key] ?? defaults[key])
}
