import type { IncomingMessage } from 'node:http'
import type { WireRequest } from './protocol.ts'

/** The largest body taken by services that do not say otherwise: far above what AWS takes for them. */
export const maximumBodyBytes = 16 * 1024 * 1024

/** What is known of a request before its body has come. */
export function receiveHead(message: IncomingMessage): WireRequest {
  const [path = '/', ...query] = (message.url ?? '/').split('?')
  return {
    method: message.method ?? 'GET',
    path,
    query: new URLSearchParams(query.join('?')),
    headers: message.headers,
    body: Buffer.alloc(0),
  }
}

/** How long a body may pause. One that comes slowly is waited for, however large it is. */
const longestPauseMilliseconds = 60_000

/**
 * Receives a body whole. Of one that is too large the rest is read and thrown away, so that its sender gets to see the
 * answer; the answer is then `tooLarge`. Rejects when the client goes away first, or says nothing more.
 */
export async function receiveBody(
  message: IncomingMessage,
  maximumBytes: number,
  pauseMilliseconds = longestPauseMilliseconds,
): Promise<Buffer | 'tooLarge'> {
  const { socket } = message
  const chunks: Buffer[] = []
  let bytes = 0
  socket.setTimeout(pauseMilliseconds)
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes <= maximumBytes) chunks.push(chunk)
      else chunks.length = 0
    }
  } finally {
    // The answer may take its time.
    socket.setTimeout(0)
  }
  return bytes > maximumBytes ? 'tooLarge' : Buffer.concat(chunks)
}
