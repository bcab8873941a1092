import assert from 'node:assert/strict'
import { test } from 'node:test'
import { summaryOf } from '../../bench/router-summary.ts'
import { sample } from './samples.ts'

test('the figures of a case are medians of its repetitions, and errors are added up', () => {
  const [row, ...more] = summaryOf([
    sample('teal', 100, { errors: 1 }),
    sample('teal', 300, { errors: 2, cpuSecondsPer10000: 0.3 }),
    sample('teal', 200),
  ])
  assert.deepEqual(more, [])
  assert.equal(row?.requestsPerSecond, 200)
  assert.equal(row?.cpuSecondsPer10000, 0.15)
  assert.equal(row?.errors, 3)
})
