import type { Clock } from './ports.ts'

/**
 * Wakes whoever waits for something to change. Everything in the engine that waits for the world (a steady state, a
 * drain, ContinueDeployment) waits here, and looks again only when something happened or its time is over.
 */
export class Changes {
  readonly #clock: Clock
  #waiting = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  notify(): void {
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const wake of waiting) wake()
  }

  /** Resolves with the first answer of `look` that is not undefined; with undefined once `deadline` has passed. */
  async until<Answer>(
    look: () => Answer | undefined,
    { deadline, signal }: { readonly deadline?: number; readonly signal?: AbortSignal } = {},
  ): Promise<Answer | undefined> {
    for (;;) {
      signal?.throwIfAborted()
      const answer = look()
      if (answer !== undefined) return answer
      const remaining = deadline === undefined ? undefined : deadline - this.#clock.now()
      if (remaining !== undefined && remaining <= 0) return undefined
      await this.#next(remaining, signal)
    }
  }

  /** Resolves at the next change, or after so many milliseconds, whichever is first. */
  async #next(milliseconds: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const abort = (): void => reject(signal?.reason as Error)
    const timer = milliseconds === undefined ? undefined : new AbortController()
    this.#waiting.add(resolve)
    signal?.addEventListener('abort', abort, { once: true })
    if (milliseconds !== undefined) this.#clock.sleep(milliseconds, timer?.signal).then(resolve, () => undefined)
    try {
      await promise
    } finally {
      this.#waiting.delete(resolve)
      signal?.removeEventListener('abort', abort)
      timer?.abort(noLongerNeeded)
    }
  }
}

/** One for all: the default reason of an abort is a new exception each time, with a stack nobody reads. */
const noLongerNeeded = new Error('The wait is over.')
