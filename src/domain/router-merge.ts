import type {
  ListenerTotals,
  RefusedListener,
  RequestCount,
  RouterReport,
  TargetGroupExchanges,
  TargetReport,
} from './router-report.ts'
import type { TargetHealth } from './target-health.ts'

/**
 * What several routers that share the ports report, as one. What must be true of all is taken from the worst: a target is
 * healthy when every router finds it so, and a table is in force when every router has it. What is counted is added up.
 */
export function mergedReport(reports: readonly [RouterReport, ...RouterReport[]]): RouterReport {
  const [first] = reports
  if (reports.length === 1) return first
  return {
    routerId: reports.map(({ routerId }) => routerId).join(' '),
    pid: first.pid,
    tableVersion: Math.min(...reports.map(({ tableVersion }) => tableVersion)),
    refusedListeners: mergedRefusals(reports.map(({ refusedListeners }) => refusedListeners)),
    targets: mergedTargets(reports.map(({ targets }) => targets)),
    counts: mergedCounts(reports.flatMap(({ counts }) => counts)),
    exchanges: mergedExchanges(reports.flatMap(({ exchanges = [] }) => exchanges)),
    listeners: mergedListeners(reports.flatMap(({ listeners = [] }) => listeners)),
    routers: reports.flatMap(countedByRouter),
  }
}

/**
 * The report of routers in charge, with that of one that only finishes what it has: its requests in flight count, so that
 * no drain overlooks them, and so does what it has counted. Of all else those in charge alone judge.
 */
export function withRetiring(own: RouterReport, retiring: RouterReport): RouterReport {
  const { targets: inFlight, ...rest } = retiringReport(retiring)
  const targets = new Map(Array.from(inFlight, ([key, target]) => [key, asSeenBy(own, key, target)]))
  const merged = mergedReport([own, { ...rest, targets, tableVersion: own.tableVersion }])
  return { ...merged, routerId: own.routerId }
}

/** What counts of the report of one that only finishes what it has: of a thousand targets, those it still works with. */
export function retiringReport(report: RouterReport): RouterReport {
  const inFlight = [...report.targets].filter(([, target]) => target.inFlight > 0)
  return { ...report, targets: new Map(inFlight), refusedListeners: [] }
}

function asSeenBy(own: RouterReport, key: string, { inFlight, health }: TargetReport): TargetReport {
  const known = own.targets.get(key)
  return known === undefined ? { health, inFlight } : { ...known, inFlight }
}

/** What is left to be told of a router whose process has ended, whatever it told last. */
export function withoutConnections(report: RouterReport): RouterReport {
  const listeners = report.listeners?.map((listener) => ({ ...listener, activeConnections: 0 }))
  return { ...report, targets: new Map(), ...(listeners === undefined ? {} : { listeners }) }
}

/** Also in the report of one that tells of the router before it: as one sum, what that has counted would be counted anew. */
function countedByRouter({ routers, routerId, pid, counts, exchanges = [], listeners = [] }: RouterReport) {
  return routers ?? [{ routerId, pid, counts, exchanges, listeners }]
}

/** A listener that one router could not bind is refused: some clients would not get through. */
export function mergedRefusals(refusals: readonly (readonly RefusedListener[])[]): readonly RefusedListener[] {
  return [...new Map(refusals.flat().map((refused) => [refused.listenerArn, refused])).values()]
}

function mergedTargets(all: readonly RouterReport['targets'][]): RouterReport['targets'] {
  const merged = new Map<string, TargetReport>()
  for (const targets of all) {
    for (const [key, target] of targets) {
      const known = merged.get(key)
      merged.set(key, known === undefined ? target : mergedTarget(known, target))
    }
  }
  return merged
}

function mergedTarget(one: TargetReport, other: TargetReport): TargetReport {
  const worse = severity[other.health.state] > severity[one.health.state] ? other : one
  return { ...worse, inFlight: one.inFlight + other.inFlight }
}

const severity: Readonly<Record<TargetHealth['state'], number>> = {
  healthy: 0,
  unavailable: 1,
  unused: 2,
  initial: 3,
  unhealthy: 4,
  draining: 5,
}

function mergedCounts(counts: readonly RequestCount[]): readonly RequestCount[] {
  const sums = new Map<string, RequestCount>()
  for (const each of counts) {
    const { listenerArn, targetGroupArn = '', target = '', outcome, statusCode = '', targetAnswer = '' } = each
    const key = `${listenerArn} ${targetGroupArn} ${target} ${outcome} ${statusCode} ${targetAnswer}`
    sums.set(key, { ...each, count: each.count + (sums.get(key)?.count ?? 0) })
  }
  return [...sums.values()]
}

function mergedExchanges(exchanges: readonly TargetGroupExchanges[]): readonly TargetGroupExchanges[] {
  const sums = new Map<string, TargetGroupExchanges>()
  for (const each of exchanges) {
    const key = `${each.listenerArn} ${each.targetGroupArn}`
    const known = sums.get(key)
    sums.set(key, known === undefined ? each : summedExchanges(known, each))
  }
  return [...sums.values()]
}

function summedExchanges(one: TargetGroupExchanges, other: TargetGroupExchanges): TargetGroupExchanges {
  const counts = new Map(one.responseTimes.counts)
  for (const [bucket, count] of other.responseTimes.counts) counts.set(bucket, count + (counts.get(bucket) ?? 0))
  return {
    ...one,
    connectionErrors: one.connectionErrors + other.connectionErrors,
    tlsNegotiationErrors: (one.tlsNegotiationErrors ?? 0) + (other.tlsNegotiationErrors ?? 0),
    unhealthyRoutings: (one.unhealthyRoutings ?? 0) + (other.unhealthyRoutings ?? 0),
    nonStickyRequests: (one.nonStickyRequests ?? 0) + (other.nonStickyRequests ?? 0),
    responseTimes: {
      sumSeconds: one.responseTimes.sumSeconds + other.responseTimes.sumSeconds,
      counts: [...counts],
    },
  }
}

function mergedListeners(listeners: readonly ListenerTotals[]): readonly ListenerTotals[] {
  const sums = new Map<string, ListenerTotals>()
  for (const each of listeners) {
    const known = sums.get(each.listenerArn)
    sums.set(each.listenerArn, known === undefined ? each : summedListeners(known, each))
  }
  return [...sums.values()]
}

function summedListeners({ listenerArn, ...one }: ListenerTotals, other: ListenerTotals): ListenerTotals {
  const names = Object.keys({ ...other, ...one }).filter((name) => name !== 'listenerArn') as (keyof typeof one)[]
  return {
    listenerArn,
    ...one,
    ...Object.fromEntries(names.map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)])),
  }
}
