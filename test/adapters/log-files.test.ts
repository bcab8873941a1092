import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { LogFilesOnDisk } from '../../src/adapters/log-files.ts'
import type { LogEvent } from '../../src/domain/log-group.ts'

function folder(t: TestContext): string {
  const data = mkdtempSync(join(tmpdir(), 'teal-log-files-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  return data
}

const event = (sequence: number, message = `m${sequence}`): LogEvent => ({
  timestamp: 1_000 + sequence,
  ingestedAt: 2_000 + sequence,
  message,
  sequence,
})

async function all(files: LogFilesOnDisk): Promise<readonly LogEvent[]> {
  const pieces = (await files.summary('s'))?.pieces ?? []
  return (await Promise.all(pieces.map(({ name }) => files.read('s', name)))).flat()
}

describe("a log stream's files", () => {
  test('keep events, and where their writer was, for the next engine', async (t) => {
    const data = folder(t)
    const files = new LogFilesOnDisk(data)
    assert.equal(await files.summary('s'), undefined)
    await files.append('s', [event(0), event(1, 'two\nlines')], '17')
    await files.append('s', [event(2)])
    for (const each of [files, new LogFilesOnDisk(data)]) {
      assert.deepEqual(await all(each), [event(0), event(1, 'two\nlines'), event(2)])
      const summary = await each.summary('s')
      assert.deepEqual(
        [summary?.position, summary?.nextSequence, summary?.firstTimestamp, summary?.lastTimestamp],
        ['17', 3, 1_000, 1_002],
      )
    }
    assert.equal(statSync(join(data, 'logs', 's', '00000001.jsonl')).mode & 0o777, 0o600)
  })

  test('are read with what was appended, also after a reading during which it came', async (t) => {
    const files = new LogFilesOnDisk(folder(t))
    // Which of the two ends first is chance: it takes many of them to meet with each order.
    await files.append('s', [event(0, 'x'.repeat(200_000))])
    for (let sequence = 1; sequence <= 300; sequence++) {
      await Promise.all([all(files), files.append('s', [event(sequence)])])
      assert.equal((await all(files)).length, sequence + 1)
    }
  })

  test('leave out a line that a crash has cut off, and go on after it', async (t) => {
    const data = folder(t)
    await new LogFilesOnDisk(data).append('s', [event(0)])
    appendFileSync(join(data, 'logs', 's', '00000001.jsonl'), '[1001,20')
    const files = new LogFilesOnDisk(data)
    assert.deepEqual(await all(files), [event(0)])
    await files.append('s', [event(1)])
    assert.deepEqual(await all(new LogFilesOnDisk(data)), [event(0), event(1)])
  })

  test('go on after a line that a full disk has cut off', async (t) => {
    const data = folder(t)
    const files = new LogFilesOnDisk(data)
    await files.append('s', [event(0)])
    const file = join(data, 'logs', 's', '00000001.jsonl')
    const written = readFileSync(file, 'utf8')
    rmSync(file)
    mkdirSync(file)
    await assert.rejects(files.append('s', [event(1)]), { code: 'EISDIR' })
    rmSync(file, { recursive: true })
    writeFileSync(file, `${written}[1001,20`)
    await files.append('s', [event(1)])
    await files.append('s', [event(2)])
    for (const each of [files, new LogFilesOnDisk(data)]) {
      assert.deepEqual(await all(each), [event(0), event(1), event(2)])
    }
  })

  test('are pieces, of which the oldest can go and the last cannot', async (t) => {
    const data = folder(t)
    const files = new LogFilesOnDisk(data)
    for (let sequence = 0; sequence < 3; sequence++) await files.append('s', [event(sequence, 'x'.repeat(1_100_000))])
    const names = (await files.summary('s'))?.pieces.map(({ name }) => name) ?? []
    assert.deepEqual(names, readdirSync(join(data, 'logs', 's')))
    assert.equal(names.length, 3)
    for (const name of names) await files.removeOldest('s', name)
    assert.deepEqual(
      (await all(files)).map(({ sequence }) => sequence),
      [2],
    )
  })

  test('of streams that are gone are removed', async (t) => {
    const data = folder(t)
    const files = new LogFilesOnDisk(data)
    for (const stream of ['a', 'b', 'c']) await files.append(stream, [event(0)])
    await files.remove('a')
    files.keepOnly(new Set(['b']))
    assert.deepEqual(readdirSync(join(data, 'logs')), ['b'])
    assert.equal(existsSync(join(data, 'logs', 'a')), false)
  })
})
