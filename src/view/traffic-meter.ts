import type { TrafficView } from './deployment-view.ts'

/** One answer of CloudWatch: values by the time their period begins, in milliseconds. */
export type Series = readonly (readonly [at: number, value: number])[]

export type TrafficSeries = {
  readonly requests: Series
  /** Answers with 5XX, and connections that failed. */
  readonly errors: Series
  /** In seconds, as CloudWatch tells them. */
  readonly p50: Series
  readonly p99: Series
}

/** What is older says nothing about now: on AWS metrics come minutes late. */
const stalePeriods = 5
/** Over so long a rate is taken where numbers grow as requests come. */
const rateMilliseconds = 4_000

/**
 * Makes the traffic of one target group of CloudWatch's answers, which overlap and grow. Where the numbers of the period that
 * is under way are told already, as Teal does, the rate is that of the last seconds, otherwise that of the last period.
 */
export class TrafficMeter {
  readonly #periodMilliseconds: number
  readonly #isLive: boolean
  readonly #requests = new Map<number, number>()
  readonly #errors = new Map<number, number>()
  #samples: readonly (readonly [at: number, requests: number])[] = []
  #p50: Series = []
  #p99: Series = []

  constructor({ periodMilliseconds, isLive }: { readonly periodMilliseconds: number; readonly isLive: boolean }) {
    this.#periodMilliseconds = periodMilliseconds
    this.#isLive = isLive
  }

  take(at: number, { requests, errors, p50, p99 }: TrafficSeries): TrafficView {
    for (const [time, value] of requests) this.#requests.set(time, value)
    const failed = new Map<number, number>()
    for (const [time, value] of errors) failed.set(time, (failed.get(time) ?? 0) + value)
    for (const [time, value] of failed) this.#errors.set(time, value)
    this.#p50 = p50
    this.#p99 = p99
    const total = sumOf(this.#requests)
    const earlier = this.#samples.filter(([time]) => at - time <= 2 * rateMilliseconds)
    this.#samples = [...earlier, [at, total] as const]
    return {
      requestsPerSecond: this.#isLive ? this.#liveRate(at) : this.#lastRate(at),
      errorShare: this.#errorShare(at),
      p50Milliseconds: this.#newest(this.#p50, at),
      p99Milliseconds: this.#newest(this.#p99, at),
      requests: total,
      errors: sumOf(this.#errors),
    }
  }

  #liveRate(at: number): number {
    const total = this.#samples.at(-1)?.[1] ?? 0
    const from = this.#samples.findLast(([time]) => at - time >= rateMilliseconds) ?? this.#samples[0]
    if (from === undefined || at - from[0] < 500) return this.#lastRate(at)
    return ((total - from[1]) / (at - from[0])) * 1000
  }

  /** Of the newest period that is over. */
  #lastRate(at: number): number {
    const over = [...this.#requests].filter(
      ([time]) => this.#isRecent(time, at) && time + this.#periodMilliseconds <= at,
    )
    const newest = over.toSorted(([one], [other]) => other - one)[0]
    return newest === undefined ? 0 : (newest[1] / this.#periodMilliseconds) * 1000
  }

  /** Of the last periods that are told. */
  #errorShare(at: number): number {
    const recent = (values: ReadonlyMap<number, number>): number =>
      [...values].reduce((sum, [time, value]) => (this.#isRecent(time, at) ? sum + value : sum), 0)
    const requests = recent(this.#requests)
    return requests === 0 ? 0 : Math.min(1, recent(this.#errors) / requests)
  }

  #newest(series: Series, at: number): number | undefined {
    const newest = series.toSorted(([one], [other]) => other - one)[0]
    return newest === undefined || !this.#isRecent(newest[0], at) ? undefined : newest[1] * 1000
  }

  #isRecent(time: number, at: number): boolean {
    return at - time <= (stalePeriods + 1) * this.#periodMilliseconds
  }
}

function sumOf(values: ReadonlyMap<number, number>): number {
  return [...values.values()].reduce((sum, value) => sum + value, 0)
}
