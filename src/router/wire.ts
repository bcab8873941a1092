import type { Socket } from 'node:net'

/**
 * One connection as the forwarder sees it: bytes come, bytes go. Behind it is a TCP socket, a TLS socket, or one stream
 * of an HTTP/2 connection that speaks HTTP/1.1 towards the router.
 */
export interface Wire {
  /**
   * Sends bytes. False where the other side's buffer is full: `WireEvents.onDrain` follows when everything has gone.
   * The bytes must not be changed before that, and may be changed at once after true. Does nothing on a closed wire.
   */
  write(bytes: Buffer): boolean
  /**
   * As `write`, of bytes that are the caller's again when it returns, whatever it returns: what does not go at once is
   * copied. Absent where there is no way to send bytes without keeping them.
   */
  writeBorrowed?(bytes: Buffer, start: number, end: number): boolean
  /** No more `onBytes` until `resume`. */
  pause(): void
  resume(): void
  /** Closes in good order once everything written has gone: the other side sees the end, not a reset. */
  end(): void
  /** Closes now. */
  destroy(): void
  /** Bytes written that have not gone yet. */
  readonly pendingBytes: number
  /**
   * True where the bytes which `onBytes` brings now may also be written elsewhere without being copied; if they are still
   * in use when the receiver returns, it has called `keepBytes`. Absent or false: they are copied first.
   */
  readonly lendsBytes?: boolean
  /**
   * Of bytes that `onBytes` brings now, a view to be written elsewhere without being copied, where they are most likely
   * taken at once; with `keepBytes` as with `lendsBytes`. Undefined where there is none: they are copied first.
   */
  lend?(bytes: Buffer, start: number, end: number): Buffer | undefined
  /**
   * True where more may be told of what has come together with the bytes that `onBytes` brings now, in this turn of the
   * event loop. Absent or false: what comes next has come later.
   */
  readonly mayTellMore?: boolean
  /** The bytes that `onBytes` has just brought stay as they are: the wire reads on into another buffer. */
  keepBytes?(): void
}

/** A wire over a connection of its own. */
export interface ConnectionWire extends Wire {
  /** Reading begins. */
  start(events: WireEvents): void
}

/** A wire over a TCP connection, with TLS on it or without. */
export interface TcpWire extends ConnectionWire {
  readonly socket: Socket
}

/** What has not gone yet when a connection is to end gets so long; whoever reads nothing cannot hold it open. */
export const unsentMilliseconds = 30_000
/**
 * A client that does not read fills the kernel's buffer first, some megabytes, and only then ours. Nobody tells how much
 * of that it takes, so it has so long, beyond the idle time-out, to make room for one more write.
 */
export const slowReaderMilliseconds = 300_000

/** What a wire tells. Each is called from the event loop, never from within a call to the wire. */
export type WireEvents = {
  /** `bytes` from `start` to `end` are the receiver's only until it returns: the buffer is used again. */
  onBytes(bytes: Buffer, start: number, end: number): void
  onDrain(): void
  /** The other side will send no more. What it was sent before still reaches it. */
  onEnd(): void
  /** Once, after everything else: the connection is gone, in good order or not. */
  onClose(): void
}

/** Who is at the other end of a client's connection, and how it is secured. Made once for each connection. */
export type ClientSide = {
  readonly address: string
  readonly port: number
  /** Where the client reached the router. */
  readonly localAddress: string
  readonly localPort: number
  /** `TID_` and 32 hex digits. */
  readonly connectionTraceId: string
  readonly tls?: ClientTls
  /** True for a stream of an HTTP/2 connection. */
  readonly isHttp2: boolean
}

type ClientTls = {
  /** OpenSSL's name, as access logs have it: `ECDHE-RSA-AES128-GCM-SHA256`, `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string
  /** `TLSv1.2`, `TLSv1.3`. */
  readonly protocol: string
  /** The name the client asked for (SNI), where it did. */
  readonly serverName?: string
  readonly certificateArn: string
}
