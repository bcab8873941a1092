import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MetricSamples } from '../../src/domain/metric.ts'
import { MetricSummary } from '../../src/domain/metric-summary.ts'
import { MetricSeries } from '../../src/engine/metric-series.ts'

test('what comes late counts in its own minute, and the room that all of them take is known', () => {
  const series = new MetricSeries(60_000, 3)
  for (const minute of [0, 1, 2]) series.add(minute * 60_000, values(minute, minute + 10))
  assert.equal(series.size, 9)

  series.add(30_000, values(0, 99))
  series.add(150_000, values(7))
  assert.deepEqual(minutesOf(series), [
    [0, [0, 10, 99], [2, 1, 1]],
    [60_000, [1, 11], [1, 1]],
    [120_000, [2, 12, 7], [1, 1, 1]],
  ])
  assert.equal(series.size, 11)

  series.add(180_000, values(1))
  assert.deepEqual(
    minutesOf(series).map(([start]) => start),
    [60_000, 120_000, 180_000],
  )
  assert.equal(series.size, 9)
})

function values(...those: readonly number[]): MetricSamples {
  return { kind: 'values', values: those.map((value) => ({ value, count: 1 })) }
}

function minutesOf(series: MetricSeries): readonly (readonly [number, readonly number[], readonly number[]])[] {
  const found = new Map<number, MetricSummary>()
  series.mergeInto(0, Number.MAX_SAFE_INTEGER, (start) => {
    const summary = new MetricSummary()
    found.set(start, summary)
    return summary
  })
  return [...found].map(([start, summary]) => {
    const pairs = summary.record().values ?? []
    return [start, pairs.map(([value]) => value), pairs.map(([, count]) => count)]
  })
}
