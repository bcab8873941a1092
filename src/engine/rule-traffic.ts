import { asDecimal } from '../domain/decimal.ts'
import type { ShiftPlan } from '../domain/deployment.ts'
import type { ListenerAction } from '../domain/load-balancer.ts'
import type { WeightedTargetGroup } from '../domain/routing-table.ts'
import type { ServiceDeployment } from '../domain/service-deployment.ts'
import type { ServiceLoadBalancer } from '../domain/service.ts'
import { failed } from './deployment-failure.ts'
import type { ShiftTools, Traffic } from './shift-steps.ts'
import type { Store } from './store.ts'

/** What ECS says before it says what is wrong with listeners, rules and target groups. */
export const invalidNetworking = 'of invalid networking configuration.'

/**
 * Sets the weights of the rules that a service names, and of nothing else. A rule is changed only while it says what the
 * deployment made it say: what somebody else has changed is not overwritten. A rollback takes the traffic back from any
 * share between the two groups.
 */
export function ruleTraffic(tools: ShiftTools, deployment: ServiceDeployment, plan: ShiftPlan): Traffic {
  const { store, loadBalancing } = tools
  const key = deployment.serviceDeploymentArn
  const isBack = deployment.rollback !== undefined
  const require = (ruleArn: string): void => {
    const current = store.serviceDeployments.get(key)
    if (current !== undefined) requireUntouched(store, current, plan, ruleArn, isBack)
  }
  return {
    require,
    shift: async (ruleArn, greenPercentage) => {
      store.transaction(() => {
        require(ruleArn)
        putWeights(store, ruleArn, ruleWeights(plan, greenPercentage))
        const current = store.serviceDeployments.get(key)
        if (current !== undefined) store.serviceDeployments.put(key, routed(current, plan, ruleArn, greenPercentage))
      })
      await loadBalancing.publish()
    },
  }
}

/** What is wrong with the rules of a deployment that runs: gone, or changed by somebody else. */
export function ruleTrouble(store: Store, deployment: ServiceDeployment): string | undefined {
  const { plan, routedPercentages = {} } = deployment
  if (plan === undefined) return undefined
  for (const [ruleArn, greenPercentage] of Object.entries(routedPercentages)) {
    const groups = forwardOf(store, ruleArn)
    if (groups === undefined) return ruleIsGone(store, ruleArn)
    const found = greenShareOf(groups, plan)
    if (found === undefined || !isSame(found, greenPercentage)) {
      return (
        `of a change that somebody else made to rule ${ruleArn}: it forwards ${inWords(groups)}, where the deployment had ` +
        `set ${inWords(ruleWeights(plan, greenPercentage))}.`
      )
    }
  }
  return undefined
}

/**
 * Green's share of a rule's traffic in percent, before a deployment has changed anything.
 * @throws DeploymentInterrupted where the rule is gone or forwards to others than the pair
 */
export function foundPercentage(
  store: Store,
  ruleArn: string,
  plan: Pick<ShiftPlan, 'blue' | 'green'>,
  kind: 'Production' | 'Test' = 'Production',
): number {
  const groups = forwardOf(store, ruleArn)
  if (groups === undefined) throw networkingFailure(ruleIsGone(store, ruleArn))
  const share = greenShareOf(groups, plan)
  if (share !== undefined) return share
  const [one, other] = [plan.blue.targetGroupArn, plan.green.targetGroupArn]
  const stranger = groups.find(({ targetGroupArn }) => targetGroupArn !== one && targetGroupArn !== other)
  throw networkingFailure(
    `${invalidNetworking} ${kind} listener rule is forwarding traffic to unexpected target group ` +
      `${stranger?.targetGroupArn ?? '(none)'}. Expected traffic to be forwarded to either targetGroupArn: ${one} or ` +
      `alternateTargetGroupArn: ${other}`,
  )
}

/** The target groups that a rule forwards to, by weight; undefined where there is no such rule or it does not forward. */
export function forwardOf(store: Store, ruleArn: string): readonly WeightedTargetGroup[] | undefined {
  const action = actionsOf(store, ruleArn)?.find((each) => each.type === 'forward')
  return action?.type === 'forward' ? action.targetGroups : undefined
}

/** The listener that a rule, or a default rule, belongs to. */
export function listenerOfRule(store: Store, ruleArn: string): string | undefined {
  return store.rules.get(ruleArn)?.listenerArn ?? defaultOf(store, ruleArn)?.listenerArn
}

/** The group of a pair that has the production rule's traffic, or most of it. */
export function servingGroupOf(store: Store, { targetGroupArn, advancedConfiguration }: ServiceLoadBalancer): string {
  const { alternateTargetGroupArn: alternate, productionListenerRule: rule } = advancedConfiguration ?? {}
  if (alternate === undefined || rule === undefined) return targetGroupArn
  const weightOf = (group: string): number =>
    (forwardOf(store, rule) ?? []).find((each) => each.targetGroupArn === group)?.weight ?? 0
  return weightOf(alternate) > weightOf(targetGroupArn) ? alternate : targetGroupArn
}

