import { AnswerBody, answerBody, AnswerScan, scanAnswer } from './answer-scan.ts'
import { decimal, isWord, ascii } from './bytes.ts'
import { brokenChunks, ChunkScan, scanChunks } from './chunk-scan.ts'
import type { CoarseClock, Timed } from './coarse-clock.ts'
import { HeaderKind } from './header-kind.ts'
import { mostIdleConnections, type LiveTarget } from './live-targets.ts'
import { complete, incomplete, isWorthScanning } from './request-scan.ts'
import { TakenBytes } from './taken-bytes.ts'
import { connectSecurely } from './target-tls.ts'
import type { Transport } from './transport.ts'
import type { TcpWire, WireEvents } from './wire.ts'

/** The load balancer gives a target so long to accept a connection, and as long again for a TLS handshake. */
const connectMilliseconds = 10_000
/** A kept connection is given up a second before the target has announced to close it. */
const marginMilliseconds = 1_000
/** No connection is kept for longer, so that none outlives what it was opened by for ever. */
const longestAgeMilliseconds = 3_600_000

/** Where a connection to a target is with its answer. */
const Phase = { connecting: 0, idle: 1, head: 2, body: 3, over: 4, tunnel: 5, closed: 6, securing: 7 } as const

/** Whoever sent a request on a connection, and gets the answer. */
export interface AnswerReceiver {
  readonly isHead: boolean
  readonly wantsUpgrade: boolean
  /** The client knows no chunks: data is to come without its frames. */
  readonly wantsPlainData: boolean
  /** It has told the target that no other request follows on the connection. */
  readonly closesTarget: boolean
  /** How long the connection may wait for another request. */
  readonly idleMilliseconds: number
  onConnected(): void
  /** There is no connection, or `inHandshake` none by TLS, and nothing was sent. */
  onUnreachable(inHandshake: boolean): void
  onConnectTimeout(inHandshake: boolean): void
  onInterim(bytes: Buffer, answer: AnswerScan): void
  /** The head of the answer, and of its body what came with it: up to `bodyEnd`. `kind` is an `AnswerBody`. */
  onAnswer(bytes: Buffer, answer: AnswerScan, bodyEnd: number, kind: number): void
  onBody(bytes: Buffer, start: number, end: number): void
  onAnswerEnd(): void
  /** The target has switched protocols; what follows is nobody's business. */
  onTunnel(bytes: Buffer, answer: AnswerScan, end: number): void
  onTunnelEnd(): void
  /** The connection is gone, or of no use, before the answer was over; `inHandshake`: for the target it never was one. */
  onLost(inHandshake: boolean): void
  onTargetDrain(): void
  /** The target's deregistration delay is over. */
  onCut(): void
}

/** One scan is enough: it is read before the next one begins. */
const answer = new AnswerScan()

/**
 * A connection to a target, with one request at a time. Nothing but answers may come on it: bytes that nobody has asked
 * for end it, so that no answer can ever reach the wrong client.
 */
export class TargetConnection implements WireEvents, Timed {
  checkAt = 0
  checkTick = 0
  checkIndex = 0
  readonly target: LiveTarget
  readonly wire: TcpWire
  isReused = false
  /** Of the answer that is awaited, nothing has come yet. */
  isUnanswered = true
  readonly #clock: CoarseClock
  readonly #openedAt: number
  readonly #chunks = new ChunkScan()
  #phase: number = Phase.connecting
  #receiver: AnswerReceiver | undefined
  #isRefused = false
  #isKept = true
  #kind = 0
  #remaining = 0
  /** Of a handshake, or of an idle connection. */
  #waitsUntil = 0
  #announcedMilliseconds = longestAgeMilliseconds
  #taken: TakenBytes | undefined
  /** The beginning of a head whose end has not come yet. */
  #part: Buffer | undefined
  #scannedTo = 0

