import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SystemClock } from '../../src/adapters/system-clock.ts'

test('a sleep lasts at least as long as it was asked to', async () => {
  const clock = new SystemClock()
  const before = performance.now()
  await clock.sleep(30)
  assert.ok(performance.now() - before >= 29)
})

test('a sleep that is aborted rejects with the reason given', async () => {
  const clock = new SystemClock()
  const abort = new AbortController()
  const reason = new Error('the deployment was stopped')
  const sleeping = clock.sleep(60_000, abort.signal)
  abort.abort(reason)
  await assert.rejects(sleeping, reason)
  await assert.rejects(clock.sleep(60_000, abort.signal), reason)
})

test('a sleep longer than one timer can wait does not end at once', async () => {
  const clock = new SystemClock()
  const abort = new AbortController()
  const sleeping = clock.sleep(2 ** 31 + 5_000, abort.signal).then(
    () => 'ended by itself',
    () => 'still sleeping',
  )
  await clock.sleep(30)
  abort.abort()
  assert.equal(await sleeping, 'still sleeping')
})

test('a sleep of no or negative length ends', async () => {
  await new SystemClock().sleep(0)
  await new SystemClock().sleep(-5)
})
