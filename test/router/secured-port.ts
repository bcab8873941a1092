import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect as connectHttp2, type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { ListenerTls, ServedCertificate } from '../../src/domain/routing-table.ts'
import type { SecuredDoor, Securing } from '../../src/router/securing.ts'
import { DirectHandles } from '../../src/router/direct-handle.ts'
import { secureWithTls } from '../../src/router/tls-securing.ts'
import { directTlsWires, tlsWiresOfStreams } from '../../src/router/tls-wires.ts'
import type { ClientSide, ConnectionWire, Wire, WireEvents } from '../../src/router/wire.ts'
import { eventually } from '../cleanups.ts'
import type { TestCertificate } from './test-certificates.ts'

// As a router does when it starts.
await DirectHandles.learn()

/** Every test of a port can be run over each kind of wires. */
export const kindsOfTlsWires = { direct: directTlsWires, streams: tlsWiresOfStreams } as const

type Settings = { readonly limits?: SecuredDoor['limits']; readonly wires?: keyof typeof kindsOfTlsWires }

/** What answers on the wires: Node's own HTTP server, which is strict about what it reads. */
type Answer = (request: IncomingMessage, response: ServerResponse) => void

export type SecuredPort = Awaited<ReturnType<typeof openSecuredPort>>

/** A port with TLS in front of an HTTP/1.1 server that gets what comes out of the wires. */
export async function openSecuredPort(
  tls: ListenerTls,
  answer: Answer,
  { limits, wires: kind = 'direct' }: Settings = {},
) {
  const sides: ClientSide[] = []
  const http = createHttpServer({ keepAliveTimeout: 60_000 }, answer)
  let negotiationErrors = 0
  let wires = 0
  const securing: Securing = secureWithTls(kindsOfTlsWires[kind])({
    tls,
    acceptClient: (wire, side) => {
      sides.push(side)
      wires++
      const duplex = new WireDuplex(wire)
      duplex.once('close', () => wires--)
      http.emit('connection', duplex)
      return duplex.events
    },
    onNegotiationError: () => negotiationErrors++,
    ...(limits === undefined ? {} : { limits }),
  })
  const sockets = new Set<Socket>()
  // As the router's own ports have it.
  const server = createServer({ noDelay: true, pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    securing.accept(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    securing,
    sides,
    negotiationErrors: () => negotiationErrors,
    connections: () => sockets.size,
    wires: () => wires,
    http2: (options: ConnectionOptions = {}): ClientHttp2Session =>
      connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, ...options }),
    close: async () => {
      void securing.close()
      for (const socket of sockets) socket.destroy()
      server.close()
      http.close()
      http.closeAllConnections()
      await once(server, 'close')
    },
  }
}

export function served(certificateArn: string, certificate: TestCertificate, ...names: string[]): ServedCertificate {
  return { certificateArn, names, ...certificate }
}

/** A TLS client that has shaken hands. */
export async function shakeHands(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  await once(socket, 'secureConnect')
  return socket
}

/** Sends a request on its own, reads the whole answer. */
export async function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string | Buffer) {
  const stream = session.request(headers, { endStream: body === undefined })
  if (body !== undefined) stream.end(body)
  let trailers: Record<string, unknown> = {}
  stream.once('trailers', (received: object) => {
    trailers = { ...received }
  })
  const [received] = (await once(stream, 'response')) as [Record<string, unknown>]
  const content = await buffer(stream)
  return { status: received[':status'], headers: received, body: content, text: content.toString(), trailers }
}

/** A wire as a stream, to be given to Node's HTTP server. */
class WireDuplex extends Duplex {
  readonly #wire: Wire
  #onDrain: (() => void) | undefined

  constructor(wire: Wire) {
    super({ autoDestroy: true })
    this.#wire = wire
    this.on('error', () => undefined)
  }

  readonly events: WireEvents = {
    onBytes: (bytes, start, end) => {
      if (!this.push(Buffer.from(bytes.subarray(start, end)))) this.#wire.pause()
    },
    onDrain: () => {
      const resume = this.#onDrain
      this.#onDrain = undefined
      resume?.()
    },
    onEnd: () => void this.push(null),
    onClose: () => this.destroy(),
  }

  override _read(): void {
    this.#wire.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#wire.write(chunk)) done()
    else this.#onDrain = done
  }

  override _final(done: () => void): void {
    this.#wire.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#wire.destroy()
    done(error)
  }
}

/** The other end breaks off under a write: the wire tells `closed` among its events, once, and later calls do nothing. */
export async function assertLossToldOnce(wire: ConnectionWire, peer: Socket, events: readonly string[]): Promise<void> {
  while (wire.write(Buffer.alloc(2 ** 20)));
  peer.destroy()
  await eventually('it is closed', () => events.includes('closed'))
  assert.equal(wire.write(Buffer.from('?')), true)
  wire.resume()
  wire.end()
  wire.destroy()
  for (let count = 0; count < 20; count++) await turn()
  assert.deepEqual(events, ['closed'])
}
