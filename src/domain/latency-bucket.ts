/** Each bucket ends 10 % above the one before it: a time told by its bucket is at most 5 % off. */
const growth = 1.1
/** The end of bucket 0. What is faster is in it, too. */
const smallestSeconds = 0.0001
/** It ends after more than two hours. */
const lastBucket = 190

/** How many there are; they are told by their places, from 0 on. */
export const latencyBuckets = lastBucket + 1

const ends = Float64Array.from({ length: latencyBuckets }, (_, bucket) => smallestSeconds * growth ** bucket)

/** By the power of two that is the largest in a latency, counted in the first bucket's length: where to begin to look. */
const firstBuckets = Uint8Array.from({ length: 32 }, (_, power) =>
  ends.findIndex((end) => end >= smallestSeconds * 2 ** power),
)

/** The bucket of a latency: few of them, the same for everyone, so that histograms can be added and subtracted. */
export function latencyBucket(seconds: number): number {
  if (!(seconds > smallestSeconds)) return 0
  if (seconds >= (ends[lastBucket] ?? 0)) return lastBucket
  // A logarithm would say it at once, and take longer: it is asked for with every answer.
  let bucket = firstBuckets[31 - Math.clz32(seconds / smallestSeconds)] ?? 0
  while ((ends[bucket] ?? 0) < seconds) bucket++
  return bucket
}

/** The latency, in seconds, that stands for a bucket: its middle. */
export function latencyOf(bucket: number): number {
  return bucket === 0 ? smallestSeconds / 2 : (smallestSeconds * (growth ** (bucket - 1) + growth ** bucket)) / 2
}
