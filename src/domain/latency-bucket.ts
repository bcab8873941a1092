/** Each bucket ends 10 % above the one before it: a time told by its bucket is at most 5 % off. */
const growth = 1.1
/** The end of bucket 0. What is faster is in it, too. */
const smallestSeconds = 0.0001
/** It ends after more than two hours. */
const lastBucket = 190

/** The bucket of a latency: few of them, the same for everyone, so that histograms can be added and subtracted. */
export function latencyBucket(seconds: number): number {
  if (!(seconds > smallestSeconds)) return 0
  return Math.min(lastBucket, Math.ceil(Math.log(seconds / smallestSeconds) / Math.log(growth)))
}

/** The latency, in seconds, that stands for a bucket: its middle. */
export function latencyOf(bucket: number): number {
  return bucket === 0 ? smallestSeconds / 2 : (smallestSeconds * (growth ** (bucket - 1) + growth ** bucket)) / 2
}
