import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoarseClock, type Timed } from '../../src/router/coarse-clock.ts'
import { eventually } from '../cleanups.ts'

function timed(check: (now: number) => number): Timed {
  return { checkAt: 0, checkTick: 0, checkIndex: 0, check }
}

test('what is due is looked at, at the earliest time asked for, and again when it says so', async () => {
  const clock = new CoarseClock()
  const begun = performance.now()
  const times: number[] = []
  const each = timed((now) => {
    times.push(now)
    return times.length < 3 ? now + 50 : 0
  })
  clock.lookAt(each, begun + 60_000)
  clock.lookAt(each, begun + 200)
  clock.lookAt(each, begun + 10_000)
  // The wheel itself keeps no process alive.
  const alive = setInterval(() => undefined, 1_000)
  await eventually('it was looked at three times', () => times.length === 3)
  clearInterval(alive)
  assert.ok((times[0] ?? 0) >= begun + 200)
  assert.equal(each.checkAt, 0)
  clock.close()
})

test('what is forgotten is not looked at, whatever else lies beside it', async () => {
  const clock = new CoarseClock()
  const due = performance.now() + 150
  const seen: number[] = []
  const all = Array.from({ length: 10 }, (_, place) =>
    timed(() => {
      seen.push(place)
      return 0
    }),
  )
  for (const each of all) clock.lookAt(each, due)
  for (const each of all.filter((_, place) => place % 3 === 0)) clock.forget(each)
  const alive = setInterval(() => undefined, 1_000)
  await eventually('the others were looked at', () => seen.length === 6)
  clearInterval(alive)
  assert.deepEqual(
    seen.toSorted((one, other) => one - other),
    [1, 2, 4, 5, 7, 8],
  )
  clock.close()
})
