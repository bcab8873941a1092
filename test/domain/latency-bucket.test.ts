import assert from 'node:assert/strict'
import { test } from 'node:test'
import { latencyBucket, latencyOf } from '../../src/domain/latency-bucket.ts'

test('a latency told by its bucket is at most 5 % off', () => {
  for (let seconds = 0.000101; seconds < 3600; seconds *= 1.013) {
    assert.ok(Math.abs(latencyOf(latencyBucket(seconds)) / seconds - 1) <= 0.051, String(seconds))
  }
})

test('whatever the latency, the buckets are few', () => {
  assert.equal(latencyBucket(0), 0)
  assert.equal(latencyBucket(Number.NaN), 0)
  assert.equal(latencyBucket(1e9), 190)
})
