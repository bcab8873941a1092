import type { MetricSamples } from '../domain/metric.ts'
import { MetricSummary } from '../domain/metric-summary.ts'

type Bucket = { readonly start: number; readonly summary: MetricSummary }

/** Summaries of one metric by buckets of one length, oldest first, a limited number of them. */
export class MetricSeries {
  readonly #milliseconds: number
  readonly #mostBuckets: number
  #buckets: Bucket[] = []
  #size = 0

  constructor(milliseconds: number, mostBuckets: number) {
    this.#milliseconds = milliseconds
    this.#mostBuckets = mostBuckets
  }

  /** How much room it takes, in numbers kept. */
  get size(): number {
    return this.#size
  }

  get isEmpty(): boolean {
    return this.#buckets.length === 0
  }

  add(timestamp: number, samples: MetricSamples): void {
    this.#change(timestamp, (summary) => summary.add(samples))
  }

  merge(timestamp: number, other: MetricSummary): void {
    this.#change(timestamp, (summary) => summary.merge(other))
  }

  /** Merges every bucket that begins in `[from, to)` into the result that `resultAt` gives for its beginning. */
  mergeInto(from: number, to: number, resultAt: (start: number) => MetricSummary): void {
    for (let at = this.#firstNotBefore(from); at < this.#buckets.length; at++) {
      const bucket = this.#buckets[at]
      if (bucket === undefined || bucket.start >= to) return
      resultAt(bucket.start).merge(bucket.summary)
    }
  }

  /** Forgets the oldest quarter. */
  thin(): void {
    this.#forget(Math.ceil(this.#buckets.length / 4))
  }

  #change(timestamp: number, change: (summary: MetricSummary) => void): void {
    const start = Math.floor(timestamp / this.#milliseconds) * this.#milliseconds
    const newestBefore = this.#buckets.at(-1)
    const { summary } = this.#bucketAt(start)
    const before = summary.size
    change(summary)
    this.#size += summary.size - before
    const newest = this.#buckets.at(-1)
    if (newest !== newestBefore) newestBefore?.summary.pack()
    else if (newest?.start !== start) summary.pack()
    if (this.#buckets.length > this.#mostBuckets) this.#forget(this.#buckets.length - this.#mostBuckets)
  }

  /** Nearly all data are of the newest bucket. */
  #bucketAt(start: number): Bucket {
    const newest = this.#buckets.at(-1)
    if (newest?.start === start) return newest
    const at = newest === undefined || newest.start < start ? this.#buckets.length : this.#firstNotBefore(start)
    const known = this.#buckets[at]
    if (known?.start === start) return known
    const bucket = { start, summary: new MetricSummary() }
    this.#buckets.splice(at, 0, bucket)
    this.#size += bucket.summary.size
    return bucket
  }

  #firstNotBefore(start: number): number {
    let low = 0
    let high = this.#buckets.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#buckets[middle]?.start ?? start) < start) low = middle + 1
      else high = middle
    }
    return low
  }

  #forget(count: number): void {
    for (const { summary } of this.#buckets.splice(0, count)) this.#size -= summary.size
  }
}
