import assert from 'node:assert/strict'
import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { AccessLogWriter, LineMemory } from '../../src/router/access-log-writer.ts'
import { LineBytes } from '../../src/router/line-bytes.ts'
import { Cleanups } from '../cleanups.ts'

test('a file of which the disk took no line is not handed over', { skip: !existsSync('/dev/full') }, async () => {
  await using cleanups = new Cleanups()
  const directory = cleanups.temporaryDirectory()
  const dropped: string[] = []
  const completed: string[] = []
  const writer = new AccessLogWriter(new LineMemory({ mostBytes: 65_536, chunkBytes: 65_536 }), {
    onWritten: () => assert.fail('the disk took it'),
    onDropped: (lines, reason) => void dropped.push(`${lines} ${reason.replace(/:.*/, '')}`),
    onCompleted: (path) => void completed.push(path),
  })
  const path = join(directory, 'file.open')
  symlinkSync('/dev/full', path)
  const line = new LineBytes(64)
  line.text('one\n')
  writer.add(path, line)
  writer.complete(path, join(directory, 'file.log'))
  await writer.finished()
  assert.deepEqual(dropped, ['1 ENOSPC'])
  assert.deepEqual([completed, readdirSync(directory)], [[], []])
})
