import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { Changes } from '../../src/engine/changes.ts'

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

test("the time goes on where the machine's clock is set back, and what is waited for is over in its time", async (context) => {
  const lines: string[] = []
  const clock = new SystemClock({ info: () => undefined, warn: (line) => lines.push(line) })
  const before = clock.now()
  const machine = Date.now.bind(Date)
  context.mock.method(Date, 'now', () => machine() - 3 * 3_600_000)
  const deadline = clock.now() + 40
  const begun = performance.now()
  await new Changes(clock).until(() => undefined, { deadline })
  const waited = performance.now() - begun
  assert.ok(waited < 60_000, `waited ${waited} ms, and the clock was set back by three hours`)
  assert.ok(clock.now() >= deadline && deadline >= before)
  assert.ok(Number.isInteger(clock.now()))
  assert.deepEqual(
    lines.map((line) => line.split('.')[0]),
    ["The machine's clock was set back by 180 minutes"],
  )
})

test("the time is the machine's, also where its clock is set forward, and once it has come as far again", (context) => {
  const clock = new SystemClock()
  const machine = Date.now.bind(Date)
  context.mock.method(Date, 'now', () => machine() + 5 * 3_600_000)
  assert.ok(Math.abs(clock.now() - machine() - 5 * 3_600_000) < 1_000)
  context.mock.method(Date, 'now', () => machine() + 4 * 3_600_000)
  assert.ok(Math.abs(clock.now() - machine() - 5 * 3_600_000) < 1_000)
  context.mock.method(Date, 'now', () => machine() + 6 * 3_600_000)
  assert.ok(Math.abs(clock.now() - machine() - 6 * 3_600_000) < 1_000)
})
