import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ValueCounts } from '../../src/domain/value-counts.ts'

test('counts by value are the same when they are packed, and go on when something is added', () => {
  const counts = new ValueCounts()
  counts.pack()
  assert.deepEqual([counts.size, counts.entries()], [0, []])
  for (const value of [2.5, 1, 2.5]) counts.add(value, 2)
  const before = counts.entries()
  assert.deepEqual(before, [
    [2.5, 4],
    [1, 2],
  ])
  counts.pack()
  counts.pack()
  assert.deepEqual([counts.size, counts.entries()], [2, before])
  counts.add(1, 0.5)
  counts.add(-3, 1)
  assert.deepEqual(
    [counts.size, counts.entries()],
    [
      3,
      [
        [2.5, 4],
        [1, 2.5],
        [-3, 1],
      ],
    ],
  )
  counts.pack()
  counts.clear()
  assert.deepEqual([counts.size, counts.entries()], [0, []])
})
