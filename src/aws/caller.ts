import type { IncomingMessage } from 'node:http'
import { writeUnaddressedFault } from './wire/fault.ts'
import type { WireAnswer, WireRequest } from './wire/protocol.ts'
import { signatureProblem } from './wire/signature.ts'
import type { AccessKey } from './wire/signature.ts'

/** What containers ask for unsigned: whoever knows a task's id is the task. */
const ofTasks = /^\/(?:v4|v2\/credentials)\/[0-9a-f]{32}/

/**
 * The answer to a request that comes from another machine and is not signed with the key; undefined where it may go on.
 * This machine is not asked, as an engine on loopback asks nobody, but for what a proxy on it passes on.
 */
export function refusedCaller(
  message: IncomingMessage,
  request: WireRequest,
  key: AccessKey | undefined,
  requestId: string,
): WireAnswer | undefined {
  if (key === undefined || isFromThisMachine(message) || ofTasks.test(request.path)) return undefined
  const problem = signatureProblem(request, key, Date.now())
  return problem && writeUnaddressedFault(request, { ...problem, status: 403, members: {} }, requestId)
}

export function isFromThisMachine({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): boolean {
  if (headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined) return false
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
  // Who calls an address of this machine from this machine comes from that same address.
  return address.startsWith('127.') || address === '::1' || socket.remoteAddress === socket.localAddress
}
