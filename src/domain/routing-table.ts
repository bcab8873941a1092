import type { RewriteRule } from './rewrite.ts'
/**
 * What the router needs to know, and nothing else: plain data, made whole by the engine, applied whole by the router.
 * It travels over the control socket as JSON (`routing-table-json.ts`) and is kept on disk as such, so that a router can start
 * without the engine.
 */
export type RoutingTable = {
  /** Grows with every table the engine publishes; a router never goes back to a lower one. */
  readonly version: number
  readonly listeners: readonly ListenerRoute[]
  /**
   * A map, and no object: the names of an object's members are kept in a table of all of V8's, of which a thousand new ones
   * with each new table make every full collection longer.
   */
  readonly targetGroups: ReadonlyMap<TargetGroupArn, TargetGroupRoute>
}

export type TargetGroupArn = string
export type ListenerArn = string

export type ListenerRoute = {
  readonly listenerArn: ListenerArn
  readonly port: number
  /** In ascending priority; the first whose conditions all match decides. */
  readonly rules: readonly RuleRoute[]
  readonly defaultAction: RouteAction
  /** Load balancer attribute `idle_timeout.timeout_seconds`. */
  readonly idleTimeoutSeconds: number
  /** Load balancer attribute `client_keep_alive.seconds`. */
  readonly clientKeepAliveSeconds: number
  /** Absent on an HTTP listener. */
  readonly tls?: ListenerTls
  /** Absent where everything has its default. */
  readonly handling?: RequestHandling
  /** Whose listener it is, for access logs. Absent in tables of older versions. */
  readonly loadBalancer?: LoadBalancerRoute
}

/** What an HTTPS listener shows its clients. The table's file is readable by its owner alone: it holds private keys. */
export type ListenerTls = {
  /** The first one is the default; the others are chosen by the name a client asks for (SNI). */
  readonly certificates: readonly [ServedCertificate, ...ServedCertificate[]]
  /** Name of a policy in `src/domain/ssl-policies.ts`. */
  readonly sslPolicy: string
  /** Load balancer attribute `routing.http2.enabled`. */
  readonly http2: boolean
}

export type ServedCertificate = {
  readonly certificateArn: string
  /** Names it is for, `*.example.com` among them, in lower case. */
  readonly names: readonly string[]
  /** PEM: the certificate itself, followed by its chain. */
  readonly certificate: string
  readonly privateKey: string
}

/** Attributes of load balancer and listener that say what is done to requests and answers. */
export type RequestHandling = {
  /** `routing.http.drop_invalid_header_fields.enabled`, default false. */
  readonly dropInvalidHeaderFields: boolean
  /** `routing.http.desync_mitigation_mode`, default `defensive`. */
  readonly desyncMitigationMode: 'monitor' | 'defensive' | 'strictest'
  /** `routing.http.xff_header_processing.mode`, default `append`. */
  readonly forwardedFor: 'append' | 'preserve' | 'remove'
  /** `routing.http.xff_client_port.enabled`, default false. */
  readonly forwardsClientPort: boolean
  /** `routing.http.preserve_host_header.enabled`, default false. */
  readonly preservesHost: boolean
  /** `routing.http.x_amzn_tls_version_and_cipher_suite.enabled`, default false. */
  readonly forwardsTlsVersionAndCipher: boolean
  /** `access_logs.s3.enabled`, default false. */
  readonly accessLog: boolean
  /** Listener attributes `routing.http.response.*.header_value` that are set: set on every answer, replacing the target's. */
  readonly answerHeaders: readonly (readonly [name: string, value: string])[]
  /** Listener attribute `routing.http.response.server.enabled`, default true: false takes `Server` out of every answer. */
  readonly showsServer: boolean
}

export const defaultHandling: RequestHandling = {
  dropInvalidHeaderFields: false,
  desyncMitigationMode: 'defensive',
  forwardedFor: 'append',
  forwardsClientPort: false,
  preservesHost: false,
  forwardsTlsVersionAndCipher: false,
  accessLog: false,
  answerHeaders: [],
  showsServer: true,
}

export type LoadBalancerRoute = {
  readonly loadBalancerArn: string
  /** As metrics and logs name it: `app/NAME/ID`. */
  readonly resource: string
  /** Of its address: `NAME-1234.us-east-1.elb.amazonaws.com`; stands in access logs for a missing host. */
  readonly dnsName: string
  /** How long a file of the access log is written: five (configured) minutes. Absent means 300,000. */
  readonly accessLogPeriodMilliseconds?: number
}

export type RuleRoute = {
  readonly priority: number
  readonly conditions: readonly RuleCondition[]
  readonly action: RouteAction
  /** Of requests that are forwarded; absent where there are none. */
  readonly transforms?: readonly RuleTransform[]
}

