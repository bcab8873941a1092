import type { MetricId } from './metric.ts'
import type { SummaryRecord } from './metric-summary.ts'

/** What was told of metrics between two times of writing it down. */
export type MetricMinute = {
  /** The time it was written, and a number. */
  readonly key: string
  readonly data: readonly MetricNote[]
}

export type MetricNote = {
  readonly id: MetricId
  readonly unit: string
  /** When the minute began. */
  readonly start: number
  readonly summary: SummaryRecord
}

/** When an engine was last known to run, and when none ran before that. */
export type EngineTimes = {
  readonly seenAt: number
  readonly absences: readonly { readonly from: number; readonly to: number }[]
}
