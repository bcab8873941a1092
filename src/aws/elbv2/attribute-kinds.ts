import {
  httpsListenerAttributeDefaults,
  listenerAttributeDefaults,
  loadBalancerAttributeDefaults,
  targetGroupAttributeDefaults,
} from '../../domain/load-balancer-attributes.ts'
import type { AttributeRule } from './attribute-rules.ts'
import { invalid, refusal } from './errors.ts'
import { limits } from './limits.ts'

export type Attributes = Readonly<Record<string, string>>

/** The attributes of one kind of resource. */
export type AttributeKind = {
  /** Begins the messages: `Load balancer attribute`. */
  readonly noun: string
  readonly defaults: Attributes
  /** By key; an attribute that is not here can only have its default. */
  readonly rules: Readonly<Record<string, AttributeRule>>
  /** Why an attribute can only have its default, where that needs to be said. */
  readonly reasons: Readonly<Record<string, string>>
  /** Throws where attributes do not go together; those never set are absent. */
  readonly checkTogether: (attributes: Attributes) => void
}

export const ofLoadBalancers: AttributeKind = {
  noun: 'Load balancer attribute',
  defaults: loadBalancerAttributeDefaults,
  rules: {
    'access_logs.s3.bucket': { matches: /^[^\s]{0,255}$/, mustBe: 'the name of a bucket' },
    'access_logs.s3.enabled': 'boolean',
    'access_logs.s3.prefix': { matches: /^[^\r\n]{0,512}$/, mustBe: 'a prefix of at most 512 characters' },
    'client_keep_alive.seconds': { minimum: 60, maximum: 604_800 },
    'deletion_protection.enabled': 'boolean',
    'idle_timeout.timeout_seconds': { minimum: 1, maximum: 4000 },
    'routing.http.desync_mitigation_mode': { oneOf: ['monitor', 'defensive', 'strictest'] },
    'routing.http.drop_invalid_header_fields.enabled': 'boolean',
    'routing.http.preserve_host_header.enabled': 'boolean',
    'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': 'boolean',
    'routing.http.xff_client_port.enabled': 'boolean',
    'routing.http.xff_header_processing.mode': { oneOf: ['append', 'preserve', 'remove'] },
    'routing.http2.enabled': 'boolean',
  },
  reasons: {
    'load_balancing.cross_zone.enabled': 'an Application Load Balancer has it on always',
    'waf.fail_open.enabled': 'there is no web application firewall here',
    'zonal_shift.config.enabled': 'there is one zone here',
  },
  checkTogether: () => undefined,
}

const stickinessSeconds = { minimum: 1, maximum: 604_800 }
const minimumCount = { minimum: 1, maximum: limits.targetsPerTargetGroup }
const minimumPercentage = { minimum: 1, maximum: 100, or: 'off' }

