import { createServer, type Socket } from 'node:net'
import { DirectHandles } from './direct-handle.ts'
import { DirectWire } from './direct-wire.ts'
import { SocketWire } from './socket-wire.ts'
import { areDirectTlsWiresUsable, directTlsWires, tlsWiresOfStreams, type TlsWires } from './tls-wires.ts'
import { echo, passesTrial } from './trial.ts'
import type { TcpWire, WireEvents } from './wire.ts'

/** Opens a connection to a target: `onConnect` follows, or `onClose` of the events. */
type Connect = (
  address: { readonly id: string; readonly port: number },
  events: WireEvents,
  onConnect: () => void,
) => TcpWire

/**
 * How bytes get in and out of the kernel.
 *
 * - `net` uses nothing but Node's documented interface.
 * - `netx` takes the handle out of an accepted socket and gives it to a new one that reads into a buffer of ours (`onread`):
 *   Node's server has no such option. It needs the property `_handle`.
 * - `direct` reads and writes past the streams, by the sockets' handles (`src/router/direct-handle.ts`).
 *
 * All three behave the same, but for one thing: of a target that closes in the middle of an upload, Node's sockets forget
 * what it has answered, and `direct` reads it. The fastest that works on this Node is chosen when the router starts.
 */
export type Transport = {
  readonly name: TransportName
  /** A wire over a socket that was accepted with `pauseOnConnect`; nothing is read before its `start`. */
  readonly adopt: (socket: Socket) => TcpWire
  readonly connect: Connect
  /** What is secured by TLS, of clients and to targets. */
  readonly tlsWires: TlsWires
}

export type TransportName = 'net' | 'netx' | 'direct'

export const transportNames: readonly TransportName[] = ['direct', 'netx', 'net']

const transports: Readonly<Record<TransportName, Transport>> = {
  direct: {
    name: 'direct',
    adopt: (socket) => DirectWire.adopting(socket),
    connect: (address, events, onConnect) => DirectWire.connecting(address, events, onConnect),
    tlsWires: directTlsWires,
  },
  netx: {
    name: 'netx',
    adopt: (socket) => SocketWire.adopting(handleOf(socket)),
    connect: (address, events, onConnect) => SocketWire.connecting(address, events, onConnect),
    tlsWires: tlsWiresOfStreams,
  },
  net: {
    name: 'net',
    adopt: (socket) => SocketWire.plain(socket),
    connect: (address, events, onConnect) => SocketWire.connecting(address, events, onConnect),
    tlsWires: tlsWiresOfStreams,
  },
}

export function transport(name: TransportName): Transport {
  return transports[name]
}

/** The one of this name, or the fastest that passes a trial on this Node. TLS has a trial of its own. */
export async function chooseTransport(wanted: string | undefined): Promise<Transport> {
  const chosen = await chooseByName(wanted)
  const isTlsDirect = chosen.tlsWires === directTlsWires && (await areDirectTlsWiresUsable())
  return isTlsDirect ? chosen : { ...chosen, tlsWires: tlsWiresOfStreams }
}

async function chooseByName(wanted: string | undefined): Promise<Transport> {
  const named = transportNames.find((name) => name === wanted)
  if (named !== undefined && (await isReady(named))) return transport(named)
  for (const name of transportNames) if ((await isReady(name)) && (await works(transport(name)))) return transport(name)
  return transport('net')
}

/** False where this Node's sockets are not made of what the way needs. */
async function isReady(name: TransportName): Promise<boolean> {
  try {
    if (name === 'direct') await DirectHandles.learn()
    return true
  } catch {
    return false
  }
}

/** The socket is left without what it stands for; nobody uses it any more. */
function handleOf(socket: Socket): unknown {
  const holder = socket as unknown as { _handle: unknown }
  const handle = holder._handle
  holder._handle = null
  return handle
}

/** False where bytes do not come back over this way as they were sent. */
function works(tried: Transport): Promise<boolean> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    try {
      echo(tried.adopt(socket))
    } catch {
      socket.destroy()
    }
  })
  return passesTrial(server, (port, events, onOpen) => {
    const wire = tried.connect({ id: '127.0.0.1', port }, events, () => onOpen(wire))
    return wire
  })
}
