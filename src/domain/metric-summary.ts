import type { MetricSamples, StatisticSet } from './metric.ts'
import type { MetricStatistic } from './metric-statistic.ts'
import { ValueCounts } from './value-counts.ts'

/** A summary as it is kept on disk. */
export type SummaryRecord = StatisticSet & { readonly values?: readonly (readonly [value: number, count: number])[] }

/** So many different values are told apart in one period. */
const mostValues = 256

/**
 * The samples of one metric in one period, in bounded space. The values are exact while there are few different ones;
 * beyond that they are rounded to steps of 1 %, 2 %, 4 % … until they are few again, so percentiles stay right to within
 * half a step.
 */
export class MetricSummary {
  readonly #mostValues: number
  #sampleCount = 0
  #sum = 0
  #minimum = Number.POSITIVE_INFINITY
  #maximum = Number.NEGATIVE_INFINITY
  /** Undefined once samples came whose values are not known (a statistic set). */
  #values: ValueCounts | undefined = new ValueCounts()
  /** Each step of rounding is twice as wide as the one before; 0 is none. */
  #coarseness = 0

  constructor(limit = mostValues) {
    this.#mostValues = limit
  }

  static of({ values, ...set }: SummaryRecord): MetricSummary {
    const summary = new MetricSummary()
    summary.#addTotals(set)
    if (values === undefined) summary.#values = undefined
    else for (const [value, count] of values) summary.#addValue(value, count)
    return summary
  }

  get sampleCount(): number {
    return this.#sampleCount
  }

  /** How much room it takes, in numbers kept. */
  get size(): number {
    return 1 + (this.#values?.size ?? 0)
  }

  add(samples: MetricSamples): void {
    if (samples.kind === 'set') {
      this.#addTotals(samples)
      // A set of equal values says what they are.
      if (samples.minimum === samples.maximum) this.#addValue(samples.minimum, samples.sampleCount)
      else this.#values = undefined
      return
    }
    for (const { value, count } of samples.values) {
      this.#addTotals({ sampleCount: count, sum: value * count, minimum: value, maximum: value })
      this.#addValue(value, count)
    }
  }

  merge(other: MetricSummary): void {
    if (other.#sampleCount === 0) return
    this.#addTotals(other.#totals())
    if (other.#values === undefined) this.#values = undefined
    else for (const [value, count] of other.#values.entries()) this.#addValue(value, count)
  }

  /** Undefined where there are no samples, or no percentile for want of their values. */
  statistic(statistic: MetricStatistic): number | undefined {
    if (this.#sampleCount === 0) return undefined
    switch (statistic.kind) {
      case 'SampleCount':
        return this.#sampleCount
      case 'Average':
        return this.#sum / this.#sampleCount
      case 'Sum':
        return this.#sum
      case 'Minimum':
        return this.#minimum
      case 'Maximum':
        return this.#maximum
      case 'percentile':
        return this.#percentile(statistic.percentile)
    }
  }

  /** It is not expected to change any more. */
  pack(): void {
    this.#values?.pack()
  }

  record(): SummaryRecord {
    const totals = this.#totals()
    return this.#values === undefined ? totals : { ...totals, values: this.#values.entries() }
  }

  #totals(): StatisticSet {
    return { sampleCount: this.#sampleCount, sum: this.#sum, minimum: this.#minimum, maximum: this.#maximum }
  }

  #addTotals({ sampleCount, sum, minimum, maximum }: StatisticSet): void {
    this.#sampleCount += sampleCount
    this.#sum += sum
    this.#minimum = Math.min(this.#minimum, minimum)
    this.#maximum = Math.max(this.#maximum, maximum)
  }

  #addValue(value: number, count: number): void {
    const values = this.#values
    if (values === undefined) return
    values.add(this.#rounded(value), count)
    while (values.size > this.#mostValues) this.#coarsen(values)
  }

  #coarsen(values: ValueCounts): void {
    this.#coarseness++
    const before = values.entries()
    values.clear()
    for (const [value, count] of before) values.add(this.#rounded(value), count)
  }

  #rounded(value: number): number {
    if (this.#coarseness === 0 || value === 0) return value
    const step = Math.log(1.01) * 2 ** (this.#coarseness - 1)
    return Math.sign(value) * Math.exp(Math.round(Math.log(Math.abs(value)) / step) * step)
  }

  /** The smallest value that at least so many percent of the samples do not exceed. */
  #percentile(percentile: number): number | undefined {
    if (this.#values === undefined) return undefined
    const rank = (percentile / 100) * this.#sampleCount
    let passed = 0
    for (const [value, count] of this.#values.entries().toSorted(([one], [other]) => one - other)) {
      passed += count
      // Counts need not be whole numbers, and a rank of 99 % is not exact in binary.
      if (passed >= rank - 1e-9) return Math.min(Math.max(value, this.#minimum), this.#maximum)
    }
    return this.#maximum
  }
}
