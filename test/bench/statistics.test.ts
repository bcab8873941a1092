import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, medianWithin, quantile, ratio } from '../../bench/statistics.ts'

test('the median is the middle, or half way between the two in the middle', () => {
  assert.equal(median([5, 1, 3]), 3)
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.equal(median([7]), 7)
  assert.ok(Number.isNaN(median([])))
})

test('a median is within a range that is missed by one in twenty at most, where there are numbers enough to tell', () => {
  assert.deepEqual(medianWithin(upTo(5)), { median: 3 })
  assert.deepEqual(medianWithin(upTo(6)), { median: 3.5, low: 1, high: 6 })
  assert.deepEqual(medianWithin(upTo(9)), { median: 5, low: 2, high: 8 })
  assert.deepEqual(medianWithin(upTo(15)), { median: 8, low: 4, high: 12 })
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

/** From the largest. */
function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => count - index)
}
