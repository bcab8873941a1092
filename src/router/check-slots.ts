/** A check in its turn. It calls `release` once, when nothing of it is left open. */
type Check = (release: () => void) => void

/**
 * How many checks run at a time. Those of targets that let the last one run into its time-out have slots of their own:
 * however many of them hang, the others are checked as if they were not there.
 */
export class CheckSlots {
  readonly #ordinary = new Slots()
  readonly #hanging = new Slots()

  /** Runs the check now or when its turn comes, in order. */
  run(check: Check, { didHang }: { readonly didHang: boolean }): void {
    ;(didHang ? this.#hanging : this.#ordinary).run(check)
  }
}

/** As many open connections for checks, of either sort. */
const mostAtATime = 1_000
/** With more, the requests that arrive meanwhile would have to wait for a noticeable time. */
const mostPerTurn = 4

class Slots {
  readonly #waiting = new Set<Check>()
  #running = 0
  #begunThisTurn = 0
  #hasNextTurn = false

  run(check: Check): void {
    this.#waiting.add(check)
    this.#begin()
  }

  #begin(): void {
    for (const check of this.#waiting) {
      if (this.#running >= mostAtATime) return
      if (this.#begunThisTurn >= mostPerTurn) return
      this.#planNextTurn()
      this.#begunThisTurn++
      this.#running++
      this.#waiting.delete(check)
      check(() => {
        this.#running--
        this.#begin()
      })
    }
  }

  #planNextTurn(): void {
    if (this.#hasNextTurn) return
    this.#hasNextTurn = true
    setImmediate(() => {
      this.#hasNextTurn = false
      this.#begunThisTurn = 0
      this.#begin()
    })
  }
}
