/**
 * What the router needs to know, and nothing else: plain data, made whole by the engine, applied whole by the router.
 * It travels as JSON over the control socket and is kept on disk, so that a router can start without the engine.
 */
export type RoutingTable = {
  /** Grows with every table the engine publishes; a router never goes back to a lower one. */
  readonly version: number
  readonly listeners: readonly ListenerRoute[]
  readonly targetGroups: Readonly<Record<TargetGroupArn, TargetGroupRoute>>
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
}

export type RuleRoute = {
  readonly priority: number
  readonly conditions: readonly RuleCondition[]
  readonly action: RouteAction
}

/** The conditions of a rule are AND-ed, the values of one condition OR-ed. Wildcards are `*` and `?`. */
export type RuleCondition =
  | { readonly field: 'host-header'; readonly values: readonly string[] }
  | { readonly field: 'path-pattern'; readonly values: readonly string[] }
  | { readonly field: 'http-header'; readonly name: string; readonly values: readonly string[] }
  | { readonly field: 'http-request-method'; readonly values: readonly string[] }
  | {
      readonly field: 'query-string'
      readonly values: readonly { readonly key?: string | undefined; readonly value: string }[]
    }
  | { readonly field: 'source-ip'; readonly values: readonly string[] }

export type RouteAction =
  | { readonly type: 'forward'; readonly targetGroups: readonly WeightedTargetGroup[] }
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
  readonly healthCheck: HealthCheckSettings
  /** Attribute `deregistration_delay.timeout_seconds`: a draining target's last requests are cut off after it. */
  readonly deregistrationDelaySeconds: number
  readonly targets: readonly TargetRoute[]
}

export type HealthCheckSettings = {
  readonly enabled: boolean
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