  constructor(target: LiveTarget, receiver: AnswerReceiver, clock: CoarseClock, transport: Transport) {
    this.target = target
    this.#receiver = receiver
    this.#clock = clock
    this.#openedAt = clock.now
    const onConnect = (): void => this.#onConnect()
    const onRefused = (): void => void (this.#isRefused = this.isUnanswered && !this.isReused)
    this.wire = target.isSecure
      ? connectSecurely(target, this, { onOpen: () => this.#onOpen(), onConnect, onRefused }, transport.tlsWires)
      : transport.connect(target, this, onConnect)
    ;(target.connections ??= new Set()).add(this)
    clock.lookAt(this, performance.now() + connectMilliseconds)
  }

  /** The next request is sent by this one. */
  attach(receiver: AnswerReceiver): void {
    this.isReused = true
    this.isUnanswered = true
    this.#receiver = receiver
    this.#phase = Phase.head
  }

  /** The answer is over, or nobody wants it any more. The connection waits for another request where it can be used. */
  release(): void {
    const receiver = this.#receiver
    this.#receiver = undefined
    if (this.#phase === Phase.closed || receiver === undefined) return
    const { now } = this.#clock
    const isUseful = this.#phase === Phase.over && this.#isKept
    const isOld = now - this.#openedAt > longestAgeMilliseconds
    if (!isUseful || isOld) return this.destroy()
    this.#phase = Phase.idle
    this.#waitsUntil = now + Math.min(receiver.idleMilliseconds, this.#announcedMilliseconds)
    // What came behind the answer must not find the next request here.
    if (this.wire.mayTellMore === true) setImmediate(() => this.#offer())
    else this.#offer()
  }

  /** For another request. */
  #offer(): void {
    const { idle, state } = this.target
    if (this.#phase !== Phase.idle) return
    if (state !== 'serving' || idle.length >= mostIdleConnections) return this.destroy()
    idle.push(this)
    this.#clock.lookAt(this, this.#waitsUntil)
  }

  /** Whether the target still takes something of what it was sent, though it makes no room for more. See `TakenBytes`. */
  isTaking(): Promise<boolean> {
    this.#taken ??= new TakenBytes()
    return this.#taken.areMoving(this.wire.socket)
  }

  destroy(): void {
    if (this.#phase === Phase.closed) return
    this.#leave()
    this.wire.destroy()
  }

  /** Closes in good order: for tunnels. */
  end(): void {
    if (this.#phase === Phase.closed) return
    this.#leave()
    this.wire.end()
  }

  cut(): void {
    if (this.#receiver === undefined) this.destroy()
    else this.#receiver.onCut()
  }

  check(now: number): number {
    switch (this.#phase) {
      case Phase.connecting:
        return this.#giveUpConnecting(false)
      case Phase.securing:
        return now < this.#waitsUntil ? this.#waitsUntil : this.#giveUpConnecting(true)
      case Phase.idle:
        if (now < this.#waitsUntil) return this.#waitsUntil
        this.destroy()
        return 0
      default:
        return 0
    }
  }

  onBytes(bytes: Buffer, start: number, end: number): void {
    switch (this.#phase) {
      case Phase.head:
        this.isUnanswered = false
        return this.#takeHead(bytes, start, end)
      case Phase.body:
        return this.#takeBody(bytes, start, end)
      case Phase.tunnel:
        return this.#receiver?.onBody(bytes, start, end)
      case Phase.over:
        this.#isKept = false
        return
      case Phase.idle:
        return this.destroy()
    }
  }

  onDrain(): void {
    this.#receiver?.onTargetDrain()
  }

  onEnd(): void {
    this.#isKept = false
    switch (this.#phase) {
      case Phase.idle:
        return this.destroy()
      case Phase.head:
        return this.#lose()
      case Phase.body:
        if (this.#kind !== AnswerBody.untilClose) return this.#lose()
        return this.#endAnswer()
      case Phase.tunnel:
        return this.#receiver?.onTunnelEnd()
    }
  }

  onClose(): void {
    switch (this.#phase) {
      case Phase.connecting:
      case Phase.securing: {
        const [receiver, inHandshake] = [this.#receiver, this.#phase === Phase.securing]
        this.#leave()
        return receiver?.onUnreachable(inHandshake)
      }
      case Phase.head:
      case Phase.body:
        return this.#lose()
      case Phase.tunnel:
        return this.#receiver?.onTunnelEnd()
      default:
        this.#leave()
    }
  }

  #giveUpConnecting(inHandshake: boolean): number {
    const receiver = this.#receiver
    this.destroy()
    receiver?.onConnectTimeout(inHandshake)
    return 0
  }

  /** TCP is done, and TLS begins. */
  #onOpen(): void {
    if (this.#phase !== Phase.connecting) return
    this.#phase = Phase.securing
    this.#waitsUntil = performance.now() + connectMilliseconds
  }

  #onConnect(): void {
    if (this.#phase !== Phase.connecting && this.#phase !== Phase.securing) return
    this.#phase = Phase.head
    this.#receiver?.onConnected()
  }

  #takeHead(came: Buffer, from: number, to: number): void {
    let [bytes, start, end] = [came, from, to]
    if (this.#part !== undefined) {
      bytes = this.#part = Buffer.concat([this.#part, came.subarray(from, to)])
      ;[start, end] = [0, bytes.length]
      if (!isWorthScanning(bytes, this.#scannedTo, end)) return
    }
    for (;;) {
      const result = scanAnswer(bytes, start, end, answer)
      if (result === incomplete) return this.#keepPart(bytes, start, end)
      if (result !== complete) return this.#lose()
      if (answer.statusCode >= 200 || answer.statusCode === 101) break
      this.#receiver?.onInterim(bytes, answer)
      start = answer.end
      if (start === end) {
        this.#part = undefined
        return
      }
    }
    this.#part = undefined
    if (answer.statusCode === 101) this.#takeTunnel(bytes, end)
    else this.#takeAnswer(bytes, end)
  }

  #keepPart(bytes: Buffer, start: number, end: number): void {
    this.#part = Buffer.from(bytes.subarray(start, end))
    this.#scannedTo = this.#part.length
  }

  #takeTunnel(bytes: Buffer, end: number): void {
    if (this.#receiver?.wantsUpgrade !== true || !answer.isWebSocket) return this.#lose()
    this.#phase = Phase.tunnel
    this.#receiver.onTunnel(bytes, answer, end)
  }

  #takeAnswer(bytes: Buffer, end: number): void {
    const receiver = this.#receiver
    if (receiver === undefined) return this.destroy()
    const kind = answerBody(answer, receiver.isHead)
    const { end: bodyStart } = answer
    this.#kind = kind
    this.#isKept = !answer.closes && !receiver.closesTarget && kind !== AnswerBody.untilClose
    this.#announcedMilliseconds =
      answer.hopByHopCount > 0 ? announcedMilliseconds(bytes, answer) : longestAgeMilliseconds
    this.#phase = Phase.body
    if (kind === AnswerBody.length) this.#remaining = answer.contentLength
    const isPlain = kind === AnswerBody.chunked && receiver.wantsPlainData
    if (kind === AnswerBody.chunked) this.#chunks.restart(isPlain)
    const bodyEnd = isPlain ? bodyStart : this.#bodyEnd(bytes, bodyStart, end)
    if (bodyEnd === brokenChunks) return this.#lose()
    receiver.onAnswer(bytes, answer, bodyEnd, kind)
    if (isPlain) this.#takePlainData(bytes, bodyStart, end)
    else this.#goOn(bodyEnd < end)
  }

  #takeBody(bytes: Buffer, start: number, end: number): void {
    if (this.#kind === AnswerBody.chunked && this.#chunks.stopsAtData) return this.#takePlainData(bytes, start, end)
    const bodyEnd = this.#bodyEnd(bytes, start, end)
    if (bodyEnd === brokenChunks) return this.#lose()
    this.#receiver?.onBody(bytes, start, bodyEnd)
    this.#goOn(bodyEnd < end)
  }

  /** Where the answer's body ends in these bytes; afterwards `#isBodyOver` says whether more of it is to come. */
  #bodyEnd(bytes: Buffer, start: number, end: number): number {
    switch (this.#kind) {
      case AnswerBody.none:
        return start
      case AnswerBody.length: {
        const length = Math.min(this.#remaining, end - start)
        this.#remaining -= length
        return start + length
      }
      case AnswerBody.chunked:
        return start === end ? end : scanChunks(this.#chunks, bytes, start, end)
      default:
        return end
    }
  }

  #isBodyOver(): boolean {
    switch (this.#kind) {
      case AnswerBody.none:
        return true
      case AnswerBody.length:
        return this.#remaining === 0
      case AnswerBody.chunked:
        return this.#chunks.isDone
      default:
        return false
    }
  }

  #takePlainData(bytes: Buffer, start: number, end: number): void {
    let at = start
    while (at < end && !this.#chunks.isDone) {
      at = scanChunks(this.#chunks, bytes, at, end)
      if (at === brokenChunks) return this.#lose()
      const { dataStart, dataEnd } = this.#chunks
      if (dataStart < dataEnd) this.#receiver?.onBody(bytes, dataStart, dataEnd)
      if (this.#phase !== Phase.body) return
    }
    this.#goOn(at < end)
  }

  #goOn(hasMore: boolean): void {
    if (this.#phase !== Phase.body || !this.#isBodyOver()) return
    // What a target sends behind its answer reaches nobody.
    if (hasMore) this.#isKept = false
    this.#endAnswer()
  }

  #endAnswer(): void {
    this.#phase = Phase.over
    this.#receiver?.onAnswerEnd()
  }

  #lose(): void {
    const receiver = this.#receiver
    this.destroy()
    receiver?.onLost(this.#isRefused)
  }

  #leave(): void {
    if (this.#phase === Phase.idle) {
      const { idle } = this.target
      const place = idle.lastIndexOf(this)
      if (place >= 0) idle.splice(place, 1)
    }
    this.#phase = Phase.closed
    this.#receiver = undefined
    this.#part = undefined
    this.target.connections?.delete(this)
    this.#clock.forget(this)
  }
}

const keepAliveName = ascii('keep-alive')
const timeoutName = 'timeout='

/** How long the target keeps the connection by its `Keep-Alive: timeout=5`, less a margin. */
function announcedMilliseconds(bytes: Buffer, { headers, kinds, headerCount }: AnswerScan): number {
  for (let place = 0; place < headerCount; place++) {
    if (kinds[place] !== HeaderKind.hopByHop) continue
    const at = 4 * place
    if (!isWord(bytes, headers[at] ?? 0, headers[at + 1] ?? 0, keepAliveName)) continue
    const start = (headers[at + 2] ?? 0) + timeoutName.length
    const end = headers[at + 3] ?? 0
    // The usual form, with nothing before and behind; any other one is read as text.
    const seconds = start < end ? decimal(bytes, start, end) : -1
    if (seconds >= 0) return Math.min(longestAgeMilliseconds, seconds * 1000 - marginMilliseconds)
    const text = /timeout=(\d{1,6})/i.exec(bytes.toString('latin1', headers[at + 2], end))
    if (text !== null) return Math.min(longestAgeMilliseconds, Number(text[1]) * 1000 - marginMilliseconds)
  }
  return longestAgeMilliseconds
}
