import type { ContenderName } from './contenders/contender.ts'
import type { LoadResult } from './load.ts'
import { median, ratio } from './statistics.ts'

export type Sample = LoadResult & {
  readonly contender: ContenderName
  /** Name of a `RouterCase`. */
  readonly case: string
  readonly repetition: number
  /** Of all processes of the contender, user and system. Absent where there is none. */
  readonly cpuSecondsPer10000?: number
}

/** Medians over the repetitions; errors are added up. */
export type SummaryRow = {
  readonly contender: ContenderName
  readonly case: string
  readonly requestsPerSecond: number
  readonly p50Milliseconds: number
  readonly p99Milliseconds: number
  readonly cpuSecondsPer10000?: number
  readonly errors: number
}

export type Summary = readonly SummaryRow[]

export function summaryOf(samples: readonly Sample[]): Summary {
  const groups = Object.values(Object.groupBy(samples, (sample) => `${sample.case} ${sample.contender}`))
  return groups.flatMap((group) => {
    const [first] = group ?? []
    return group === undefined || first === undefined ? [] : [rowOf(first, group)]
  })
}

function rowOf({ contender, case: caseName }: Sample, group: readonly Sample[]): SummaryRow {
  const cpu = group.flatMap(({ cpuSecondsPer10000 }) => cpuSecondsPer10000 ?? [])
  return {
    contender,
    case: caseName,
    requestsPerSecond: median(group.map((sample) => sample.requestsPerSecond)),
    p50Milliseconds: median(group.map((sample) => sample.p50Milliseconds)),
    p99Milliseconds: median(group.map((sample) => sample.p99Milliseconds)),
    ...(cpu.length > 0 && { cpuSecondsPer10000: median(cpu) }),
    errors: group.reduce((sum, { errors }) => sum + errors, 0),
  }
}

/** Figures of Teal divided by those of another in the same case; undefined where either is missing. */
export type Comparison = {
  readonly case: string
  readonly with: ContenderName
  readonly requestsPerSecond: number | undefined
  readonly cpu: number | undefined
  readonly p99: number | undefined
}

export function comparisonsOf(summary: Summary, others: readonly ContenderName[]): readonly Comparison[] {
  return summary
    .filter(({ contender }) => contender === 'teal')
    .flatMap((teal) =>
      others.flatMap((name) => {
        const other = summary.find((row) => row.contender === name && row.case === teal.case)
        return other === undefined ? [] : [comparisonOf(teal, other)]
      }),
    )
}

function comparisonOf(teal: SummaryRow, other: SummaryRow): Comparison {
  return {
    case: teal.case,
    with: other.contender,
    requestsPerSecond: ratio(teal.requestsPerSecond, other.requestsPerSecond),
    cpu: ratio(teal.cpuSecondsPer10000, other.cpuSecondsPer10000),
    p99: ratio(teal.p99Milliseconds, other.p99Milliseconds),
  }
}

/** One sentence for each case in which Teal does worse than another, with the figures. Nothing is rounded away. */
export function shortfalls(comparisons: readonly Comparison[]): readonly string[] {
  return comparisons.flatMap((comparison) => {
    const { case: name, with: other, requestsPerSecond, cpu, p99 } = comparison
    const worse = [
      requestsPerSecond !== undefined && requestsPerSecond < 1 && `${requestsPerSecond.toFixed(2)} × its requests/s`,
      cpu !== undefined && cpu > 1 && `${cpu.toFixed(2)} × its CPU per request`,
      p99 !== undefined && p99 > 1.5 && `${p99.toFixed(2)} × its p99`,
    ].filter((part) => part !== false)
    return worse.length === 0 ? [] : [`${name}: slower than ${other}: ${worse.join(', ')}`]
  })
}
