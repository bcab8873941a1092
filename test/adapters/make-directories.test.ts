import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeDirectories } from '../../src/adapters/make-directories.ts'

test('a directory is made with those above it, for this user alone, and may be there already', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'teal-directories-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const inner = join(directory, 'a/b/c')
  makeDirectories(inner)
  makeDirectories(inner)
  assert.equal(statSync(inner).mode & 0o777, 0o700)
})

test(
  'where none can be made it says so at once',
  { skip: !existsSync('/proc/self') && 'this system has no /proc' },
  () => {
    assert.throws(() => makeDirectories('/proc/teal/data'), { code: 'ENOENT' })
  },
)
