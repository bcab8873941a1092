import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitForProtected } from '../../src/domain/task-protection.ts'

const rest = ', without a time-out. UpdateTaskProtection can end that sooner.'

const held = (...untils: readonly number[]) =>
  waitForProtected(
    untils.map((until) => ({ taskId: `t${until}`, until })),
    String,
  )

test('who waits for protected tasks is told which they are, and until when they are protected', () => {
  assert.equal(held(), undefined)
  assert.equal(held(5), `Task t5 is protected from scale-in until 5: it is waited for${rest}`)
  assert.equal(
    held(5, 7),
    `Tasks t7 (until 7) and t5 (until 5) are protected from scale-in: they are waited for${rest}`,
  )
  assert.equal(
    held(1, 2, 3, 4, 5),
    'Tasks t5 (until 5), t4 (until 4), t3 (until 3) and 2 others are protected from scale-in: they are waited ' +
      `for${rest}`,
  )
})
