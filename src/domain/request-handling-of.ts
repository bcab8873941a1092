import type { Listener, LoadBalancer } from './load-balancer.ts'
import { defaultHandling, type RequestHandling } from './routing-table.ts'

type Attributes = Readonly<Record<string, string>>

/** What the attributes of a listener and its load balancer ask for; undefined where everything has its default. */
export function requestHandlingOf(
  loadBalancer: Pick<LoadBalancer, 'attributes'>,
  listener: Pick<Listener, 'attributes'>,
): RequestHandling | undefined {
  const asked: RequestHandling = { ...ofLoadBalancer(loadBalancer.attributes), ...ofListener(listener.attributes) }
  return JSON.stringify(asked) === defaultText ? undefined : asked
}

const defaultText = JSON.stringify(defaultHandling)

type OfListener = 'answerHeaders' | 'showsServer'

function ofLoadBalancer(attributes: Attributes): Omit<RequestHandling, OfListener> {
  const isOn = (key: string): boolean => attributes[key] === 'true'
  return {
    dropInvalidHeaderFields: isOn('routing.http.drop_invalid_header_fields.enabled'),
    desyncMitigationMode: desyncMode(attributes['routing.http.desync_mitigation_mode']),
    forwardedFor: forwardedForMode(attributes['routing.http.xff_header_processing.mode']),
    forwardsClientPort: isOn('routing.http.xff_client_port.enabled'),
    preservesHost: isOn('routing.http.preserve_host_header.enabled'),
    forwardsTlsVersionAndCipher: isOn('routing.http.x_amzn_tls_version_and_cipher_suite.enabled'),
    accessLog: isOn('access_logs.s3.enabled'),
  }
}

function ofListener(attributes: Attributes): Pick<RequestHandling, OfListener> {
  return {
    answerHeaders: Object.entries(answerHeaderNames).flatMap(([key, name]) => {
      const value = attributes[key] ?? ''
      return value === '' ? [] : [[name, value] as const]
    }),
    showsServer: attributes['routing.http.response.server.enabled'] !== 'false',
  }
}

function desyncMode(value: string | undefined): RequestHandling['desyncMitigationMode'] {
  return value === 'monitor' || value === 'strictest' ? value : 'defensive'
}

function forwardedForMode(value: string | undefined): RequestHandling['forwardedFor'] {
  return value === 'preserve' || value === 'remove' ? value : 'append'
}

/** The header which each listener attribute sets. */
const answerHeaderNames: Readonly<Record<string, string>> = {
  'routing.http.response.strict_transport_security.header_value': 'Strict-Transport-Security',
  'routing.http.response.access_control_allow_origin.header_value': 'Access-Control-Allow-Origin',
  'routing.http.response.access_control_allow_methods.header_value': 'Access-Control-Allow-Methods',
  'routing.http.response.access_control_allow_headers.header_value': 'Access-Control-Allow-Headers',
  'routing.http.response.access_control_allow_credentials.header_value': 'Access-Control-Allow-Credentials',
  'routing.http.response.access_control_expose_headers.header_value': 'Access-Control-Expose-Headers',
  'routing.http.response.access_control_max_age.header_value': 'Access-Control-Max-Age',
  'routing.http.response.content_security_policy.header_value': 'Content-Security-Policy',
  'routing.http.response.x_content_type_options.header_value': 'X-Content-Type-Options',
  'routing.http.response.x_frame_options.header_value': 'X-Frame-Options',
}
