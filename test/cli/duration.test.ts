import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDuration, parseDuration } from '../../src/cli/duration.ts'

test('a duration is a number and a unit', () => {
  assert.equal(parseDuration('300ms'), 300)
  assert.equal(parseDuration('1s'), 1_000)
  assert.equal(parseDuration('1.5s'), 1_500)
  assert.equal(parseDuration('2m'), 120_000)
})

test('what is no duration, or none of at least a millisecond, is not read as one', () => {
  for (const text of ['', '1', 's', '1 s', '-1s', '1h', '0s', '0.1ms', '1e3s', '٣s', '1s ', '9'.repeat(30) + 'm']) {
    assert.equal(parseDuration(text), undefined, text)
  }
})

test('a duration is written as it would be typed', () => {
  for (const text of ['300ms', '1s', '1.5s', '2m', '61s']) {
    assert.equal(formatDuration(parseDuration(text) ?? 0), text)
  }
})
