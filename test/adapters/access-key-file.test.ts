import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { accessKeyIn } from '../../src/adapters/access-key-file.ts'

test('a key is made once, for its owner alone', (t) => {
  const directory = temporaryDirectory(t)
  const key = accessKeyIn(directory)
  assert.match(key.accessKeyId, /^TEAL[A-Z2-7]{16}$/)
  assert.equal(statSync(join(directory, 'access-key.json')).mode & 0o777, 0o600)
  assert.deepEqual(accessKeyIn(directory), key)
})

test('a key that is damaged is refused and left alone, and the message says what to do', (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'access-key.json')
  for (const content of ['', '{"acc', 'null', '{}', '{"accessKeyId":"TEAL","secretAccessKey":""}']) {
    writeFileSync(path, content)
    assert.throws(() => accessKeyIn(directory), {
      name: 'Error',
      message: /access-key\.json, .* is damaged\. .* remove it/,
    })
    assert.equal(readFileSync(path, 'utf8'), content)
  }
})

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'teal-test-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
