import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isUnusual, ownTurn } from '../../src/router/own-turn.ts'
import { busyFor } from './busy.ts'

test('where a turn has taken unusually long already, others come before the next slice', async () => {
  await ownTurn()
  const order: string[] = []
  const { promise: othersAreDone, resolve } = Promise.withResolvers<void>()
  setImmediate(() => void order.push(`busy for ${busyFor(100)} ms`))
  const slice = ownTurn().then(() => order.push('slice'))
  setImmediate(() => resolve(void order.push('others')))
  await Promise.all([slice, othersAreDone])
  assert.deepEqual(order, ['busy for 100 ms', 'others', 'slice'])
})

test('a turn is unusual that is long, and longer than the one before', () => {
  assert.equal(isUnusual(5, { lastWork: 0.2 }), true)
  assert.equal(isUnusual(0.5, { lastWork: 0.1 }), false)
  assert.equal(isUnusual(5, { lastWork: 4 }), false, 'as under full load')
})
