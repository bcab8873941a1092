import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { CheckSlots } from '../../src/router/check-slots.ts'

test('many checks begin little by little, so that requests come in between', async () => {
  const slots = new CheckSlots()
  const begun: number[] = []
  for (let number = 0; number < 50; number++) slots.run(() => begun.push(number), { didHang: false })
  assert.equal(begun.length, 4)
  while (begun.length < 50) await nextTurn()
})

test('answers that come together are those of few checks, as long as targets are quick', async () => {
  const slots = new CheckSlots(() => 0)
  let open: (() => void)[] = []
  const begun: number[] = []
  for (let number = 0; number < 100; number++) {
    slots.run(
      (release) => {
        begun.push(number)
        open.push(release)
      },
      { didHang: false },
    )
  }
  let most = 0
  while (begun.length < 100) {
    for (let turn = 0; turn < 6; turn++) await nextTurn()
    most = Math.max(most, open.length)
    const answered = open
    open = []
    for (const release of answered) release()
  }
  assert.ok(most <= 16, `${most} at a time`)
})

test('targets that take their time keep nobody waiting for longer than a moment', async () => {
  const slots = new CheckSlots()
  const begun: number[] = []
  const startedAt = performance.now()
  for (let number = 0; number < 64; number++) slots.run(() => begun.push(number), { didHang: false })
  while (begun.length < 64) await delay(1)
  const took = performance.now() - startedAt
  assert.ok(took >= 29, `${took} ms for four times as many as may be young`)
})

test('no more than a thousand are open at a time; the next begins when one is released', async () => {
  const slots = new CheckSlots()
  const releases: (() => void)[] = []
  const begun: number[] = []
  for (let number = 0; number < 1100; number++) {
    slots.run(
      (release) => {
        begun.push(number)
        releases.push(release)
      },
      { didHang: false },
    )
  }
  while (begun.length < 1000) await nextTurn()
  for (let turn = 0; turn < 10; turn++) await nextTurn()
  assert.equal(begun.length, 1000)
  releases[0]?.()
  while (begun.length < 1001) await nextTurn()
  assert.equal(begun.at(-1), 1000, 'in their order')
})

test('those of targets that hang take no slot from the others', async () => {
  const slots = new CheckSlots()
  const hanging: number[] = []
  for (let number = 0; number < 3000; number++) slots.run(() => hanging.push(number), { didHang: true })
  while (hanging.length < 1000) await nextTurn()
  let hasBegun = false
  slots.run(() => (hasBegun = true), { didHang: false })
  assert.equal(hasBegun, true)
})
