import { openSync, readSync } from 'node:fs'

// Loaded into a router's process before the router itself: tells over the channel how long its event loop was held up, in
// milliseconds, since the last time it was asked. `clock` is by the clock; `own` is without the time in which the thread
// could have run and other programs had the processors, which Linux counts. There is no use in asking for processor time:
// what the kernel tells a running thread of that is up to 4 ms old.

export type HeldUp = { readonly clock: number; readonly own: number }

const resolutionMilliseconds = 1
const nothing: HeldUp = { clock: 0, own: 0 }
const waited = waitedReader()
let longest = nothing
let lastTick = performance.now()
let lastWaited = waited()

setInterval(() => {
  const [now, waitedNow] = [performance.now(), waited()]
  const clock = Math.max(0, now - lastTick - resolutionMilliseconds)
  const own = Math.max(0, clock - (waitedNow - lastWaited))
  longest = { clock: Math.max(longest.clock, clock), own: Math.max(longest.own, own) }
  lastTick = now
  lastWaited = waitedNow
}, resolutionMilliseconds).unref()

process.on('message', (ask) => {
  if (ask === 'read') process.send?.(longest)
  longest = nothing
})
process.channel?.unref()

/** How long this thread has waited for a processor since it began; always 0 where nobody counts that. */
function waitedReader(): () => number {
  try {
    const file = openSync('/proc/thread-self/schedstat', 'r')
    const bytes = Buffer.alloc(128)
    return () => Number(bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0)).split(' ')[1]) / 1e6
  } catch {
    return () => 0
  }
}
