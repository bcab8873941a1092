import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import { arn } from '../../domain/identifiers.ts'
import type { Listener, ListenerRule } from '../../domain/load-balancer.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Store } from '../../engine/store.ts'
import type { Answer, Handlers } from '../handlers.ts'
import { describeAction, readActions } from './actions.ts'
import { checkTargetGroups } from './associations.ts'
import { describeCondition, readConditions } from './conditions.ts'
import { checkRange, invalid, refusal } from './errors.ts'
import { findListener, findRule, type FoundRule, type Where } from './find.ts'
import { limits } from './limits.ts'
import { page } from './pages.ts'
import { readTags } from './tag-lists.ts'
import { checkTransforms, describeTransform, readTransforms } from './transforms.ts'

export const rules = ({ store, chance, loadBalancing }: Engine) =>
  ({
    async CreateRule({ ListenerArn, Conditions, Priority, Actions, Tags, Transforms }, call) {
      const { loadBalancerArn } = findListener({ store, call }, ListenerArn)
      const transforms = readTransforms(Transforms)
      const asked = {
        listenerArn: ListenerArn,
        priority: readPriority(Priority),
        conditions: readConditions(Conditions),
        actions: readActions(Actions),
        ...(transforms === undefined ? {} : { transforms }),
        tags: readTags(Tags),
      }
      checkTransforms(transforms, asked.actions)
      checkTargetGroups({ store, call }, loadBalancerArn, asked.actions)
      if (rulesOf(store, ListenerArn).some(({ priority }) => priority === asked.priority)) throw priorityInUse()
      checkLimit(store, loadBalancerArn)
      const rule: ListenerRule = { ...asked, ruleArn: arn.rule(ListenerArn, chance.hex(16)) }
      store.rules.put(rule.ruleArn, rule)
      await loadBalancing.publish()
      return { Rules: [describe(rule)] }
    },

    DescribeRules({ ListenerArn, RuleArns = [], ...request }, call) {
      const found = rulesAskedFor({ store, call }, ListenerArn, RuleArns)
      const { items, ...next } = page(found, pageKey, request)
      return {
        Rules: items.map((each) => (each.kind === 'rule' ? describe(each.rule) : describeDefault(each.listener))),
        ...next,
      }
    },

    async ModifyRule({ RuleArn, Conditions, Actions, Transforms, ResetTransforms }, call) {
      const rule = ordinaryRule({ store, call }, RuleArn, 'modified; modify the default actions of its listener')
      if (Transforms !== undefined && ResetTransforms === true) {
        throw invalid('Transforms and ResetTransforms cannot be specified at the same time')
      }
      const { transforms: formerTransforms, ...others } = rule
      const unchanged = ResetTransforms === true ? undefined : formerTransforms
      const transforms = Transforms === undefined ? unchanged : readTransforms(Transforms)
      const changed: ListenerRule = {
        ...others,
        conditions: Conditions === undefined ? rule.conditions : readConditions(Conditions),
        actions: Actions === undefined ? rule.actions : readActions(Actions),
        ...(transforms === undefined ? {} : { transforms }),
      }
      checkTransforms(transforms, changed.actions)
      checkTargetGroups({ store, call }, loadBalancerOf(store, rule), changed.actions)
      store.rules.put(RuleArn, changed)
      await loadBalancing.publish()
      return { Rules: [describe(changed)] }
    },

    async SetRulePriorities({ RulePriorities }, call) {
      const changed = RulePriorities.map(({ RuleArn, Priority }) => {
        if (RuleArn === undefined) throw invalid('A rule ARN must be specified')
        if (Priority === undefined) throw invalid('A rule priority must be specified')
        const rule = ordinaryRule({ store, call }, RuleArn, 'given a priority')
        return { ...rule, priority: readPriority(Priority) }
      })
      checkPriorities(store, changed)
      store.transaction(() => changed.forEach((rule) => store.rules.put(rule.ruleArn, rule)))
      await loadBalancing.publish()
      return { Rules: changed.map(describe) }
    },

    async DeleteRule({ RuleArn }, call) {
      ordinaryRule({ store, call }, RuleArn, 'deleted')
      store.rules.delete(RuleArn)
      await loadBalancing.publish()
      return {}
    },
  }) satisfies Handlers<typeof sdk>

