import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { supportedPage } from '../../scripts/supported.ts'

test('the page of what is supported says what the code says', () => {
  const page = readFileSync(new URL('../../docs/supported.md', import.meta.url), 'utf8')
  assert.equal(page, supportedPage(), 'run: node scripts/supported.ts')
})
