import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { CheckSlots } from '../../src/router/check-slots.ts'

test('many checks begin little by little, so that requests come in between', async () => {
  const slots = new CheckSlots()
  const begun: number[] = []
  for (let number = 0; number < 50; number++) slots.run(() => begun.push(number), { didHang: false })
  assert.equal(begun.length, 4)
  while (begun.length < 50) await nextTurn()
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
