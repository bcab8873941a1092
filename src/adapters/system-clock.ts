import { counted } from '../domain/counted.ts'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, Log } from '../engine/ports.ts'

/** The longest time one timer of Node can wait; a longer one would end at once. */
const longestTimerMilliseconds = 2 ** 31 - 1

/** How fast time goes here until the machine's clock, set back, has come as far. */
const catchUpRate = 0.9
/** Less is how machines correct their clocks; nobody sees it in a time of day. */
const toldMilliseconds = 60_000

/** What every clock of this process last said, as it is before it is made whole milliseconds, and when that was. */
const last = { said: 0, at: performance.now(), isTold: false }

/**
 * The machine's own time, except that it never goes back. Every wait and every drain is a time of day that it ends at: set
 * back by hours, the machine's clock would make all of them hours longer. So time goes on here, a little slower, until the
 * machine's has come as far; set forward, it is followed at once.
 */
export class SystemClock implements Clock {
  readonly #log: Log | undefined

  /** The log is told when the machine's clock was set back so far that people see other times here. */
  constructor(log?: Log) {
    this.#log = log
  }

  now(): number {
    const [machine, at] = [Date.now(), performance.now()]
    const least = last.said + (at - last.at) * catchUpRate
    last.said = Math.max(machine, least)
    last.at = at
    if (last.said - machine < toldMilliseconds) last.isTold = false
    else if (!last.isTold) this.#tell(last.said - machine)
    return Math.floor(last.said)
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    let remaining = milliseconds
    try {
      while (remaining > longestTimerMilliseconds) {
        await delay(longestTimerMilliseconds, undefined, { signal })
        remaining -= longestTimerMilliseconds
      }
      await delay(Math.max(0, remaining), undefined, { signal })
    } catch (error) {
      // Node wraps the reason in an AbortError of its own; whoever aborted wants to recognise what was given.
      signal?.throwIfAborted()
      throw error
    }
  }

  #tell(milliseconds: number): void {
    if (this.#log === undefined) return
    last.isTold = true
    this.#log.warn(
      `The machine's clock was set back by ${counted(Math.round(milliseconds / 60_000), 'minute')}. Nothing waits longer for it: time ` +
        "goes on here as it was, a little slower, until the machine's has come as far. Started again, the engine takes the machine's time at once.",
    )
  }
}
