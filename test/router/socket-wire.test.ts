import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { transport, transportNames } from '../../src/router/transport.ts'
import type { TcpWire } from '../../src/router/wire.ts'
import { Cleanups } from './test-router.ts'

for (const name of transportNames) {
  test(`${name}: whoever reads nothing cannot hold a connection open that is to end`, async (context) => {
    await using cleanups = new Cleanups()
    const { wire, events } = await acceptedWire(cleanups, name)
    while (wire.write(Buffer.alloc(2 ** 20)));
    context.mock.timers.enable({ apis: ['setTimeout'] })
    wire.end()
    context.mock.timers.tick(29_900)
    for (let count = 0; count < 20; count++) await turn()
    assert.deepEqual(events, [])
    context.mock.timers.tick(100)
    await once(wire.socket, 'close')
    assert.deepEqual(events, ['closed'])
  })

  test(`${name}: whoever reads late gets everything that was sent before the end`, async (context) => {
    await using cleanups = new Cleanups()
    const { wire, events, peer } = await acceptedWire(cleanups, name)
    let sent = 0
    for (let isFree = true; isFree; sent += 2 ** 20) isFree = wire.write(Buffer.alloc(2 ** 20))
    context.mock.timers.enable({ apis: ['setTimeout'] })
    wire.end()
    context.mock.timers.tick(29_900)
    let received = 0
    peer.on('data', (bytes: Buffer) => (received += bytes.length)).resume()
    await once(peer, 'end')
    assert.equal(received, sent)
    // It has been told, and does not end its side.
    assert.deepEqual(events, [])
    context.mock.timers.tick(2_000)
    await once(wire.socket, 'close')
    assert.deepEqual(events, ['closed'])
  })
}

/** A connection as a listener has it, and its other end, which does not read. */
async function acceptedWire(cleanups: Cleanups, name: (typeof transportNames)[number]) {
  const { promise, resolve } = Promise.withResolvers<TcpWire>()
  const events: string[] = []
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    const wire = transport(name).adopt(socket)
    const told = { onBytes: () => undefined, onDrain: () => undefined, onEnd: () => undefined }
    wire.start({ ...told, onClose: () => void events.push('closed') })
    resolve(wire)
  })
  server.listen(0, '127.0.0.1')
  cleanups.add(() => server.close())
  await once(server, 'listening')
  const peer = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
  peer.on('error', () => undefined).pause()
  cleanups.add(() => peer.destroy())
  return { wire: await promise, events, peer }
}
