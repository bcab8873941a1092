import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseStatistic } from '../../src/domain/metric-statistic.ts'
import { MetricSummary } from '../../src/domain/metric-summary.ts'
import { SeededChance } from '../world/seeded-chance.ts'

function summaryOf(values: readonly number[]): MetricSummary {
  const summary = new MetricSummary()
  summary.add({ kind: 'values', values: values.map((value) => ({ value, count: 1 })) })
  return summary
}

function statistic(summary: MetricSummary, name: string): number | undefined {
  const parsed = parseStatistic(name)
  assert.ok(parsed !== undefined)
  return summary.statistic(parsed)
}

test('a summary of a few values is exact', () => {
  const summary = summaryOf([3, 1, 2, 10])
  const names = ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum', 'p0', 'p50', 'p75', 'p75.1', 'p100']
  assert.deepEqual(
    names.map((name) => statistic(summary, name)),
    [4, 16, 4, 1, 10, 1, 2, 3, 10, 10],
  )
})

test('values may come with counts, negative ones too', () => {
  const summary = new MetricSummary()
  summary.add({
    kind: 'values',
    values: [
      { value: -5, count: 3 },
      { value: 0, count: 1 },
    ],
  })
  assert.deepEqual(
    ['SampleCount', 'Sum', 'p50', 'p99'].map((name) => statistic(summary, name)),
    [4, -15, -5, 0],
  )
})

test('a summary without samples has no statistics', () => {
  assert.equal(statistic(new MetricSummary(), 'Sum'), undefined)
})

test('a statistic set has totals and no percentiles, unless its values are known', () => {
  const summary = new MetricSummary()
  summary.add({ kind: 'set', sampleCount: 2, sum: 6, minimum: 3, maximum: 3 })
  assert.equal(statistic(summary, 'p50'), 3)
  summary.add({ kind: 'set', sampleCount: 2, sum: 6, minimum: 1, maximum: 5 })
  assert.equal(statistic(summary, 'Average'), 3)
  assert.equal(statistic(summary, 'p50'), undefined)
})

test('a hundred thousand different values take bounded room and keep their percentiles to a few percent', () => {
  const chance = new SeededChance(3)
  const values = Array.from({ length: 100_000 }, () => Math.exp(chance.random() * 8 - 8))
  const summary = summaryOf(values)
  assert.ok(summary.size <= 257)
  const sorted = values.toSorted((one, other) => one - other)
  for (const percent of [1, 10, 50, 90, 99, 99.9]) {
    const exact = sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? 0
    const told = statistic(summary, `p${percent}`) ?? 0
    assert.ok(Math.abs(told / exact - 1) < 0.05, `p${percent}: ${told} for ${exact}`)
  }
})

test('summaries merge as if their samples had come together, also from a disk', () => {
  const [one, other] = [summaryOf([1, 2]), summaryOf([3, 4, 5])]
  one.merge(MetricSummary.of(JSON.parse(JSON.stringify(other.record())) as ReturnType<MetricSummary['record']>))
  assert.deepEqual(one.record(), summaryOf([1, 2, 3, 4, 5]).record())
})
