import type { ContenderName } from './contenders/contender.ts'
import type { LoadResult } from './load.ts'
import { median } from './statistics.ts'

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
