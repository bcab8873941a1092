import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type ServerOpts, type Socket } from 'node:net'
import { DirectHandles } from '../../src/router/direct-handle.ts'
import { DirectWire } from '../../src/router/direct-wire.ts'
import type { TcpWire, WireEvents } from '../../src/router/wire.ts'
import { eventually, type Cleanups } from '../cleanups.ts'

type SomeEvents = Partial<WireEvents>
type Pair = { readonly wire: DirectWire; readonly socket: Socket }

/** A client's connection, and the client's own side of it, of which nothing is read yet. */
export async function clientConnection(cleanups: Cleanups, events: SomeEvents = {}): Promise<Pair> {
  const { port, accepted } = await door(cleanups, { pauseOnConnect: true, allowHalfOpen: true })
  const socket = connect(port, '127.0.0.1')
  cleanups.add(() => socket.destroy())
  const [own] = await accepted
  const wire = DirectWire.adopting(own)
  wire.start(allOf(events))
  return { wire, socket }
}

/** A connection to a target, and the target's own side of it. */
export async function targetConnection(cleanups: Cleanups, events: SomeEvents): Promise<Pair> {
  const { port, accepted } = await door(cleanups, {})
  const { promise, resolve } = Promise.withResolvers<void>()
  const wire = DirectWire.connecting({ id: '127.0.0.1', port }, allOf(events), resolve)
  cleanups.add(() => wire.destroy())
  const [socket] = await accepted
  await promise
  return { wire, socket }
}

/** Writes until the target's end has broken the connection off, and once more, which fails. */
export async function writeUntilRefused(wire: TcpWire): Promise<void> {
  await eventually('the target takes nothing any more', () => {
    wire.write(Buffer.from('more of it'))
    return DirectHandles.isBrokenOff(wire.socket)
  })
  wire.write(Buffer.from('more of it'))
}

async function door(cleanups: Cleanups, options: ServerOpts) {
  const server = createServer(options)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.add(() => server.close())
  return { port: (server.address() as AddressInfo).port, accepted: once(server, 'connection') as Promise<[Socket]> }
}

const nothing = (): void => undefined

function allOf(events: SomeEvents): WireEvents {
  return { onBytes: nothing, onDrain: nothing, onEnd: nothing, onClose: nothing, ...events }
}
