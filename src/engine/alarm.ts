import type { Clock } from './ports.ts'

/** Timers of more than 24 days end at once; waking up once a day costs nothing. */
const longestSleepMilliseconds = 86_400_000

/** Rings at the times it is set to. Setting it again and again is cheap: times not before one it is set to need nothing. */
export class Alarm {
  readonly #clock: Clock
  readonly #ended: AbortSignal
  readonly #ring: () => void
  readonly #times = new Set<number>()

  constructor(clock: Clock, ended: AbortSignal, ring: () => void) {
    this.#clock = clock
    this.#ended = ended
    this.#ring = ring
  }

  /** Whoever sets it looks again when it rings, and sets it anew; so it may ring too early, but never too late. */
  set(time: number): void {
    for (const earlier of this.#times) if (earlier <= time) return
    if (time !== Infinity) void this.#ringAt(time)
  }

  async #ringAt(time: number): Promise<void> {
    this.#times.add(time)
    try {
      const milliseconds = Math.max(0, time - this.#clock.now())
      await this.#clock.sleep(Math.min(milliseconds, longestSleepMilliseconds), this.#ended)
    } catch {
      return
    }
    this.#times.delete(time)
    this.#ring()
  }
}
