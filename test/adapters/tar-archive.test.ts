import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { tarArchive } from '../../src/adapters/tar-archive.ts'

test('what is put into an archive is what tar takes out of it', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'teal-tar-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const long = `${'directory/'.repeat(12)}file`
  const files = [
    { path: 'run', content: Buffer.from('#!/bin/sh\n'), mode: 0o755 },
    { path: 'empty', content: Buffer.alloc(0) },
    { path: 'a/block', content: Buffer.alloc(512, 'x') },
    { path: long, content: Buffer.from('deep') },
  ]
  writeFileSync(join(directory, 'archive.tar'), tarArchive(files))
  execFileSync('tar', ['-xf', 'archive.tar'], { cwd: directory })
  for (const { path, content } of files) assert.deepEqual(readFileSync(join(directory, path)), content)
  assert.equal(statSync(join(directory, 'run')).mode & 0o777, 0o755)
})

test('a path that is too long for the format is refused', () => {
  assert.throws(() => tarArchive([{ path: 'x'.repeat(101), content: Buffer.alloc(0) }]), /too long/)
})
