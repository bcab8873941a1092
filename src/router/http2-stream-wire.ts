import { constants, type ServerHttp2Stream } from 'node:http2'
import { AnswerReader, type AnswerEvents } from './answer-reader.ts'
import { lastChunk, type RequestHead } from './http2-request-head.ts'
import { slowReaderMilliseconds, type Wire, type WireEvents } from './wire.ts'

const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR } = constants

/** Whether the end of an answer has gone that came before the request's body. */
const lookMilliseconds = 20

/** Of a connection, for a client that does not read; each of its streams has one at most of an answer's body. */
const mostWaitingFrames = 1_000

/**
 * A stream of HTTP/2 that speaks HTTP/1.1 towards the router: one request comes out of it, one answer goes into it.
 *
 * Memory: 256 KiB of a body at most that the router does not take, 64 KiB of an answer that the client does not take,
 * beyond what one write brings.
 */
export class Http2StreamWire implements Wire, AnswerEvents {
  readonly #stream: ServerHttp2Stream
  readonly #head: RequestHead
  readonly #reader: AnswerReader
  readonly #onLastBytes: () => void
  #events: WireEvents | undefined
  #receivedBytes = 0
  #trailers: readonly string[] = []
  #answerTrailers: readonly string[] = []
  /** Of the body, until it is known whether it is the last: the end then goes with it. */
  #held: Buffer | undefined
  #isEnding = false
  #awaitsDrain = false
  /** The stream ends by a reset which is not the client's doing. */
  isBrokenOff = false

  /** `onLastBytes` is called before the answer's end is sent. */
  constructor(stream: ServerHttp2Stream, head: RequestHead, onLastBytes: () => void) {
    this.#stream = stream
    this.#onLastBytes = onLastBytes
    this.#head = head
    this.#reader = new AnswerReader(head.method, this)
  }

