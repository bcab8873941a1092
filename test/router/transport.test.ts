import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { DirectHandles } from '../../src/router/direct-handle.ts'
import { directTlsWires, tlsWiresOfStreams } from '../../src/router/tls-wires.ts'
import { chooseTransport, transport, transportNames } from '../../src/router/transport.ts'
import type { Wire } from '../../src/router/wire.ts'
import { Cleanups, eventually } from '../cleanups.ts'
import { freePort } from '../free-port.ts'
import { forwardTo, listener, send, startApp, startRouter, table, targetGroup } from './test-router.ts'

test('the fastest way into the kernel that works here is found, and another one can be asked for', async () => {
  assert.equal((await chooseTransport(undefined)).name, 'direct')
  assert.equal((await chooseTransport('net')).name, 'net')
})

test('TLS goes past the streams where this Node lets it, and by them where the transport does', async () => {
  assert.equal((await chooseTransport('direct')).tlsWires, directTlsWires)
  assert.equal((await chooseTransport('net')).tlsWires, tlsWiresOfStreams)
})

test('TLS goes by the streams where it does not come through past them, and TCP goes past them all the same', async ({
  mock,
}) => {
  mock.method(DirectHandles, 'encrypt', () => false)
  const { name, tlsWires } = await chooseTransport('direct')
  assert.deepEqual([name, tlsWires], ['direct', tlsWiresOfStreams])
})

for (const name of transportNames) {
  test(`${name}: bytes go through whole, in both directions, with a reader that is slow`, async () => {
    await using cleanups = new Cleanups()
    const { adopt } = transport(name)
    const wires: Wire[] = []
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
      const wire = adopt(socket)
      wires.push(wire)
      wire.start({
        onBytes(bytes, start, end) {
          const isLent = wire.lendsBytes
          const isFree = wire.write(isLent ? bytes.subarray(start, end) : Buffer.from(bytes.subarray(start, end)))
          if (isFree) return
          if (isLent) wire.keepBytes?.()
          wire.pause()
        },
        onDrain: () => wire.resume(),
        onEnd: () => wire.end(),
        onClose: () => undefined,
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.add(() => server.close())
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    cleanups.add(() => socket.destroy())
    const sent = randomBytes(16 * 1024 * 1024)
    socket.write(sent)
    await eventually('the kernel has no more room', () => (wires[0]?.pendingBytes ?? 0) > 0)
    await delay(50)
    socket.end()
    assert.ok((await buffer(socket)).equals(sent))
  })

  test(`${name}: a connection to nobody ends without having begun, and one that is reset ends too`, async () => {
    await using cleanups = new Cleanups()
    const events: string[] = []
    const server = createServer((socket: Socket) => {
      socket.on('error', () => undefined).once('data', () => socket.resetAndDestroy())
    })
    cleanups.add(() => server.close())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const open = (): void => {
      const told = { onBytes: () => undefined, onDrain: () => undefined, onEnd: () => undefined }
      const wire = transport(name).connect(
        { id: '127.0.0.1', port },
        { ...told, onClose: () => void events.push('closed') },
        () => {
          events.push('connected')
          wire.write(Buffer.from('a word'))
        },
      )
    }
    open()
    await eventually('it is gone', () => events.at(-1) === 'closed')
    assert.deepEqual(events.splice(0), ['connected', 'closed'])
    server.close()
    await once(server, 'close')
    open()
    await eventually('it never came to be', () => events.length > 0)
    assert.deepEqual(events, ['closed'])
  })

  test(`${name}: a router passes bodies both ways over it, and kept connections`, async () => {
    await using cleanups = new Cleanups()
    const app = await startApp(cleanups, (request, response) => void pipeline(request, response))
    const router = await startRouter(cleanups, { transportName: name })
    const port = await freePort()
    await router.apply(table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])]))
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    cleanups.add(() => agent.destroy())
    for (const length of [0, 10, 100_000, 5_000_000]) {
      const body = 'b'.repeat(length)
      const answer = await send(port, { method: 'POST', agent, body })
      assert.equal(answer.body === body, true, `${length} bytes`)
    }
    const totals = await eventually('one connection was enough', () => router.report().listeners?.[0])
    assert.equal(totals.newConnections, 1)
  })
}
