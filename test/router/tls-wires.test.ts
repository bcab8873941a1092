import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Socket, type AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createServer } from 'node:tls'
import type { ConnectionWire, WireEvents } from '../../src/router/wire.ts'
import { Cleanups, eventually } from '../cleanups.ts'
import { assertLossToldOnce, kindsOfTlsWires, shakeHands } from './secured-port.ts'
import { makeCertificate } from './test-certificates.ts'

const { certificate: cert, privateKey: key } = makeCertificate({ names: ['localhost'] })
const kinds = Object.keys(kindsOfTlsWires) as (keyof typeof kindsOfTlsWires)[]

for (const kind of kinds) {
  test(`${kind}: bytes go through whole, in both directions, with a reader that is slow`, async () => {
    await using cleanups = new Cleanups()
    const { wire, peer } = await securedConnection(cleanups, kind, {
      onBytes(bytes, start, end) {
        if (!wire.write(Buffer.from(bytes.subarray(start, end)))) wire.pause()
      },
      onDrain: () => wire.resume(),
      onEnd: () => wire.end(),
    })
    const sent = randomBytes(16 * 1024 * 1024)
    peer.write(sent)
    let pending = 0
    await eventually('the kernel has no more room', () => {
      const [before, now] = [pending, wire.pendingBytes]
      pending = now
      return now > 0 && now === before
    })
    const received = await firstBytes(peer, sent.length)
    assert.ok(received.equals(sent))
    await eventually('nothing waits any more', () => wire.pendingBytes === 0)
  })

  test(`${kind}: what is written in one turn arrives in order, though its bytes are used again`, async () => {
    await using cleanups = new Cleanups()
    let drains = 0
    const { wire, peer } = await securedConnection(cleanups, kind, { onDrain: () => void drains++ })
    const scratch = Buffer.alloc(1_000)
    const expected: Buffer[] = []
    let isFree = wire.write(Buffer.alloc(0))
    for (let count = 0; isFree; count++) {
      scratch.fill(`${count},`)
      expected.push(Buffer.from(scratch))
      isFree = wire.write(scratch)
    }
    const all = Buffer.concat(expected)
    assert.ok(all.length >= 64 * 1024 && all.length < 80 * 1024, 'the writer was told when enough waited')
    assert.ok((await firstBytes(peer, all.length)).equals(all))
    await eventually('the writer may go on', () => drains === 1)
    assert.equal(wire.write(scratch), true)
  })

  test(`${kind}: nothing is told while it is paused, and all of it, with the end behind it, when it goes on`, async () => {
    await using cleanups = new Cleanups()
    const received: Buffer[] = []
    let isPaused = false
    const { wire, peer, events } = await securedConnection(cleanups, kind, {
      onBytes(bytes, start, end) {
        assert.equal(isPaused, false, 'bytes were told while it was paused')
        received.push(Buffer.from(bytes.subarray(start, end)))
        isPaused = true
        wire.pause()
        setTimeout(() => {
          isPaused = false
          wire.resume()
          assert.equal(isPaused, false, 'bytes were told from within a call')
        }, 1)
      },
      onEnd: () => void events.push(`ended behind ${Buffer.concat(received).length}`),
    })
    const sent = randomBytes(1_000_000)
    peer.end(sent)
    await eventually('it has ended', () => events.length > 0)
    assert.equal(events[0], `ended behind ${sent.length}`)
    assert.ok(Buffer.concat(received).equals(sent))
  })

  test(`${kind}: whoever reads late gets everything that was sent before the end`, async () => {
    await using cleanups = new Cleanups()
    const { wire, peer, events } = await securedConnection(cleanups, kind)
    const sent: Buffer[] = []
    for (let isFree = true; isFree;) {
      const some = randomBytes(2 ** 20)
      sent.push(some)
      isFree = wire.write(some)
    }
    const last = Buffer.from('the last word')
    wire.write(last)
    wire.end()
    assert.equal(wire.write(Buffer.from('nothing comes behind the end')), true)
    assert.ok((await buffer(peer)).equals(Buffer.concat([...sent, last])))
    await eventually('it is closed', () => events.includes('closed'))
    assert.deepEqual(events, ['closed'])
  })

  test(`${kind}: whoever reads nothing cannot hold a connection open that is to end`, async (context) => {
    await using cleanups = new Cleanups()
    const { wire, events } = await securedConnection(cleanups, kind)
    while (wire.write(Buffer.alloc(2 ** 20)));
    for (let count = 0; count < 50; count++) wire.write(Buffer.alloc(2 ** 20))
    context.mock.timers.enable({ apis: ['setTimeout'] })
    wire.end()
    context.mock.timers.tick(299_000)
    for (let count = 0; count < 20; count++) await turn()
    assert.deepEqual(events, [])
    context.mock.timers.tick(1_000)
    for (let count = 0; count < 1_000 && events.length === 0; count++) await turn()
    assert.deepEqual(events, ['closed'])
  })

  test(`${kind}: a client that breaks off under a write is told of once, and later writes do nothing`, async () => {
    await using cleanups = new Cleanups()
    const { wire, peer, events } = await securedConnection(cleanups, kind)
    await assertLossToldOnce(wire, peer, events)
  })

  test(`${kind}: a client that sends what is no TLS any more is closed`, async () => {
    await using cleanups = new Cleanups()
    const tcp = new Socket()
    const { events } = await securedConnection(cleanups, kind, {}, tcp)
    tcp.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually('it is closed', () => events.includes('closed'))
    assert.deepEqual(events, ['closed'])
  })

  test(`${kind}: a client that says it will send no more is told of`, async () => {
    await using cleanups = new Cleanups()
    const { peer, events } = await securedConnection(cleanups, kind)
    peer.end('the last word')
    await eventually('it has ended', () => events.includes('ended'))
    assert.equal(events[0], 'ended')
  })
}

/** A client's connection as a port with TLS has it, and its other end, which does not read. */
async function securedConnection(
  cleanups: Cleanups,
  kind: keyof typeof kindsOfTlsWires,
  given: Partial<WireEvents> = {},
  tcp?: Socket,
) {
  const { promise, resolve } = Promise.withResolvers<ConnectionWire>()
  const events: string[] = []
  const server = createServer({ cert, key }, (socket) => {
    const wire = kindsOfTlsWires[kind].accepted(socket)
    wire.start({
      onBytes: () => undefined,
      onDrain: () => undefined,
      onEnd: () => void events.push('ended'),
      onClose: () => void events.push('closed'),
      ...given,
    })
    resolve(wire)
  })
  server.listen(0, '127.0.0.1')
  cleanups.add(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  tcp?.connect(port, '127.0.0.1')
  const peer = await shakeHands(port, tcp === undefined ? {} : { socket: tcp })
  peer.on('error', () => undefined).pause()
  cleanups.add(() => peer.destroy())
  const wire = await promise
  cleanups.add(() => wire.destroy())
  return { wire, events, peer }
}

async function firstBytes(stream: NodeJS.ReadableStream, length: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let received = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.on('data', (piece: Buffer) => {
    pieces.push(piece)
    received += piece.length
    if (received >= length) resolve()
  })
  stream.resume()
  await promise
  return Buffer.concat(pieces)
}