/** What is rewritten before a request goes to a target: the host without its port, or path and query. One of a type. */
export type RuleTransform = RewriteRule & { readonly type: 'host-header-rewrite' | 'url-rewrite' }

/**
 * The conditions of a rule are AND-ed, the values of one condition OR-ed. Wildcards are `*` and `?`. Regular expressions
 * (`regexValues`) are found anywhere in the text unless they say where; absent where there are none.
 */
export type RuleCondition =
  | { readonly field: 'host-header'; readonly values: readonly string[]; readonly regexValues?: readonly string[] }
  | { readonly field: 'path-pattern'; readonly values: readonly string[]; readonly regexValues?: readonly string[] }
  | {
      readonly field: 'http-header'
      readonly name: string
      readonly values: readonly string[]
      readonly regexValues?: readonly string[]
    }
  | { readonly field: 'http-request-method'; readonly values: readonly string[] }
  | {
      readonly field: 'query-string'
      readonly values: readonly { readonly key?: string | undefined; readonly value: string }[]
    }
  | { readonly field: 'source-ip'; readonly values: readonly string[] }

export type RouteAction =
  | {
      readonly type: 'forward'
      readonly targetGroups: readonly WeightedTargetGroup[]
      /** Absent where target-group stickiness is off: then each request is drawn anew. */
      readonly stickinessSeconds?: number
    }
  | {
      readonly type: 'redirect'
      readonly protocol: string
      readonly port: string
      readonly host: string
      readonly path: string
      readonly query: string
      readonly statusCode: 301 | 302
    }
  | {
      readonly type: 'fixed-response'
      readonly statusCode: number
      readonly contentType: string
      readonly messageBody: string
    }

export type WeightedTargetGroup = { readonly targetGroupArn: TargetGroupArn; readonly weight: number }

export type TargetGroupRoute = {
  readonly targetGroupArn: TargetGroupArn
  /** Absent means HTTP, as in tables of older versions. Over HTTPS a target's certificate is not checked, as on AWS. */
  readonly protocol?: 'HTTPS'
  readonly healthCheck: HealthCheckSettings
  /** Attribute `deregistration_delay.timeout_seconds`: a draining target's last requests are cut off after it. */
  readonly deregistrationDelaySeconds: number
  readonly targets: readonly TargetRoute[]
  /** Absent where everything has its default. */
  readonly balancing?: TargetBalancing
}

/** Attributes of a target group that say which target gets a request. */
export type TargetBalancing = {
  /** `load_balancing.algorithm.type`, default `round_robin`. */
  readonly algorithm: 'round_robin' | 'least_outstanding_requests' | 'weighted_random'
  /** `slow_start.duration_seconds`; 0, the default, is off. */
  readonly slowStartSeconds: number
  /** `stickiness.*`; absent where it is off, as by default. */
  readonly stickiness?: TargetStickiness
  /**
   * `target_group_health.unhealthy_state_routing.minimum_healthy_targets.*`: with fewer healthy ones, requests go to all
   * registered targets. `count` is 1 by default; `percentage` is absent where it is off.
   */
  readonly minimumHealthy: { readonly count: number; readonly percentage?: number }
}

export type TargetStickiness =
  | { readonly type: 'lb_cookie'; readonly durationSeconds: number }
  | { readonly type: 'app_cookie'; readonly cookieName: string; readonly durationSeconds: number }

export const defaultBalancing: TargetBalancing = {
  algorithm: 'round_robin',
  slowStartSeconds: 0,
  minimumHealthy: { count: 1 },
}

export type HealthCheckSettings = {
  readonly enabled: boolean
  /** Absent means HTTP. Over HTTPS the target's certificate is not checked, as on AWS. */
  readonly protocol?: 'HTTP' | 'HTTPS'
  readonly path: string
  /** `traffic-port` or a number as text, as the API has it. */
  readonly port: string
  readonly intervalSeconds: number
  readonly timeoutSeconds: number
  readonly healthyThresholdCount: number
  readonly unhealthyThresholdCount: number
  /** Status codes that count as healthy, e.g. `200`, `200-299,301`. */
  readonly matcher: string
}

export type TargetRoute = {
  readonly id: string
  readonly port: number
  /** A draining target finishes what it has and gets nothing new. */
  readonly draining: boolean
}

/** One name for a target wherever the router and the engine speak of it. */
export function targetKey(
  targetGroupArn: TargetGroupArn,
  target: { readonly id: string; readonly port: number },
): string {
  return `${targetGroupArn} ${target.id}:${target.port}`
}

/** The ARNs of the target groups that requests can come to from here. */
export function targetGroupsOf({ rules, defaultAction }: ListenerRoute): readonly TargetGroupArn[] {
  return [defaultAction, ...rules.map(({ action }) => action)].flatMap((action) =>
    action.type === 'forward' ? action.targetGroups.map(({ targetGroupArn }) => targetGroupArn) : [],
  )
}
