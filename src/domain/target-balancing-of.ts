import { targetGroupAttributeDefaults } from './load-balancer-attributes.ts'
import type { TargetGroup } from './load-balancer.ts'
import { defaultBalancing, type TargetBalancing, type TargetStickiness } from './routing-table.ts'

/** What the attributes of a target group ask for; undefined where everything has its default. */
export function targetBalancingOf({ attributes }: Pick<TargetGroup, 'attributes'>): TargetBalancing | undefined {
  const all = { ...targetGroupAttributeDefaults, ...attributes }
  const stickiness = stickinessOf(all)
  const asked: TargetBalancing = {
    algorithm: algorithmOf(all['load_balancing.algorithm.type']),
    slowStartSeconds: Number(all['slow_start.duration_seconds']),
    minimumHealthy: minimumHealthyOf(all),
    ...(stickiness === undefined ? {} : { stickiness }),
  }
  return JSON.stringify(asked) === JSON.stringify(defaultBalancing) ? undefined : asked
}

type Attributes = Readonly<Record<string, string>>

function algorithmOf(type: string | undefined): TargetBalancing['algorithm'] {
  return type === 'least_outstanding_requests' || type === 'weighted_random' ? type : 'round_robin'
}

function minimumHealthyOf(attributes: Attributes): TargetBalancing['minimumHealthy'] {
  const prefix = 'target_group_health.unhealthy_state_routing.minimum_healthy_targets'
  const count = Number(attributes[`${prefix}.count`])
  const percentage = attributes[`${prefix}.percentage`]
  return { count, ...(percentage === undefined || percentage === 'off' ? {} : { percentage: Number(percentage) }) }
}

function stickinessOf(attributes: Attributes): TargetStickiness | undefined {
  if (attributes['stickiness.enabled'] !== 'true') return undefined
  if (attributes['stickiness.type'] !== 'app_cookie') {
    return { type: 'lb_cookie', durationSeconds: Number(attributes['stickiness.lb_cookie.duration_seconds']) }
  }
  return {
    type: 'app_cookie',
    cookieName: attributes['stickiness.app_cookie.cookie_name'] ?? '',
    durationSeconds: Number(attributes['stickiness.app_cookie.duration_seconds']),
  }
}
