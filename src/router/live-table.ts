import { isDeepStrictEqual } from 'node:util'
import {
  defaultHandling,
  type ListenerRoute,
  type RequestHandling,
  type RouteAction,
  type RuleCondition,
  type RuleTransform,
} from '../domain/routing-table.ts'
import { RuleTest } from '../domain/rule-match.ts'
import { AnswerRules } from './client-head.ts'
import type { LiveGroup, LiveTargets } from './live-targets.ts'
import { RequestTransform } from './request-transform.ts'
import type { GroupTally, ListenerTally, Tallies } from './tallies.ts'

/** A listener as requests know it: everything looked up, compiled and added up. */
export type LiveListener = {
  readonly route: ListenerRoute
  readonly handling: RequestHandling
  readonly answerRules: AnswerRules
  readonly rules: readonly LiveRule[]
  readonly defaultAction: LiveAction
  readonly idleMilliseconds: number
  readonly keepAliveMilliseconds: number
  readonly tally: ListenerTally
}

type LiveRule = { readonly priority: number; readonly test: RuleTest; readonly action: LiveAction }

export type LiveAction = LiveForward | Exclude<RouteAction, { type: 'forward' }>

export type LiveForward = {
  readonly type: 'forward'
  readonly route: Extract<RouteAction, { type: 'forward' }>
  readonly groups: readonly WeightedGroup[]
  /** Of the weights. */
  readonly total: number
  /** What the rule rewrites of the requests that it forwards. */
  readonly transform: RequestTransform | undefined
}

export type WeightedGroup = {
  readonly group: LiveGroup
  readonly tally: GroupTally
  /** The sum of the weights up to this one. */
  readonly sum: number
}

/** What a table is compiled with. */
export type LiveTableParts = { readonly targets: LiveTargets; readonly tallies: Tallies }

/**
 * Made step by step: a listener with a hundred rules takes a while. Of the same listener in the table before, rules whose
 * conditions are the same are not compiled again: most tables bring new weights.
 */
export function* liveListener(
  route: ListenerRoute,
  parts: LiveTableParts,
  before?: LiveListener,
): Generator<void, LiveListener> {
  const handling = route.handling ?? defaultHandling
  const tally = parts.tallies.ofListener(route.listenerArn)
  const rules: LiveRule[] = []
  for (const [place, { priority, conditions, action, transforms }] of route.rules.entries()) {
    const test = formerTest(conditions, before, place) ?? new RuleTest(conditions)
    rules.push({ priority, test, action: liveAction(action, tally, parts, transforms) })
    yield
  }
  return {
    route,
    handling,
    answerRules: new AnswerRules(handling),
    rules,
    defaultAction: liveAction(route.defaultAction, tally, parts),
    idleMilliseconds: route.idleTimeoutSeconds * 1000,
    keepAliveMilliseconds: route.clientKeepAliveSeconds * 1000,
    tally,
  }
}

function formerTest(
  conditions: readonly RuleCondition[],
  before: LiveListener | undefined,
  place: number,
): RuleTest | undefined {
  const former = before?.route.rules[place]
  return former !== undefined && isDeepStrictEqual(former.conditions, conditions)
    ? before?.rules[place]?.test
    : undefined
}

function liveAction(
  action: RouteAction,
  tally: ListenerTally,
  { targets }: LiveTableParts,
  transforms?: readonly RuleTransform[],
): LiveAction {
  if (action.type !== 'forward') return action
  let total = 0
  const groups = action.targetGroups.map(({ targetGroupArn, weight }) => {
    total += weight
    return { group: targets.group(targetGroupArn), tally: tally.ofGroup(targetGroupArn), sum: total }
  })
  const transform = transforms === undefined ? undefined : new RequestTransform(transforms)
  return { type: 'forward', route: action, groups, total, transform }
}

/**
 * One of the groups, in proportion to their weights; `random` is in [0, 1). Undefined where all weights are 0. There is
 * no second choice: a chosen group without targets answers 503, as on AWS.
 */
export function chooseGroup({ groups, total }: LiveForward, random: number): WeightedGroup | undefined {
  const place = random * total
  for (const weighted of groups) if (place < weighted.sum) return weighted
  return undefined
}
