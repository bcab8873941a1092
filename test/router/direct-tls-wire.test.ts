import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo, Socket, TcpNetConnectOpts } from 'node:net'
import { test } from 'node:test'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls'
import type { TcpWire, WireEvents } from '../../src/router/wire.ts'
import { Cleanups, eventually } from '../cleanups.ts'
import { freePort } from '../free-port.ts'
import { writeUntilRefused } from './direct-wires.ts'
import { ownCertificate } from './secure-app.ts'
import { assertLossToldOnce, kindsOfTlsWires } from './secured-port.ts'

type Kind = keyof typeof kindsOfTlsWires

const kinds = Object.keys(kindsOfTlsWires) as Kind[]
const versions = ['TLSv1.2', 'TLSv1.3'] as const

for (const kind of kinds) {
  for (const version of versions) {
    test(`${kind}, ${version}: bytes go to a target and back whole, with a target that is slow`, async () => {
      await using cleanups = new Cleanups()
      const sent = randomBytes(16 * 1024 * 1024)
      const received: Buffer[] = []
      let length = 0
      const { wire, peer } = await connection(cleanups, kind, { version }, (own) => ({
        onBytes(bytes, start, end) {
          received.push(Buffer.from(bytes.subarray(start, end)))
          length += end - start
          own().pause()
          setImmediate(() => own().resume())
        },
      }))
      wire.write(sent)
      assert.ok(wire.pendingBytes > 0)
      peer.on('data', (some: Buffer) => {
        if (!peer.write(some)) peer.pause()
      })
      peer.on('drain', () => peer.resume()).resume()
      await eventually('all of it is back', () => length === sent.length)
      assert.ok(Buffer.concat(received).equals(sent))
      assert.equal(wire.pendingBytes, 0)
    })
  }

  test(`${kind}: nothing is told while it is paused, and all of it, with the end behind it, when it goes on`, async () => {
    await using cleanups = new Cleanups()
    const sent = randomBytes(1_000_000)
    const received: Buffer[] = []
    let isPaused = false
    const { events, peer } = await connection(cleanups, kind, {}, (wire, told) => ({
      onBytes(bytes, start, end) {
        assert.equal(isPaused, false, 'bytes were told while it was paused')
        received.push(Buffer.from(bytes.subarray(start, end)))
        isPaused = true
        wire().pause()
        setTimeout(() => {
          isPaused = false
          wire().resume()
          assert.equal(isPaused, false, 'bytes were told from within a call')
        }, 1)
      },
      onEnd: () => void told.push(`ended behind ${Buffer.concat(received).length}`),
    }))
    peer.end(sent)
    await eventually('it has ended', () => events.length > 0)
    assert.equal(events[0], `ended behind ${sent.length}`)
    assert.ok(Buffer.concat(received).equals(sent))
  })

  test(`${kind}: an answer of a few records that its end follows at once is told whole, to whoever pauses with each`, async () => {
    await using cleanups = new Cleanups()
    const sent = randomBytes(100_000)
    let length = 0
    const { wire, events, peer } = await connection(cleanups, kind, {}, (own, told) => ({
      onBytes(_, start, end) {
        length += end - start
        own().pause()
        setTimeout(() => own().resume(), 1)
      },
      onEnd: () => void told.push(`ended behind ${length}`),
    }))
    wire.pause()
    const { promise, resolve } = Promise.withResolvers<void>()
    peer.end(sent, resolve)
    await promise
    wire.resume()
    await eventually('it has ended', () => events.length > 0)
    assert.equal(events[0], `ended behind ${sent.length}`)
  })

  test(`${kind}: a target that breaks off under a write is told of once, and later writes do nothing`, async () => {
    await using cleanups = new Cleanups()
    const { wire, peer, events } = await connection(cleanups, kind)
    await assertLossToldOnce(wire, peer, events)
    assert.equal(wire.socket.destroyed, true)
  })

  test(`${kind}: what was written last arrives before the end`, async () => {
    await using cleanups = new Cleanups()
    const { wire, peer, events } = await connection(cleanups, kind)
    const sent = randomBytes(500_000)
    for (let at = 0; at < sent.length; at += 10_000) wire.write(Buffer.from(sent.subarray(at, at + 10_000)))
    wire.end()
    const received: Buffer[] = []
    for await (const some of peer) received.push(some as Buffer)
    assert.ok(Buffer.concat(received).equals(sent))
    await eventually('it is closed', () => events.includes('closed'))
    assert.deepEqual(events, ['closed'])
  })

  test(`${kind}: a target that goes on without TLS is closed`, async () => {
    await using cleanups = new Cleanups()
    const { raw, events } = await connection(cleanups, kind)
    raw.write('HTTP/1.1 200 OK\r\n\r\n')
    await eventually('it is closed', () => events.includes('closed'))
    assert.deepEqual(events, ['closed'])
  })

  test(`${kind}: where no session comes about it is told that there is none, and nothing of it is left`, async () => {
    const events: string[] = []
    const wire = kindsOfTlsWires[kind].connecting(connectTo(await freePort()), allOf({}, events), () =>
      assert.fail('There is nobody'),
    )
    assert.equal(wire.write(Buffer.from('nothing goes')), true)
    await eventually('it is closed', () => events.includes('closed'))
    assert.deepEqual(events, ['closed'])
  })
}

