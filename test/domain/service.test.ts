import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { computedDesiredCount } from '../../src/domain/service.ts'
import { aService, aTaskSet } from '../world/a-service.ts'

describe('how many tasks are wanted of a task set', () => {
  test('is its share of the desired count, rounded up', () => {
    assert.deepEqual([wanted(3, 50), wanted(3, 100), wanted(3, 0), wanted(5, 0.1)], [2, 3, 0, 1])
  })

  test('has no task more where a share that comes out even is no binary fraction', () => {
    assert.deepEqual([wanted(375, 8.8), wanted(50, 14), wanted(1_000, 0.7), wanted(1_000, 55.1)], [33, 7, 7, 551])
  })

  test('comes out even for every tenth of a percent that does', () => {
    for (let tenths = 1; tenths <= 1_000; tenths += 1) assert.equal(wanted(5_000, tenths / 10), tenths * 5)
  })

  test('has one more for the least that is above', () => {
    assert.deepEqual([wanted(375, 8.8001), wanted(5_000, 0.0000001)], [34, 1])
  })
})

function wanted(desiredCount: number, scalePercent: number): number {
  return computedDesiredCount(aService({ desiredCount }), aTaskSet({ scalePercent }))
}
