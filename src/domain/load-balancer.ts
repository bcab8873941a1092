import type { HealthCheckSettings, RuleCondition, RuleTransform } from './routing-table.ts'

/** Times are epoch milliseconds throughout the domain; the wire turns them into what each protocol wants. */
export type Tags = Readonly<Record<string, string>>

export type LoadBalancer = {
  readonly loadBalancerArn: string
  readonly name: string
  readonly createdTime: number
  readonly scheme: 'internet-facing' | 'internal'
  readonly ipAddressType: 'ipv4' | 'dualstack' | 'dualstack-without-public-ipv4'
  /** Recorded, not enforced. */
  readonly subnets: readonly string[]
  readonly securityGroups: readonly string[]
  /** Only what was set; the defaults are the wire's to add. */
  readonly attributes: Readonly<Record<string, string>>
  readonly tags: Tags
}

export type TargetGroup = {
  readonly targetGroupArn: string
  readonly name: string
  /** How its targets are spoken to; it stays as it was created. */
  readonly protocol: 'HTTP' | 'HTTPS'
  readonly protocolVersion: 'HTTP1'
  readonly port: number
  readonly vpcId?: string
  readonly targetType: 'ip' | 'instance'
  readonly ipAddressType: 'ipv4' | 'ipv6'
  readonly healthCheck: HealthCheckSettings
  readonly attributes: Readonly<Record<string, string>>
  readonly targets: readonly RegisteredTarget[]
  readonly tags: Tags
}

export type RegisteredTarget = {
  readonly id: string
  readonly port: number
  readonly availabilityZone?: string
  /** Set by DeregisterTargets: when it began, and the first routing table that says so. */
  readonly draining?: { readonly since: number }
}

export type Listener = {
  readonly listenerArn: string
  readonly loadBalancerArn: string
  readonly port: number
  readonly protocol: 'HTTP' | 'HTTPS'
  /** ARNs: the default certificate first, then those added for SNI. Absent or empty on an HTTP listener. */
  readonly certificateArns?: readonly string[]
  readonly sslPolicy?: string
  readonly defaultActions: readonly ListenerAction[]
  readonly attributes: Readonly<Record<string, string>>
  readonly tags: Tags
  /** The default rule mirrors `defaultActions` and has an ARN of its own. */
  readonly defaultRuleArn: string
}

export type ListenerRule = {
  readonly ruleArn: string
  readonly listenerArn: string
  readonly priority: number
  readonly conditions: readonly RuleCondition[]
  readonly actions: readonly ListenerAction[]
  /** Absent where there are none. */
  readonly transforms?: readonly RuleTransform[]
  readonly tags: Tags
}

export type ListenerAction =
  | {
      readonly type: 'forward'
      readonly order?: number
      readonly targetGroups: readonly { readonly targetGroupArn: string; readonly weight: number }[]
      /** As given: a duration may be recorded while stickiness is off. Absent means off. */
      readonly stickinessEnabled?: boolean
      readonly stickinessDurationSeconds?: number
    }
  | {
      readonly type: 'redirect'
      readonly order?: number
      readonly protocol: string
      readonly port: string
      readonly host: string
      readonly path: string
      readonly query: string
      readonly statusCode: 'HTTP_301' | 'HTTP_302'
    }
  | {
      readonly type: 'fixed-response'
      readonly order?: number
      readonly statusCode: string
      readonly contentType?: string
      readonly messageBody?: string
    }