test('direct: what a target has sent before it closed is read, though it takes nothing any more', async () => {
  await using cleanups = new Cleanups()
  const target = await targetThatDoesNotRead(cleanups)
  const { wire, events } = target
  await answerAndBreakOff(target)
  while (!events.includes('closed')) {
    assert.equal(typeof wire.write(Buffer.from('more of it')), 'boolean')
    await turn()
  }
  // Whether what has come is all of it cannot be told from such an end.
  assert.deepEqual(events, ['answer', 'closed'])
})

test('direct: what a target has sent before it closed waits for a client that reads slowly', async () => {
  await using cleanups = new Cleanups()
  const target = await targetThatDoesNotRead(cleanups)
  const { wire, events } = target
  wire.pause()
  await answerAndBreakOff(target)
  await writeUntilRefused(wire)
  await delay(2_500)
  assert.equal(events.length, 0)
  wire.resume()
  await eventually('it has closed', () => events.includes('closed'))
  assert.deepEqual(events, ['answer', 'closed'])
})

test('direct: an answer of several records is told together', async () => {
  await using cleanups = new Cleanups()
  const told: number[] = []
  const { peer } = await connection(cleanups, 'direct', {}, (wire) => ({
    onBytes: (_, start, end) => void told.push(wire().mayTellMore === false ? end - start : 0),
  }))
  peer.write(Buffer.alloc(40_000))
  await eventually('all has come', () => told.reduce((sum, each) => sum + each, 0) === 40_000)
  assert.ok(told.length < 3, `told ${told.join(', ')}`)
})

/** A connection that tells what comes on it, to a target that has got something and leaves it unread. */
async function targetThatDoesNotRead(cleanups: Cleanups) {
  const target = await connection(cleanups, 'direct', {}, (_, told) => ({
    onBytes: (bytes, start, end) => void told.push(bytes.toString('latin1', start, end)),
  }))
  target.wire.write(Buffer.from('what it does not read'))
  await once(target.peer, 'readable')
  return target
}

async function answerAndBreakOff({ wire, peer, raw }: Awaited<ReturnType<typeof connection>>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  peer.write('answer', () => resolve())
  wire.write(Buffer.alloc(2 ** 20))
  await promise
  raw.resetAndDestroy()
}

type Told = (wire: () => TcpWire, events: string[]) => Partial<WireEvents>

/** A connection to a target by TLS, and the target's own side of it, of which nothing is read yet. */
async function connection(
  cleanups: Cleanups,
  kind: Kind,
  { version = 'TLSv1.3' }: { readonly version?: SecureVersion } = {},
  given: Told = () => ({}),
) {
  const server = createServer({ ...ownCertificate, minVersion: version, maxVersion: version })
  const sockets: Socket[] = []
  server.on('connection', (socket: Socket) => sockets.push(socket))
  server.listen(0, '127.0.0.1')
  cleanups.add(() => server.close())
  await once(server, 'listening')
  const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>
  const events: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const { port } = server.address() as AddressInfo
  const told = allOf(
    given(() => wire, events),
    events,
  )
  const wire: TcpWire = kindsOfTlsWires[kind].connecting(connectTo(port), told, resolve)
  cleanups.add(() => wire.destroy())
  const [peer] = await accepted
  peer.on('error', () => undefined).pause()
  cleanups.add(() => peer.destroy())
  await promise
  return { wire, events, peer, raw: sockets[0] ?? assert.fail('Nobody has connected') }
}

function connectTo(port: number): TLSSocket {
  const tcp: TcpNetConnectOpts = { host: '127.0.0.1', port, allowHalfOpen: true }
  return connect({ ...tcp, rejectUnauthorized: false })
}

function allOf(given: Partial<WireEvents>, events: string[]): WireEvents {
  return {
    onBytes: () => undefined,
    onDrain: () => undefined,
    onEnd: () => void events.push('ended'),
    onClose: () => void events.push('closed'),
    ...given,
  }
}
