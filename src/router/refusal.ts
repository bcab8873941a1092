import { bytesOfAnswer, errorAnswer } from './elb-answer.ts'
import { ExchangeNotes } from './exchange-notes.ts'
import type { LiveListener } from './live-table.ts'
import { Method } from './request-line.ts'
import type { RequestScan } from './request-scan.ts'
import type { RequestingClient } from './requesting-client.ts'
import { ownOutcome } from './tallies.ts'

type Refused = { readonly statusCode: number; readonly scan: RequestScan; readonly startedAt: number }

/** Answers what is no request, or none that may be served, and closes: nothing behind it is read any more. */
export function refuseRequest(
  client: RequestingClient,
  listener: LiveListener,
  { statusCode, scan, startedAt }: Refused,
): void {
  const { handling, tally } = listener
  const isHead = scan.method === Method.head
  client.send(bytesOfAnswer(errorAnswer(statusCode), { closes: true, isHead, isHttp10: false, handling }))
  tally.own.add(ownOutcome(statusCode), statusCode)
  if (handling.accessLog) {
    const notes = ExchangeNotes.of(client.side)
    notes.beginRefused(scan, listener, startedAt)
    // What was no request has no size in lines of AWS either; the metric of processed bytes has what came.
    notes.tell(client.core.onExchange, undefined, statusCode, { receivedBytes: 0, sentBytes: client.sentBytes })
  }
  client.end()
}
