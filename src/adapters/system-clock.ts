import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../engine/ports.ts'

/** The longest time one timer of Node can wait; a longer one would end at once. */
const longestTimerMilliseconds = 2 ** 31 - 1

/** The machine's own time. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now()
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
}
