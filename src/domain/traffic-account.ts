import type { RequestCount, RequestOutcome, TargetGroupExchanges } from './router-report.ts'

/** Requests of a deployment's listeners that ended, by where they went and how they ended. */
export type TrafficCount = {
  readonly listener: 'production' | 'test'
  /** The name of a group of the pair; an ARN for any other; absent where no group was chosen. */
  readonly targetGroup?: string
  readonly outcome: RequestOutcome
  readonly count: number
}

/** What was counted in a span of time, epoch milliseconds, in which the production listener's weights were these. */
export type TrafficRow = {
  readonly from: number
  readonly to: number
  /** Percent of the production listener's traffic, by the name of the target group. */
  readonly weights: TrafficWeights
  readonly counts: readonly TrafficCount[]
  /** How long targets took; absent where nothing was measured. */
  readonly responseTimes?: readonly ResponseTimes[]
}

/** Requests of the production listener by `latencyBucket`, of a target group by its name. */
export type ResponseTimes = {
  readonly targetGroup: string
  readonly counts: readonly (readonly [bucket: number, count: number])[]
}

export type TrafficWeights = Readonly<Record<string, number>>

/** Whose requests are counted, and what their target groups are called. */
export type CountedTraffic = {
  readonly prodListenerArn: string
  readonly testListenerArn?: string
  readonly targetGroups: readonly { readonly name: string; readonly targetGroupArn: string }[]
  /** Requests that went to no group of these, or to none at all, are somebody else's. */
  readonly isOfPairOnly?: boolean
}

/** A router's counters since it started, of these listeners only, summed over the targets. */
export function countsOf(counted: CountedTraffic, counts: readonly RequestCount[]): readonly TrafficCount[] {
  return sumOf(
    counts.flatMap(({ listenerArn, targetGroupArn, outcome, count }): readonly TrafficCount[] => {
      const isTest = listenerArn === counted.testListenerArn
      if (!isTest && listenerArn !== counted.prodListenerArn) return []
      const listener = isTest ? 'test' : 'production'
      const isKnown = counted.targetGroups.some((group) => group.targetGroupArn === targetGroupArn)
      if (counted.isOfPairOnly === true && !isKnown) return []
      if (targetGroupArn === undefined) return [{ listener, outcome, count }]
      const known = counted.targetGroups.find((group) => group.targetGroupArn === targetGroupArn)
      return [{ listener, targetGroup: known?.name ?? targetGroupArn, outcome, count }]
    }),
  )
}

/** How long the targets of the pair took for requests of the production listener, since the router started. */
export function responseTimesOf(
  { prodListenerArn, targetGroups }: CountedTraffic,
  exchanges: readonly TargetGroupExchanges[],
): readonly ResponseTimes[] {
  return exchanges.flatMap(({ listenerArn, targetGroupArn, responseTimes: { counts } }) => {
    const group = targetGroups.find((each) => each.targetGroupArn === targetGroupArn)
    return listenerArn === prodListenerArn && group !== undefined ? [{ targetGroup: group.name, counts }] : []
  })
}

/** Of several routers, or spans of time, as one. */
export function sumOfTimes(all: readonly ResponseTimes[]): readonly ResponseTimes[] {
  const sums = new Map<string, Map<number, number>>()
  for (const { targetGroup, counts } of all) {
    const sum = sums.get(targetGroup) ?? new Map<number, number>()
    for (const [bucket, count] of counts) sum.set(bucket, (sum.get(bucket) ?? 0) + count)
    sums.set(targetGroup, sum)
  }
  return Array.from(sums, ([targetGroup, counts]) => ({
    targetGroup,
    counts: [...counts].toSorted(([one], [other]) => one - other),
  }))
}

/** What was measured since; a counter only grows. */
export function timesSince(before: readonly ResponseTimes[], now: readonly ResponseTimes[]): readonly ResponseTimes[] {
  return now.flatMap(({ targetGroup, counts }) => {
    const earlier = new Map(before.find((each) => each.targetGroup === targetGroup)?.counts)
    const more = counts.flatMap(([bucket, count]): [number, number][] => {
      const added = count - (earlier.get(bucket) ?? 0)
      return added > 0 ? [[bucket, added]] : []
    })
    return more.length === 0 ? [] : [{ targetGroup, counts: more }]
  })
}

/** One count of each kind. */
export function sumOf(counts: readonly TrafficCount[]): readonly TrafficCount[] {
  const sums = new Map<string, TrafficCount>()
  for (const each of counts) {
    const key = keyOf(each)
    sums.set(key, { ...each, count: each.count + (sums.get(key)?.count ?? 0) })
  }
  return [...sums.values()]
}

/** What was counted since; a counter only grows. */
export function countedSince(before: readonly TrafficCount[], now: readonly TrafficCount[]): readonly TrafficCount[] {
  const earlier = new Map(before.map((each) => [keyOf(each), each.count]))
  return now
    .map((each) => ({ ...each, count: each.count - (earlier.get(keyOf(each)) ?? 0) }))
    .filter(({ count }) => count > 0)
}

export function haveSameWeights(one: TrafficWeights, other: TrafficWeights): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].every((name) => one[name] === other[name])
}

/** Two rows that follow one another as one; of different weights, those of the later one. */
export function joined(earlier: TrafficRow, later: TrafficRow): TrafficRow {
  const responseTimes = sumOfTimes([...(earlier.responseTimes ?? []), ...(later.responseTimes ?? [])])
  return {
    from: earlier.from,
    to: later.to,
    weights: later.weights,
    counts: sumOf([...earlier.counts, ...later.counts]),
    ...(responseTimes.length === 0 ? {} : { responseTimes }),
  }
}

/** How a request ended, as whoever sent it sees it. Those that went away themselves count as neither. */
export function verdictOf(outcome: RequestOutcome): 'answered' | 'failed' | 'given up' {
  switch (outcome) {
    case '1xx':
    case '2xx':
    case '3xx':
    case '4xx':
    case 'elb-2xx':
    case 'elb-3xx':
    case 'elb-4xx':
      return 'answered'
    case '5xx':
    case 'elb-5xx':
    case 'target-closed':
      return 'failed'
    case 'client-closed':
      return 'given up'
  }
}

function keyOf({ listener, targetGroup, outcome }: TrafficCount): string {
  return `${listener} ${targetGroup ?? ''} ${outcome}`
}
