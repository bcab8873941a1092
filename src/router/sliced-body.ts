import type { IncomingMessage } from 'node:http'
import { ownTurn } from './own-turn.ts'

/**
 * The body of a call, read piece by piece and a piece in each turn of the event loop: a table comes over a local socket as
 * fast as it can be read, and a megabyte in one go would hold requests up. Rejects where it does not come whole.
 */
export async function bodyInSlices(request: IncomingMessage): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0)
  // One that is as large as announced, filled as it comes: putting the pieces together would take as long again.
  let body = Buffer.allocUnsafeSlow(announced)
  let length = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    if (length + piece.length > body.length)
      body = Buffer.concat([body.subarray(0, length)], 2 * (length + piece.length))
    piece.copy(body, length)
    length += piece.length
    await ownTurn()
  }
  return body.subarray(0, length)
}