  /**
   * Tells the request, beginning with its head, at once. A stream without a body is not read: Node would close it before
   * it hears that the answer was written, and make of that an error, with its stack, which nobody ever sees.
   */
  start(events: WireEvents): void {
    const stream = this.#stream
    this.#events = events
    const { bytes, framing } = this.#head
    events.onBytes(bytes, 0, bytes.length)
    if (framing.kind === 'none') return
    stream.on('trailers', (_headers, _flags, rawTrailers: string[]) => {
      this.#trailers = rawTrailers
    })
    stream.once('end', () => this.#onRequestEnd())
    stream.on('data', (piece: Buffer) => this.#onPiece(piece))
  }

  get pendingBytes(): number {
    return this.#stream.writableLength
  }

  write(bytes: Buffer): boolean {
    if (this.#isGone() || this.#reader.isOver) return true
    try {
      // The stream keeps what it is given until the client's window takes it.
      if (!this.#reader.write(Buffer.from(bytes))) this.#reset(NGHTTP2_INTERNAL_ERROR)
      else this.#sendHeld()
    } catch {
      // Node refuses heads which HTTP/2 cannot carry.
      this.#reset(NGHTTP2_INTERNAL_ERROR)
    }
    if (this.#isGone() || !this.#stream.writableNeedDrain) return true
    if (!this.#awaitsDrain) this.#awaitDrain()
    return false
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  end(): void {
    if (this.#isGone() || this.#isEnding) return
    this.#isEnding = true
    if (!this.#reader.end()) return this.#reset(NGHTTP2_INTERNAL_ERROR)
    setImmediate(() => this.#limitWaiting())
    if (this.#head.framing.kind === 'none') return
    if (this.#stream.writableFinished) this.#onAnswered()
    else this.#stream.once('finish', () => this.#onAnswered())
  }

  destroy(): void {
    if (this.#isGone()) return
    this.#isEnding = true
    this.#reset(this.#stream.writableFinished ? NGHTTP2_NO_ERROR : NGHTTP2_INTERNAL_ERROR)
  }

  /** There may be any number of them. They are not counted in what a stream holds, and Node would remember them all. */
  onInterim(statusCode: number, headers: readonly string[]): void {
    const stream = this.#stream
    if ((stream.session?.state.outboundQueueSize ?? 0) > mostWaitingFrames) return this.#reset(NGHTTP2_INTERNAL_ERROR)
    stream.additionalHeaders(byName(statusCode, headers))
    stream.sentInfoHeaders?.splice(0)
  }

  onHead(
    statusCode: number,
    headers: readonly string[],
    { mayHaveTrailers }: { readonly mayHaveTrailers: boolean },
  ): void {
    if (mayHaveTrailers) this.#stream.once('wantTrailers', () => this.#sendTrailers())
    this.#stream.respond([':status', String(statusCode), ...headers], mayHaveTrailers ? withTrailers : asSent)
  }

  onBody(bytes: Buffer): void {
    this.#sendHeld()
    this.#held = bytes
  }

  onAnswerEnd(trailers: readonly string[]): void {
    const last = this.#held
    this.#held = undefined
    this.#answerTrailers = trailers
    if (this.#stream.writableEnded) return
    this.#onLastBytes()
    this.#stream.end(last)
  }

  /** The stream is closed. */
  onClosed(): void {
    this.#events?.onClose()
  }

  #isGone(): boolean {
    return this.#stream.destroyed || this.#stream.closed
  }

  #awaitDrain(): void {
    this.#awaitsDrain = true
    this.#stream.once('drain', () => {
      this.#awaitsDrain = false
      this.#events?.onDrain()
    })
  }

  /** Nearly always there is nothing left to wait for by the next turn: only a slower client costs a timer. */
  #limitWaiting(): void {
    const { writableFinished, readableEnded } = this.#stream
    const isOver = writableFinished && (readableEnded || this.#head.framing.kind === 'none')
    if (!isOver && !this.#isGone()) this.#stream.setTimeout(slowReaderMilliseconds, () => this.destroy())
  }

  #onPiece(piece: Buffer): void {
    this.#receivedBytes += piece.length
    const { framing } = this.#head
    if (framing.kind === 'length' && this.#receivedBytes > framing.bytes) return this.#reset(NGHTTP2_PROTOCOL_ERROR)
    this.#tell(framing.kind === 'length' ? piece : chunkOf(piece))
  }

  /** A body of a known length ends with its last byte. One that ends by a reset has not ended. */
  #onRequestEnd(): void {
    const { framing } = this.#head
    if (framing.kind === 'length' && this.#receivedBytes < framing.bytes) return this.#reset(NGHTTP2_PROTOCOL_ERROR)
    if (framing.kind === 'chunked' && !this.#isGone()) this.#tell(lastChunk(this.#trailers))
  }

  #tell(bytes: Buffer): void {
    if (!this.#isEnding) this.#events?.onBytes(bytes, 0, bytes.length)
  }

  #sendHeld(): void {
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) this.#stream.write(held)
  }

  #sendTrailers(): void {
    if (this.#isGone()) return
    try {
      this.#stream.sendTrailers(byName(undefined, this.#answerTrailers))
    } catch {
      this.#reset(NGHTTP2_INTERNAL_ERROR)
    }
  }

  /**
   * The rest of a body that nobody wants any more is not waited for (RFC 9113, 8.1). But a reset would overtake the end of
   * the answer where that has not gone yet, as behind trailers, and clients would take the answer for one that breaks off.
   */
  #onAnswered(): void {
    const stream = this.#stream
    if (!this.#isEnding || this.#isGone() || stream.readableEnded) return
    stream.resume()
    if (stream.state.localClose === 1) this.#reset(NGHTTP2_NO_ERROR)
    else setTimeout(() => this.#onAnswered(), lookMilliseconds).unref()
  }

  #reset(code: number): void {
    const stream = this.#stream
    if (stream.destroyed) return
    this.isBrokenOff ||= code === NGHTTP2_INTERNAL_ERROR && !stream.closed
    // Node's `close` would end an answer that has begun as if it were whole.
    if (stream.headersSent && !stream.writableFinished) stream.destroy(brokenOff)
    else stream.close(code)
  }
}

/** Node would add a `Date` where the target has sent none. Its types know the option of `ServerResponse` only. */
const asSent: object = { sendDate: false }
const withTrailers: object = { sendDate: false, waitForTrailers: true }

const brokenOff = new Error('The answer breaks off')

function chunkOf(piece: Buffer): Buffer {
  const size = Buffer.from(`${piece.length.toString(16)}\r\n`, 'latin1')
  return Buffer.concat([size, piece, lineEnd], size.length + piece.length + 2)
}

const lineEnd = Buffer.from('\r\n')

function byName(statusCode: number | undefined, headers: readonly string[]): Record<string, string | string[]> {
  const named: Record<string, string[]> = {}
  for (let at = 0; at + 1 < headers.length; at += 2) (named[headers[at] ?? ''] ??= []).push(headers[at + 1] ?? '')
  return statusCode === undefined ? named : { ':status': String(statusCode), ...named }
}
