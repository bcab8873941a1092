import assert from 'node:assert/strict'
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { limitLog } from '../../src/adapters/log-limit.ts'
import { readLogTail } from '../../src/adapters/log-tail.ts'

const line = (index: number): string => `line ${String(index).padStart(4, '0')}\n`

describe("a container's log", () => {
  test('is cut at its limit, keeps the newest lines, and its process writes on', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'teal-log-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const [log, olderLog] = [join(folder, 'web.log'), join(folder, 'web.older.log')]
    const files = { log, olderLog, logBase: join(folder, 'web.log-base') }
    writeFileSync(log, Array.from({ length: 99 }, (_, index) => line(index)).join(''))
    await limitLog(files, 1_000)
    assert.equal(existsSync(olderLog), false)

    const descriptor = openSync(log, 'a')
    t.after(() => closeSync(descriptor))
    for (let index = 99; index < 200; index++) writeSync(descriptor, line(index))
    await limitLog(files, 1_000)
    assert.equal(readFileSync(log, 'utf8'), '')
    const kept = readFileSync(olderLog, 'utf8')
    assert.ok(kept.length <= 500 && kept.startsWith('line 0') && kept.endsWith(line(199)))
    writeSync(descriptor, 'after\n')
    assert.equal(readFileSync(log, 'utf8'), 'after\n')
    assert.deepEqual(await readLogTail([olderLog, log], 2), ['line 0199', 'after'])
    appendFileSync(log, line(0).repeat(200))
    await limitLog(files, 1_000)
    assert.ok(readFileSync(olderLog, 'utf8').length <= 500)
  })
})
