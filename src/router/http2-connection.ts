import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { DirectHandles } from './direct-handle.ts'
import { requestHead } from './http2-request-head.ts'
import { Http2StreamWire } from './http2-stream-wire.ts'
import type { SecuredDoor } from './securing.ts'
import type { ClientSide } from './wire.ts'

/** As on AWS. */
const mostStreams = 128
/** Of a body that comes: so much may be on its way for a stream, and for all of them together. */
const streamWindowBytes = 256 * 1024
const connectionWindowBytes = 1024 * 1024
const mostHeaderBytes = 64 * 1024
const mostHeaders = 256
const mostMemoryMegabytes = 16
/**
 * Streams that end by a reset: a client has so many at once, and regains so many a second. Those whose answers break off
 * are the targets' doing, and others on the same connection have nothing to do with it.
 */
const resetBurst = 200
const resetsPerSecond = 20
/**
 * A client that is to go elsewhere is told so when nothing has been under way for so long; where that does not come within
 * so long, before the end of an answer that is the only one; and where that does not come either, after so long.
 */
const quietMilliseconds = 50
const quietAwaitedMilliseconds = 500
const mostLeavingMilliseconds = 1_000
/** Node waits for a stream, of which nobody knows yet, that has begun with headers which do not end. */
const unknownStreamMilliseconds = 1_000

/** How long a client may be gone that Node has not heard to go. */
const lookMilliseconds = 10_000
/** Beyond the idle time-out: each stream has been ended by a time-out of its own by then, also that of a slow reader. */
const stuckMilliseconds = 330_000

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR, NGHTTP2_FLAG_END_STREAM } = constants

/** A client's connection of HTTP/2: each of its streams becomes a client's connection of HTTP/1.1 with one request. */
export class Http2Connection {
  readonly #socket: TLSSocket
  readonly #session: ServerHttp2Session
  readonly #side: ClientSide
  readonly #door: SecuredDoor
  readonly #openedAt = performance.now()
  #limits = defaultLimits
  #ageTimer: NodeJS.Timeout | undefined
  /** Begins anew when the last open stream ends, and with another time-out. */
  #idleTimer: NodeJS.Timeout | undefined
  #stuckTimer: NodeJS.Timeout | undefined
  readonly #lookTimer: NodeJS.Timeout
  #openStreams = 0
  #resetsLeft = resetBurst
  #resetsCountedAt = performance.now()
  /** There once it is to go elsewhere; the timer begins anew when the last open stream ends. */
  #leaving: { readonly since: number; readonly quietTimer: NodeJS.Timeout } | undefined
  #movedBytes = -1

