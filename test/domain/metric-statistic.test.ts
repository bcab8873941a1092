import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isUnsupportedStatistic, parsePercentile, parseStatistic } from '../../src/domain/metric-statistic.ts'

test('statistics are read by their names', () => {
  assert.deepEqual(parseStatistic('Average'), { kind: 'Average' })
  assert.deepEqual(parseStatistic('p99.9'), { kind: 'percentile', percentile: 99.9 })
  assert.equal(parseStatistic('average'), undefined)
})

test('percentiles go from 0 to 100', () => {
  assert.deepEqual(
    ['p0', 'p100', 'p100.1', 'p', '99', 'p1e1', 'P50'].map((text) => parsePercentile(text) !== undefined),
    [true, true, false, false, false, false, false],
  )
})

test('what CloudWatch has and Teal has not is told from what nobody knows', () => {
  assert.deepEqual(
    ['tm99', 'TM(10%:90%)', 'wm98', 'tc90', 'ts90', 'PR(:300)', 'IQM', 'mean', 'p101'].map(isUnsupportedStatistic),
    [true, true, true, true, true, true, true, false, false],
  )
})
