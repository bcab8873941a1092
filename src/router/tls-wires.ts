import { randomBytes } from 'node:crypto'
import { connect, createServer, type TlsOptions, type TLSSocket } from 'node:tls'
import { DirectHandles } from './direct-handle.ts'
import { DirectTlsWire } from './direct-tls-wire.ts'
import { TlsWire } from './tls-wire.ts'
import type { TransportName } from './transport.ts'
import { echo, passesTrial } from './trial.ts'
import type { ConnectionWire } from './wire.ts'

/** Makes a wire of a TLS connection that has just been secured. */
export type TlsWires = (socket: TLSSocket) => ConnectionWire

/** By nothing but Node's documented interface. */
export const tlsWiresOfStreams: TlsWires = (socket) => new TlsWire(socket)

/** Past the streams, unless something has come into them already. */
export const directTlsWires: TlsWires = (socket) => {
  const handle = socket.readableLength === 0 ? DirectHandles.of(socket) : undefined
  return handle === undefined ? new TlsWire(socket) : new DirectTlsWire(socket, handle)
}

/** Those that go with the transport. The direct ones, where they pass a trial on this Node. */
export async function chooseTlsWires(transport: TransportName): Promise<TlsWires> {
  const isDirect = transport === 'direct' && (await works(directTlsWires).catch(() => false))
  return isDirect ? directTlsWires : tlsWiresOfStreams
}

/** A session that needs no certificate: both sides have the same key. */
async function works(tried: TlsWires): Promise<boolean> {
  const psk = randomBytes(32)
  // Without any authorities, reading which would take most of the time.
  const options: TlsOptions = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2', ca: [] }
  const server = createServer({ ...options, noDelay: true, pskCallback: () => psk }, (socket) => echo(tried(socket)))
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return passesTrial(server, (port, events, onOpen) => {
    const ofClient = { pskCallback: () => ({ psk, identity: 'trial' }), checkServerIdentity: () => undefined }
    const socket = connect({ ...options, ...ofClient, host: '127.0.0.1', port })
    socket.setNoDelay().on('error', () => undefined)
    socket.once('secureConnect', () => {
      const wire = tried(socket)
      wire.start(events)
      onOpen(wire)
    })
    socket.once('close', () => events.onClose())
    return socket
  })
}
