import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eachInSlices } from '../../src/router/slices.ts'
import { busyFor } from './busy.ts'

test('what takes long lets others do something in between', async () => {
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const made = await eachInSlices([3, 3, 3, 3], busyFor)
  clearInterval(timer)
  assert.deepEqual(made, [3, 3, 3, 3])
  assert.ok(turns > 0)
})

test('of several works at once each turn of the event loop has a slice of one', async () => {
  const turns: number[] = []
  let turn = 0
  let isOver = false
  const count = (): void => {
    turn++
    if (!isOver) setImmediate(count)
  }
  count()
  const work = () =>
    eachInSlices([1, 1, 1], (milliseconds) => {
      turns.push(turn)
      return busyFor(milliseconds)
    })
  // The first slice of the first is in the turn in which it begins.
  await Promise.all([work(), work(), work()])
  isOver = true
  assert.equal(turns.length, 9)
  assert.equal(new Set(turns).size, 9, turns.join(' '))
})
