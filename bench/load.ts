import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { versionOf } from './contenders/version.ts'

export type LoadPlan = {
  readonly port: number
  readonly protocol: 'http' | 'https' | 'h2'
  /** Kept open and each asked again as soon as it has answered; with HTTP/2, streams, 32 to a connection. */
  readonly connections: number
  readonly seconds: number
}

export type LoadResult = {
  readonly requests: number
  readonly requestsPerSecond: number
  readonly p50Milliseconds: number
  readonly p99Milliseconds: number
  /** Connections that failed, answers that were not 200. */
  readonly errors: number
}

const ownProgram = fileURLToPath(new URL('./load-process.ts', import.meta.url))

/** `wrk` where it is installed, else, and for HTTP/2, a generator of our own; each in a process of its own. */
export class LoadGenerator {
  readonly #hasWrk = versionOf('wrk', '--version') !== undefined

  get name(): string {
    return this.#hasWrk
      ? 'wrk, 1 thread (HTTP/2: bench/load-process.ts)'
      : 'bench/load-process.ts (wrk is not installed)'
  }

  async run(plan: LoadPlan, signal: AbortSignal): Promise<LoadResult> {
    if (!this.#hasWrk || plan.protocol === 'h2') {
      return JSON.parse(await outputOf(process.execPath, [ownProgram, JSON.stringify(plan)], signal)) as LoadResult
    }
    // With TLS a client says by which name it came.
    const url = `${plan.protocol}://${plan.protocol === 'https' ? 'localhost' : '127.0.0.1'}:${plan.port}/`
    const args = ['-t1', `-c${plan.connections}`, `-d${plan.seconds}s`, '--latency', '--timeout', '10s', url]
    return parseWrk(await outputOf('wrk', args, signal))
  }
}

async function outputOf(command: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' })
  const [out, complaint] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  if (child.exitCode !== 0) throw new Error(`${command} failed: ${out}${complaint}`.trim())
  return out
}

/** What `wrk --latency` prints. Throws where it is something else. */
export function parseWrk(output: string): LoadResult {
  const total = /(\d+) requests in/.exec(output)?.[1]
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]
  if (total === undefined || rate === undefined) throw new Error(`wrk printed something else: ${output}`)
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output) ?? []
  const statusErrors = /Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? '0'
  return {
    requests: Number(total),
    requestsPerSecond: Number(rate),
    p50Milliseconds: percentile(output, 50),
    p99Milliseconds: percentile(output, 99),
    errors: [...socketErrors.slice(1), statusErrors].reduce((sum, number) => sum + Number(number), 0),
  }
}

const millisecondsOf: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 }

function percentile(output: string, percent: number): number {
  const [, number, unit = ''] = new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s|m) *$`, 'm').exec(output) ?? []
  return Number(number) * (millisecondsOf[unit] ?? Number.NaN)
}
