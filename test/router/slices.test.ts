import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eachInSlices } from '../../src/router/slices.ts'

test('what takes long lets others do something in between', async () => {
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const made = await eachInSlices([3, 3, 3, 3], busyFor)
  clearInterval(timer)
  assert.deepEqual(made, [3, 3, 3, 3])
  assert.ok(turns > 0)
})

function busyFor(milliseconds: number): number {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
  return milliseconds
}
