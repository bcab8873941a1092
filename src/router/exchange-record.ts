import type { ListenerRoute } from '../domain/routing-table.ts'
import type { TransformOutcome } from './request-transform.ts'
import type { ToldBytes } from './told-bytes.ts'
import type { ClientSide } from './wire.ts'

/**
 * A request that is over, as access logs tell it (reference 7.1). One such object is used again and again: whoever is
 * given it takes what it needs before it returns.
 */
export type ExchangeRecord = {
  readonly listener: ListenerRoute
  readonly client: ClientSide
  /** `ws` and `wss` are connections that were upgraded; they are recorded when they end. */
  readonly isWebSocket: boolean
  /** Epoch milliseconds with fractions: when the first byte of the request came, and when the answer was over. */
  readonly createdAt: number
  readonly endedAt: number
  /** Seconds, or -1 for what never came to be: from the request's first byte until it was sent to a target, … */
  readonly requestProcessingSeconds: number
  /** … from then to the head of the target's answer, … */
  readonly targetProcessingSeconds: number
  /** … and from then until the answer began to be sent to the client. */
  readonly responseProcessingSeconds: number
  /** `id:port`; undefined where none was chosen. */
  readonly target: string | undefined
  readonly targetGroupArn: string | undefined
  /** What the client got; 460 where it had gone, 400 where it had within its own body. 0 where it got nothing at all. */
  readonly elbStatusCode: number
  /** 0 where the target gave none. */
  readonly targetStatusCode: number
  readonly receivedBytes: number
  readonly sentBytes: number
  /** What there is of the request's head, and its trace id; nothing where the head could not be read. */
  readonly told: ToldBytes
  readonly httpVersion: '1.0' | '1.1' | '2.0' | undefined
  /** 1–50000, 0 for the default action; undefined where no rule was looked at. */
  readonly matchedRulePriority: number | undefined
  readonly action: 'forward' | 'redirect' | 'fixed-response' | undefined
  readonly redirectUrl: string | undefined
  /** Undefined where no transform of a rule matched. */
  readonly transform: TransformOutcome | undefined
  /** In the words of the access log's `classification` and `classification_reason`: `Acceptable` … `Severe`. */
  readonly classification: 'Acceptable' | 'Ambiguous' | 'Severe' | undefined
  readonly classificationReason: string | undefined
}
