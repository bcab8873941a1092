import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { AccessLogSpoolOnDisk } from '../../src/adapters/access-log-spool.ts'
import { ObjectFilesOnDisk } from '../../src/adapters/object-files.ts'
import { SystemChance } from '../../src/adapters/system-chance.ts'
import { noteEndOfAccessLog } from '../../src/engine/access-log-destinations.ts'
import { AccessLogDelivery } from '../../src/engine/access-log-delivery.ts'
import type { AccessLogSpool } from '../../src/engine/access-log-spool.ts'
import { Changes } from '../../src/engine/changes.ts'
import { ObjectStore } from '../../src/engine/object-store.ts'
import { Store } from '../../src/engine/store.ts'
import { Cleanups, eventually } from '../cleanups.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { HandClock, LeftLogs, loggedLoadBalancer, webArn } from './spooled-logs.ts'

const directory = 'lb/AWSLogs/000000000000/elasticloadbalancing/eu-west-1/2026/01/02/'
const key = `${directory}000000000000_elasticloadbalancing_eu-west-1_app.web.50dc6c495c0c9188_20260102T2225Z_127.0.0.1_abcdefgh.log.gz`
const bucket = { bucketName: 'logs', region: 'eu-west-1', createTime: 0 }

function startDelivery(cleanups: Cleanups, { dataDirectory = cleanups.temporaryDirectory(), wrap = asItIs } = {}) {
  const clock = new HandClock()
  const store = new Store(new MemoryPersistence())
  const changes = new Changes(clock)
  store.onChange(() => changes.notify())
  const objects = new ObjectStore({
    store,
    clock,
    chance: new SystemChance(),
    files: new ObjectFilesOnDisk(join(dataDirectory, 's3')),
  })
  const warnings: string[] = []
  const log = { info: () => undefined, warn: (message: string) => warnings.push(message) }
  const spool = new AccessLogSpoolOnDisk(dataDirectory)
  const settings = { minuteMilliseconds: 60_000 }
  const delivery = new AccessLogDelivery({ store, clock, changes, settings, log, objects, spool: wrap(spool) })
  store.loadBalancers.put(webArn, loggedLoadBalancer())
  cleanups.add(() => delivery.stop())
  return {
    delivery,
    store,
    warnings,
    clock,
    left: new LeftLogs(dataDirectory),
    text: async (name = key) => {
      const object = await objects.read({ bucket: 'logs', key: name })
      return object && gunzipSync(object.content).toString()
    },
    /** Lets the delivery look once more. */
    look: async () => {
      await eventually('the delivery rests', () => clock.hasSleepers)
      clock.advance(10_000)
    },
    /** Lets the delivery look again and again until it is true. */
    lookUntil: (what: string, isTrue: () => boolean | undefined) =>
      eventually(what, () => {
        if (clock.hasSleepers) clock.advance(10_000)
        return isTrue()
      }),
  }
}

function asItIs(spool: AccessLogSpool): AccessLogSpool {
  return spool
}

test('a complete file becomes an object under the name that AWS gives it', async () => {
  await using cleanups = new Cleanups()
  const { delivery, store, left, text, lookUntil, warnings } = startDelivery(cleanups)
  store.buckets.put('logs', bucket)
  left.leave('one\ntwo\n')
  left.leave('three\n', { state: 'open', sequence: 2, random: 'open0000' })
  delivery.start()
  await eventually('it is delivered', () => left.names().some((name) => name.endsWith('.done')))
  assert.equal(await text(), 'one\ntwo\n')
  assert.equal(store.objects.list().length, 1)
  // It stays for those who are reading it, and then goes.
  await lookUntil('the file is gone', () => left.names().length === 1)
  assert.match(left.names()[0] ?? '', /open0000\.open$/)
  assert.equal(store.objects.list().length, 1)
  assert.deepEqual(warnings, [])
})

