import type { AlarmDimension } from './alarm.ts'

/** What makes a metric one metric. The order of its dimensions does not matter. */
export type MetricId = {
  readonly region: string
  readonly namespace: string
  readonly metricName: string
  readonly dimensions: readonly AlarmDimension[]
}

/** What is told of a metric at one moment. */
export type MetricDatum = {
  readonly id: MetricId
  /** `Count`, `Seconds`, …, `None`: CloudWatch keeps data of different units apart. */
  readonly unit: string
  /** Epoch milliseconds. */
  readonly timestamp: number
  /** Kept by the second (`StorageResolution` 1) for a while, not only by the minute. */
  readonly isHighResolution?: boolean
  readonly samples: MetricSamples
}

export type MetricSamples =
  | { readonly kind: 'values'; readonly values: readonly { readonly value: number; readonly count: number }[] }
  | ({ readonly kind: 'set' } & StatisticSet)

export type StatisticSet = {
  readonly sampleCount: number
  readonly sum: number
  readonly minimum: number
  readonly maximum: number
}

/** One text for a metric, the same however its dimensions are ordered. */
export function metricKey({ region, namespace, metricName, dimensions }: MetricId): string {
  const sorted = dimensions
    .map(({ name, value }) => [name, value])
    .toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1))
  return JSON.stringify([region, namespace, metricName, sorted])
}
