import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import type { ListenerTls } from '../domain/routing-table.ts'
import { plainRequestAnswer } from './elb-answer.ts'
import { Http2Connection } from './http2-connection.ts'
import type { Secure, SecuredDoor, Securing } from './securing.ts'
import { tlsContextsOf, type TlsContexts } from './tls-contexts.ts'
import type { TlsWires } from './tls-wires.ts'
import type { ClientSide } from './wire.ts'

/** A client that has connected has so long for its part of the handshake. */
const handshakeMilliseconds = 10_000

/** TLS by Node: HTTP/1.1 or HTTP/2, as the client prefers where the listener allows both. */
export function secureWithTls(wires: TlsWires): Secure {
  return Object.assign((door: SecuredDoor) => new TlsSecuring(door, wires), { problemOf })
}

function problemOf(tls: ListenerTls): string | undefined {
  try {
    tlsContextsOf(tls)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

class TlsSecuring implements Securing {
  readonly #door: SecuredDoor
  readonly #wires: TlsWires
  readonly #server: Server
  readonly #http2 = new Set<Http2Connection>()
  #contexts: TlsContexts
  /** Connections, by their other end, that have no session yet. */
  readonly #handshaking = new Map<string, Socket>()
  readonly #sockets = new Set<TLSSocket>()
  #isClosing = false
  #onEmpty: (() => void) | undefined

  constructor(door: SecuredDoor, wires: TlsWires) {
    this.#door = door
    this.#wires = wires
    this.#contexts = tlsContextsOf(door.tls)
    this.#server = createServer({
      ...this.#contexts.defaultOptions,
      handshakeTimeout: handshakeMilliseconds,
      SNICallback: (serverName, done) => this.#chooseContext(serverName, done),
      ALPNCallback: ({ protocols }) => this.#chooseProtocol(protocols),
    })
    this.#server.on('secureConnection', (socket) => this.#serve(socket))
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code === 'ERR_SSL_HTTP_REQUEST') this.#handshaking.get(peerOf(socket))?.write(plainRequestAnswer())
      socket.destroy()
    })
  }

  accept(socket: Socket): void {
    const peer = peerOf(socket)
    this.#handshaking.set(peer, socket)
    socket.once('close', () => {
      // Whoever connects and goes without a word, as port checks do, has not tried to negotiate.
      if (this.#handshaking.delete(peer) && socket.bytesRead > 0) this.#door.onNegotiationError()
    })
    // Who ends a connection of TLS has no use for what would still come; one that ends within the handshake is over.
    socket.allowHalfOpen = false
    this.#server.emit('connection', socket)
  }

  follow(tls: ListenerTls): void {
    for (const connection of this.#http2) connection.follow()
    const contexts = tlsContextsOf(tls)
    if (contexts === this.#contexts) return
    this.#server.setSecureContext(contexts.defaultOptions)
    this.#contexts = contexts
  }

  async close(): Promise<void> {
    this.#isClosing = true
    for (const connection of this.#http2) connection.close()
    while (this.#sockets.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onEmpty = resolve
      await promise
    }
  }

  #chooseContext(serverName: string, done: Parameters<NonNullable<SniCallback>>[1]): void {
    try {
      done(null, this.#contexts.forName(serverName))
    } catch (error) {
      done(error as Error)
    }
  }

  /** Undefined, where the client speaks neither, ends the handshake with an alert. */
  #chooseProtocol(offered: readonly string[]): string | undefined {
    // `curl --http1.0` offers nothing else; what it then sends is served as over plain HTTP.
    const spoken = this.#contexts.tls.http2 ? ['h2', 'http/1.1', 'http/1.0'] : ['http/1.1', 'http/1.0']
    return spoken.find((protocol) => offered.includes(protocol))
  }

  #serve(socket: TLSSocket): void {
    this.#handshaking.delete(peerOf(socket))
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      if (this.#sockets.size === 0) this.#onEmpty?.()
    })
    const side = this.#sideOf(socket)
    // A client may know only after the handshake that it does not trust the certificate.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code?.startsWith('ERR_SSL_') === true) this.#door.onNegotiationError()
    })
    if (socket.alpnProtocol === 'h2') return this.#serveHttp2(socket, { ...side, isHttp2: true })
    const wire = this.#wires.accepted(socket)
    wire.start(this.#door.acceptClient(wire, side))
  }

  #serveHttp2(socket: TLSSocket, side: ClientSide): void {
    const connection = new Http2Connection(socket, side, this.#door, () => this.#http2.delete(connection))
    this.#http2.add(connection)
    if (this.#isClosing) connection.close()
  }

  #sideOf(socket: TLSSocket): ClientSide {
    const serverName = (socket as { readonly servername?: unknown }).servername
    const asked = typeof serverName === 'string' ? serverName : undefined
    return {
      address: plainAddress(socket.remoteAddress ?? ''),
      port: socket.remotePort ?? 0,
      localAddress: plainAddress(socket.localAddress ?? ''),
      localPort: socket.localPort ?? 0,
      connectionTraceId: `TID_${randomBytes(16).toString('hex')}`,
      isHttp2: false,
      tls: {
        cipher: socket.getCipher().name,
        protocol: socket.getProtocol() ?? '',
        ...(asked === undefined ? {} : { serverName: asked }),
        certificateArn: this.#contexts.certificateFor(asked).certificateArn,
      },
    }
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

type SniCallback = NonNullable<Parameters<typeof createServer>[0]>['SNICallback']

/** Sockets that listen on both families show IPv4 peers in IPv6 clothes. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
