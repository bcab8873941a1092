import { performance } from 'node:perf_hooks'
import { ByteStore } from './byte-store.ts'
import type { ClientDoor } from './client-door.ts'
import { brokenChunks } from './chunk-scan.ts'
import type { Timed } from './coarse-clock.ts'
import type { Core } from './core.ts'
import { desyncVerdict } from './desync.ts'
import { Exchange } from './exchange.ts'
import type { LiveListener } from './live-table.ts'
import { passOn, writeScratch } from './pass-on.ts'
import { ReadGate } from './read-gate.ts'
import { refuseRequest } from './refusal.ts'
import { RequestBody } from './request-body.ts'
import { complete, incomplete, isEmptyLine, isWorthScanning, RequestScan, scanRequest } from './request-scan.ts'
import type { RequestingClient } from './requesting-client.ts'
import { leastHeldBytes } from './taken-bytes.ts'
import type { TargetHeadContext } from './target-head-context.ts'
import { slowReaderMilliseconds, type ClientSide, type Wire, type WireEvents } from './wire.ts'

/** No more is read of requests ahead of the answer in hand. What else a connection may keep: `docs/requests.md`. */
const mostPipelinedBytes = 64 * 1024

const State = { head: 0, request: 1, discard: 2, tunnel: 3, closing: 4, closed: 5 } as const

/** One is enough: what it found is used before the next head is read. The other one is of a head that has not come. */
const [scan, nothingScanned] = [new RequestScan(), new RequestScan()]

/** A client's connection: reads one request after the other, and hands each to its exchange. */
export class ClientConnection implements WireEvents, Timed, RequestingClient {
  checkAt = 0
  checkTick = 0
  checkIndex = 0
  readonly wire: Wire
  readonly side: ClientSide
  readonly core: Core
  isBlocked = false
  receivedBytes = 0
  sentBytes = 0
  writesLater = false
  readonly #door: ClientDoor
  readonly #connectedAt: number
  /** Of what has come too early, or not yet whole. There with the first of it: most connections never have any. */
  #store: ByteStore | undefined
  /** There when reading stops for the first time. */
  #gate: ReadGate | undefined
  #state: number = State.head
  #exchange: Exchange | undefined
  #context: TargetHeadContext | undefined
  readonly #body = new RequestBody()
  #closes = false
  /** The client was told that this answer is the last. One that was not may be sending its next request already. */
  #hasSaidLast = false
  #hasAsked = false
  /** A request is being begun: what is over meanwhile is gone on with afterwards. */
  #isTaking = false
  #scannedTo = 0
  #headStartedAt = 0
  #activeAt: number

  constructor(wire: Wire, side: ClientSide, door: ClientDoor) {
    this.wire = wire
    this.side = side
    this.core = door.core
    this.#door = door
    this.#connectedAt = this.#activeAt = this.core.clock.now
    door.onOpen(this)
    this.core.clock.lookAt(this, performance.now() + door.listener.idleMilliseconds)
  }

  get isRequestOver(): boolean {
    return this.#body.isOver
  }

  get isBodyAwaited(): boolean {
    return this.#body.isAwaited
  }

  get hasRequest(): boolean {
    return this.#exchange?.isOver === false
  }

  #readGate(): ReadGate {
    return (this.#gate ??= new ReadGate(this.wire))
  }

