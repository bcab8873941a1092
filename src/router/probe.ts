import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { CheckResult } from '../domain/health-check.ts'
import type { HealthCheckSettings } from '../domain/routing-table.ts'
import { AnswerHead } from './answer-head.ts'
import type { ProbeEvents, RunningProbe } from './health-checks.ts'
import { sharedBuffer } from './read-buffers.ts'
import { connectToCheck } from './target-tls.ts'

/**
 * One health check as the load balancer makes it: a new connection each time, closed after the answer. The result comes
 * within the settings' time-out; by then, too, the connection is closed.
 */
export function probe(target: ProbedTarget, settings: HealthCheckSettings, events: ProbeEvents): RunningProbe {
  return new HttpProbe(target, settings, events)
}

type ProbedTarget = { readonly id: string; readonly port: number }

/** An object of one class, and what comes read where all connections read: many checks leave little behind. */
class HttpProbe implements RunningProbe {
  readonly #settings: HealthCheckSettings
  readonly #events: ProbeEvents
  readonly #begun = performance.now()
  readonly #head = new AnswerHead()
  readonly #socket: Socket
  readonly #timer: NodeJS.Timeout
  #isConnected = false
  #isDecided = false

  constructor(target: ProbedTarget, settings: HealthCheckSettings, events: ProbeEvents) {
    this.#settings = settings
    this.#events = events
    const port = settings.port === 'traffic-port' ? target.port : Number(settings.port)
    const onread = { buffer: sharedBuffer, callback: (length: number) => this.#onRead(length) }
    const options = { host: target.id, port, autoSelectFamily: false, onread }
    const socket = this.#isTls() ? connectToCheck(options) : connect(options)
    this.#socket = socket
    this.#timer = setTimeout(() => this.#onTimeout(), settings.timeoutSeconds * 1000)
    socket.on('connect', () => {
      this.#isConnected = true
      socket.write(requestOf(target.id, port, settings.path))
    })
    socket.on('error', (error: NodeJS.ErrnoException) => this.#decide(describe(error)))
    socket.on('close', () => this.#onClose())
  }

  abort(): void {
    this.#socket.destroy()
  }

  #isTls(): boolean {
    return this.#settings.protocol === 'HTTPS'
  }

  /** Always true: what follows the head is read, too, so that the target does not see its answer cut off. */
  #onRead(length: number): true {
    if (this.#isDecided) return true
    const found = this.#head.add(sharedBuffer, length)
    if (typeof found === 'number') {
      this.#decide({ kind: 'answered', statusCode: found, milliseconds: performance.now() - this.#begun })
      if (this.#head.isWhole) finish(this.#socket, this.#isTls())
    } else if (found !== undefined) {
      this.#decide({ kind: 'failed', message: found })
      this.#socket.destroy()
    }
    return true
  }

  /** Also of one whose answer never ends. */
  #onTimeout(): void {
    this.#decide({ kind: this.#isConnected ? 'answer-timeout' : 'connect-timeout' })
    this.#socket.destroy()
  }

  #onClose(): void {
    clearTimeout(this.#timer)
    this.#decide({ kind: 'failed', message: 'connection closed without an answer' })
    this.#events.onClosed()
  }

  #decide(result: CheckResult): void {
    if (this.#isDecided) return
    this.#isDecided = true
    this.#events.onResult(result)
  }
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
