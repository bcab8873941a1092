import type { Clock } from './ports.ts'

/**
 * Wakes whoever waits for something to change. Everything in the engine that waits for the world (a steady state, a
 * drain, ContinueDeployment) waits here, and looks again only when something happened or its time is over.
 */
export class Changes {
  readonly #clock: Clock
  readonly #waiting = new Set<Waiter>()
  /** By subject, those who want to know of nothing else. */
  readonly #bound = new Map<string, Set<Waiter>>()
  readonly #unbound = new Set<Waiter>()
  #due = new Set<Waiter>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Something changed: what these keys of the store name, or, without any, whatever it may be. Whoever is concerned looks
   * again a moment later, once for all that has changed until then.
   */
  notify(subjects?: Iterable<string>): void {
    const isIdle = this.#due.size === 0
    for (const waiter of subjects === undefined ? this.#waiting : this.#unbound) this.#due.add(waiter)
    for (const subject of subjects ?? []) {
      for (const waiter of this.#bound.get(subject) ?? []) this.#due.add(waiter)
    }
    if (isIdle && this.#due.size > 0) queueMicrotask(() => this.#lookAgain())
  }

  /**
   * Resolves with the first answer of `look` that is not undefined; with undefined once `deadline` has passed. `about`
   * names all that `look` reads, by its key in the store: it is not called again for changes of anything else.
   */
  async until<Answer>(
    look: () => Answer | undefined,
    { deadline, signal, about }: WaitOptions = {},
  ): Promise<Answer | undefined> {
    signal?.throwIfAborted()
    const first = look()
    if (first !== undefined) return first
    if (deadline !== undefined && deadline <= this.#clock.now()) return undefined
    const { promise, resolve, reject } = Promise.withResolvers<Answer | undefined>()
    const waiter: Waiter = {
      about,
      look: () => {
        try {
          const answer = look()
          if (answer !== undefined) this.#remove(waiter)
          if (answer !== undefined) resolve(answer)
        } catch (error) {
          this.#remove(waiter)
          reject(error)
        }
      },
    }
    const abort = (): void => reject(signal?.reason as Error)
    const timer = deadline === undefined ? undefined : new AbortController()
    this.#add(waiter)
    signal?.addEventListener('abort', abort, { once: true })
    if (deadline !== undefined && timer !== undefined) {
      void this.#ring(waiter, deadline, timer.signal).then(resolve, () => undefined)
    }
    try {
      return await promise
    } finally {
      this.#remove(waiter)
      signal?.removeEventListener('abort', abort)
      timer?.abort(noLongerNeeded)
    }
  }

  /** Resolves at the deadline, after a last look; rejects when that is not waited for any more. */
  async #ring(waiter: Waiter, deadline: number, signal: AbortSignal): Promise<undefined> {
    for (;;) {
      await this.#clock.sleep(Math.max(0, deadline - this.#clock.now()), signal)
      waiter.look()
      // A timer may end a little before the clock says so.
      if (this.#clock.now() >= deadline) return undefined
    }
  }

  /** Who comes to wait while the others look has looked already. */
  #lookAgain(): void {
    const due = this.#due
    this.#due = new Set()
    for (const waiter of due) if (this.#waiting.has(waiter)) waiter.look()
  }

  #add(waiter: Waiter): void {
    this.#waiting.add(waiter)
    if (waiter.about === undefined) this.#unbound.add(waiter)
    for (const subject of waiter.about ?? []) {
      const bound = this.#bound.get(subject) ?? new Set()
      this.#bound.set(subject, bound.add(waiter))
    }
  }

  #remove(waiter: Waiter): void {
    this.#waiting.delete(waiter)
    this.#unbound.delete(waiter)
    for (const subject of waiter.about ?? []) {
      const bound = this.#bound.get(subject)
      bound?.delete(waiter)
      if (bound?.size === 0) this.#bound.delete(subject)
    }
  }
}

type WaitOptions = {
  readonly deadline?: number
  readonly signal?: AbortSignal
  readonly about?: readonly string[]
}

type Waiter = { readonly about: readonly string[] | undefined; readonly look: () => void }

/** One for all: the default reason of an abort is a new exception each time, with a stack nobody reads. */
const noLongerNeeded = new Error('The wait is over.')
