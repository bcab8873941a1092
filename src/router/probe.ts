import { request as httpRequest, type ClientRequest } from 'node:http'
import { performance } from 'node:perf_hooks'
import type { CheckResult } from '../domain/health-check.ts'
import type { HealthCheckSettings } from '../domain/routing-table.ts'

/**
 * One health check as the load balancer makes it: a new connection each time, closed after the answer.
 * Resolves within the settings' time-out; never rejects. An aborted check counts as failed and is of no interest.
 */
export function probe(
  target: { readonly id: string; readonly port: number },
  settings: HealthCheckSettings,
  signal: AbortSignal,
): Promise<CheckResult> {
  const port = settings.port === 'traffic-port' ? target.port : Number(settings.port)
  const { promise, resolve } = Promise.withResolvers<CheckResult>()
  const begun = performance.now()
  let isConnected = false
  const check = httpRequest({
    host: target.id,
    port,
    path: settings.path,
    headers: ['Host', `${target.id}:${port}`, 'Connection', 'close', 'User-Agent', 'ELB-HealthChecker/2.0'],
    agent: false,
  })
  const timer = setTimeout(() => {
    resolve({ kind: isConnected ? 'answer-timeout' : 'connect-timeout' })
    check.destroy()
  }, settings.timeoutSeconds * 1000)
  check.on('socket', (socket) => socket.once('connect', () => (isConnected = true)))
  check.on('response', (answer) => {
    resolve({ kind: 'answered', statusCode: answer.statusCode ?? 0, milliseconds: performance.now() - begun })
    // The body is read, so that the target does not see its answer cut off; the timer ends one that is too long.
    answer.on('error', () => undefined)
    answer.resume()
  })
  check.on('error', (error: NodeJS.ErrnoException) => resolve({ kind: 'failed', message: describe(error) }))
  endWithSignal(check, timer, signal)
  check.end()
  return promise
}

function endWithSignal(check: ClientRequest, timer: NodeJS.Timeout, signal: AbortSignal): void {
  const abort = (): void => void check.destroy()
  signal.addEventListener('abort', abort, { once: true })
  check.once('close', () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  })
  if (signal.aborted) abort()
}

function describe(error: NodeJS.ErrnoException): string {
  const code = error.code ?? ''
  if (code === 'ECONNREFUSED') return 'connection refused'
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EHOSTDOWN') return 'host unreachable'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'host name not found'
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'connection closed without an answer'
  if (code.startsWith('HPE_')) return `the answer is not HTTP (${error.message})`
  return error.message
}
