import type { RequestCount, RequestOutcome } from './router-report.ts'

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
  return {
    from: earlier.from,
    to: later.to,
    weights: later.weights,
    counts: sumOf([...earlier.counts, ...later.counts]),
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
