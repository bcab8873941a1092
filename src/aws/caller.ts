import type { IncomingMessage } from 'node:http'
import { foreignNameRefusal, isFromAnotherSite, isFromBrowser } from './wire/browser.ts'
import { writeUnaddressedFault } from './wire/fault.ts'
import type { WireAnswer, WireRequest } from './wire/protocol.ts'
import { headProblem, signatureProblem } from './wire/signature.ts'
import type { AccessKey } from './wire/signature.ts'

/** Who may ask without being another site's page: whoever has the key, and this machine's programs by a name of its own. */
export type Admission = {
  /** What callers of other machines have to sign with; nobody has to where it is left out. */
  readonly accessKey?: AccessKey | undefined
  /** The name that the endpoint was told to serve, or its address. */
  readonly host: string
}

/** What containers ask for unsigned: whoever knows a task's id is the task. */
const ofTasks = /^\/(?:v4|v2\/credentials)\/[0-9a-f]{32}/

/**
 * The answer to a page of another site, and to what comes from another machine unsigned; undefined where it may go on.
 * This machine is not asked, as an engine on loopback asks nobody, but for what a proxy on it passes on: a page whose name
 * was pointed at this machine would be its, so that a browser must not ask by such a name.
 */
export function refusedCaller(
  message: IncomingMessage,
  request: WireRequest,
  admission: Admission,
  requestId: string,
): WireAnswer | undefined {
  return refused(message, request, admission, { requestId, problemOf: signatureProblem })
}

/** The same of a request whose body has not come yet, as far as that can be said. */
export function refusedHead(
  message: IncomingMessage,
  head: WireRequest,
  admission: Admission,
  requestId: string,
): WireAnswer | undefined {
  return refused(message, head, admission, { requestId, problemOf: headProblem })
}

function refused(
  message: IncomingMessage,
  request: WireRequest,
  { accessKey: key, host }: Admission,
  { requestId, problemOf }: { readonly requestId: string; readonly problemOf: typeof signatureProblem },
): WireAnswer | undefined {
  const { origin, host: askedHost } = request.headers
  if (isFromAnotherSite(request.headers, host)) {
    return plainText(403, `Refused: a web page of ${origin} may not use this endpoint.\n`, requestId)
  }
  if (key === undefined || isFromThisMachine(message) || ofTasks.test(request.path)) {
    const refusal = isFromBrowser(request.headers) ? foreignNameRefusal(askedHost, host) : undefined
    return refusal === undefined ? undefined : plainText(403, `${refusal}\n`, requestId)
  }
  const problem = problemOf(request, key, Date.now())
  return problem && writeUnaddressedFault(request, { ...problem, status: 403, members: {} }, requestId)
}

export function plainText(status: number, body: string, requestId: string): WireAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', 'x-amzn-RequestId': requestId }, body }
}

export function isFromThisMachine({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): boolean {
  if (headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined) return false
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
  // Who calls an address of this machine from this machine comes from that same address.
  return address.startsWith('127.') || address === '::1' || socket.remoteAddress === socket.localAddress
}
