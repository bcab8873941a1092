import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { ListenerRoute } from '../domain/routing-table.ts'
import { rawErrorAnswer } from './elb-answer.ts'
import type { Exchange } from './forward.ts'
import type { Ports } from './ports.ts'

/** What happens at a door, told to the one who decides. */
export type DoorHandlers = {
  /** A request whose head was read. Must not reject. */
  readonly onRequest: (door: Door, exchange: Exchange) => Promise<void>
  /** Bytes that are no request; they were answered with this status. */
  readonly onMalformed: (door: Door, statusCode: number) => void
}

const longestHead = 64 * 1024
/** How often connections are looked at that do not get their request's head finished. */
const lateHeadCheckMilliseconds = 1_000

/** One listener's open port. It outlives changes of its rules; it is closed when the table no longer has the port. */
export class Door {
  readonly port: number
  readonly #handlers: DoorHandlers
  readonly #server: Server
  readonly #connectedAt = new WeakMap<object, number>()
  readonly #sockets = new Set<Socket>()
  #route: ListenerRoute
  #exchanges = 0
  #isClosing = false
  #onEmpty: (() => void) | undefined

  /** Rejects where the port cannot be bound. */
  static async open(route: ListenerRoute, ports: Ports, handlers: DoorHandlers): Promise<Door> {
    const door = new Door(route, handlers)
    await ports.listen(door.#server, route.port)
    // Accepting can fail for a moment, e.g. when there are too many open files; the port stays open.
    door.#server.on('error', () => undefined)
    return door
  }

  constructor(route: ListenerRoute, handlers: DoorHandlers) {
    this.port = route.port
    this.#route = route
    this.#handlers = handlers
    this.#server = createServer({
      maxHeaderSize: longestHead,
      requestTimeout: 0,
      headersTimeout: idleMilliseconds(route),
      keepAliveTimeout: idleMilliseconds(route),
      connectionsCheckingInterval: lateHeadCheckMilliseconds,
      // A missing `Host` is answered like every other malformed request, with the load balancer's page.
      requireHostHeader: false,
      // Every other upgrade, h2c above all, would be a way around the rules.
      shouldUpgradeCallback: isWebSocketHandshake,
    })
    this.#server.maxHeadersCount = 0
    this.#attachHandlers()
  }

  /** What accepts its connections, to be handed over to another router. */
  get server(): NetServer {
    return this.#server
  }

  /** The route in force; for a door that is closing, the last one. */
  get route(): ListenerRoute {
    return this.#route
  }

  /** Takes effect for the next request, all at once. */
  follow(route: ListenerRoute): void {
    this.#route = route
    this.#server.headersTimeout = idleMilliseconds(route)
    this.#server.keepAliveTimeout = idleMilliseconds(route)
  }

  /**
   * Takes no more connections, and resolves when everything is over. On kept connections requests may be just arriving:
   * for as long as `lingerMilliseconds` they are still answered, with `Connection: close`; running ones always end.
   */
  async close({ lingerMilliseconds }: { readonly lingerMilliseconds: number }): Promise<void> {
    this.#isClosing = true
    // The HTTP server's own `close` would cut kept connections at once; the one below it only stops accepting.
    NetServer.prototype.close.call(this.#server)
    if (lingerMilliseconds > 0) await delay(lingerMilliseconds)
    this.#server.close()
    while (this.#exchanges > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onEmpty = resolve
      await promise
    }
    this.cut()
  }

  /** Closes whatever is still open. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #attachHandlers(): void {
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => void this.#serve(request, response)
    this.#server.on('connection', (socket: Socket) => {
      this.#connectedAt.set(socket, performance.now())
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    this.#server.on('request', onRequest)
    this.#server.on('checkContinue', onRequest)
    this.#server.on('checkExpectation', onRequest)
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head))
    this.#server.on('connect', (_request, socket) => this.#refuse(socket as Socket, 400))
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || !socket.writable) socket.destroy()
      else this.#refuse(socket as Socket, statusOfParseError(error.code ?? ''))
    })
  }

  async #serve(request: IncomingMessage, response: ServerResponse, upgrade?: Exchange['upgrade']): Promise<void> {
    this.#exchanges++
    // A write after the client has gone; `close` tells the same to those who wait.
    response.on('error', () => undefined)
    const exchange: Exchange = {
      request,
      response,
      ...(upgrade === undefined ? {} : { upgrade }),
      idleMilliseconds: idleMilliseconds(this.#route),
      isLast: () => upgrade !== undefined || this.#isClosing || this.#isOld(request.socket),
    }
    try {
      await this.#handlers.onRequest(this, exchange)
    } finally {
      this.#exchanges--
      if (upgrade !== undefined && !response.destroyed) upgrade.socket.destroySoon()
      this.#endUnreadBody(request)
      if (this.#isClosing) this.#server.closeIdleConnections()
      if (this.#exchanges === 0) this.#onEmpty?.()
    }
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', () => undefined)
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    void this.#serve(request, response, { socket, head })
  }

  /** The connection is too old for another request; the answer says so, and nothing is closed under a next request. */
  #isOld(socket: Socket): boolean {
    const connectedAt = this.#connectedAt.get(socket)
    return connectedAt !== undefined && performance.now() - connectedAt > this.#route.clientKeepAliveSeconds * 1000
  }

  /** A body that nobody wanted is read to its end, so that the client sees its answer; but not for ever. */
  #endUnreadBody(request: IncomingMessage): void {
    const { socket } = request
    if (request.complete || socket.destroyed) return
    const timer = setTimeout(() => socket.destroy(), idleMilliseconds(this.#route))
    const onOver = (): void => {
      clearTimeout(timer)
      request.off('end', onOver)
      socket.off('close', onOver)
    }
    request.once('end', onOver)
    // Node no longer tells a request of its connection's end once it was answered.
    socket.once('close', onOver)
    request.resume()
  }

  #refuse(socket: Socket, statusCode: number): void {
    const running = (socket as { readonly _httpMessage?: ServerResponse })._httpMessage
    // While an answer is on its way on this connection, nothing else can be said on it.
    if (running?.headersSent === true) socket.destroy()
    else socket.end(rawErrorAnswer(statusCode), () => socket.destroy())
    // A request that is running finds its connection closed, and is counted by that.
    if (running !== undefined) return
    this.#handlers.onMalformed(this, statusCode)
  }
}

function idleMilliseconds(route: ListenerRoute): number {
  return route.idleTimeoutSeconds * 1000
}

function isWebSocketHandshake(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket'
}

function statusOfParseError(code: string): number {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 408
    case 'HPE_INVALID_VERSION':
      return 505
    default:
      return 400
  }
}
