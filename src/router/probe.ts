import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { connect as connectTls } from 'node:tls'
import type { CheckResult } from '../domain/health-check.ts'
import type { HealthCheckSettings } from '../domain/routing-table.ts'
import { AnswerHead } from './answer-head.ts'
import type { ProbeEvents, RunningProbe } from './health-checks.ts'

/**
 * One health check as the load balancer makes it: a new connection each time, closed after the answer. The result comes
 * within the settings' time-out; by then, too, the connection is closed.
 */
export function probe(
  target: { readonly id: string; readonly port: number },
  settings: HealthCheckSettings,
  events: ProbeEvents,
): RunningProbe {
  const port = settings.port === 'traffic-port' ? target.port : Number(settings.port)
  const isTls = settings.protocol === 'HTTPS'
  const begun = performance.now()
  const head = new AnswerHead()
  const socket = open({ host: target.id, port }, isTls)
  let isConnected = false
  let isDecided = false
  const decide = (result: CheckResult): void => {
    if (isDecided) return
    isDecided = true
    events.onResult(result)
  }
  const timer = setTimeout(() => {
    decide({ kind: isConnected ? 'answer-timeout' : 'connect-timeout' })
    socket.destroy()
  }, settings.timeoutSeconds * 1000)
  socket.on('connect', () => {
    isConnected = true
    socket.write(requestOf(target.id, port, settings.path))
  })
  socket.on('data', (bytes: Buffer) => {
    // What follows the head is read, so that the target does not see its answer cut off; the timer ends one too long.
    if (isDecided) return
    const found = head.add(bytes)
    if (found === undefined) return
    if (typeof found === 'number') {
      decide({ kind: 'answered', statusCode: found, milliseconds: performance.now() - begun })
      if (head.isWhole) finish(socket, isTls)
    } else {
      decide({ kind: 'failed', message: found })
      socket.destroy()
    }
  })
  socket.on('error', (error: NodeJS.ErrnoException) => decide(describe(error)))
  socket.on('close', () => {
    clearTimeout(timer)
    decide({ kind: 'failed', message: 'connection closed without an answer' })
    events.onClosed()
  })
  return { abort: () => socket.destroy() }
}

/** The certificate is not checked, as on AWS: a target behind the load balancer may have made its own. */
function open(address: { readonly host: string; readonly port: number }, isTls: boolean): Socket {
  const direct = { ...address, autoSelectFamily: false }
  if (!isTls) return connect(direct)
  return connectTls({ ...direct, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
}

/** Nothing is to come any more. Over TLS the end is said in good order; the target closes its side then. */
function finish(socket: Socket, isTls: boolean): void {
  if (isTls) socket.end()
  else socket.destroy()
}

function requestOf(id: string, port: number, path: string): string {
  const host = id.includes(':') ? `[${id}]` : id
  return (
    `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n` +
    'User-Agent: ELB-HealthChecker/2.0\r\n\r\n'
  )
}

function describe(error: NodeJS.ErrnoException): CheckResult {
  const code = error.code ?? ''
  if (ownShortages.has(code)) return { kind: 'internal-error', message: `the router is short of resources (${code})` }
  return { kind: 'failed', message: inWords(code, error.message) }
}

/** Of descriptors, ports and memory: they say nothing about the target. */
const ownShortages: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM', 'EAGAIN'])

function inWords(code: string, message: string): string {
  if (code === 'ECONNREFUSED') return 'connection refused'
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EHOSTDOWN') return 'host unreachable'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'host name not found'
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'connection closed without an answer'
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return `no TLS connection (${message.trim()})`
  return message
}
