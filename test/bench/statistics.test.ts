import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, quantile, ratio } from '../../bench/statistics.ts'

test('the median is the middle, or half way between the two in the middle', () => {
  assert.equal(median([5, 1, 3]), 3)
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.equal(median([7]), 7)
  assert.ok(Number.isNaN(median([])))
})

test('a quantile is a number that was measured', () => {
  const sorted = Array.from({ length: 100 }, (_, index) => index + 1)
  assert.equal(quantile(sorted, 0.5), 50)
  assert.equal(quantile(sorted, 0.99), 99)
  assert.equal(quantile(sorted, 1), 100)
  assert.equal(quantile(sorted, 0), 1)
  assert.ok(Number.isNaN(quantile([], 0.5)))
})

test('there is no ratio to what was not measured', () => {
  assert.equal(ratio(3, 2), 1.5)
  assert.equal(ratio(3, 0), undefined)
  assert.equal(ratio(undefined, 2), undefined)
  assert.equal(ratio(3, Number.NaN), undefined)
})
