import type { Socket, TcpNetConnectOpts } from 'node:net'
import { connect, createSecureContext, type ConnectionOptions, type SecureContext, type TLSSocket } from 'node:tls'
import { findSslPolicy } from '../domain/ssl-policies.ts'
import { destroyWhenSilent } from './lingering.ts'
import { sharedBuffer } from './read-buffers.ts'
import { policyOptions } from './tls-contexts.ts'
import { TlsWire } from './tls-wire.ts'
import type { WireEvents } from './wire.ts'

/** AWS's towards targets of a listener that has TLS 1.3 itself; nobody can choose another one. */
const policyName = 'ELBSecurityPolicy-TLS13-1-0-2021-06'

/** So long nothing has come of what there is: there is no more. */
const lastReadMilliseconds = 200

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
}

/** To a target, by TLS. The steps come first, or the events' `onClose`. */
export function connectSecurely(target: SecuredTarget, events: WireEvents, { onOpen, onConnect }: Steps): TlsWire {
  const { id: host, port, tlsSession: session } = target
  const onread = { buffer: sharedBuffer, callback: (length: number) => read(length) }
  const tcp: TcpNetConnectOpts = { host, port, autoSelectFamily: false, noDelay: true, allowHalfOpen: true, onread }
  const socket = connect({ ...tcp, ...targetTls(), session })
  let isSecure = false
  socket.once('connect', onOpen)
  socket.once('secureConnect', () => {
    isSecure = true
    onConnect()
  })
  socket.on('session', (made: Buffer) => {
    target.tlsSession = made
  })
  socket.once('close', () => {
    // It may be the session that the target takes amiss.
    if (!isSecure) target.tlsSession = undefined
  })
  readOnWhereWritingFails(socket)
  const wire = new TlsWire(socket)
  const read = (length: number): true => {
    wire.onRead(sharedBuffer, length)
    return true
  }
  wire.start(events)
  return wire
}

/**
 * Who takes no more may have answered, as of an upload that it does not want. Node's sockets are closed by the first write
 * that fails, with all that has come and was not read yet. This one is read on, which needs a buffer: its stream has failed.
 */
function readOnWhereWritingFails(socket: TLSSocket): void {
  const destroy = socket.destroy.bind(socket)
  socket.destroy = (error?: NodeJS.ErrnoException) => {
    if (error?.syscall !== 'write' || socket.isPaused()) return destroy(error)
    // All that there is has come: behind it was the reset.
    destroyWhenSilent(socket, lastReadMilliseconds)
    return socket
  }
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
