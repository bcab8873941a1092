import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export type Site = {
  readonly url: string
  /** What was requested, in order. */
  readonly requests: readonly IncomingMessage[]
  /** The most requests that were open at once. */
  mostAtOnce(): number
}

/** A web server of its own for a test, gone after it. */
export async function startSite(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Site> {
  const requests: IncomingMessage[] = []
  let [open, most] = [0, 0]
  const server = createServer((request, response) => {
    requests.push(request)
    open += 1
    most = Math.max(most, open)
    response.on('close', () => (open -= 1))
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, requests, mostAtOnce: () => most }
}

/** Answers with this status. */
export function answerWith(response: ServerResponse, status: number, body = ''): void {
  response.writeHead(status, { 'content-type': 'text/plain' })
  response.end(body)
}
