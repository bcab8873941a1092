import assert from 'node:assert/strict'
import { test } from 'node:test'
import { latencyBucket, latencyOf } from '../../src/domain/latency-bucket.ts'

test('a latency told by its bucket is at most 5 % off', () => {
  for (let seconds = 0.000101; seconds < 3600; seconds *= 1.013) {
    assert.ok(Math.abs(latencyOf(latencyBucket(seconds)) / seconds - 1) <= 0.051, String(seconds))
  }
})

test('each bucket ends 10 % above the one before it', () => {
  for (let bucket = 1; bucket < 190; bucket++) {
    const end = 0.0001 * 1.1 ** bucket
    assert.equal(latencyBucket(end * 0.999_999), bucket)
    assert.equal(latencyBucket(end * 1.000_001), bucket + 1)
  }
})

test('whatever the latency, the buckets are few', () => {
  assert.equal(latencyBucket(0), 0)
  assert.equal(latencyBucket(Number.NaN), 0)
  assert.equal(latencyBucket(1e9), 190)
})
