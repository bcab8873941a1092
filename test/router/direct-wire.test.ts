import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { DirectHandles } from '../../src/router/direct-handle.ts'
import { Cleanups, eventually } from '../cleanups.ts'
import { freePort } from '../free-port.ts'
import { clientConnection, targetConnection, writeUntilRefused } from './direct-wires.ts'
import { forwardTo, listener, startApp, startRouter, table, targetGroup } from './test-router.ts'

before(() => DirectHandles.learn())

test('borrowed bytes may be changed at once, also where the other side takes only some of them', async () => {
  await using cleanups = new Cleanups()
  let drains = 0
  const { wire, socket } = await clientConnection(cleanups, { onDrain: () => void drains++ })
  const sent = randomBytes(24 * 1024 * 1024)
  const borrowed = Buffer.alloc(64 * 1024)
  let waited = 0
  for (let at = 0; at < sent.length; at += borrowed.length) {
    sent.copy(borrowed, 0, at, at + borrowed.length)
    if (!wire.writeBorrowed(borrowed, 0, borrowed.length)) waited++
    borrowed.fill('?')
  }
  assert.ok(waited > 1, 'the kernel had no more room, and what came then did not overtake what waited')
  const received = buffer(socket)
  await eventually('all of it has gone', () => drains > 0)
  assert.equal(wire.pendingBytes, 0)
  wire.end()
  assert.ok((await received).equals(sent))
})

test('nothing is written by a wire that is closed, whatever has the number of its connection by then', async () => {
  await using cleanups = new Cleanups()
  const { wire } = await clientConnection(cleanups)
  const directory = mkdtempSync(join(tmpdir(), 'teal-wire-'))
  cleanups.add(() => rmSync(directory, { recursive: true }))
  const handle = DirectHandles.of(wire.socket)
  const { fd } = handle ?? assert.fail('The connection has no handle')
  // Closed here and now; that it is gone is told later.
  wire.socket.destroy()
  const files: number[] = []
  while (!files.includes(fd)) files.push(openSync(join(directory, `file-${files.length}`), 'w'))
  const bytes = randomBytes(32 * 1024)
  assert.equal(wire.writeBorrowed(bytes, 0, bytes.length), true)
  assert.deepEqual(new Set(files.map((file) => fstatSync(file).size)), new Set([0]))
  for (const file of files) closeSync(file)
  await eventually('it is gone', () => wire.socket.closed)
  assert.equal(wire.writeBorrowed(bytes, 0, bytes.length), true)
})

test('where the other side has gone, borrowed bytes go nowhere and the connection ends', async () => {
  await using cleanups = new Cleanups()
  const { wire, socket } = await clientConnection(cleanups)
  socket.resetAndDestroy()
  const bytes = randomBytes(32 * 1024)
  await eventually('it has ended', () => {
    wire.writeBorrowed(bytes, 0, bytes.length)
    return wire.socket.destroyed
  })
})

test('a write that the kernel takes only at the second try is waited for, though nothing of it is left by then', async () => {
  await using cleanups = new Cleanups()
  let drains = 0
  const { wire, socket } = await clientConnection(cleanups, { onDrain: () => void drains++ })
  // So it looks where the other side reads between the two tries, which it seldom does.
  Object.defineProperty(DirectHandles.of(wire.socket), 'writeQueueSize', { value: 0 })
  const sent = randomBytes(8 * 1024 * 1024)
  assert.equal(wire.write(sent), false)
  const other = await clientConnection(cleanups)
  other.wire.write(Buffer.from('by a request of its own'))
  wire.write(sent)
  const received = buffer(socket)
  await eventually('all of it has gone', () => drains > 0)
  wire.end()
  assert.ok((await received).equals(Buffer.concat([sent, sent])))
})

test('what a target has sent before it closed is read, though it takes nothing any more', async () => {
  await using cleanups = new Cleanups()
  const told: string[] = []
  const { wire, socket } = await targetConnection(cleanups, {
    onBytes: (bytes, start, end) => void told.push(bytes.toString('latin1', start, end)),
    onEnd: () => void told.push('end'),
    onClose: () => void told.push('close'),
  })
  wire.write(Buffer.from('what it does not read'))
  await once(socket, 'readable')
  socket.write('answer')
  socket.destroy()
  // The first of them is told that the target has gone, the second that nothing more can be written.
  for (let count = 0; count < 2; count++) assert.equal(wire.write(Buffer.from('more of it')), true)
  await eventually('it has closed', () => told.includes('close'))
  // Whether what has come is all of it cannot be told from such an end.
  assert.deepEqual(told, ['answer', 'close'])
})

test('what a target has sent before it closed waits for a client that reads slowly', async () => {
  await using cleanups = new Cleanups()
  const told: string[] = []
  const { wire, socket } = await targetConnection(cleanups, {
    onBytes: (bytes, start, end) => {
      told.push(bytes.toString('latin1', start, end))
      if (told.length === 1) wire.pause()
    },
    onClose: () => void told.push('close'),
  })
  wire.write(Buffer.from('what it does not read'))
  await once(socket, 'readable')
  socket.write('the beginning')
  await eventually('it has begun', () => told.length === 1)
  socket.write('the rest')
  socket.destroy()
  await writeUntilRefused(wire)
  await delay(2_500)
  assert.deepEqual(told, ['the beginning'])
  wire.resume()
  await eventually('it has closed', () => told.includes('close'))
  assert.deepEqual(told, ['the beginning', 'the rest', 'close'])
})

test('an answer in the middle of an upload reaches the client, also from an application that closes behind it', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => {
    response.writeHead(413, { connection: 'close' }).end('too large')
  })
  const router = await startRouter(cleanups, { transportName: 'direct' })
  const port = await freePort()
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])]))
  for (let count = 0; count < 10; count++) {
    const client = connect(port, '127.0.0.1')
    client.on('error', () => undefined)
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${8 * 1024 * 1024}\r\n\r\n`)
    client.write(Buffer.alloc(8 * 1024 * 1024))
    const [answer] = (await once(client, 'data')) as [Buffer]
    client.destroy()
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 413 /)
  }
})