  constructor(socket: TLSSocket, side: ClientSide, door: SecuredDoor, onClosed: () => void) {
    this.#socket = socket
    this.#side = side
    this.#door = door
    this.#session = performServerHandshake(socket, {
      maxSessionMemory: mostMemoryMegabytes,
      maxHeaderListPairs: mostHeaders,
      // Whoever answers may do so with fields which HTTP says come once.
      strictSingleValueFields: false,
      streamResetBurst: resetBurst,
      streamResetRate: resetsPerSecond,
      settings: {
        maxConcurrentStreams: mostStreams,
        initialWindowSize: streamWindowBytes,
        maxHeaderListSize: mostHeaderBytes,
        enablePush: false,
        enableConnectProtocol: false,
      },
    })
    this.#session.setLocalWindowSize(connectionWindowBytes)
    // What went wrong with it does not matter any more: `close` follows.
    this.#session.on('error', ignore)
    this.#session.on('stream', (stream, _headers, flags, rawHeaders: string[]) => {
      this.#serve(stream, flags, rawHeaders)
    })
    this.#begin(door.limits?.() ?? defaultLimits)
    this.#lookTimer = setInterval(() => this.#endBrokenOff(), lookMilliseconds).unref()
    this.#session.on('close', () => {
      clearInterval(this.#lookTimer)
      this.#clearTimers()
      onClosed()
    })
  }

  /** The limits in force may be others now. */
  follow(): void {
    const limits = this.#door.limits?.() ?? defaultLimits
    const { idleMilliseconds, keepAliveMilliseconds } = this.#limits
    const areSame =
      limits.idleMilliseconds === idleMilliseconds && limits.keepAliveMilliseconds === keepAliveMilliseconds
    if (areSame || this.#session.destroyed) return
    this.#clearTimers()
    this.#begin(limits)
  }

  #begin({ keepAliveMilliseconds, idleMilliseconds }: Limits): void {
    this.#limits = { keepAliveMilliseconds, idleMilliseconds }
    const leftMilliseconds = Math.max(0, this.#openedAt + keepAliveMilliseconds - performance.now())
    this.#ageTimer = setTimeout(() => this.close(), leftMilliseconds).unref()
    this.#idleTimer = setTimeout(() => this.#onIdle(), idleMilliseconds).unref()
    this.#stuckTimer = setInterval(() => this.#endStuck(), idleMilliseconds + stuckMilliseconds).unref()
  }

  #clearTimers(): void {
    clearInterval(this.#stuckTimer)
    clearTimeout(this.#ageTimer)
    clearTimeout(this.#idleTimer)
  }

  /**
   * Tells the client to send no more requests here; those it has sent are answered. Once it is told, Node takes none any
   * more, whatever last stream a GOAWAY names. A client that has just sent one hears at once that it was not taken, and
   * may send it elsewhere, but not all do; so a moment is waited for in which none should be on its way.
   */
  close(): void {
    if (this.#leaving !== undefined || this.#session.destroyed) return
    const quietTimer = setTimeout(() => {
      if (this.#openStreams === 0) this.#leave()
    }, quietMilliseconds).unref()
    this.#leaving = { since: performance.now(), quietTimer }
    setTimeout(() => this.#leave(), mostLeavingMilliseconds).unref()
  }

  #serve(stream: ServerHttp2Stream, flags: number, rawHeaders: readonly string[]): void {
    const hasBody = (flags & NGHTTP2_FLAG_END_STREAM) === 0
    const head = requestHead(rawHeaders, hasBody)
    const wire = head === undefined ? undefined : new Http2StreamWire(stream, head, () => this.#onLastBytes())
    this.#openStreams++
    stream.on('error', ignore)
    stream.on('close', () => {
      this.#onStreamClosed(stream, wire)
      wire?.onClosed()
    })
    if (wire === undefined) return stream.close(NGHTTP2_PROTOCOL_ERROR)
    wire.start(this.#door.acceptClient(wire, this.#side))
  }

  #onStreamClosed({ rstCode }: ServerHttp2Stream, wire: Http2StreamWire | undefined): void {
    this.#openStreams--
    if (this.#openStreams === 0 && !this.#session.destroyed) {
      this.#idleTimer?.refresh()
      this.#leaving?.quietTimer.refresh()
    }
    if (rstCode !== NGHTTP2_NO_ERROR && wire?.isBrokenOff !== true) this.#countReset()
  }

  /** An answer is about to end: what is told now comes before that, as `Connection: close` does. */
  #onLastBytes(): void {
    if (this.#leaving === undefined || this.#openStreams > 1) return
    if (performance.now() > this.#leaving.since + quietAwaitedMilliseconds) this.#leave()
  }

  #countReset(): void {
    const now = performance.now()
    const regained = ((now - this.#resetsCountedAt) / 1_000) * resetsPerSecond
    this.#resetsLeft = Math.min(resetBurst, this.#resetsLeft + regained) - 1
    this.#resetsCountedAt = now
    if (this.#resetsLeft < 0) this.#session.destroy(undefined, NGHTTP2_ENHANCE_YOUR_CALM)
  }

  /**
   * Of a client that is gone in the middle of an upload, Node may hear nothing: its session does not read while it writes,
   * and behind a write that has failed, TLS lets the next one wait for ever. Meanwhile targets would count as in use.
   */
  #endBrokenOff(): void {
    if (DirectHandles.isBrokenOff(this.#socket)) this.#socket.destroy()
  }

  /** The same where nobody tells whether the connection is broken off, or it just hangs. */
  #endStuck(): void {
    const socket = this.#socket
    const movedBytes = socket.bytesRead + socket.bytesWritten
    if (movedBytes === this.#movedBytes) socket.destroy()
    this.#movedBytes = movedBytes
  }

  /** No stream was open for as long as the load balancer waits. Open ones have their own time-out. */
  #onIdle(): void {
    if (this.#openStreams === 0) this.#leave()
  }

  #leave(): void {
    if (this.#session.closed || this.#session.destroyed) return
    this.#session.close()
    setTimeout(() => {
      if (this.#openStreams === 0) this.#socket.destroy()
    }, unknownStreamMilliseconds).unref()
  }
}

type Limits = { readonly idleMilliseconds: number; readonly keepAliveMilliseconds: number }

const defaultLimits: Limits = { idleMilliseconds: 60_000, keepAliveMilliseconds: 3_600_000 }

function ignore(): void {}
