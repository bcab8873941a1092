import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isFileLockHeld } from '../../src/adapters/file-lock.ts'

test('a lock that cannot be looked at is told of with its path and what to do', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'teal-test-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const lock = join(directory, 'router.lock')
  assert.equal(isFileLockHeld(lock), false)
  mkdirSync(lock)
  assert.throws(
    () => isFileLockHeld(lock),
    (error) => error instanceof Error && error.message.startsWith(`${lock} cannot be opened. Give this user the right`),
  )
})
