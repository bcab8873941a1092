import assert from 'node:assert/strict'
import { test } from 'node:test'
import { periodMilliseconds, startOfPeriod } from '../../src/domain/metric-period.ts'

test('periods of whole minutes follow the clock setting, short ones are seconds', () => {
  assert.equal(periodMilliseconds(60, 60_000), 60_000)
  assert.equal(periodMilliseconds(300, 1000), 5000)
  assert.equal(periodMilliseconds(10, 1000), 10_000)
})

test('periods begin at their multiples', () => {
  assert.equal(startOfPeriod(125_000, 60_000), 120_000)
  assert.equal(startOfPeriod(-1, 60_000), -60_000)
})
