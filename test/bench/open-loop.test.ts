import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figuresOf, type TimedRequest } from '../../bench/open-loop.ts'

const toGreen = { orderedAt: 1_000, confirmedAt: 1_004, to: 'g' }
const toBlue = { orderedAt: 2_000, confirmedAt: 2_002, to: 'b' }

test('a request without an answer has failed, also one that was never sent', () => {
  const requests: TimedRequest[] = [
    [10, 10, 11, 'b'],
    [20, 20, 25, ''],
  ]
  const { sent, failed } = figuresOf({ requests, unanswered: 3, reopened: 0 }, [])
  assert.deepEqual({ sent, failed }, { sent: 5, failed: 4 })
})

test('the last answer of the old group counts from the order; what was sent after the confirmation is counted apart', () => {
  const requests: TimedRequest[] = [
    [990, 990, 999, 'b'],
    [999, 999, 1_003, 'b'],
    [1_005, 1_005, 1_007, 'b'],
    [1_010, 1_010, 1_011, 'g'],
    [1_990, 1_990, 2_003, 'g'],
    [2_010, 2_010, 2_011, 'b'],
  ]
  const figures = figuresOf({ requests, unanswered: 0, reopened: 0 }, [toGreen, toBlue])
  assert.equal(figures.lastOldAnswerMilliseconds.longest, 7)
  assert.equal(figures.oldAnswersAfterConfirmation, 1)
  assert.equal(figures.confirmedMilliseconds.longest, 4)
})

test('what was answered under the next order says nothing about the one before it', () => {
  const requests: TimedRequest[] = [[1_999, 1_999, 2_001, 'b']]
  const figures = figuresOf({ requests, unanswered: 0, reopened: 0 }, [toGreen, toBlue])
  assert.equal(figures.lastOldAnswerMilliseconds.longest, 0)
})

test('latency counts from when a request was due, near a switch and otherwise', () => {
  const requests: TimedRequest[] = [
    [500, 540, 541, 'b'],
    [1_050, 1_050, 1_060, 'g'],
    [1_100, 1_100, 1_101, 'g'],
  ]
  const { near, otherwise } = figuresOf({ requests, unanswered: 0, reopened: 0 }, [toGreen]).latencyMilliseconds
  assert.equal(near.longest, 10)
  assert.equal(otherwise.longest, 41)
})
