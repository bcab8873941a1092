import type { IncomingMessage } from 'node:http'
import type { WireRequest } from './protocol.ts'

/** The largest body taken: far above what AWS takes for these services. */
export const maximumBodyBytes = 16 * 1024 * 1024

/**
 * Receives a request whole. Of one that is too large the rest is read and thrown away, so that its sender gets to see
 * the answer; the answer is then `tooLarge`. Rejects when the client goes away first.
 */
export async function receive(message: IncomingMessage): Promise<WireRequest | 'tooLarge'> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= maximumBodyBytes) chunks.push(chunk)
    else chunks.length = 0
  }
  if (bytes > maximumBodyBytes) return 'tooLarge'
  const path = (message.url ?? '/').split('?', 1)[0] ?? '/'
  return { method: message.method ?? 'GET', path, headers: message.headers, body: Buffer.concat(chunks) }
}
