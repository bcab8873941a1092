import { monitorEventLoopDelay } from 'node:perf_hooks'

// Loaded into a router's process before the router itself: tells over the channel how long its event loop was held up.

/** In milliseconds, since the last time it was asked. */
export type LoopPause = {
  /** By the clock: also what other programs held it up for. */
  readonly elapsed: number
  /** Of processor time of the router's thread: what it held itself up for, whatever else the machine did. */
  readonly cpu: number
}

const resolutionMilliseconds = 1
const delays = monitorEventLoopDelay({ resolution: resolutionMilliseconds })
delays.enable()

let usedBefore = usedMilliseconds()
let longestCpu = 0
setInterval(() => {
  const used = usedMilliseconds()
  longestCpu = Math.max(longestCpu, used - usedBefore)
  usedBefore = used
}, resolutionMilliseconds).unref()

process.on('message', (ask) => {
  // What is sampled is the time from one tick of a timer to the next.
  const pause: LoopPause = { elapsed: Math.max(0, delays.max / 1e6 - resolutionMilliseconds), cpu: longestCpu }
  if (ask === 'read') process.send?.(pause)
  delays.reset()
  longestCpu = 0
  usedBefore = usedMilliseconds()
})
process.channel?.unref()

function usedMilliseconds(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
