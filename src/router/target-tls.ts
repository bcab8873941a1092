import type { Socket, TcpNetConnectOpts } from 'node:net'
import { connect, createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls'
import { findSslPolicy } from '../domain/ssl-policies.ts'
import { policyOptions } from './tls-contexts.ts'
import type { TlsWires } from './tls-wires.ts'
import type { TcpWire, WireEvents } from './wire.ts'

/** AWS's towards targets of a listener that has TLS 1.3 itself; nobody can choose another one. */
const policyName = 'ELBSecurityPolicy-TLS13-1-0-2021-06'

/** `handshake_failure`, `bad_certificate` and `certificate_required`. */
const refusingAlert = /SSL alert number (40|42|116)\b/

type SecuredTarget = {
  readonly id: string
  readonly port: number
  /** What the last connection has brought, for the next one. */
  tlsSession: Buffer | undefined
}

type Steps = {
  /** TCP is done. */
  readonly onOpen: () => void
  readonly onConnect: () => void
  /** Behind `onConnect`: by TLS 1.3 a target looks for a certificate when its other end is done with the handshake. */
  readonly onRefused: () => void
}

/** To a target, by TLS. The steps come first, or the events' `onClose`. */
export function connectSecurely(
  target: SecuredTarget,
  events: WireEvents,
  { onOpen, onConnect, onRefused }: Steps,
  wires: TlsWires,
): TcpWire {
  const { id: host, port, tlsSession: session } = target
  const tcp: TcpNetConnectOpts = { host, port, autoSelectFamily: false, noDelay: true, allowHalfOpen: true }
  const socket = connect({ ...tcp, ...targetTls(), session })
  let protocol: string | null = null
  socket.once('connect', onOpen)
  socket.on('session', (made: Buffer) => {
    target.tlsSession = made
  })
  socket.once('close', () => {
    // It may be the session that the target takes amiss.
    if (protocol === null) target.tlsSession = undefined
  })
  const wire = wires.connecting(socket, events, () => {
    protocol = socket.getProtocol()
    onConnect()
  })
  // Before TLS 1.3 such an alert is the end of a second handshake, in a session that there was. The wire's own listener comes
  // first, and tells what has come before.
  socket.on('error', ({ message }) => {
    if (protocol === 'TLSv1.3' && refusingAlert.test(message)) onRefused()
  })
  return wire
}

/** A connection for a health check. */
export function connectToCheck(options: TcpNetConnectOpts): Socket {
  return connect({ ...options, ...targetTls() })
}

let context: SecureContext | undefined

/**
 * As on AWS, no certificate is refused: a target may have made its own, and it may be expired. The name of a host (SNI) is
 * not sent either. One context serves all targets; without authorities, which would be megabytes.
 */
function targetTls(): Pick<ConnectionOptions, 'secureContext' | 'rejectUnauthorized' | 'ALPNProtocols'> {
  context ??= createSecureContext({ ...targetPolicy(), ca: [] })
  return { secureContext: context, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }
}

function targetPolicy(): ReturnType<typeof policyOptions> {
  const policy = findSslPolicy(policyName)
  if (policy === undefined) throw new RangeError(`There is no security policy ${policyName}`)
  return policyOptions(policy)
}
