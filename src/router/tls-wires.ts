import { randomBytes } from 'node:crypto'
import { connect, createServer, type TlsOptions, type TLSSocket } from 'node:tls'
import { DirectHandles } from './direct-handle.ts'
import { DirectTlsWire } from './direct-tls-wire.ts'
import { TlsWire } from './tls-wire.ts'
import { echo, passesTrial } from './trial.ts'
import type { ConnectionWire, TcpWire, WireEvents } from './wire.ts'

/** How TLS connections are read and written. */
export type TlsWires = {
  /** Of a client's connection that has just been secured. */
  readonly accepted: (socket: TLSSocket) => ConnectionWire
  /** Of one to a target, still to be secured. `onConnect` comes first, or the events' `onClose`. */
  readonly connecting: (socket: TLSSocket, events: WireEvents, onConnect: () => void) => TcpWire
}

/** By nothing but Node's documented interface. */
export const tlsWiresOfStreams: TlsWires = {
  accepted: (socket) => new TlsWire(socket),
  connecting: (socket, events, onConnect) => {
    const wire = new TlsWire(socket)
    socket.once('secureConnect', onConnect)
    wire.start(events)
    return wire
  },
}

/** Past the streams, unless something has come into them already. */
export const directTlsWires: TlsWires = {
  accepted: (socket) => {
    const handle = socket.readableLength === 0 ? DirectHandles.of(socket) : undefined
    return handle === undefined ? new TlsWire(socket) : new DirectTlsWire(socket, handle)
  },
  connecting: (socket, events, onConnect) => {
    const handle = DirectHandles.of(socket)
    if (handle === undefined) return tlsWiresOfStreams.connecting(socket, events, onConnect)
    return DirectTlsWire.connecting(socket, handle, events, onConnect)
  },
}

/** False where bytes do not come back over these wires as they were sent. */
export async function areDirectTlsWiresUsable(): Promise<boolean> {
  return works(directTlsWires).catch(() => false)
}

/** A session that needs no certificate: both sides have the same key. */
async function works(tried: TlsWires): Promise<boolean> {
  const psk = randomBytes(32)
  // Without any authorities, reading which would take most of the time.
  const options: TlsOptions = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2', ca: [] }
  const server = createServer({ ...options, noDelay: true, pskCallback: () => psk }, (socket) =>
    echo(tried.accepted(socket)),
  )
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return passesTrial(server, (port, events, onOpen) => {
    const ofClient = { pskCallback: () => ({ psk, identity: 'trial' }), checkServerIdentity: () => undefined }
    const socket = connect({ ...options, ...ofClient, host: '127.0.0.1', port })
    socket.setNoDelay()
    const wire = tried.connecting(socket, events, () => onOpen(wire))
    return wire
  })
}
