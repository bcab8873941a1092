import type { Clock } from './ports.ts'

/** Of those who come at the same moment, so many go on before everybody else is heard. */
const mostAtOnce = 4

/**
 * Whoever waits for the disk holds the whole engine up. Of a hundred deployments whose time comes at the same moment, a few
 * go on at a time, and calls and reports have their turn in between.
 */
export class Turns {
  readonly #clock: Clock
  #taken = 0
  #pause: Promise<void> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when it is the caller's turn. */
  async next(): Promise<void> {
    while (this.#taken >= mostAtOnce) await this.#pause
    this.#taken += 1
    this.#pause ??= this.#pass()
  }

  async #pass(): Promise<void> {
    await this.#clock.sleep(0)
    this.#taken = 0
    this.#pause = undefined
  }
}