export const ofTargetGroups: AttributeKind = {
  noun: 'Target group attribute',
  defaults: targetGroupAttributeDefaults,
  rules: {
    'deregistration_delay.timeout_seconds': { minimum: 0, maximum: 3600 },
    'load_balancing.algorithm.type': { oneOf: ['round_robin', 'least_outstanding_requests', 'weighted_random'] },
    // Recorded: there is one zone here, so that both come to the same.
    'load_balancing.cross_zone.enabled': { oneOf: ['true', 'false', 'use_load_balancer_configuration'] },
    'slow_start.duration_seconds': { minimum: 30, maximum: 900, or: '0' },
    'stickiness.app_cookie.cookie_name': {
      matches: /^(?!AWSALB)[A-Za-z0-9!#$%&'*+.^_`|~-]{0,256}$/,
      mustBe: 'a cookie name that does not begin with AWSALB, AWSALBAPP or AWSALBTG, which the load balancer uses',
    },
    'stickiness.app_cookie.duration_seconds': stickinessSeconds,
    'stickiness.enabled': 'boolean',
    'stickiness.lb_cookie.duration_seconds': stickinessSeconds,
    'stickiness.type': { oneOf: ['lb_cookie', 'app_cookie'] },
    // Recorded: there is no DNS here that could lead elsewhere. Tools send it together with the next two.
    'target_group_health.dns_failover.minimum_healthy_targets.count': { ...minimumCount, or: 'off' },
    'target_group_health.dns_failover.minimum_healthy_targets.percentage': minimumPercentage,
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': minimumCount,
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': minimumPercentage,
  },
  reasons: {
    'load_balancing.algorithm.anomaly_mitigation':
      'weights do not follow the failures of targets here: health checks alone take a target out',
  },
  checkTogether: checkTargetGroup,
}

/** A value that ends up in the head of every answer: no line breaks, and of AWS's length. */
const headerValue: AttributeRule = {
  matches: /^[\u0020-\u007E]{0,1024}$/,
  mustBe: 'a header value of at most 1024 printable ASCII characters',
}
const methods = '(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT)'

export const ofListeners: AttributeKind = {
  noun: 'Listener attribute',
  defaults: listenerAttributeDefaults,
  rules: {
    'routing.http.response.access_control_allow_credentials.header_value': { oneOf: ['true', ''] },
    'routing.http.response.access_control_allow_headers.header_value': headerValue,
    'routing.http.response.access_control_allow_methods.header_value': {
      matches: new RegExp(`^(|\\*|${methods}(, ?${methods})*)$`),
      mustBe: 'HTTP methods separated by commas, or *',
    },
    'routing.http.response.access_control_allow_origin.header_value': {
      matches: /^(|\*|null|[a-z][a-z0-9+.-]*:\/\/[^\s,/]{1,1000})$/i,
      mustBe: 'an origin such as https://example.com, or *',
    },
    'routing.http.response.access_control_expose_headers.header_value': headerValue,
    'routing.http.response.access_control_max_age.header_value': { minimum: 0, maximum: 86_400, or: '' },
    'routing.http.response.content_security_policy.header_value': headerValue,
    'routing.http.response.server.enabled': 'boolean',
    'routing.http.response.strict_transport_security.header_value': {
      matches: /^(|(?=.*\bmax-age=\d{1,10}\b)[A-Za-z0-9=; -]{1,1024})$/,
      mustBe: 'directives with max-age, such as max-age=31536000; includeSubDomains; preload',
    },
    'routing.http.response.x_content_type_options.header_value': { oneOf: ['nosniff', ''] },
    'routing.http.response.x_frame_options.header_value': { oneOf: ['DENY', 'SAMEORIGIN', ''] },
  },
  reasons: {},
  checkTogether: () => undefined,
}

export const ofHttpsListeners: AttributeKind = {
  ...ofListeners,
  defaults: { ...listenerAttributeDefaults, ...httpsListenerAttributeDefaults },
}

function checkTargetGroup(attributes: Attributes): void {
  const all = { ...targetGroupAttributeDefaults, ...attributes }
  const algorithm = all['load_balancing.algorithm.type'] ?? ''
  if (all['slow_start.duration_seconds'] !== '0' && algorithm !== 'round_robin') {
    const name = algorithm.replaceAll('_', ' ')
    throw together(`You cannot enable both slow start and ${name} algorithm on a target group`)
  }
  const isApplications = all['stickiness.enabled'] === 'true' && all['stickiness.type'] === 'app_cookie'
  if (isApplications && all['stickiness.app_cookie.cookie_name'] === '') {
    throw invalid("Stickiness of type 'app_cookie' needs 'stickiness.app_cookie.cookie_name': set both together")
  }
  for (const measure of ['count', 'percentage']) checkFailovers(attributes, measure)
}

/** DNS leads away from a zone before, or when, all of its targets get requests: its threshold is not the lower one. */
function checkFailovers(attributes: Attributes, measure: string): void {
  const ofDns = attributes[`target_group_health.dns_failover.minimum_healthy_targets.${measure}`]
  const ofRouting = attributes[`target_group_health.unhealthy_state_routing.minimum_healthy_targets.${measure}`]
  if (ofDns === undefined || ofRouting === undefined || ofDns === 'off' || ofRouting === 'off') return
  if (Number(ofDns) >= Number(ofRouting)) return
  throw together(
    `The ${measure} for DNS failover, '${ofDns}', must be greater than or equal to that for routing failover, '${ofRouting}'`,
  )
}

function together(message: string): Error {
  return refusal('InvalidConfigurationRequestException', message)
}
