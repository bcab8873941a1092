import type { Core } from './core.ts'
import type { LiveListener } from './live-table.ts'
import type { TargetHeadContext } from './target-head-context.ts'
import type { ClientSide, Wire } from './wire.ts'

/** A client's connection, as far as its request needs it. */
export interface RequestingClient {
  readonly core: Core
  readonly side: ClientSide
  readonly wire: Wire
  /** What was written has not gone yet. */
  readonly isBlocked: boolean
  /** The whole request has come, with its body. */
  readonly isRequestOver: boolean
  /** Nothing of the request's body has come yet. */
  readonly isBodyAwaited: boolean
  /** Of this request, with its head, and of its answer. */
  readonly receivedBytes: number
  readonly sentBytes: number
  /** The answer is to be the last one on the connection. */
  isLast(): boolean
  /** Makes this answer the last one. */
  closeBehind(): void
  targetHeadContext(listener: LiveListener): TargetHeadContext
  noteActivity(): void
  /** False as with `Wire.write`; then `Exchange.onClientDrain` follows. */
  send(bytes: Buffer): boolean
  sendScratch(bytes: Buffer, length: number): boolean
  /** `from` is where the bytes have come from, if they are still its own. */
  passOn(from: Wire | undefined, bytes: Buffer, start: number, end: number): boolean
  holdBody(): void
  wantBody(): void
  onExchangeOver(): void
  becomeTunnel(): void
  /** Closes in good order. */
  end(): void
  /** The answer can not be brought to its end: the client is to see that. */
  destroy(): void
}