/** A rule's weights are whole numbers of at most 999: percents where they are whole, thousandths otherwise. */
function ruleWeights(
  { blue, green }: Pick<ShiftPlan, 'blue' | 'green'>,
  greenPercentage: number,
): readonly WeightedTargetGroup[] {
  const total = Number.isInteger(greenPercentage) ? 100 : 999
  const weight = Math.round((greenPercentage * total) / 100)
  return [
    { targetGroupArn: blue.targetGroupArn, weight: total - weight },
    { targetGroupArn: green.targetGroupArn, weight },
  ]
}

export function networkingFailure(message: string): Error {
  return failed('ELASTIC_LOAD_BALANCING_INVALID', message)
}

function requireUntouched(
  store: Store,
  deployment: ServiceDeployment,
  plan: ShiftPlan,
  ruleArn: string,
  isBack: boolean,
): void {
  if (isBack) {
    foundPercentage(store, ruleArn, plan)
    return
  }
  const trouble = ruleTrouble(store, deployment)
  if (trouble !== undefined) throw networkingFailure(trouble)
}

/** The weights are also what DescribeServiceDeployments shows of the revisions. */
function routed(
  deployment: ServiceDeployment,
  plan: ShiftPlan,
  ruleArn: string,
  greenPercentage: number,
): ServiceDeployment {
  const member = ruleArn === plan.testListenerArn ? 'requestedTestTrafficWeight' : 'requestedProductionTrafficWeight'
  const blueDigits = plan.blue.taskSetId.replace(/^ecs-svc\//, '/')
  return {
    ...deployment,
    routedPercentages: { ...deployment.routedPercentages, [ruleArn]: greenPercentage },
    targetServiceRevision: { ...deployment.targetServiceRevision, [member]: greenPercentage },
    sourceServiceRevisions: deployment.sourceServiceRevisions.map((revision) =>
      plan.blue.taskSetId !== '' && revision.arn.endsWith(blueDigits)
        ? { ...revision, [member]: asDecimal(100 - greenPercentage) }
        : revision,
    ),
  }
}

function putWeights(store: Store, ruleArn: string, weights: readonly WeightedTargetGroup[]): void {
  const reweighted = (actions: readonly ListenerAction[]): readonly ListenerAction[] =>
    actions.map((action) => (action.type === 'forward' ? { ...action, targetGroups: weights } : action))
  const rule = store.rules.get(ruleArn)
  if (rule !== undefined) {
    store.rules.put(ruleArn, { ...rule, actions: reweighted(rule.actions) })
    return
  }
  const listener = defaultOf(store, ruleArn)
  if (listener === undefined) return
  store.listeners.put(listener.listenerArn, { ...listener, defaultActions: reweighted(listener.defaultActions) })
}

function actionsOf(store: Store, ruleArn: string): readonly ListenerAction[] | undefined {
  return store.rules.get(ruleArn)?.actions ?? defaultOf(store, ruleArn)?.defaultActions
}

function defaultOf(store: Store, ruleArn: string) {
  return store.listeners.list().find(({ defaultRuleArn }) => defaultRuleArn === ruleArn)
}

/** Why nothing is known of a rule's target groups. */
export function ruleIsGone(store: Store, ruleArn: string): string {
  return actionsOf(store, ruleArn) === undefined
    ? `${invalidNetworking} One or more rules not found`
    : `${invalidNetworking} Rule ${ruleArn} does not forward to target groups`
}

/** Undefined where others than the pair have a part, or nobody has any weight. */
function greenShareOf(
  groups: readonly WeightedTargetGroup[],
  { blue, green }: Pick<ShiftPlan, 'blue' | 'green'>,
): number | undefined {
  const pair = [blue.targetGroupArn, green.targetGroupArn]
  const total = groups.reduce((sum, { weight }) => sum + weight, 0)
  if (total === 0 || groups.some(({ targetGroupArn }) => !pair.includes(targetGroupArn))) return undefined
  const weight = groups.find(({ targetGroupArn }) => targetGroupArn === green.targetGroupArn)?.weight ?? 0
  return (weight / total) * 100
}

/** But for the rounding of weights. */
function isSame(one: number, other: number): boolean {
  return Math.abs(one - other) < 0.06
}

function inWords(groups: readonly WeightedTargetGroup[]): string {
  return groups
    .map(({ targetGroupArn, weight }) => `${weight} to ${targetGroupArn.split('/')[1] ?? targetGroupArn}`)
    .join(', ')
}
