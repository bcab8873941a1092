/** How soon after one call the next is passed on. */
const restMilliseconds = 250

/**
 * Passes calls on, but not each of a flood of them: the first at once, then the last of those that come within a rest. For
 * work that takes everything into account each time, such as writing it all down.
 */
export class Seldom {
  readonly #action: () => void
  #rest: NodeJS.Timeout | undefined
  #isWanted = false

  constructor(action: () => void) {
    this.#action = action
  }

  call(): void {
    if (this.#rest !== undefined) {
      this.#isWanted = true
      return
    }
    this.#rest = setTimeout(() => this.#endRest(), restMilliseconds).unref()
    this.#action()
  }

  /** Passes on what waits. */
  close(): void {
    clearTimeout(this.#rest)
    this.#rest = undefined
    const isWanted = this.#isWanted
    this.#isWanted = false
    if (isWanted) this.#action()
  }

  #endRest(): void {
    this.#rest = undefined
    if (!this.#isWanted) return
    this.#isWanted = false
    this.call()
  }
}