  #storedBytes(): number {
    return this.#store?.length ?? 0
  }

  onBytes(bytes: Buffer, start: number, end: number): void {
    this.#activeAt = this.core.clock.now
    this.receivedBytes += end - start
    this.#door.listener.tally.processedBytes += end - start
    switch (this.#state) {
      case State.head:
        return this.#takeHeadBytes(bytes, start, end)
      case State.request:
      case State.discard:
        return this.#takeBodyBytes(bytes, start, end)
      case State.tunnel:
        return this.#exchange?.sendBody(bytes, start, end, false)
    }
  }

  onDrain(): void {
    this.#activeAt = this.core.clock.now
    if (!this.isBlocked) return
    this.isBlocked = false
    if (this.#state === State.request || this.#state === State.tunnel) this.#exchange?.onClientDrain()
  }

  onEnd(): void {
    switch (this.#state) {
      case State.request:
      case State.tunnel:
        this.#exchange?.onClientGone()
        return this.destroy()
      case State.head:
      case State.discard:
        return this.end()
    }
  }

  onClose(): void {
    if (this.#state === State.closed) return
    const hadRequest = this.#state === State.request || this.#state === State.tunnel
    this.#state = State.closed
    if (hadRequest) this.#exchange?.onClientGone()
    this.#store?.clear()
    this.core.clock.forget(this)
    this.#door.onClosed(this)
  }

  check(now: number): number {
    const idle = this.#door.listener.idleMilliseconds
    switch (this.#state) {
      case State.head:
        return this.#checkHead(now, idle)
      case State.request:
      case State.tunnel:
        return this.#checkExchange(now)
      case State.discard:
        if (now < this.#activeAt + idle) return this.#activeAt + idle
        this.destroy()
        return 0
      default:
        return 0
    }
  }

  isLast(): boolean {
    const { isClosing, listener } = this.#door
    const isOld = this.core.clock.now - this.#connectedAt > listener.keepAliveMilliseconds
    const isFromBeforeTls = this.side.tls === undefined && listener.route.tls !== undefined
    return (this.#hasSaidLast = this.#closes || isClosing || isOld || isFromBeforeTls)
  }

  closeBehind(): void {
    this.#closes = true
  }

  /** Nothing is on its way to or from this client: a door that closes need not wait for it. */
  closeIdle(): void {
    if (this.#state === State.head) this.end()
  }

  targetHeadContext({ handling, route }: LiveListener): TargetHeadContext {
    if (this.#context?.handling !== handling) {
      this.#context = this.core.headContexts.of(this.side, route.port, handling)
    }
    return this.#context
  }

  noteActivity(): void {
    this.#activeAt = this.core.clock.now
  }

  send(bytes: Buffer): boolean {
    return this.#sent(this.wire.write(bytes), bytes.length)
  }

  sendScratch(bytes: Buffer, length: number): boolean {
    return this.#sent(writeScratch(this.wire, bytes, length, this.writesLater), length)
  }

  passOn(from: Wire | undefined, bytes: Buffer, start: number, end: number): boolean {
    return this.#sent(passOn(from, this, bytes, start, end), end - start)
  }

  holdBody(): void {
    this.#readGate().hold()
  }

  wantBody(): void {
    this.#gate?.letGo()
  }

  becomeTunnel(): void {
    this.#state = State.tunnel
    const store = this.#store
    if (store === undefined) return
    this.receivedBytes += store.length
    this.#exchange?.sendBody(store.bytes, store.start, store.end, true)
    store.clear()
    this.#limitStore()
  }

  onExchangeOver(): void {
    if (this.#state !== State.request) return
    if (!this.isRequestOver) {
      if (this.side.isHttp2 || this.#exchange?.endsByClose === true) return this.end()
      // The answer came before the body did; the rest of it is read and dropped, so that the client sees its answer.
      this.#state = State.discard
      return this.wantBody()
    }
    this.#goOn()
  }

  end(): void {
    if (this.#state >= State.closing) return
    this.#state = State.closing
    this.#store?.clear()
    this.wire.end()
  }

  destroy(): void {
    if (this.#state === State.closed) return
    this.#state = State.closing
    this.wire.destroy()
  }

  /** Ends whatever is going on here. */
  cut(): void {
    const wasTunnel = this.#state === State.tunnel
    if (wasTunnel || this.#state === State.request) this.#exchange?.onClientGone()
    if (wasTunnel) this.end()
    else this.destroy()
  }

  #takeHeadBytes(bytes: Buffer, start: number, end: number): void {
    const store = this.#store
    if (store === undefined || store.length === 0) return this.#takeHeads(bytes, start, end, false)
    store.append(bytes, start, end)
    this.#headStartedAt ||= performance.now()
    const { bytes: stored, start: at, end: to } = store
    if (isWorthScanning(stored, at + this.#scannedTo, to)) this.#takeHeads(stored, at, to, true)
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    this.#store ??= new ByteStore()
    this.#store.append(bytes, start, end)
  }

  /** Begins request after request, as long as each is over at once. `isStored`: the bytes are those of the store. */
  #takeHeads(bytes: Buffer, start: number, end: number, isStored: boolean): void {
    let at = start
    this.#isTaking = true
    while (at < end && this.#state === State.head) {
      const result = this.#takeHead(bytes, at, end, isStored)
      if (result < 0) break
      at = result
    }
    this.#isTaking = false
    if (this.#state >= State.closing) return this.#store?.clear()
    if (isStored) this.#store?.advanceTo(at)
    else if (at < end) this.#keep(bytes, at, end)
    if (this.#state === State.tunnel) return this.becomeTunnel()
    if (this.#state === State.request) this.#limitStore()
  }

  /** Returns where what follows the request begins, as far as it has come; -1 where there is nothing to go on with. */
  #takeHead(bytes: Buffer, start: number, end: number, isStored: boolean): number {
    const result = scanRequest(bytes, start, end, scan)
    if (result === incomplete) {
      this.#scannedTo = end - start
      if (!isEmptyLine(bytes, start, end)) this.#headStartedAt ||= performance.now()
      return -1
    }
    const { listener } = this.#door
    const verdict = result === complete ? desyncVerdict(scan.desyncReason, listener.handling.desyncMitigationMode) : ''
    listener.tally.noteHead(scan, listener.handling.dropInvalidHeaderFields)
    if (result !== complete || verdict === 'refuse') {
      this.#refuse(listener, result === complete ? 400 : result)
      return -1
    }
    // Behind a handshake that the target declines may be what was meant for a WebSocket.
    this.#closes = scan.closes || verdict === 'forward-and-close' || this.side.isHttp2 || scan.isWebSocket
    return this.#begin(bytes, start, end, listener, isStored)
  }

  #begin(bytes: Buffer, start: number, end: number, listener: LiveListener, isStored: boolean): number {
    const bodyStart = scan.end
    this.#hasAsked = true
    this.#state = State.request
    this.receivedBytes = bodyStart - start
    this.sentBytes = 0
    this.#body.begin(scan)
    this.#exchange ??= new Exchange(this)
    const exchange = this.#exchange
    exchange.begin(bytes, scan, listener, this.#headStartedAt)
    this.#headStartedAt = 0
    const bodyEnd = this.#body.read(bytes, bodyStart, end)
    if (bodyEnd === brokenChunks) {
      this.#body.giveUp()
      exchange.fail(400, true)
      return -1
    }
    this.receivedBytes += bodyEnd - bodyStart
    exchange.dispatch(bytes, bodyStart, bodyEnd, isStored)
    return bodyEnd
  }

  #takeBodyBytes(bytes: Buffer, start: number, end: number): void {
    const bodyEnd = this.#body.read(bytes, start, end)
    const exchange = this.#exchange
    if (bodyEnd === brokenChunks) {
      this.#body.giveUp()
      if (this.#state === State.discard) return this.end()
      return exchange?.fail(400, true)
    }
    if (this.#state === State.request) exchange?.sendBody(bytes, start, bodyEnd, false)
    if (bodyEnd < end) {
      // The next request: it waits until this one is answered.
      this.receivedBytes -= end - bodyEnd
      this.#keep(bytes, bodyEnd, end)
      this.#limitStore()
    }
    if (this.#state === State.discard && this.isRequestOver) this.#goOn()
  }

  /** A head that is not whole yet is read to its end: it has limits of its own. */
  #limitStore(): void {
    const isFull = this.#state !== State.head && this.#storedBytes() > mostPipelinedBytes
    if (isFull || this.#gate !== undefined) this.#readGate().setFull(isFull)
  }

  /** The request is over, and so is its answer. */
  #goOn(): void {
    if (this.#hasSaidLast) return this.#close()
    this.#state = State.head
    this.#door.onIdle(this)
    if (this.#isTaking) return
    this.#scannedTo = 0
    const store = this.#store
    if (store === undefined) return
    if (store.length > 0) this.#takeHeads(store.bytes, store.start, store.end, true)
    this.#limitStore()
  }

  #close(): void {
    const { tls, isHttp2 } = this.side
    // Everything was read and sent: the kernel ends such a connection in good order by itself, with half the work.
    const isClean = tls === undefined && !isHttp2 && this.#storedBytes() === 0 && this.wire.pendingBytes === 0
    if (isClean && this.#body.isEmpty) this.destroy()
    else this.end()
  }

  #sent(isFree: boolean, bytes: number): boolean {
    this.sentBytes += bytes
    this.#door.listener.tally.processedBytes += bytes
    this.writesLater = !isFree
    if (!isFree) this.isBlocked = true
    return isFree
  }

  #refuse(listener: LiveListener, statusCode: number, found = scan): void {
    const startedAt = this.#headStartedAt === 0 ? performance.now() : this.#headStartedAt
    this.sentBytes = 0
    refuseRequest(this, listener, { statusCode, scan: found, startedAt })
  }

  #checkHead(now: number, idle: number): number {
    // A head has a time to be finished, however it trickles in.
    const hasBegun = this.#headStartedAt > 0
    const due = (hasBegun ? this.#headStartedAt : this.#activeAt) + idle
    if (now < due) return due
    if (hasBegun || !this.#hasAsked) this.#refuse(this.#door.listener, 408, nothingScanned)
    else this.end()
    return 0
  }

  #checkExchange(now: number): number {
    const exchange = this.#exchange
    if (exchange === undefined) return 0
    const due = this.#activeAt + exchange.idleMilliseconds + (this.isBlocked ? slowReaderMilliseconds : 0)
    if (now < due) return due
    void this.#endIdle(exchange, this.#activeAt)
    return now + exchange.idleMilliseconds
  }

  async #endIdle(exchange: Exchange, activeAt: number): Promise<void> {
    const isTaken = this.receivedBytes >= leastHeldBytes && (await exchange.connection?.isTaking()) === true
    // Somebody was active while the kernel was asked.
    if (this.#activeAt !== activeAt || exchange.isOver) return
    if (isTaken) this.noteActivity()
    else exchange.onIdle(!this.isRequestOver && this.#gate?.isHeld !== true)
  }
}
