import { openSync, readSync } from 'node:fs'

// Loaded into a router's process before the router itself: tells over the channel how long its event loop was held up, in
// milliseconds, since the last time it was asked.

/**
 * `clock` is by the clock. `own` is without the time in which the thread could have run and other programs had the
 * processors, which Linux counts; nor is it more than the time in which the event loop did something, because a thread that
 * has nothing to do, and is woken later than it was to be, holds nothing up itself. `busy` is the processor time that the
 * thread used in as long a stretch: also without what it slept, and what the host of a virtual machine gave to others, of
 * which the thread knows nothing else.
 */
export type HeldUp = { readonly clock: number; readonly own: number; readonly busy: number }

/** In milliseconds since the thread began. The event loop was idle while it waited for something to happen. */
type Counted = { readonly used: number; readonly waited: number; readonly idle: number }

const resolutionMilliseconds = 1
/** A stretch of which it is worth to know exactly what it was made of. */
const longMilliseconds = 0.3
const nothing: HeldUp = { clock: 0, own: 0, busy: 0 }
const counted = countedReader()
const cell = new Int32Array(new SharedArrayBuffer(4))
let longest = nothing
let lastTick = performance.now()
let lastCounted = counted()

setInterval(() => {
  const clock = Math.max(0, performance.now() - lastTick - resolutionMilliseconds)
  // What the kernel tells a running thread of the processor time it used is up to 4 ms old, but after a sleep it is exact.
  if (clock > longMilliseconds) Atomics.wait(cell, 0, 0, 0.001)
  const elapsed = performance.now() - lastTick
  const { used, waited, idle } = counted()
  const own = Math.max(0, Math.min(clock - (waited - lastCounted.waited), elapsed - (idle - lastCounted.idle)))
  const busy = used === 0 ? own : used - lastCounted.used
  longest = {
    clock: Math.max(longest.clock, clock),
    own: Math.max(longest.own, own),
    busy: Math.max(longest.busy, Math.min(busy, own)),
  }
  lastTick = performance.now()
  lastCounted = { used, waited, idle }
}, resolutionMilliseconds).unref()

process.on('message', (ask) => {
  if (ask === 'read') process.send?.(longest)
  longest = nothing
})
process.channel?.unref()

/** How long this thread has used a processor, and waited for one, since it began; always 0 where nobody counts that. */
function countedReader(): () => Counted {
  try {
    const file = openSync('/proc/thread-self/schedstat', 'r')
    const bytes = Buffer.alloc(128)
    return () => {
      const text = bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0))
      const [used = 0, waited = 0] = text.split(' ').map((nanoseconds) => Number(nanoseconds) / 1e6)
      return { used, waited, idle: performance.nodeTiming.idleTime }
    }
  } catch {
    return () => ({ used: 0, waited: 0, idle: performance.nodeTiming.idleTime })
  }
}
