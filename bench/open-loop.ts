import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { quantile } from './statistics.ts'

/** A client that sends at its rate whether or not answers come, so that a hold-up cannot hide itself. */
export type OpenLoopPlan = {
  readonly port: number
  readonly connections: number
  readonly requestsPerSecond: number
  readonly seconds: number
}

/** Milliseconds of the monotonic clock; the group's letter, empty where the request failed. */
export type TimedRequest = readonly [dueAt: number, sentAt: number, doneAt: number, group: string]

export type OpenLoopResult = {
  readonly requests: readonly TimedRequest[]
  readonly unanswered: number
  /** Connections that were closed, in good order or not, and opened again. */
  readonly reopened: number
}

/** One change of all weights, on the same clock. */
export type Switch = { readonly orderedAt: number; readonly confirmedAt: number; readonly to: string }

export type SwitchFigures = {
  readonly sent: number
  readonly failed: number
  readonly reopened: number
  readonly switches: number
  /** How long it took until the program said that it had changed. */
  readonly confirmedMilliseconds: Spread
  /** From the order to the end of the last answer of the group that should not answer any more. */
  readonly lastOldAnswerMilliseconds: Spread
  /** Requests sent after the confirmation that the old group answered. */
  readonly oldAnswersAfterConfirmation: number
  readonly latencyMilliseconds: { readonly near: Latency; readonly otherwise: Latency }
}

type Spread = { readonly median: number; readonly longest: number }
type Latency = { readonly p50: number; readonly p99: number; readonly longest: number }

const program = fileURLToPath(new URL('./open-loop-process.ts', import.meta.url))
/** What is due within this time after a change was ordered counts as near it. */
const nearMilliseconds = 100

export async function runOpenLoop(plan: OpenLoopPlan, signal: AbortSignal): Promise<OpenLoopResult> {
  const child = spawn(process.execPath, [program, JSON.stringify(plan)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
    killSignal: 'SIGKILL',
  })
  const [result] = await Promise.all([json(child.stdout), once(child, 'close')])
  return result as OpenLoopResult
}

/** Milliseconds of the system's monotonic clock, which is the same in every process. */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export function figuresOf(
  { requests, unanswered, reopened }: OpenLoopResult,
  switches: readonly Switch[],
): SwitchFigures {
  const isNear = ([dueAt]: TimedRequest): boolean =>
    switches.some(({ orderedAt }) => dueAt >= orderedAt && dueAt < orderedAt + nearMilliseconds)
  const answered = requests.filter(([, , , group]) => group !== '')
  const { true: near = [], false: otherwise = [] } = Object.groupBy(answered, (one) => (isNear(one) ? 'true' : 'false'))
  return {
    sent: requests.length + unanswered,
    failed: requests.length - answered.length + unanswered,
    reopened,
    switches: switches.length,
    confirmedMilliseconds: spread(switches.map(({ orderedAt, confirmedAt }) => confirmedAt - orderedAt)),
    lastOldAnswerMilliseconds: spread(switches.map((_, index) => lastOldAnswer(answered, switches, index))),
    oldAnswersAfterConfirmation: switches.reduce((sum, _, index) => sum + sentTooLate(answered, switches, index), 0),
    latencyMilliseconds: { near: latency(near), otherwise: latency(otherwise) },
  }
}

function lastOldAnswer(answered: readonly TimedRequest[], switches: readonly Switch[], index: number): number {
  const { orderedAt, to } = switches[index] ?? { orderedAt: 0, to: '' }
  const until = switches[index + 1]?.orderedAt ?? Number.POSITIVE_INFINITY
  const old = answered.filter(([, , doneAt, group]) => group !== to && doneAt > orderedAt && doneAt < until)
  return Math.max(0, ...old.map(([, , doneAt]) => doneAt - orderedAt))
}

function sentTooLate(answered: readonly TimedRequest[], switches: readonly Switch[], index: number): number {
  const { confirmedAt, to } = switches[index] ?? { confirmedAt: 0, to: '' }
  const until = switches[index + 1]?.orderedAt ?? Number.POSITIVE_INFINITY
  return answered.filter(([, sentAt, doneAt, group]) => group !== to && sentAt > confirmedAt && doneAt < until).length
}

function spread(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b)
  return { median: quantile(sorted, 0.5), longest: quantile(sorted, 1) }
}

function latency(requests: readonly TimedRequest[]): Latency {
  const sorted = requests.map(([dueAt, , doneAt]) => doneAt - dueAt).toSorted((a, b) => a - b)
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), longest: quantile(sorted, 1) }
}
