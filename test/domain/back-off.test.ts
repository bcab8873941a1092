import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { afterFailure, startDelaySeconds } from '../../src/domain/back-off.ts'
import { aTask } from '../world/a-service.ts'

describe('the back-off between starts', () => {
  test('lets the first retry happen at once, doubles from one second, and ends at 15 minutes', () => {
    const delays = Array.from({ length: 14 }, (_, consecutive) => startDelaySeconds(consecutive))
    assert.deepEqual(delays, [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
    assert.equal(startDelaySeconds(5000), 900)
  })

  test('counts failures one after the other', () => {
    const failures = { consecutive: 2, total: 5, nextStartAt: 10_000 }
    const failed = aTask('a', { createdAt: 10_000 })
    assert.deepEqual(afterFailure(failures, failed, [failed], 10_500), {
      consecutive: 3,
      total: 6,
      sinceHealthy: 1,
      nextStartAt: 12_500,
    })
  })

  test('counts each failed task since one was healthy, for the circuit breaker', () => {
    const failures = { consecutive: 2, total: 5, nextStartAt: 10_000, sinceHealthy: 4 }
    const failed = aTask('a', { createdAt: 9_000 })
    assert.equal(afterFailure(failures, failed, [failed], 9_500).sinceHealthy, 5)
  })

  test('counts tasks of one try once', () => {
    const failures = { consecutive: 2, total: 5, nextStartAt: 10_000 }
    const failed = aTask('a', { createdAt: 9_000 })
    assert.deepEqual(afterFailure(failures, failed, [failed], 9_500), { ...failures, total: 6, sinceHealthy: 1 })
  })

  test('begins anew once a task has been healthy for a minute', () => {
    const failures = { consecutive: 9, total: 9, nextStartAt: 10_000 }
    const failed = aTask('a', { createdAt: 80_000 })
    const healthy = aTask('b', { createdAt: 10_000, healthyAt: 11_000 })
    assert.equal(afterFailure(failures, failed, [failed, healthy], 70_999).consecutive, 10)
    const anew = { consecutive: 1, total: 10, sinceHealthy: 1, nextStartAt: 71_000 }
    assert.deepEqual(afterFailure(failures, failed, [failed, healthy], 71_000), anew)
  })

  test('is not forgotten because of a task that was healthy all the while', () => {
    const failures = { consecutive: 9, total: 9, nextStartAt: 10_000 }
    const failed = aTask('a', { createdAt: 10_000 })
    const old = aTask('b', { createdAt: 0, healthyAt: 1 })
    assert.equal(afterFailure(failures, failed, [failed, old], 500_000).consecutive, 10)
  })
})
