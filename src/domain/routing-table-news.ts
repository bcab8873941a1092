import type { ListenerArn, ListenerRoute, RoutingTable, TargetGroupArn, TargetGroupRoute } from './routing-table.ts'

/**
 * What is different in a table from the one of version `since`. A listener or target group is in it whole or not at all:
 * a change of weights costs what its listener costs, however many others there are.
 */
export type RoutingTableNews = {
  readonly since: number
  readonly version: number
  /** New, or not as before. */
  readonly listeners: readonly ListenerRoute[]
  /** All of the table, in its order; absent where these are the same as before. */
  readonly listenerArns?: readonly ListenerArn[]
  /** New, or not as before. */
  readonly targetGroups: ReadonlyMap<TargetGroupArn, TargetGroupRoute>
  readonly goneTargetGroups: readonly TargetGroupArn[]
}

/** What is the same object in both tables is taken for the same, and not looked into. */
export function newsOf(before: RoutingTable, now: RoutingTable): RoutingTableNews {
  const known = new Set(before.listeners)
  const isSameList =
    before.listeners.length === now.listeners.length &&
    now.listeners.every(({ listenerArn }, at) => before.listeners[at]?.listenerArn === listenerArn)
  return {
    since: before.version,
    version: now.version,
    listeners: now.listeners.filter((listener) => !known.has(listener)),
    ...(isSameList ? {} : { listenerArns: now.listeners.map(({ listenerArn }) => listenerArn) }),
    targetGroups: new Map([...now.targetGroups].filter(([arn, group]) => before.targetGroups.get(arn) !== group)),
    goneTargetGroups: goneTargetGroups(before, now),
  }
}

/** The ARNs of those that are not the same object in both tables, or are in one only. */
export function changedTargetGroups(before: RoutingTable, now: RoutingTable): readonly TargetGroupArn[] {
  if (now.targetGroups === before.targetGroups) return []
  return [
    ...[...now.targetGroups.keys()].filter((arn) => now.targetGroups.get(arn) !== before.targetGroups.get(arn)),
    ...goneTargetGroups(before, now),
  ]
}

function goneTargetGroups(before: RoutingTable, now: RoutingTable): readonly TargetGroupArn[] {
  return [...before.targetGroups.keys()].filter((arn) => !now.targetGroups.has(arn))
}

/** The table that the news are of; what they do not speak of are the same objects. */
export function tableWith(before: RoutingTable, news: RoutingTableNews): RoutingTable {
  const { version, listenerArns = before.listeners.map(({ listenerArn }) => listenerArn) } = news
  const listeners = new Map([...before.listeners, ...news.listeners].map((route) => [route.listenerArn, route]))
  return {
    version,
    listeners: listenerArns.flatMap((arn) => listeners.get(arn) ?? []),
    targetGroups: targetGroupsWith(before.targetGroups, news),
  }
}

/** The very same where the news are of listeners only, as those of a deployment's weights: nobody looks through them then. */
function targetGroupsWith(before: RoutingTable['targetGroups'], news: RoutingTableNews): RoutingTable['targetGroups'] {
  if (news.targetGroups.size === 0 && news.goneTargetGroups.length === 0) return before
  const gone = new Set(news.goneTargetGroups)
  return new Map([...[...before].filter(([arn]) => !gone.has(arn)), ...news.targetGroups])
}
