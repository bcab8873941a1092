import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSection } from '../../bench/output.ts'

const document = 'Before\n\n<!-- bench table begins -->\n\nold\n\n<!-- bench table ends -->\n\nAfter\n'

test('figures are published between their marks, and nowhere else', () => {
  const published = withSection(document, 'table', '\nnew\n')
  assert.equal(published, document.replace('old', 'new'))
  assert.equal(withSection(published, 'table', 'new'), published)
})

test('a document without a place for the figures is left alone', () => {
  assert.throws(() => withSection(document, 'switch', 'new'), /no place for switch/)
})
