import { randomBytes } from 'node:crypto'
import type { Server, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { ClientConnection } from './client-connection.ts'
import type { ClientDoor } from './client-door.ts'
import type { Core } from './core.ts'
import type { LiveListener } from './live-table.ts'
import type { OpenPort } from './open-port.ts'
import type { Ports } from './ports.ts'
import type { Secure, Securing } from './securing.ts'
import type { ClientSide } from './wire.ts'

/** How often a door that closes looks whether anybody is still connected. */
const lookMilliseconds = 100

export type DoorParts = { readonly core: Core; readonly ports: Ports; readonly secure: Secure }

/**
 * One listener's open port. It outlives changes of its rules; it is closed when the table no longer has the port. What
 * connects before its table is in force waits for that.
 */
export class Door implements ClientDoor {
  readonly core: Core
  readonly port: number
  readonly #secure: Secure
  readonly #open: OpenPort
  readonly #clients = new Set<ClientConnection>()
  /** TCP connections of an HTTPS listener: on each there may be no client, one, or many. */
  readonly #secured = new Set<Socket>()
  #listener: LiveListener
  #securing: Securing | undefined
  /** Connections counted as open in the listener's tally: they go with the port from one listener to the next. */
  #openConnections = 0
  #isServing = false
  #isClosing = false
  /** Clients whose requests a closing door waits for. */
  #running: Set<ClientConnection> | undefined
  #onEmpty: (() => void) | undefined

  /** Rejects where the port cannot be bound. */
  static async open(listener: LiveListener, parts: DoorParts): Promise<Door> {
    return new Door(listener, await parts.ports.open(listener.route.port), parts)
  }

  private constructor(listener: LiveListener, open: OpenPort, { core, secure }: Omit<DoorParts, 'ports'>) {
    this.core = core
    this.port = listener.route.port
    this.#listener = listener
    this.#open = open
    this.#secure = secure
  }

  /** What accepts its connections, to be handed over to another router. */
  get servers(): readonly Server[] {
    return this.#open.servers
  }

  /** By the table in force; for a door that is closing, by the last one that had it. */
  get listener(): LiveListener {
    return this.#listener
  }

  get isClosing(): boolean {
    return this.#isClosing
  }

  /** Takes effect for the next request, all at once. */
  follow(listener: LiveListener): void {
    if (this.#isServing && listener === this.#listener) return
    const isSooner = listener.idleMilliseconds < this.#listener.idleMilliseconds
    this.#listener.tally.activeConnections -= this.#openConnections
    listener.tally.activeConnections += this.#openConnections
    this.#listener = listener
    const { tls } = listener.route
    if (tls === undefined) this.#endSecuring()
    else if (this.#securing === undefined) this.#securing = this.#beginSecuring(listener)
    else this.#securing.follow(tls)
    // They would look at the time only when the one before is over, which may be an hour later.
    if (isSooner) for (const client of this.#clients) this.core.clock.lookAt(client, this.core.clock.now)
    if (this.#isServing) return
    this.#isServing = true
    this.#open.receive({ accept: (socket) => this.#accept(socket), onRefused: () => this.#noteRefused() })
  }

  /** Resolves when others have the port alone: nobody who has connected here is turned away. */
  leavePort(): Promise<void> {
    return this.#open.leave()
  }

  /**
   * Takes no more connections, and resolves when everything is over. On kept connections requests may be just arriving:
   * for as long as `lingerMilliseconds` they are still answered, with `Connection: close`; running ones always end.
   */
  async close({ lingerMilliseconds }: { readonly lingerMilliseconds: number }): Promise<void> {
    this.#isClosing = true
    this.#open.close()
    await this.#linger(lingerMilliseconds)
    const secured = this.#securing?.close()
    const clients = [...this.#clients]
    this.#running = new Set(clients.filter(({ hasRequest }) => hasRequest))
    for (const client of clients) client.closeIdle()
    while (this.#running.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onEmpty = resolve
      await promise
    }
    await secured
    this.cut()
  }

  /** For so long at most; where nobody is connected, no request can be on its way. */
  async #linger(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds
    while (this.#openConnections > 0 && performance.now() < end) {
      await delay(Math.min(end - performance.now(), lookMilliseconds))
    }
  }

  /** Closes whatever is still open. */
  cut(): void {
    for (const client of this.#clients) client.cut()
    for (const socket of this.#secured) socket.destroy()
  }

  onOpen(client: ClientConnection): void {
    this.#clients.add(client)
  }

  onIdle(client: ClientConnection): void {
    if (this.#running === undefined) return
    client.closeIdle()
    this.#noteOver(client)
  }

  onClosed(client: ClientConnection): void {
    this.#clients.delete(client)
    if (client.side.tls === undefined) this.#noteClosed()
    this.#noteOver(client)
  }

  #noteClosed(): void {
    this.core.clients.open--
    this.#openConnections--
    this.#listener.tally.activeConnections--
  }

  #noteOver(client: ClientConnection): void {
    if (this.#running?.delete(client) === true && this.#running.size === 0) this.#onEmpty?.()
  }

  #accept(socket: Socket): void {
    const { tally } = this.#listener
    const { clients } = this.core
    if (clients.open >= clients.most) {
      this.#noteRefused()
      socket.destroy()
      return
    }
    clients.open++
    this.#openConnections++
    tally.newConnections++
    tally.activeConnections++
    if (this.#securing !== undefined) return this.#acceptSecured(this.#securing, socket)
    const wire = this.core.transport.adopt(socket)
    const events = new ClientConnection(wire, new PlainSide(wire.socket), this)
    wire.start(events)
  }

  #noteRefused(): void {
    this.#listener.tally.rejectedConnections++
  }

  #acceptSecured(securing: Securing, socket: Socket): void {
    this.#secured.add(socket)
    socket.once('close', () => {
      this.#secured.delete(socket)
      this.#noteClosed()
    })
    securing.accept(socket)
  }

  /** The listener speaks HTTP from now on; connections of TLS are left in good order. */
  #endSecuring(): void {
    void this.#securing?.close()
    this.#securing = undefined
  }

  #beginSecuring({ route: { tls } }: LiveListener): Securing | undefined {
    if (tls === undefined) return undefined
    return this.#secure({
      tls,
      acceptClient: (wire, side) => new ClientConnection(wire, side, this),
      limits: () => this.#listener,
      onNegotiationError: () => this.#listener.tally.tlsNegotiationErrors++,
    })
  }
}

/** The client of a listener without TLS. What is rarely asked for is found out when it is. */
class PlainSide implements ClientSide {
  readonly address: string
  readonly port: number
  readonly isHttp2 = false
  readonly #socket: Socket
  #traceId: string | undefined
  #localAddress: string | undefined

  constructor(socket: Socket) {
    // Sockets that listen on both families show IPv4 peers in IPv6 clothes.
    this.address = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
    this.port = socket.remotePort ?? 0
    this.#socket = socket
  }

  get localAddress(): string {
    // A socket that was reset does not know it any more, and its access log line is written only then.
    this.#localAddress ??= this.#socket.localAddress
    return this.#localAddress ?? ''
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0
  }

  get connectionTraceId(): string {
    this.#traceId ??= `TID_${randomBytes(16).toString('hex')}`
    return this.#traceId
  }
}
