import { monitorEventLoopDelay } from 'node:perf_hooks'

// Loaded into a router's process before the router itself: tells over the channel how long its event loop was held up.
const resolutionMilliseconds = 1
const delays = monitorEventLoopDelay({ resolution: resolutionMilliseconds })
delays.enable()

process.on('message', (ask) => {
  // What is sampled is the time from one tick of a timer to the next.
  if (ask === 'read') process.send?.(Math.max(0, delays.max / 1e6 - resolutionMilliseconds))
  delays.reset()
})
process.channel?.unref()