test('a file whose delivery was cut off by the end of the engine is delivered once', async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  const { delivery, store, left, text, lookUntil } = startDelivery(cleanups, {
    dataDirectory,
    wrap: (spool) => ({
      list: () => spool.list(),
      listOf: (loadBalancer) => spool.listOf(loadBalancer),
      compressed: (file) => spool.compressed(file),
      read: (file, from, mostBytes) => spool.read(file, from, mostBytes),
      remove: (file) => spool.remove(file),
      // As if the engine were killed between the two.
      markDelivered: () => (marks++ === 0 ? Promise.reject(new Error('killed')) : Promise.resolve()),
    }),
  })
  let marks = 0
  store.buckets.put('logs', { ...bucket, versioning: 'Enabled' })
  left.leave('one\n')
  delivery.start()
  await lookUntil('it has been tried twice', () => marks > 1)
  assert.equal(await text(), 'one\n')
  assert.equal(store.objects.list()[0]?.versions.length, 1)
})

test('without its bucket a log stays where it is, and one says so', async () => {
  await using cleanups = new Cleanups()
  const { delivery, store, left, text, look, warnings } = startDelivery(cleanups)
  left.leave('one\n')
  delivery.start()
  for (let looks = 0; looks < 3; looks++) await look()
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] ?? '', /cannot be delivered to bucket logs: there is no such bucket\. It is tried again/)
  assert.equal(left.names().length, 1)
  store.buckets.put('logs', bucket)
  await look()
  await eventually('it is delivered', () => left.names()[0]?.endsWith('.done'))
  assert.equal(await text(), 'one\n')
})

for (const [how, end] of Object.entries({
  'whose load balancer was deleted': undefined,
  'that was switched off': loggedLoadBalancer({ 'access_logs.s3.enabled': 'false' }),
  'that has no bucket any more': loggedLoadBalancer({ 'access_logs.s3.enabled': 'false', 'access_logs.s3.bucket': '' }),
})) {
  test(`a log ${how} is delivered by the next engine, too, and then nobody looks any more`, async () => {
    await using cleanups = new Cleanups()
    const { delivery, store, clock, left, text, lookUntil, warnings } = startDelivery(cleanups)
    store.buckets.put('logs', bucket)
    store.transaction(() => {
      noteEndOfAccessLog({ store, clock }, loggedLoadBalancer(), end)
      if (end === undefined) store.loadBalancers.delete(webArn)
      else store.loadBalancers.put(webArn, end)
    })
    left.leave('last\n')
    delivery.start()
    await lookUntil('it is delivered', () => left.names()[0]?.endsWith('.done'))
    assert.equal(await text(), 'last\n')
    // A WebSocket that began before ends after half an hour.
    for (let look = 0; look < 3; look++) {
      await eventually('the delivery rests', () => clock.hasSleepers)
      clock.advance(600_000)
    }
    left.leave('at last\n', { sequence: 2, random: 'later000' })
    await lookUntil('it is delivered', () => left.names().some((name) => name.endsWith('later000.done')))
    await lookUntil('it is forgotten', () => {
      if (clock.hasSleepers) clock.advance(600_000)
      return store.endedAccessLogs.list().length === 0 && left.names().length === 0
    })
    assert.deepEqual(warnings, [])
  })
}

test('a log of which nobody knows where it went is dropped, and one whose bucket is gone, too, in the end', async () => {
  await using cleanups = new Cleanups()
  const unknown = startDelivery(cleanups)
  unknown.store.loadBalancers.delete(webArn)
  unknown.left.leave('lost\n')
  unknown.delivery.start()
  await eventually('it is dropped', () => unknown.warnings.length === 1)
  assert.match(unknown.warnings[0] ?? '', /has no bucket any more; what was left is dropped/)

  const { delivery, store, clock, left, lookUntil, warnings } = startDelivery(cleanups)
  store.transaction(() => {
    noteEndOfAccessLog({ store, clock }, loggedLoadBalancer())
    store.loadBalancers.delete(webArn)
  })
  left.leave('lost\n')
  delivery.start()
  await lookUntil('it is dropped', () => {
    if (clock.hasSleepers) clock.advance(600_000)
    return left.names().length === 0
  })
  assert.match(warnings[0] ?? '', /cannot be delivered to bucket logs/)
})
