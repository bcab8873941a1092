import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Trouble } from '../../src/engine/trouble.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

test('what does not work is tried again after 1, 2, 4 … 30 seconds', () => {
  const clock = new VirtualClock(0)
  const trouble = new Trouble(clock, { info: () => undefined, warn: () => undefined })
  const delays = Array.from({ length: 7 }, () => {
    trouble.failed('task', new Error('no'))
    return trouble.retryAt('task')
  })
  assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  assert.equal(trouble.nextRetryAt(), 30_000)
  trouble.worked('task')
  assert.equal(trouble.retryAt('task'), undefined)
  assert.equal(trouble.nextRetryAt(), Infinity)
})

test('the same trouble is logged once, until everything works again', () => {
  const warnings: string[] = []
  const log = { info: () => undefined, warn: (message: string) => warnings.push(message) }
  const trouble = new Trouble(new VirtualClock(), log)
  const full = new Error('database or disk is full')
  trouble.failed('one', full)
  trouble.failed('one', full)
  trouble.failed('other', full)
  assert.deepEqual(warnings, ['Could not go on with one: database or disk is full. It is tried again until it works.'])
  trouble.worked('one')
  trouble.failed('other', full)
  assert.equal(warnings.length, 1)
  trouble.worked('other')
  trouble.failed('other', full)
  assert.equal(warnings.length, 2)
})
