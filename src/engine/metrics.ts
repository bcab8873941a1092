import { metricKey, type MetricDatum, type MetricId } from '../domain/metric.ts'
import { periodMilliseconds, startOfPeriod } from '../domain/metric-period.ts'
import { MetricSummary } from '../domain/metric-summary.ts'
import { MetricDiary } from './metric-diary.ts'
import { MetricSeries } from './metric-series.ts'
import type { Clock, EngineSettings, Log } from './ports.ts'
import type { Store } from './store.ts'

export type MetricLimits = {
  readonly metrics: number
  /** Numbers kept in all, of all metrics. */
  readonly size: number
}

/** One period of a metric, with at least one sample. */
export type MetricPoint = { readonly start: number; readonly unit: string; readonly summary: MetricSummary }

export type MetricQuery = {
  readonly id: MetricId
  /** Data of this unit only; of all units together where it is left out. */
  readonly unit?: string | undefined
  /** The first period begins here; the last begins before `to`. Epoch milliseconds. */
  readonly from: number
  readonly to: number
  readonly periodSeconds: number
}

/** Seconds of high-resolution data are kept for three hours, minutes for eight days; both follow the clock setting. */
const mostSeconds = 3 * 3600
const mostMinutes = 8 * 1440
/** CloudWatch lists a metric for two weeks after its last datum. */
const listedMilliseconds = 14 * 86_400_000
const defaultLimits: MetricLimits = { metrics: 20_000, size: 1_000_000 }

type Metric = {
  readonly id: MetricId
  /** When data came last, by the clock. */
  changedAt: number
  readonly units: Map<string, UnitSeries>
}
type UnitSeries = { readonly minutes: MetricSeries; readonly seconds: MetricSeries }

/**
 * CloudWatch's metrics, in memory and bounded: what was without new data for longest goes first. Minutes are also written
 * to the store once a minute, for a day, so that an engine that starts again knows what its alarms looked at: a crash
 * loses the minute it happens in.
 */
export class Metrics {
  readonly #clock: Clock
  readonly #minuteMilliseconds: number
  readonly #limits: MetricLimits
  readonly #diary: MetricDiary
  /** By `metricKey`; whoever had data last stands last. */
  readonly #metrics = new Map<string, Metric>()
  #size = 0

  constructor(
    world: { readonly store: Store; readonly clock: Clock; readonly settings: EngineSettings; readonly log: Log },
    limits = defaultLimits,
  ) {
    this.#clock = world.clock
    this.#minuteMilliseconds = world.settings.minuteMilliseconds
    this.#limits = limits
    this.#diary = new MetricDiary(world)
  }

  /** When no engine ran, as far as it matters to alarms: whatever is missing then says nothing. */
  get absences(): readonly { readonly from: number; readonly to: number }[] {
    return this.#diary.absences
  }

  /** Recalls what was written down, and goes on writing. */
  start(): void {
    for (const { id, unit, start, summary } of this.#diary.read()) {
      this.#change(metricKey(id), id, unit, ({ minutes }) => minutes.merge(start, MetricSummary.of(summary)))
    }
    this.#diary.start()
  }

  /** Writes down what was not yet. */
  async stop(): Promise<void> {
    await this.#diary.stop()
  }

  put({ id, unit, timestamp, isHighResolution = false, samples }: MetricDatum): void {
    if (samples.kind === 'values' && samples.values.length === 0) return
    const key = metricKey(id)
    this.#change(key, id, unit, ({ minutes, seconds }) => {
      minutes.add(timestamp, samples)
      if (isHighResolution) seconds.add(timestamp, samples)
    })
    this.#diary.note({ key, id, unit, start: startOfPeriod(timestamp, this.#minuteMilliseconds) }, samples)
  }

  /** The periods that have data, oldest first. */
  points({ id, unit, from, to, periodSeconds }: MetricQuery): readonly MetricPoint[] {
    const milliseconds = periodMilliseconds(periodSeconds, this.#minuteMilliseconds)
    const found = new Map<number, MetricPoint>()
    for (const [each, series] of this.#metrics.get(metricKey(id))?.units ?? []) {
      if (unit !== undefined && unit !== each) continue
      this.#tier(series, periodSeconds).mergeInto(from, to, (time) => {
        const start = from + startOfPeriod(time - from, milliseconds)
        const point = found.get(start) ?? { start, unit: each, summary: new MetricSummary() }
        found.set(start, point)
        return point.summary
      })
    }
    return [...found.values()].toSorted((one, other) => one.start - other.start)
  }

  /** Units of the metric's data. */
  units(id: MetricId): readonly string[] {
    return [...(this.#metrics.get(metricKey(id))?.units.keys() ?? [])]
  }

  /** Metrics of a region that had data in the last two weeks, or in so many milliseconds. */
  list(region: string, withinMilliseconds = listedMilliseconds): readonly MetricId[] {
    const since = this.#clock.now() - withinMilliseconds
    return [...this.#metrics.values()].flatMap(({ id, changedAt }) =>
      id.region === region && changedAt >= since ? [id] : [],
    )
  }

  #change(key: string, id: MetricId, unit: string, change: (series: UnitSeries) => void): void {
    const metric = this.#metrics.get(key) ?? { id, changedAt: 0, units: new Map<string, UnitSeries>() }
    metric.changedAt = this.#clock.now()
    this.#metrics.delete(key)
    this.#metrics.set(key, metric)
    const series = metric.units.get(unit) ?? {
      minutes: new MetricSeries(this.#minuteMilliseconds, mostMinutes),
      seconds: new MetricSeries(1000, mostSeconds),
    }
    metric.units.set(unit, series)
    const before = sizeOf(series)
    change(series)
    this.#size += sizeOf(series) - before
    this.#keepLimits()
  }

  /** Data of standard resolution have no seconds: a short period shows them where their minute begins. */
  #tier({ minutes, seconds }: UnitSeries, periodSeconds: number): MetricSeries {
    return periodSeconds % 60 === 0 || seconds.isEmpty ? minutes : seconds
  }

  #keepLimits(): void {
    const { metrics, size } = this.#limits
    // Asked first: a map in which whoever is told of moves to the end is dear to begin to walk.
    if (this.#metrics.size <= metrics && this.#size <= size) return
    if (this.#size > size) this.#thin()
    for (const [key, metric] of this.#metrics) {
      const isWithin = this.#metrics.size <= metrics && this.#size <= size
      if (isWithin || this.#metrics.size === 1) return
      for (const series of metric.units.values()) this.#size -= sizeOf(series)
      this.#metrics.delete(key)
    }
  }

  /** Every metric loses its oldest data before any is forgotten as a whole. */
  #thin(): void {
    for (const { units } of this.#metrics.values()) {
      for (const series of units.values()) {
        const before = sizeOf(series)
        series.minutes.thin()
        series.seconds.thin()
        this.#size += sizeOf(series) - before
      }
    }
  }
}

function sizeOf({ minutes, seconds }: UnitSeries): number {
  return minutes.size + seconds.size
}
