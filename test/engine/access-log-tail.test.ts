import assert from 'node:assert/strict'
import { appendFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { AccessLogSpoolOnDisk } from '../../src/adapters/access-log-spool.ts'
import { readAccessLogTail } from '../../src/engine/access-log-tail.ts'
import { Store } from '../../src/engine/store.ts'
import { Cleanups } from '../cleanups.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { LeftLogs, loggedLoadBalancer, webArn } from './spooled-logs.ts'

const resource = 'app/web/50dc6c495c0c9188'

function logs(cleanups: Cleanups) {
  const dataDirectory = cleanups.temporaryDirectory()
  const store = new Store(new MemoryPersistence())
  store.loadBalancers.put(webArn, loggedLoadBalancer())
  const spool = new AccessLogSpoolOnDisk(dataDirectory)
  const read = async (cursor?: string) => {
    const tail = await readAccessLogTail({ store, spool }, resource, cursor)
    assert.ok(tail !== undefined)
    return { ...tail, lines: tail.parts.flatMap(({ lines }) => lines) }
  }
  return { store, spool, left: new LeftLogs(dataDirectory), read }
}

test('what is not delivered is read, and then what has come since', async () => {
  await using cleanups = new Cleanups()
  const { left, read } = logs(cleanups)
  left.leave('1\n2\n', { routerId: 'a', sequence: 1 })
  left.leave('3\n4', { routerId: 'a', sequence: 2, state: 'open' })
  left.leave('5\n', { routerId: 'b', sequence: 1, state: 'delivered' })
  const first = await read()
  assert.deepEqual(first.lines, ['1', '2', '3', '5'])
  assert.equal(first.loadBalancerArn, webArn)
  assert.match(first.parts[0]?.key ?? '', /^lb\/AWSLogs\/.*_20260102T2225Z_127\.0\.0\.1_abcdefgh\.log\.gz$/)
  assert.equal(first.hasMore, false)
  assert.deepEqual((await read(first.next)).lines, [])

  const open = left.names().find((name) => name.endsWith('.open')) ?? ''
  appendFileSync(join(left.directory, open), '0\n6\n')
  renameSync(join(left.directory, open), join(left.directory, open.replace('.open', '.log')))
  left.leave('7\n', { routerId: 'a', sequence: 3, state: 'open' })
  left.leave('8\n', { routerId: 'c', sequence: 1, state: 'open' })
  const second = await read(first.next)
  assert.deepEqual(second.lines, ['40', '6', '7', '8'])
  assert.deepEqual((await read(second.next)).lines, [])
})

test('much is read in parts, each of whole lines', async () => {
  await using cleanups = new Cleanups()
  const { left, read } = logs(cleanups)
  const lines = Array.from({ length: 30_000 }, (_, number) => `${number} ${'x'.repeat(60)}`)
  left.leave(`${lines.slice(0, 20_000).join('\n')}\n`, { sequence: 9 })
  left.leave(`${lines.slice(20_000).join('\n')}\n`, { sequence: 10, state: 'open' })
  const found: string[] = []
  let reads = 0
  for (let [cursor, hasMore] = ['', true]; hasMore; reads++) {
    const tail = await read(cursor)
    assert.ok(tail.lines.join('\n').length <= 1024 * 1024)
    found.push(...tail.lines)
    ;[cursor, hasMore] = [tail.next, tail.hasMore]
  }
  assert.deepEqual(found, lines)
  assert.equal(reads, 2)
})

test('there is nothing of a load balancer that there is not, and nothing but lines for a cursor that is none', async () => {
  await using cleanups = new Cleanups()
  const { store, spool, left, read } = logs(cleanups)
  assert.equal(await readAccessLogTail({ store, spool }, 'app/other/50dc6c495c0c9188'), undefined)
  assert.deepEqual((await read()).lines, [])
  left.leave('1\n')
  assert.deepEqual((await read('~~x.y.z~')).lines, ['1'])
})
