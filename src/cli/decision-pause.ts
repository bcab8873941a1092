import type { Decision } from './watching.ts'

/** Waits between two looks, and for what is decided meanwhile. */
export class DecisionPause {
  #decision: Decision = 'go on'
  #wake: (() => void) | undefined

  decide(decision: Decision): void {
    this.#decision = decision
    this.#wake?.()
  }

  /** Resolves when the time is over, or at once with what has been decided. */
  async during(milliseconds: number): Promise<Decision> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, milliseconds)
    this.#wake = resolve
    if (this.#decision === 'go on') await promise
    clearTimeout(timer)
    const decision = this.#decision
    this.#decision = 'go on'
    return decision
  }
}
