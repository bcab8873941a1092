import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { forServerName } from '../../src/domain/server-name.ts'

const things = [
  { id: 'wild', names: ['*.example.com'] },
  { id: 'exact', names: ['a.example.com', 'b.example.com'] },
  { id: 'other', names: ['b.example.com'] },
]
const idsFor = (name: string) => forServerName(things, name).map(({ id }) => id)

describe('what is for a name', () => {
  test('names it exactly, in whatever case, or else has it by a wildcard', () => {
    assert.deepEqual(idsFor('A.example.com'), ['exact'])
    assert.deepEqual(idsFor('a.example.com.'), ['exact'])
    assert.deepEqual(idsFor('b.example.com'), ['exact', 'other'])
    assert.deepEqual(idsFor('c.example.com'), ['wild'])
  })

  test('is not what has a wildcard for another label, or for several', () => {
    assert.deepEqual(idsFor('example.com'), [])
    assert.deepEqual(idsFor('a.b.example.com'), [])
    assert.deepEqual(idsFor(''), [])
  })
})
