import type { Wire } from './wire.ts'

/** Reading from a wire stops for more than one reason, and goes on when none is left. */
export class ReadGate {
  readonly #wire: Wire
  #isHeld = false
  #isFull = false

  constructor(wire: Wire) {
    this.#wire = wire
  }

  /** Whoever gets the bytes cannot take more. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  hold(): void {
    if (!this.#isHeld && !this.#isFull) this.#wire.pause()
    this.#isHeld = true
  }

  letGo(): void {
    if (this.#isHeld && !this.#isFull) this.#wire.resume()
    this.#isHeld = false
  }

  /** So many bytes have come too early that no more are wanted; or not any longer. */
  setFull(isFull: boolean): void {
    if (isFull === this.#isFull) return
    this.#isFull = isFull
    if (this.#isHeld) return
    if (isFull) this.#wire.pause()
    else this.#wire.resume()
  }
}
