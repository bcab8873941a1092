import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureUpperBound } from '../../src/acceptance/confidence.ts'

const percent = (requests: number, failures: number): string =>
  (100 * failureUpperBound({ requests, failures })).toFixed(4)

test('where nothing failed the bound is that of the rule of three', () => {
  assert.equal(percent(3_000, 0), '0.0998')
  assert.equal(percent(300, 0), '0.9936')
  assert.equal(percent(1, 0), '95.0000')
})

test('with failures it is the exact bound, as tables have it', () => {
  // qbeta(0.95, failures + 1, requests - failures)
  assert.equal(percent(10, 1), '39.4163')
  assert.equal(percent(100, 5), '10.2253')
  assert.equal(percent(1_000, 50), '6.2863')
  assert.equal(percent(10, 9), '99.4884')
})

test('it grows with failures, shrinks with requests, and is certain of nothing where nothing or everything failed', () => {
  assert.equal(failureUpperBound({ requests: 0, failures: 0 }), 1)
  assert.equal(failureUpperBound({ requests: 7, failures: 7 }), 1)
  for (let failures = 0; failures < 200; failures += 20) {
    const [less, more] = [
      failureUpperBound({ requests: 200, failures }),
      failureUpperBound({ requests: 200, failures: failures + 1 }),
    ]
    assert.ok(failures / 200 < less && less < more)
    assert.ok(failureUpperBound({ requests: 400, failures }) < less)
  }
  const large = failureUpperBound({ requests: 1_000_000, failures: 50_000 })
  assert.ok(large > 0.05 && large < 0.0504, String(large))
})
