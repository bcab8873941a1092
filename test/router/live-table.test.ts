import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListenerRoute } from '../../src/domain/routing-table.ts'
import { chooseGroup, liveListener } from '../../src/router/live-table.ts'
import { inSlices } from '../../src/router/slices.ts'
import { LiveTargets } from '../../src/router/live-targets.ts'
import { Tallies } from '../../src/router/tallies.ts'
import { forwardTo, listener } from './test-router.ts'

async function chosen(
  weights: readonly (readonly [arn: string, weight: number])[],
  random: number,
): Promise<string | undefined> {
  const workshop = { targets: new LiveTargets({ onGone: () => undefined }), tallies: new Tallies() }
  const { defaultAction } = await inSlices(liveListener(listener(80, forwardTo(...weights)), workshop))
  assert.ok(defaultAction.type === 'forward')
  return chooseGroup(defaultAction, random)?.group.targetGroupArn
}

test('a target group is chosen in proportion to its weight, and never at weight 0', async () => {
  const weights = [
    ['none', 0],
    ['blue', 3],
    ['green', 1],
    ['nobody', 0],
  ] as const
  assert.equal(await chosen(weights, 0), 'blue')
  assert.equal(await chosen(weights, 0.7499), 'blue')
  assert.equal(await chosen(weights, 0.75), 'green')
  assert.equal(await chosen(weights, 0.9999999999999999), 'green')
  assert.equal(await chosen([['none', 0]], 0), undefined)
})

function withPaths(paths: readonly string[], weight: number): ListenerRoute {
  return {
    ...listener(80, forwardTo(['blue', weight])),
    rules: paths.map((path, at) => ({
      priority: at + 1,
      conditions: [{ field: 'path-pattern', values: [path] }],
      action: forwardTo(['blue', weight]),
    })),
  }
}

test('rules whose conditions are as before are not compiled again; the others are', async () => {
  const workshop = { targets: new LiveTargets({ onGone: () => undefined }), tallies: new Tallies() }
  const before = await inSlices(liveListener(withPaths(['/a', '/b', '/c'], 1), workshop))
  const now = await inSlices(liveListener(withPaths(['/a', '/x', '/c', '/d'], 2), workshop, before))
  const isSame = now.rules.map(({ test: ruleTest }, at) => ruleTest === before.rules[at]?.test)
  assert.deepEqual(isSame, [true, false, true, false])
  assert.deepEqual(
    now.rules.map(({ action }) => action.type === 'forward' && action.total),
    [2, 2, 2, 2],
  )
})
