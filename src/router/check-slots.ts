import { performance } from 'node:perf_hooks'

/** A check in its turn. It calls `release` once, when nothing of it is left open. */
type Check = (release: () => void) => void

/**
 * How many checks run at a time. Those of targets that let the last one run into its time-out have slots of their own:
 * however many of them hang, the others are checked as if they were not there.
 */
export class CheckSlots {
  readonly #ordinary: Slots
  readonly #hanging: Slots

  /** `now` is in milliseconds, from anywhere. */
  constructor(now: () => number = () => performance.now()) {
    this.#ordinary = new Slots(now)
    this.#hanging = new Slots(now)
  }

  /** Runs the check now or when its turn comes, in order. */
  run(check: Check, { didHang }: { readonly didHang: boolean }): void {
    ;(didHang ? this.#hanging : this.#ordinary).run(check)
  }
}

/** As many open connections for checks, of either sort. */
const mostAtATime = 1_000
/** With more, the requests that arrive meanwhile would have to wait for a noticeable time. */
const mostPerTurn = 4
/**
 * As many checks that began a moment ago and are not over: answers that came together are read in one turn, and a hundred
 * of them hold requests up. A target that needs longer than that moment is no reason for others to wait.
 */
const mostYoung = 16
const youngMilliseconds = 10

class Slots {
  readonly #now: () => number
  readonly #waiting = new Set<Check>()
  /** When each began, the oldest first. */
  readonly #young = new Map<Check, number>()
  /** Of those none began earlier. */
  #oldestAt = -Infinity
  #running = 0
  #begunThisTurn = 0
  #hasNextTurn = false
  #hasTimer = false

  constructor(now: () => number) {
    this.#now = now
  }

  run(check: Check): void {
    this.#waiting.add(check)
    this.#begin()
  }

  #begin(): void {
    if (this.#waiting.size === 0) return
    this.#forgetOld()
    for (const check of this.#waiting) {
      if (this.#running >= mostAtATime) return
      if (this.#begunThisTurn >= mostPerTurn) return
      if (this.#young.size >= mostYoung) return this.#waitForOld()
      this.#planNextTurn()
      this.#begunThisTurn++
      this.#running++
      this.#waiting.delete(check)
      this.#young.set(check, this.#now())
      check(() => {
        this.#running--
        this.#young.delete(check)
        this.#begin()
      })
    }
  }

  #forgetOld(): void {
    const now = this.#now()
    const past = now - youngMilliseconds
    if (this.#oldestAt > past) return
    this.#oldestAt = now
    for (const [check, begunAt] of this.#young) {
      if (begunAt > past) {
        this.#oldestAt = begunAt
        return
      }
      this.#young.delete(check)
    }
  }

  #waitForOld(): void {
    if (this.#hasTimer) return
    this.#hasTimer = true
    setTimeout(() => {
      this.#hasTimer = false
      this.#begin()
    }, youngMilliseconds)
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
