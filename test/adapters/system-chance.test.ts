import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SystemChance } from '../../src/adapters/system-chance.ts'

const chance = new SystemChance()

test('a random number lies in [0, 1)', () => {
  for (let n = 0; n < 1_000; n++) {
    const value = chance.random()
    assert.ok(value >= 0 && value < 1)
  }
})

test('hexadecimal and decimal ids have exactly as many digits as asked', () => {
  assert.match(chance.hex(32), /^[0-9a-f]{32}$/)
  assert.match(chance.hex(7), /^[0-9a-f]{7}$/)
  for (let n = 0; n < 200; n++) assert.match(chance.digits(19), /^[1-9][0-9]{18}$/)
})

test('no id comes twice', () => {
  const ids = Array.from({ length: 500 }, () => [chance.uuid(), chance.hex(16), chance.digits(19)]).flat()
  assert.equal(new Set(ids).size, ids.length)
})
