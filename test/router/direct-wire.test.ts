import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import { DirectWire } from '../../src/router/direct-wire.ts'
import { Cleanups } from './test-router.ts'

test('whoever reads nothing cannot hold a connection open that is to end', async (context) => {
  await using cleanups = new Cleanups()
  const server = createServer((peer) => peer.pause())
  server.listen(0, '127.0.0.1')
  cleanups.add(() => server.close())
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const { promise: closed, resolve: onClose } = Promise.withResolvers<void>()
  const { promise: connected, resolve: onConnect } = Promise.withResolvers<void>()
  const events = { onBytes: () => undefined, onDrain: () => undefined, onEnd: () => undefined, onClose }
  const { port } = server.address() as AddressInfo
  const wire = DirectWire.connecting({ id: '127.0.0.1', port }, events, onConnect)
  const [peer] = await accepted
  peer.on('error', () => undefined)
  cleanups.add(() => peer.destroy())
  await connected
  while (wire.write(Buffer.alloc(2 ** 20)));
  context.mock.timers.enable({ apis: ['setTimeout'] })
  wire.end()
  context.mock.timers.tick(30_000)
  await closed
})
