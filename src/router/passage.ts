import { request as httpRequest, type Agent, type ClientRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { hasBody, type Attempt, type Exchange, type ForwardResult } from './forward.ts'
import { headerPairs, withoutHopByHop } from './hop-by-hop.ts'
import { joinSockets } from './joined-sockets.ts'

/** The load balancer gives a target so long to accept a connection. */
const connectMilliseconds = 10_000
const longestAnswerHead = 32 * 1024

/** One attempt to pass one exchange through one target. */
export class Passage {
  readonly #exchange: Exchange
  readonly #attempt: Attempt
  readonly #agent: Agent | false
  readonly #over = Promise.withResolvers<ForwardResult>()
  readonly #cleanups: (() => void)[] = []
  #upstream: ClientRequest | undefined
  #answer: IncomingMessage | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #bytesReadBefore = 0
  #isConnected = false
  #sentAt = 0
  #responseMilliseconds = 0
  #isJoined = false
  #isOver = false

  constructor(exchange: Exchange, attempt: Attempt, agent: Agent | false) {
    this.#exchange = exchange
    this.#attempt = attempt
    this.#agent = agent
  }

  run(): Promise<ForwardResult> {
    try {
      this.#begin()
    } catch {
      // A header or path which Node refuses to write: the parser let something through that must not be passed on.
      this.#end({ kind: 'failed', statusCode: 400 })
    }
    return this.#over.promise
  }

  #begin(): void {
    const { request, response } = this.#exchange
    const { address, path, headers, cut } = this.#attempt
    const onClientClose = (): void => this.#onClientClose()
    const onCut = (): void => this.#onTargetFailure()
    this.#on(() => response.off('close', onClientClose))
    response.once('close', onClientClose)
    this.#on(() => cut.removeEventListener('abort', onCut))
    cut.addEventListener('abort', onCut, { once: true })
    if (response.destroyed || response.closed) return onClientClose()
    if (cut.aborted) return onCut()

    const upstream = httpRequest({
      host: address.id,
      port: address.port,
      method: request.method ?? 'GET',
      path,
      headers,
      agent: this.#agent,
      maxHeaderSize: longestAnswerHead,
    })
    this.#upstream = upstream
    upstream.maxHeadersCount = 0
    upstream.on('socket', (socket) => this.#onSocket(socket))
    upstream.on('continue', () => this.#onContinue())
    upstream.on('response', (answer) => this.#onAnswer(answer))
    if (this.#exchange.upgrade !== undefined) {
      upstream.on('upgrade', (answer, socket, head) => this.#onUpgrade(answer, socket, head))
    }
    upstream.on('error', (error) => this.#onError(error))
    upstream.on('close', () => this.#onUpstreamClose())
  }

  #onSocket(socket: Socket): void {
    this.#bytesReadBefore = socket.bytesRead
    if (!socket.connecting) return this.#onConnected()
    const onTimeout = (): void => this.#end({ kind: 'failed', statusCode: 504 })
    const timer = setTimeout(onTimeout, connectMilliseconds)
    const onConnect = (): void => {
      clearTimeout(timer)
      this.#onConnected()
    }
    this.#on(() => {
      clearTimeout(timer)
      socket.off('connect', onConnect)
    })
    socket.once('connect', onConnect)
  }

  /** Nothing of the body is read before this, so that up to here another target can be asked instead. */
  #onConnected(): void {
    const { request } = this.#exchange
    const upstream = this.#upstream
    if (this.#isOver || upstream === undefined) return
    this.#isConnected = true
    this.#sentAt = performance.now()
    this.#watchIdleness()
    if (!hasBody(request)) {
      upstream.end()
      return
    }
    // The head goes first: a client that expects `100 Continue` sends nothing before the target has said it.
    upstream.flushHeaders()
    const onEnd = (): void => addTrailers(upstream, request)
    request.once('end', onEnd)
    request.pipe(upstream)
    this.#on(() => {
      request.off('end', onEnd)
      request.unpipe(upstream)
    })
  }

  #watchIdleness(): void {
    const { request, idleMilliseconds } = this.#exchange
    const timer = setTimeout(() => this.#onIdle(), idleMilliseconds)
    this.#idleTimer = timer
    this.#on(() => clearTimeout(timer))
    if (!hasBody(request)) return
    const touch = (): void => this.#touch()
    request.on('data', touch)
    this.#on(() => request.off('data', touch))
  }

  #touch(): void {
    if (!this.#isOver) this.#idleTimer?.refresh()
  }

  #onContinue(): void {
    this.#touch()
    if (this.#exchange.request.headers.expect !== undefined) this.#exchange.response.writeContinue()
  }

  #onAnswer(answer: IncomingMessage): void {
    const { response, isLast } = this.#exchange
    this.#answer = answer
    this.#responseMilliseconds = performance.now() - this.#sentAt
    answer.on('error', () => this.#onTargetFailure())
    let hasBegun = false
    answer.on('data', () => {
      hasBegun = true
      this.#touch()
    })
    answer.once('end', () => {
      addTrailers(response, answer)
      if (!this.#isOver) this.#leaveUnreadBody()
    })
    const headers = withoutHopByHop(answer.rawHeaders)
    if (isLast()) headers.push('Connection', 'close')
    try {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', headers)
    } catch {
      return this.#end({ kind: 'failed', statusCode: 502 })
    }
    // A head that has nothing behind it yet must not wait for the first byte of its body; otherwise they go together.
    setImmediate(() => {
      if (!hasBegun && !response.writableEnded && !response.destroyed) response.flushHeaders()
    })
    response.once('finish', () => this.#endAnswered(answer.statusCode ?? 502))
    answer.pipe(response)
  }

  /** The target has answered without wanting the rest of the body; the rest of it is read and dropped. */
  #leaveUnreadBody(): void {
    const { request } = this.#exchange
    if (request.complete || this.#upstream === undefined) return
    request.unpipe(this.#upstream)
    request.resume()
  }

  #onUpgrade(answer: IncomingMessage, targetSocket: Socket, head: Buffer): void {
    const { response, upgrade, idleMilliseconds } = this.#exchange
    if (upgrade === undefined || this.#isOver) return void targetSocket.destroy()
    this.#isJoined = true
    this.#responseMilliseconds = performance.now() - this.#sentAt
    response.detachSocket(upgrade.socket)
    const headers = [...withoutHopByHop(answer.rawHeaders), 'Connection', 'Upgrade', 'Upgrade', 'websocket']
    upgrade.socket.write(`HTTP/1.1 101 ${answer.statusMessage ?? ''}\r\n${headerLines(headers)}\r\n`, 'latin1')
    this.#cleanUp()
    joinSockets(
      { socket: upgrade.socket, head: upgrade.head },
      { socket: targetSocket, head },
      { idleMilliseconds, cut: this.#attempt.cut },
      () => this.#endAnswered(101),
    )
  }

  #onIdle(): void {
    const { request, response } = this.#exchange
    if (this.#answer !== undefined) {
      this.#end(response.writableNeedDrain ? { kind: 'client-closed' } : { kind: 'target-closed' })
      response.destroy()
    } else {
      const isClientSilent = !request.complete && this.#upstream?.writableNeedDrain !== true
      this.#end({ kind: 'failed', statusCode: isClientSilent ? 408 : 504 })
    }
  }

  #onClientClose(): void {
    if (!this.#exchange.response.writableFinished) this.#end({ kind: 'client-closed' })
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (!this.#isConnected && error.code !== undefined && notConnected.has(error.code)) {
      return this.#end({ kind: 'unreachable' })
    }
    if (this.#wasStale(error)) return this.#end({ kind: 'stale-connection' })
    this.#onTargetFailure()
  }

  /** The target closed a kept connection just when it was used again, and doing the request twice does no harm. */
  #wasStale(error: NodeJS.ErrnoException): boolean {
    const { request } = this.#exchange
    const upstream = this.#upstream
    const hasAnswerBegun = this.#answer !== undefined || upstream?.socket?.bytesRead !== this.#bytesReadBefore
    if (upstream?.reusedSocket !== true || hasAnswerBegun || !closedByTarget.has(error.code ?? '')) return false
    return !hasBody(request) && idempotent.has(request.method ?? '')
  }

  /** Whatever happened, an exchange whose connection is gone without an answer is over. */
  #onUpstreamClose(): void {
    if (this.#answer === undefined && !this.#isJoined) this.#onTargetFailure()
  }

  /** The target's connection is of no more use: reset, closed, not HTTP, or cut. */
  #onTargetFailure(): void {
    const { response } = this.#exchange
    if (!response.headersSent) return this.#end({ kind: 'failed', statusCode: 502 })
    if (this.#isOver) return
    this.#end({ kind: 'target-closed' })
    response.destroy()
  }

  #on(cleanup: () => void): void {
    this.#cleanups.push(cleanup)
  }

  #cleanUp(): void {
    for (const cleanup of this.#cleanups.splice(0)) cleanup()
  }

  #endAnswered(statusCode: number): void {
    this.#end({ kind: 'answered', statusCode, responseMilliseconds: this.#responseMilliseconds })
  }

  #end(result: ForwardResult): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cleanUp()
    // A connection on which the exchange is not wholly over cannot serve another one.
    if (result.kind !== 'answered' || this.#upstream?.writableFinished !== true) this.#upstream?.destroy()
    this.#over.resolve(result)
  }
}

const notConnected = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
])
const closedByTarget = new Set(['ECONNRESET', 'EPIPE'])
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

function addTrailers(to: Pick<ClientRequest, 'addTrailers'>, from: IncomingMessage): void {
  const trailers = Array.from(headerPairs(from.rawTrailers), ([name, value]): [string, string] => [name, value])
  if (trailers.length > 0) to.addTrailers(trailers)
}

function headerLines(headers: readonly string[]): string {
  return [...headerPairs(headers)].map(([name, value]) => `${name}: ${value}\r\n`).join('')
}
