import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * The forwarding core: it moves one exchange's bytes to one target and back. It knows nothing of rules, health or
 * counts, so a faster one can take its place without anything else changing.
 */
export interface Forward {
  /** Resolves when the attempt is over, however it ended; never rejects. */
  send(exchange: Exchange, attempt: Attempt): Promise<ForwardResult>
  /** Closes the kept connections to a target and keeps no more of them. In-flight requests are not touched. */
  retire(targetKey: string): void
  /** Ends everything that is kept open for later. */
  close(): void
}

/** A request that was read and the answer it waits for. */
export type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** For a WebSocket handshake: the client's socket, and what came on it after the head. */
  readonly upgrade?: { readonly socket: Socket; readonly head: Buffer }
  /** Either side may be silent for so long. */
  readonly idleMilliseconds: number
  /** True where the answer is to be the last one on the client's connection. */
  readonly isLast: () => boolean
}

export type Attempt = {
  readonly targetKey: string
  readonly address: { readonly id: string; readonly port: number }
  readonly path: string
  /** Name, value, name, value, … as they are to be written. */
  readonly headers: readonly string[]
  /** Aborted when the target's deregistration delay is over: the connection is cut. */
  readonly cut: AbortSignal
  /** True for the second try after a kept connection turned out to be closed. */
  readonly onFreshConnection: boolean
}

export type ForwardResult =
  /** The target's answer was passed on, whole. */
  | {
      readonly kind: 'answered'
      readonly statusCode: number
      /** From the request sent to the head of the answer. */
      readonly responseMilliseconds: number
    }
  /** The connection was refused: nothing was sent, so any target may still be asked. */
  | { readonly kind: 'unreachable' }
  /** A kept connection was closed by the target before any byte of an answer; no body had been sent. */
  | { readonly kind: 'stale-connection' }
  /** The client has got no answer yet; this is the load balancer's. */
  | { readonly kind: 'failed'; readonly statusCode: 400 | 408 | 502 | 504 }
  | { readonly kind: 'client-closed' }
  /** The answer broke off in the middle; so did the client's. */
  | { readonly kind: 'target-closed' }

/** True for a request that carries a body, also an empty chunked one. */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length']
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0)
}
