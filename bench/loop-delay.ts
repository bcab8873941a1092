import { monitorEventLoopDelay } from 'node:perf_hooks'

// Loaded into a router's process before the router itself: tells over the channel how long its event loop was held up,
// in milliseconds, since the last time it was asked. By the clock: also what other programs held it up for. There is no
// use in asking for processor time: what the kernel tells a running thread of it is up to 4 ms old.

const resolutionMilliseconds = 1
const delays = monitorEventLoopDelay({ resolution: resolutionMilliseconds })
delays.enable()

process.on('message', (ask) => {
  // What is sampled is the time from one tick of a timer to the next.
  if (ask === 'read') process.send?.(Math.max(0, delays.max / 1e6 - resolutionMilliseconds))
  delays.reset()
})
process.channel?.unref()
