import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Handlers } from '../handlers.ts'
import { page } from './pages.ts'

/** AWS's default quotas for Application Load Balancers, all enforced here. */
export const limits = {
  loadBalancersPerRegion: 50,
  listenersPerLoadBalancer: 50,
  /** Without the listeners' default ones. */
  certificatesPerLoadBalancer: 25,
  rulesPerLoadBalancer: 100,
  targetGroupsPerRegion: 3000,
  targetGroupsPerLoadBalancer: 100,
  targetGroupsPerAction: 5,
  targetsPerTargetGroup: 1000,
  conditionValuesPerRule: 5,
  conditionWildcardsPerRule: 5,
  tagsPerResource: 50,
}

const limitNames: Readonly<Record<string, number>> = {
  'application-load-balancers': limits.loadBalancersPerRegion,
  'condition-values-per-alb-rule': limits.conditionValuesPerRule,
  'condition-wildcards-per-alb-rule': limits.conditionWildcardsPerRule,
  'listeners-per-application-load-balancer': limits.listenersPerLoadBalancer,
  'rules-per-application-load-balancer': limits.rulesPerLoadBalancer,
  'target-groups': limits.targetGroupsPerRegion,
  'target-groups-per-action-on-application-load-balancer': limits.targetGroupsPerAction,
  'target-groups-per-application-load-balancer': limits.targetGroupsPerLoadBalancer,
  'targets-per-target-group': limits.targetsPerTargetGroup,
}

export const accountLimits = () =>
  ({
    DescribeAccountLimits(input) {
      const { items, ...next } = page(Object.entries(limitNames), ([name]) => name, input)
      return { Limits: items.map(([Name, max]) => ({ Name, Max: String(max) })), ...next }
    },
  }) satisfies Handlers<typeof sdk>
