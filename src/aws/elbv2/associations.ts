import type { ListenerAction } from '../../domain/load-balancer.ts'
import { loadBalancersByTargetGroup, targetGroupsOfAction } from '../../domain/routing-table-of.ts'
import type { Store } from '../../engine/store.ts'
import { refusal } from './errors.ts'
import { findTargetGroup, type Where } from './find.ts'
import { limits } from './limits.ts'

/** By target group, the load balancers whose listeners and rules name it: one at most. */
export function loadBalancersByGroup(store: Store): ReadonlyMap<string, ReadonlySet<string>> {
  return loadBalancersByTargetGroup({ listeners: store.listeners.list(), rules: store.rules.list() })
}

/** The target groups which a load balancer's default actions and rules name, at weight 0 too. */
export function targetGroupsOf(store: Store, loadBalancerArn: string): ReadonlySet<string> {
  const listeners = store.listeners.list().filter((listener) => listener.loadBalancerArn === loadBalancerArn)
  const listenerArns = new Set(listeners.map(({ listenerArn }) => listenerArn))
  const rules = store.rules.list().filter(({ listenerArn }) => listenerArns.has(listenerArn))
  const actions = [
    ...listeners.flatMap(({ defaultActions }) => defaultActions),
    ...rules.flatMap((rule) => rule.actions),
  ]
  return new Set(actions.flatMap(targetGroupsOfAction))
}

/** The target groups of these actions exist, belong to no other load balancer, and are not too many. */
export function checkTargetGroups(where: Where, loadBalancerArn: string, actions: readonly ListenerAction[]): void {
  const named = actions.flatMap(targetGroupsOfAction)
  for (const targetGroupArn of named) findTargetGroup(where, targetGroupArn)
  const users = loadBalancersByGroup(where.store)
  const taken = named.filter((targetGroupArn) =>
    [...(users.get(targetGroupArn) ?? [])].some((other) => other !== loadBalancerArn),
  )
  if (taken.length > 0) {
    throw refusal(
      'TargetGroupAssociationLimitException',
      `The following target groups cannot be associated with more than one load balancer: ${taken.join(', ')}`,
    )
  }
  const all = new Set([...targetGroupsOf(where.store, loadBalancerArn), ...named])
  if (all.size > limits.targetGroupsPerLoadBalancer) {
    throw refusal(
      'TooManyUniqueTargetGroupsPerLoadBalancerException',
      `A load balancer can use '${limits.targetGroupsPerLoadBalancer}' target groups, not '${all.size}'`,
    )
  }
}
