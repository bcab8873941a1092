import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unanswered } from '../../src/view/unanswered.ts'

test('requests that the load balancer had to answer itself are told from those whose clients went away', () => {
  const found = unanswered({
    requests: [
      [0, 10],
      [60, 10],
      [120, 10],
      [180, 10],
    ],
    answers: [
      [
        [0, 6],
        [60, 6],
        [120, 6],
        [180, 10],
      ],
      [[0, 1]],
    ],
    // In the first minute more than this group's, in the second none: clients went away.
    serverErrors: [
      [0, 20],
      [120, 4],
      [180, 5],
    ],
    // A connection that failed is counted as such already.
    failedConnections: [[120, 1]],
  })
  assert.deepEqual(found, [
    [0, 3],
    [120, 3],
  ])
})
