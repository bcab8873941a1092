import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { ObjectFilesOnDisk } from '../../src/adapters/object-files.ts'
import { SqlitePersistence } from '../../src/adapters/sqlite-persistence.ts'
import { SystemChance } from '../../src/adapters/system-chance.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { ObjectStore } from '../../src/engine/object-store.ts'
import { Store } from '../../src/engine/store.ts'

test('a file holds the bytes it was written with, and parts of them', async (t) => {
  const files = new ObjectFilesOnDisk(directory(t))
  const { fileId, size, md5 } = await files.write([Buffer.from('0123'), Buffer.from('456789')])
  assert.deepEqual([size, md5], [10, '781e5e245d69b566979b86e28d23f2c7'])
  assert.equal(String(await files.read(fileId)), '0123456789')
  assert.equal(String(await files.read(fileId, { first: 3, last: 5 })), '345')
  await files.remove([fileId])
  assert.equal(await files.read(fileId), undefined)
})

test('a file of no bytes is a file', async (t) => {
  const files = new ObjectFilesOnDisk(directory(t))
  const { fileId, size } = await files.write([])
  assert.deepEqual([size, (await files.read(fileId))?.length], [0, 0])
})

test('a writing that breaks off leaves nothing', async (t) => {
  const data = directory(t)
  const files = new ObjectFilesOnDisk(data)
  await assert.rejects(files.write(broken()), /the client went away/)
  assert.deepEqual(namesIn(data), [])
})

test('a start removes what nobody needs, finished or not', async (t) => {
  const data = directory(t)
  const files = new ObjectFilesOnDisk(data)
  const kept = await files.write([Buffer.from('kept')])
  await files.write([Buffer.from('not needed')])
  writeFileSync(join(data, 'objects', 'new', 'half'), 'ha')
  files.keepOnly(new Set([kept.fileId]))
  assert.deepEqual(namesIn(data), [kept.fileId])
})

test('an engine killed while it writes objects has every one it acknowledged, whole, and no other bytes', async (t) => {
  const data = directory(t)
  for (let round = 0; round < 5; round += 1) {
    const acknowledged = await killedAfter(data, 20 + round * 7)
    const persistence = SqlitePersistence.open(join(data, 'state.db'))
    const store = new Store(persistence)
    const files = new ObjectFilesOnDisk(data)
    const objects = new ObjectStore({ store, files, clock: new SystemClock(), chance: new SystemChance() })
    objects.sweep()
    // The one change that was under way when the process died may be there or not; all before it are.
    const last = acknowledged.at(-1)
    const after = new Map(acknowledged)
    let different = 0
    for (const [key, state] of after) {
      const found = await objects.read({ bucket: 'bucket', key })
      if (found !== undefined) assert.equal(createHash('md5').update(found.content).digest('hex'), found.eTag)
      if ((found?.eTag ?? 'deleted') !== state) different += 1
    }
    assert.ok(different <= 1, `${different} objects are not as acknowledged; the last was ${last?.join(' ')}`)
    assert.equal(namesIn(data).length, store.objects.list().length)
    persistence.close()
  }
})

/** Runs a writer, kills it in the middle of what comes after so many acknowledgements, and answers all of these. */
async function killedAfter(data: string, count: number): Promise<readonly (readonly [string, string])[]> {
  const program = join(import.meta.dirname, 'object-writer-to-kill.ts')
  const writer = spawn(process.execPath, [program, data], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(writer, 'close')
  const acknowledged: (readonly [string, string])[] = []
  for await (const line of createInterface(writer.stdout)) {
    const [key = '', state = ''] = line.split(' ')
    acknowledged.push([key, state])
    if (acknowledged.length === count) writer.kill('SIGKILL')
  }
  await closed
  return acknowledged
}

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'teal-objects-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Of all files, also unfinished ones. */
function namesIn(data: string): readonly string[] {
  const entries = readdirSync(join(data, 'objects'), { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

async function* broken(): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(Buffer.from('the beginning'))
  throw new Error('the client went away')
}
