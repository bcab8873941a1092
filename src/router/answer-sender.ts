import type { AnswerScan } from './answer-scan.ts'
import { asItIs, ClientHead, clientHeadRoom, writeClientHead } from './client-head.ts'
import type { LiveListener } from './live-table.ts'
import { scratchFor } from './pass-on.ts'
import type { RequestingClient } from './requesting-client.ts'
import type { Wire } from './wire.ts'

/** Filled anew with each answer, and done with when its head is sent. */
const clientHead = new ClientHead()

/** What decides on the head of an answer by this listener; to be added to, and used at once. */
export function clientHeadFor(listener: LiveListener | undefined, closes: boolean, isHttp10: boolean): ClientHead {
  clientHead.closes = closes
  clientHead.isHttp10 = isHttp10
  clientHead.cookieLines = ''
  if (listener !== undefined) clientHead.rules = listener.answerRules
  return clientHead
}

/**
 * The head as the client gets it, with what there is of the body up to `end`, in one write. `from` is where the bytes have
 * come from, if they are still its own. False as with `Wire.write`.
 */
export function sendAnswerHead(
  client: RequestingClient,
  bytes: Buffer,
  answer: AnswerScan,
  end: number,
  head: ClientHead,
  from?: Wire,
): boolean {
  const bodyBytes = end - answer.end
  const out = scratchFor(clientHeadRoom(answer, head) + bodyBytes)
  const length = writeClientHead(bytes, answer, head, out)
  if (length === asItIs) return client.passOn(from, bytes, answer.start, end)
  bytes.copy(out, length, answer.end, end)
  return client.sendScratch(out, length + bodyBytes)
}
