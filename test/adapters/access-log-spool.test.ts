import assert from 'node:assert/strict'
import { existsSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { AccessLogSpoolOnDisk } from '../../src/adapters/access-log-spool.ts'
import type { SpooledFile } from '../../src/engine/access-log-spool.ts'
import { LeftLogs, web } from '../engine/spooled-logs.ts'
import { Cleanups } from '../cleanups.ts'

/** No process has this number: it is beyond the greatest there is. */
const nobody = 2 ** 22 + 1

function spooled(cleanups: Cleanups) {
  const dataDirectory = cleanups.temporaryDirectory()
  return { spool: new AccessLogSpoolOnDisk(dataDirectory), left: new LeftLogs(dataDirectory), dataDirectory }
}

function one(files: readonly SpooledFile[]): SpooledFile {
  const [file] = files
  assert.ok(file !== undefined && files.length === 1)
  return file
}

test('files are listed by period, whatever else there is', async () => {
  await using cleanups = new Cleanups()
  const { spool, left, dataDirectory } = spooled(cleanups)
  assert.deepEqual(await new AccessLogSpoolOnDisk(join(dataDirectory, 'nowhere')).list(), [])
  const later = left.leave('later\n', { periodEnd: 2_000_000_000_000 })
  const earlier = left.leave('earlier\n', { periodEnd: 1_000_000_000_000 })
  const files = await spool.list()
  assert.deepEqual(
    files.map(({ file, loadBalancer, state, size }) => [file, loadBalancer, state, size]),
    [
      [earlier, web, 'complete', 8],
      [later, web, 'complete', 6],
    ],
  )
  for (const file of files) await spool.remove(file)
  assert.deepEqual(await spool.list(), [])
  assert.equal(existsSync(left.directory), false)
})

test('a file that a router has left open is complete', async () => {
  await using cleanups = new Cleanups()
  const { spool, left } = spooled(cleanups)
  const periodEnd = Date.now() + 100_000
  left.leave('live\n', { state: 'open', periodEnd })
  left.leave('dead\n', { state: 'open', periodEnd, pid: nobody, sequence: 2 })
  left.leave('lately\n', { state: 'open', periodEnd: 1000, sequence: 3 })
  left.leave('long ago\n', { state: 'open', periodEnd: 1000, sequence: 4 })
  const name = left.names().find((each) => each.includes('_4_')) ?? ''
  utimesSync(join(left.directory, name), 1000, 1000)
  const files = await spool.listOf(web)
  const states = files.toSorted((a, b) => a.file.sequence - b.file.sequence).map(({ state }) => state)
  assert.deepEqual(states, ['open', 'complete', 'open', 'complete'])
  assert.equal(left.names().filter((each) => each.endsWith('.log')).length, 2)
})

test('a file is read in parts, gzipped as a whole, and marked', async () => {
  await using cleanups = new Cleanups()
  const { spool, left } = spooled(cleanups)
  left.leave('0123456789')
  const file = one(await spool.list())
  assert.equal(String(Buffer.from((await spool.read(file, 2, 3)) ?? [])), '234')
  const pieces = await bytesOf(spool.compressed(file))
  assert.equal(gunzipSync(pieces).toString(), '0123456789')
  await spool.markDelivered(file)
  assert.equal(one(await spool.list()).state, 'delivered')
})

test('a file that is gone is nothing to be afraid of, but is not delivered as an empty one', async () => {
  await using cleanups = new Cleanups()
  const { spool, left } = spooled(cleanups)
  left.leave('0123456789')
  const file = one(await spool.list())
  rmSync(left.directory, { recursive: true })
  assert.equal(await spool.read(file, 0, 10), undefined)
  await spool.markDelivered(file)
  await spool.remove(file)
  await assert.rejects(bytesOf(spool.compressed(file)), /ENOENT/)
})

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}