function readPriority(priority: number): number {
  return checkRange('Rule priority', priority, { minimum: 1, maximum: 50_000 })
}

function rulesOf(store: Store, listenerArn: string): readonly ListenerRule[] {
  return store.rules.list().filter((rule) => rule.listenerArn === listenerArn)
}

function loadBalancerOf(store: Store, { listenerArn }: ListenerRule): string {
  return store.listeners.get(listenerArn)?.loadBalancerArn ?? ''
}

function priorityInUse(): Error {
  return refusal('PriorityInUseException', 'The specified priority is in use.')
}

/** AWS counts the rules of all listeners of a load balancer, without the default ones. */
function checkLimit(store: Store, loadBalancerArn: string): void {
  const count = store.rules.list().filter((rule) => loadBalancerOf(store, rule) === loadBalancerArn).length
  if (count < limits.rulesPerLoadBalancer) return
  throw refusal(
    'TooManyRulesException',
    `A load balancer can have '${limits.rulesPerLoadBalancer}' rules, and '${loadBalancerArn}' has them`,
  )
}

function rulesAskedFor(
  where: Where,
  listenerArn: string | undefined,
  ruleArns: readonly string[],
): readonly FoundRule[] {
  if (ruleArns.length > 0) {
    if (listenerArn === undefined) return [...new Set(ruleArns)].map((ruleArn) => findRule(where, ruleArn))
    throw invalid('Listener rule ARNs and a listener ARN cannot be specified at the same time')
  }
  if (listenerArn === undefined) throw invalid('You must specify either listener rule ARNs or a listener ARN')
  const listener = findListener(where, listenerArn)
  const created = rulesOf(where.store, listenerArn).map((rule) => ({ kind: 'rule', rule }) as const)
  return [...created, { kind: 'default', listener }]
}

/** In the order in which they are tried. */
function pageKey(found: FoundRule): string {
  return found.kind === 'rule' ? `${String(found.rule.priority).padStart(5, '0')} ${found.rule.ruleArn}` : 'default'
}

function ordinaryRule(where: Where, ruleArn: string, whatCannotBe: string): ListenerRule {
  const found = findRule(where, ruleArn)
  if (found.kind === 'rule') return found.rule
  throw refusal('OperationNotPermittedException', `Default rule '${ruleArn}' cannot be ${whatCannotBe}`)
}

/** All or nothing: no two rules of a listener may have the same priority afterwards. */
function checkPriorities(store: Store, changed: readonly ListenerRule[]): void {
  const arns = new Set(changed.map(({ ruleArn }) => ruleArn))
  if (arns.size < changed.length) throw invalid('A rule ARN was specified twice')
  const kept = store.rules.list().filter(({ ruleArn }) => !arns.has(ruleArn))
  const places = [...kept, ...changed].map(({ listenerArn, priority }) => `${listenerArn} ${priority}`)
  if (new Set(places).size < places.length) throw priorityInUse()
}

function describe({ ruleArn, priority, conditions, actions, transforms }: ListenerRule): Answer<sdk.Rule> {
  return {
    RuleArn: ruleArn,
    Priority: String(priority),
    Conditions: conditions.map(describeCondition),
    Actions: actions.map(describeAction),
    IsDefault: false,
    ...(transforms === undefined ? {} : { Transforms: transforms.map(describeTransform) }),
  }
}

function describeDefault({ defaultRuleArn, defaultActions }: Listener): Answer<sdk.Rule> {
  return {
    RuleArn: defaultRuleArn,
    Priority: 'default',
    Conditions: [],
    Actions: defaultActions.map(describeAction),
    IsDefault: true,
  }
}
