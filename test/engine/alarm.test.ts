import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Alarm } from '../../src/engine/alarm.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

test('an alarm rings at the earliest of its times, and again at a later one that was set first', async () => {
  const clock = new VirtualClock(0)
  const rings: number[] = []
  const alarm = new Alarm(clock, new AbortController().signal, () => rings.push(clock.now()))
  alarm.set(Infinity)
  alarm.set(5_000)
  alarm.set(9_000)
  alarm.set(2_000)
  await clock.run(() => false)
  assert.deepEqual(rings, [2_000, 5_000])
})

test('an alarm far away rings once a day, so that no timer is too long', async () => {
  const clock = new VirtualClock(0)
  const rings: number[] = []
  const day = 86_400_000
  const alarm = new Alarm(clock, new AbortController().signal, () => {
    rings.push(clock.now() / day)
    alarm.set(3 * day)
  })
  alarm.set(3 * day)
  await clock.run(() => rings.length === 3)
  assert.deepEqual(rings, [1, 2, 3])
})

test('an alarm that was ended does not ring', async () => {
  const clock = new VirtualClock(0)
  const ended = new AbortController()
  const alarm = new Alarm(clock, ended.signal, () => assert.fail())
  alarm.set(1_000)
  ended.abort()
  await clock.run(() => false)
})
