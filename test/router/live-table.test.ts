import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseGroup, inSlices, liveListener } from '../../src/router/live-table.ts'
import { LiveTargets } from '../../src/router/live-targets.ts'
import { Tallies } from '../../src/router/tallies.ts'
import { forwardTo, listener } from './test-router.ts'

function chosen(weights: readonly (readonly [arn: string, weight: number])[], random: number): string | undefined {
  const workshop = { targets: new LiveTargets({ onGone: () => undefined }), tallies: new Tallies() }
  const { defaultAction } = liveListener(listener(80, forwardTo(...weights)), workshop)
  assert.ok(defaultAction.type === 'forward')
  return chooseGroup(defaultAction, random)?.group.targetGroupArn
}

test('a target group is chosen in proportion to its weight, and never at weight 0', () => {
  const weights = [
    ['none', 0],
    ['blue', 3],
    ['green', 1],
    ['nobody', 0],
  ] as const
  assert.equal(chosen(weights, 0), 'blue')
  assert.equal(chosen(weights, 0.7499), 'blue')
  assert.equal(chosen(weights, 0.75), 'green')
  assert.equal(chosen(weights, 0.9999999999999999), 'green')
  assert.equal(chosen([['none', 0]], 0), undefined)
})

test('what takes long lets others do something in between', async () => {
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const made = await inSlices([3, 3, 3, 3], busyFor)
  clearInterval(timer)
  assert.deepEqual(made, [3, 3, 3, 3])
  assert.ok(turns > 0)
})

function busyFor(milliseconds: number): number {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
  return milliseconds
}
