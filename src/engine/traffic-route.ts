import type { DeploymentPlan, ShiftPlan } from '../domain/deployment.ts'
import type { Listener, ListenerAction } from '../domain/load-balancer.ts'
import type { ListenerFacts } from '../domain/preflight/facts.ts'
import { primaryFindings } from '../domain/preflight/listener-findings.ts'
import { loadBalancersByTargetGroup } from '../domain/routing-table-of.ts'
import type { WeightedTargetGroup } from '../domain/routing-table.ts'
import { explained, failed } from './deployment-failure.ts'
import type { Engine } from './engine.ts'
import { forwardOf } from './rule-traffic.ts'
import type { Store } from './store.ts'

/** The two target groups of a deployment group with the share each gets of a listener's traffic; 100 in all. */
export type PairWeights = readonly [WeightedTargetGroup, WeightedTargetGroup]

/**
 * Gives a listener's traffic to the pair by these weights and resolves when every new request follows them.
 * As CodeDeploy does it, the default action and every rule that forwards to the pair, and to nobody else, become weighted
 * forwards over both groups; rules to other groups are left alone. A group that somebody has deleted gets no part again.
 */
export async function shiftTraffic(
  { store, loadBalancing }: Pick<Engine, 'store' | 'loadBalancing'>,
  { listenerArn, weights }: { readonly listenerArn: string; readonly weights: PairWeights },
): Promise<void> {
  store.transaction(() => {
    const listener = requireListener(store, listenerArn)
    const defaultActions = reweighted(store, listener.defaultActions, weights)
    store.listeners.put(listenerArn, { ...listener, defaultActions })
    for (const rule of rulesOf(store, listenerArn)) {
      store.rules.put(rule.ruleArn, { ...rule, actions: reweighted(store, rule.actions, weights) })
    }
  })
  await loadBalancing.publish()
}

/** All in percent: what green does not get is blue's. */
export function pairWeights({ blue, green }: Pick<ShiftPlan, 'blue' | 'green'>, greenPercentage: number): PairWeights {
  return [
    { targetGroupArn: blue.targetGroupArn, weight: 100 - greenPercentage },
    { targetGroupArn: green.targetGroupArn, weight: greenPercentage },
  ]
}

/** Share of the traffic of a listener, or of the one rule of this ARN, that goes to a target group, in percent of what the pair gets. */
export function trafficWeight(store: Store, listenerArn: string, targetGroupArn: string): number {
  const weights = forwardsOf(store, listenerArn)
    .map((groups) => shareOf(groups, targetGroupArn))
    .filter((share) => share !== undefined)
  return weights.length === 0 ? 0 : Math.max(...weights)
}

/** True when some default action or rule of the listener sends traffic to the target group. */
export function servesTargetGroup(store: Store, listenerArn: string, targetGroupArn: string): boolean {
  return trafficWeight(store, listenerArn, targetGroupArn) > 0
}

/**
 * What has to be so before a deployment changes anything: the listeners forward to the pair, and no forward mixes it with
 * other groups, whose share nobody could then keep. Weight 0 is behind a listener, too. For the test listener either
 * group will do, as AWS's own tutorial has it.
 * @throws DeploymentInterrupted ELASTIC_LOAD_BALANCING_INVALID
 */
export function checkListeners(store: Store, plan: DeploymentPlan): void {
  const { prodListenerArn, testListenerArn, blue, green } = plan
  if (!isBehind(store, prodListenerArn, blue.targetGroupArn)) {
    throw notOnPrimary(store, plan, { listenerArn: prodListenerArn, isTest: false })
  }
  if (
    testListenerArn !== undefined &&
    ![blue, green].some((side) => isBehind(store, testListenerArn, side.targetGroupArn))
  ) {
    throw notOnPrimary(store, plan, { listenerArn: testListenerArn, isTest: true })
  }
  for (const listenerArn of [prodListenerArn, ...(testListenerArn === undefined ? [] : [testListenerArn])]) {
    requirePair(store, plan, listenerArn)
    requireOwnPair(store, plan, listenerArn)
  }
}

/** A target group belongs to one load balancer, whoever changes its listeners. */
function requireOwnPair(store: Store, { blue, green }: DeploymentPlan, listenerArn: string): void {
  const { loadBalancerArn } = requireListener(store, listenerArn)
  const users = loadBalancersByTargetGroup({ listeners: store.listeners.list(), rules: store.rules.list() })
  const taken = [blue, green].find(({ targetGroupArn }) =>
    [...(users.get(targetGroupArn) ?? [])].some((other) => other !== loadBalancerArn),
  )
  if (taken === undefined) return
  throw refusedByElb(
    'The following target groups cannot be associated with more than one load balancer: ' +
      `${taken.targetGroupArn}. Take ${taken.targetGroupName} from the listeners of the other one, and deploy again`,
  )
}

