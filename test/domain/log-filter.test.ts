import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readLogFilter } from '../../src/domain/log-filter.ts'

describe('a filter pattern', () => {
  for (const [pattern, message, expected] of [
    ['', 'anything', true],
    ['ERROR', 'an ERROR', true],
    ['ERROR', 'an error', false],
    ['ERROR memory', 'memory ERROR', true],
    ['ERROR memory', 'ERROR', false],
    ['"out of memory"', 'is out of memory now', true],
    ['"out of memory"', 'memory out of', false],
    ['ERROR -ignored', 'ERROR ignored', false],
    ['?a ?b', 'only b', true],
    ['?a ?b', 'c', false],
    ['"say \\"hi\\""', 'to say "hi" here', true],
  ] as const) {
    test(`${pattern} ${expected ? 'matches' : 'does not match'} ${message}`, () => {
      assert.equal(readLogFilter(pattern)?.(message), expected)
    })
  }

  test('for JSON, columns and regular expressions is not known', () => {
    for (const pattern of ['{ $.a = 1 }', '[a, b]', '%x+%']) assert.equal(readLogFilter(pattern), undefined)
  })
})
