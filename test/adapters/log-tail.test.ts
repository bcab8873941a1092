import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readLogTail } from '../../src/adapters/log-tail.ts'

describe("a log's tail", () => {
  const folder = mkdtempSync(join(tmpdir(), 'teal-log-'))
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  test.after(() => rmSync(folder, { recursive: true, force: true }))

  test('is its last lines, the oldest first', async () => {
    const log = file('a', 'one\ntwo\r\nthree\n')
    assert.deepEqual(await readLogTail([log], 2), ['two', 'three'])
    assert.deepEqual(await readLogTail([log], 9), ['one', 'two', 'three'])
    assert.deepEqual(await readLogTail([log], 0), [])
  })

  test('ends with a line that has no end yet', async () => {
    assert.deepEqual(await readLogTail([file('b', 'one\ntwo')], 1), ['two'])
  })

  test('goes on in the older file where the newer has too few lines', async () => {
    const files = [file('older', 'one\ntwo\n'), file('newer', 'three\n')]
    assert.deepEqual(await readLogTail(files, 2), ['two', 'three'])
    assert.deepEqual(await readLogTail(files, 1), ['three'])
  })

  test('is empty where there is no file', async () => {
    assert.deepEqual(await readLogTail([join(folder, 'none'), file('empty', '')], 3), [])
  })

  test('cuts long lines and reads only the end of a large file', async () => {
    const [line] = await readLogTail([file('long', `${'x'.repeat(5_000)}\n`)], 1)
    assert.equal(line, `${'x'.repeat(2_000)}…`)
    const lines = await readLogTail([file('large', 'a line of text\n'.repeat(100_000))], 1_000_000)
    assert.ok(lines.length > 10_000 && lines.length < 20_000)
    assert.ok(lines.every((each) => each === 'a line of text'))
  })
})
