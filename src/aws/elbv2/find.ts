import { parseArn } from '../../domain/identifiers.ts'
import type { Listener, ListenerRule, LoadBalancer, TargetGroup } from '../../domain/load-balancer.ts'
import type { Store } from '../../engine/store.ts'
import type { Call } from '../handlers.ts'
import { invalid, refusal } from './errors.ts'

/** Finding things by their ARNs as ELBv2 does: what is no such ARN at all is a ValidationError, the rest NotFound. */
export type Where = { readonly store: Store; readonly call: Call }

export function findLoadBalancer({ store, call }: Where, loadBalancerArn: string): LoadBalancer {
  checkLoadBalancerArn(loadBalancerArn)
  const found = isIn(call, loadBalancerArn) ? store.loadBalancers.get(loadBalancerArn) : undefined
  if (found === undefined) throw refusal('LoadBalancerNotFoundException', 'One or more load balancers not found')
  return found
}

export function checkLoadBalancerArn(loadBalancerArn: string): void {
  checkArn(loadBalancerArn, 'loadbalancer/app/', 'load balancer')
}

export function findTargetGroup({ store, call }: Where, targetGroupArn: string): TargetGroup {
  checkTargetGroupArn(targetGroupArn)
  const found = isIn(call, targetGroupArn) ? store.targetGroups.get(targetGroupArn) : undefined
  if (found === undefined) throw refusal('TargetGroupNotFoundException', 'One or more target groups not found')
  return found
}

export function checkTargetGroupArn(targetGroupArn: string): void {
  checkArn(targetGroupArn, 'targetgroup/', 'target group')
}

export function findListener({ store, call }: Where, listenerArn: string): Listener {
  checkArn(listenerArn, 'listener/app/', 'listener')
  const found = isIn(call, listenerArn) ? store.listeners.get(listenerArn) : undefined
  if (found === undefined) throw refusal('ListenerNotFoundException', 'One or more listeners not found')
  return found
}

/** A rule that was created, or the listener whose default rule it is. */
export type FoundRule =
  { readonly kind: 'rule'; readonly rule: ListenerRule } | { readonly kind: 'default'; readonly listener: Listener }

export function findRule({ store, call }: Where, ruleArn: string): FoundRule {
  checkArn(ruleArn, 'listener-rule/app/', 'listener rule')
  if (isIn(call, ruleArn)) {
    const rule = store.rules.get(ruleArn)
    if (rule !== undefined) return { kind: 'rule', rule }
    const listener = store.listeners.list().find(({ defaultRuleArn }) => defaultRuleArn === ruleArn)
    if (listener !== undefined) return { kind: 'default', listener }
  }
  throw refusal('RuleNotFoundException', 'One or more rules not found')
}

/** Names are unique, and listings end, within a region of an account. */
export function isIn({ region, accountId }: Call, arn: string): boolean {
  const parts = parseArn(arn)
  return parts?.region === region && parts.accountId === accountId
}

function checkArn(text: string, resourcePrefix: string, noun: string): void {
  const parts = parseArn(text)
  if (parts?.service !== 'elasticloadbalancing' || !parts.resource.startsWith(resourcePrefix)) {
    throw invalid(`'${text}' is not a valid ${noun} ARN`)
  }
}
