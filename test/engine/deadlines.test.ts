import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Deadlines } from '../../src/engine/deadlines.ts'
import { SeededChance } from '../world/seeded-chance.ts'

test('subjects come in the order of their times, each once, and only those whose time has come', () => {
  const deadlines = new Deadlines()
  deadlines.set('late', 30)
  deadlines.set('early', 10)
  deadlines.set('middle', 20)
  assert.equal(deadlines.first(), 10)
  assert.deepEqual(deadlines.takeDue(20), ['early', 'middle'])
  assert.deepEqual(deadlines.takeDue(20), [])
  assert.equal(deadlines.first(), 30)
})

test('a time that is set anew counts, and one that is taken back does not', () => {
  const deadlines = new Deadlines()
  deadlines.set('a', 10)
  deadlines.set('a', 40)
  deadlines.set('b', 20)
  deadlines.set('b', Infinity)
  assert.equal(deadlines.first(), 40)
  deadlines.set('a', 5)
  assert.deepEqual(deadlines.takeDue(100), ['a'])
  assert.equal(deadlines.first(), Infinity)
})

test('after thousands of changes what is due is what a plain list would say', () => {
  const chance = new SeededChance(3)
  const [deadlines, plain] = [new Deadlines(), new Map<string, number>()]
  for (let round = 0; round < 5_000; round += 1) {
    const [subject, at] = [`s${chance.below(50)}`, chance.below(1_000)]
    deadlines.set(subject, at)
    plain.set(subject, at)
    if (round % 100 !== 0) continue
    const now = chance.below(300)
    const due = [...plain].filter(([, time]) => time <= now).map(([name]) => name)
    for (const name of due) plain.delete(name)
    assert.deepEqual([...deadlines.takeDue(now)].toSorted(), due.toSorted())
    assert.equal(deadlines.first(), Math.min(...plain.values()))
  }
})
