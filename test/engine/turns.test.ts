import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turns } from '../../src/engine/turns.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

test('of many who come at once a few go on at a time, and all come to their turn', async () => {
  const clock = new VirtualClock()
  const turns = new Turns(clock)
  const order: string[] = []
  const all = Array.from({ length: 10 }, async (_, index) => {
    await turns.next()
    order.push(String(index))
  })
  for (let other = 0; other < 3; other += 1) void clock.sleep(0).then(() => order.push('other'))
  await clock.run(() => order.length === 13)
  await Promise.all(all)
  assert.deepEqual(order.slice(0, 4), ['0', '1', '2', '3'])
  assert.ok(order.indexOf('other') < order.indexOf('8'), order.join(' '))
  assert.deepEqual(
    order.filter((each) => each !== 'other'),
    Array.from({ length: 10 }, (_, index) => String(index)),
  )
})

test('who comes alone need not wait', async () => {
  const clock = new VirtualClock()
  const turns = new Turns(clock)
  for (let count = 0; count < 4; count += 1) await turns.next()
  assert.equal(await clock.run(() => false), false)
  await turns.next()
})
