import type { Clock } from '../../src/engine/ports.ts'

/**
 * A clock nobody waits for: once everything that can happen now has happened, it jumps to the next time anybody sleeps
 * until. Sleepers of the same time wake in the order they fell asleep, so a run is the same each time.
 */
export class VirtualClock implements Clock {
  #now: number
  #sequence = 0
  readonly #timers: Timer[] = []

  constructor(now = 1_700_000_000_000) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (signal?.aborted === true) {
      reject(signal.reason as Error)
      return promise
    }
    const timer: Timer = { at: this.#now + Math.max(0, milliseconds), sequence: this.#sequence++, wake: resolve }
    this.#push(timer)
    signal?.addEventListener(
      'abort',
      () => {
        timer.wake = undefined
        reject(signal.reason as Error)
      },
      { once: true },
    )
    return promise
  }

  /** Calls back at a time of the world's own making; nothing in the engine knows of it. */
  at(time: number, deed: () => void): void {
    this.#push({ at: Math.max(time, this.#now), sequence: this.#sequence++, wake: deed })
  }

  /** Goes on until `isDone`, or until nobody is asleep any more, or until the given time. Answers whether it is done. */
  async run(isDone: () => boolean, until = Number.POSITIVE_INFINITY): Promise<boolean> {
    for (;;) {
      await settled()
      if (isDone()) return true
      const next = this.#next()
      if (next === undefined) return false
      if (next.at > until) {
        this.#push(next)
        return false
      }
      this.#now = next.at
      next.wake?.()
      // Everyone who wakes at this very time wakes before the world goes on.
      while (this.#timers[0]?.at === next.at) this.#pop()?.wake?.()
    }
  }

  #next(): Timer | undefined {
    for (;;) {
      const timer = this.#pop()
      if (timer === undefined || timer.wake !== undefined) return timer
    }
  }

  #push(timer: Timer): void {
    const heap = this.#timers
    let child = heap.push(timer) - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!isBefore(timer, heap[parent])) break
      heap[child] = heap[parent] as Timer
      child = parent
    }
    heap[child] = timer
  }

  #pop(): Timer | undefined {
    const heap = this.#timers
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let parent = 0
    for (;;) {
      const left = 2 * parent + 1
      const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left
      if (child >= heap.length || !isBefore(heap[child], last)) break
      heap[parent] = heap[child] as Timer
      parent = child
    }
    heap[parent] = last
    return first
  }
}

/** `wake` is undefined once the sleeper has been woken by an abort. */
type Timer = { readonly at: number; readonly sequence: number; wake: (() => void) | undefined }

function isBefore(one: Timer | undefined, other: Timer | undefined): boolean {
  if (one === undefined) return false
  if (other === undefined) return true
  return one.at < other.at || (one.at === other.at && one.sequence < other.sequence)
}

/** Resolves when every promise that can settle by itself has settled: Node empties its promise jobs before the next tick. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve)
  })
}
