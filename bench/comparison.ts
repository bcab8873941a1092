import type { ContenderName } from './contenders/contender.ts'
import type { Sample } from './router-summary.ts'
import { medianWithin, ratio, type MedianWithin } from './statistics.ts'
import { timesWithin } from './text-table.ts'

/** Figures of Teal divided by those of another in the same case; undefined where either is missing. */
export type Comparison = {
  readonly case: string
  readonly with: ContenderName
  readonly requestsPerSecond: MedianWithin | undefined
  readonly cpu: MedianWithin | undefined
  readonly p99: MedianWithin | undefined
}

type Figure = 'requestsPerSecond' | 'cpuSecondsPer10000' | 'p99Milliseconds'

export function comparisonsOf(
  samples: readonly Sample[],
  cases: readonly string[],
  others: readonly ContenderName[],
): readonly Comparison[] {
  return cases.flatMap((name) =>
    others.flatMap((other) => {
      const pair = { case: name, contender: 'teal', with: other } as const
      const requestsPerSecond = ratioBetween(samples, pair, 'requestsPerSecond')
      const cpu = ratioBetween(samples, pair, 'cpuSecondsPer10000')
      const p99 = ratioBetween(samples, pair, 'p99Milliseconds')
      return requestsPerSecond === undefined ? [] : [{ case: name, with: other, requestsPerSecond, cpu, p99 }]
    }),
  )
}

/**
 * The ratio of two programs is taken in each repetition, in which they came within seconds of each other, and the median
 * of those: a minute in which the machine was slow for everybody is in both figures, and no longer in their ratio.
 * Undefined where there is no repetition of both.
 */
export function ratioBetween(
  samples: readonly Sample[],
  pair: { readonly case: string; readonly contender: ContenderName; readonly with: ContenderName },
  figure: Figure,
): MedianWithin | undefined {
  const ofCase = samples.filter((sample) => sample.case === pair.case)
  const other = new Map(
    ofCase.filter(({ contender }) => contender === pair.with).map((sample) => [sample.repetition, sample[figure]]),
  )
  const ratios = ofCase
    .filter(({ contender }) => contender === pair.contender)
    .flatMap((sample) => ratio(sample[figure], other.get(sample.repetition)) ?? [])
  return ratios.length === 0 ? undefined : medianWithin(ratios)
}

const mostOfP99 = 1.5

/** One sentence for each case in which Teal does worse than another, with the figures. Nothing is rounded away. */
export function shortfalls(comparisons: readonly Comparison[]): readonly string[] {
  return comparisons.flatMap(({ case: name, with: other, requestsPerSecond, cpu, p99 }) => {
    const worse = [
      requestsPerSecond !== undefined && requestsPerSecond.median < 1 && tell(requestsPerSecond, 'requests/s', 1),
      cpu !== undefined && cpu.median > 1 && tell(cpu, 'CPU per request', 1),
      p99 !== undefined && p99.median > mostOfP99 && tell(p99, 'p99', mostOfP99),
    ].filter((part) => part !== false)
    return worse.length === 0 ? [] : [`${name}: behind ${other}: ${worse.join(', ')}`]
  })
}

function tell(times: MedianWithin, what: string, limit: number): string {
  const { low, high } = times
  const isWithin = low !== undefined && high !== undefined && low <= limit && limit <= high
  return `${timesWithin(times)} its ${what}${isWithin ? ', which may be chance' : ''}`
}
