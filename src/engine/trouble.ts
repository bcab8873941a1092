import type { Clock, Log } from './ports.ts'

const longestDelayMilliseconds = 30_000

/**
 * What did not work just now and is tried again: a full disk, a router that is not there. Each thing is tried again after
 * 1, 2, 4 … 30 seconds; the same message is logged once, until everything works again.
 */
export class Trouble {
  readonly #clock: Clock
  readonly #log: Log
  readonly #attempts = new Map<string, { readonly count: number; readonly retryAt: number }>()
  readonly #logged = new Set<string>()

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  /** Answers how many times it has failed by now. */
  failed(subject: string, error: unknown): number {
    const count = (this.#attempts.get(subject)?.count ?? 0) + 1
    const delay = Math.min(1000 * 2 ** (count - 1), longestDelayMilliseconds)
    this.#attempts.set(subject, { count, retryAt: this.#clock.now() + delay })
    const message = messageOf(error)
    if (!this.#logged.has(message)) {
      this.#log.warn(`Could not go on with ${subject}: ${message}. It is tried again until it works.`)
    }
    this.#logged.add(message)
    return count
  }

  worked(subject: string): void {
    if (this.#attempts.delete(subject) && this.#attempts.size === 0) this.#logged.clear()
  }

  /** When the subject may be tried again, while that is still to come. */
  retryAt(subject: string): number | undefined {
    const at = this.#attempts.get(subject)?.retryAt
    return at !== undefined && at > this.#clock.now() ? at : undefined
  }

  /** When the first of them is to be tried again; Infinity where nothing is in trouble. */
  nextRetryAt(): number {
    const now = this.#clock.now()
    let first = Infinity
    for (const { retryAt } of this.#attempts.values()) if (retryAt > now && retryAt < first) first = retryAt
    return first
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