/**
 * What has to be so still when traffic is shifted: of a listener that somebody has turned to other target groups nothing
 * would follow the weights, and the deployment would say of traffic what is not so.
 * @throws DeploymentInterrupted ELASTIC_LOAD_BALANCING_INVALID
 */
export function requirePair(store: Store, { blue, green }: ShiftPlan, listenerArn: string): void {
  requireListener(store, listenerArn)
  const pair = [blue.targetGroupArn, green.targetGroupArn]
  const names = `${blue.targetGroupName} or ${green.targetGroupName}`
  const counts = forwardsOf(store, listenerArn).map((groups) => ({
    inPair: groups.filter(({ targetGroupArn }) => pair.includes(targetGroupArn)).length,
    inAll: groups.length,
  }))
  if (counts.some(({ inPair, inAll }) => inPair > 0 && inPair < inAll)) {
    throw refusedByElb(
      `A rule of listener ${listenerArn} forwards to ${names} and to other target groups as well. Give the others rules ` +
        'of their own',
    )
  }
  if (counts.every(({ inPair }) => inPair === 0)) {
    throw refusedByElb(
      `Listener ${listenerArn} was changed meanwhile and does not forward to ${names} any more. Let it forward to one of ` +
        'them, and deploy again',
    )
  }
}

/** @throws DeploymentInterrupted ELASTIC_LOAD_BALANCING_INVALID where somebody has deleted it */
function requireListener(store: Store, listenerArn: string): Listener {
  const listener = store.listeners.get(listenerArn)
  if (listener === undefined) throw refusedByElb(`Listener ${listenerArn} does not exist any more`)
  return listener
}

function isBehind(store: Store, listenerArn: string, targetGroupArn: string): boolean {
  return forwardsOf(store, listenerArn).some((groups) => shareOf(groups, targetGroupArn) !== undefined)
}

function notOnPrimary(
  store: Store,
  { blue, green }: DeploymentPlan,
  { listenerArn, isTest }: { readonly listenerArn: string; readonly isTest: boolean },
): Error {
  const sides = { blue: nameOf(blue), green: nameOf(green) }
  const listener = store.listeners.get(listenerArn)
  const findings = listener === undefined ? [] : primaryFindings(factsOf(store, listener), sides, { isTest })
  const refusal = `Primary taskset target group must be behind listener ${listenerArn}`
  return refusedByElb(findings.length === 0 ? refusal : `${refusal}.${explained(findings)}`)
}

function nameOf({ targetGroupArn, targetGroupName: name }: DeploymentPlan['blue']) {
  return { targetGroupArn, name }
}

function factsOf(store: Store, listener: Listener): ListenerFacts {
  const { listenerArn, loadBalancerArn, protocol, port, defaultActions } = listener
  const rules = rulesOf(store, listenerArn).map(({ priority, actions }) => ({ priority: String(priority), actions }))
  const routes = [{ priority: 'default', actions: defaultActions }, ...rules].map(({ priority, actions }) => {
    const action = actions.at(-1)
    return {
      priority,
      action: action?.type ?? '',
      targetGroups: action?.type === 'forward' ? action.targetGroups : [],
    }
  })
  return { listenerArn, loadBalancerArn, protocol, port, routes }
}

function refusedByElb(reason: string): Error {
  return failed('ELASTIC_LOAD_BALANCING_INVALID', `The ELB could not be updated due to the following error: ${reason}`)
}

function rulesOf(store: Store, listenerArn: string) {
  return store.rules.list().filter((rule) => rule.listenerArn === listenerArn)
}

function forwardsOf(store: Store, listenerArn: string): readonly (readonly WeightedTargetGroup[])[] {
  const listener = store.listeners.get(listenerArn)
  if (listener === undefined) {
    const groups = forwardOf(store, listenerArn)
    return groups === undefined ? [] : [groups]
  }
  return [listener.defaultActions, ...rulesOf(store, listenerArn).map(({ actions }) => actions)]
    .flat()
    .flatMap((action) => (action.type === 'forward' ? [action.targetGroups] : []))
}

function shareOf(groups: readonly WeightedTargetGroup[], targetGroupArn: string): number | undefined {
  const group = groups.find((candidate) => candidate.targetGroupArn === targetGroupArn)
  if (group === undefined) return undefined
  const total = groups.reduce((sum, { weight }) => sum + weight, 0)
  return total === 0 ? 0 : (group.weight / total) * 100
}

function reweighted(store: Store, actions: readonly ListenerAction[], weights: PairWeights): readonly ListenerAction[] {
  const pair = new Set(weights.map(({ targetGroupArn }) => targetGroupArn))
  const targetGroups = weights.filter(({ targetGroupArn }) => store.targetGroups.has(targetGroupArn))
  if (targetGroups.length === 0) return actions
  return actions.map((action) => {
    if (action.type !== 'forward') return action
    if (!action.targetGroups.every(({ targetGroupArn }) => pair.has(targetGroupArn))) return action
    return { ...action, targetGroups }
  })
}
