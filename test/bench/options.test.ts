import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOptions, usage } from '../../bench/options.ts'

test('a benchmark is named, and may be made short', () => {
  const options = readOptions(['router', '--quick', '--only', 'teal,direct'])
  assert.equal(options?.benchmark, 'router')
  assert.equal(options.repetitions, 1)
  assert.deepEqual(options.only, ['teal', 'direct'])
  assert.deepEqual(options.cases, ['small-64', 'large-64'])
  assert.equal(readOptions(['--help']), undefined)
  for (const name of ['router', 'switch', 'burst', 'table', 'scale', 'acceptance'])
    assert(usage.includes(`npm run bench ${name} `))
})

test('what a benchmark does not know is refused with what it knows', () => {
  assert.throws(() => readOptions([]), /Which benchmark/)
  assert.throws(() => readOptions(['route']), /no benchmark route/)
  assert.throws(() => readOptions(['router', '--only', 'apache']), /no apache; it knows direct, relay, teal/)
  assert.throws(() => readOptions(['router', '--cases', 'small-65']), /no small-65/)
  assert.throws(() => readOptions(['router', '--seconds', '0']), /--seconds must be a whole number above 0/)
})
