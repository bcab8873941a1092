import { counted } from '../domain/counted.ts'
import type { MetricId, MetricSamples } from '../domain/metric.ts'
import type { EngineTimes, MetricNote } from '../domain/metric-minute.ts'
import { MetricSummary } from '../domain/metric-summary.ts'
import type { Clock, EngineSettings, Log } from './ports.ts'
import type { Store } from './store.ts'
import { messageOf } from './trouble.ts'

/** A day of minutes is what most alarms may look at. */
const mostRows = 1440
/** Minutes of single metrics in all rows. */
const mostKeptNotes = 100_000
/** Numbers in one row; beyond that, minutes are kept without their distribution. */
const largestRow = 4_000
/** Distributions on disk are coarser than in memory. */
const mostValues = 64
const mostAbsences = 20
/** So many are written down before the minute is over. */
const mostNotes = 10_000
const shortestWriteMilliseconds = 1000
/** So often it is said again that nothing can be written down. */
const reminderMilliseconds = 3_600_000

/** Writes metrics to the store, a row a minute, and reads them again. */
export class MetricDiary {
  readonly #store: Store
  readonly #clock: Clock
  readonly #log: Log
  readonly #writeMilliseconds: number
  readonly #stopped = new AbortController()
  #notes = new Map<
    string,
    { readonly id: MetricId; readonly unit: string; readonly start: number; readonly summary: MetricSummary }
  >()
  /** Oldest first. */
  #rows: readonly { readonly key: string; readonly notes: number }[] = []
  #running: Promise<void> | undefined
  #trouble: { readonly since: number; readonly toldAt: number } | undefined
  absences: EngineTimes['absences'] = []

  constructor(world: {
    readonly store: Store
    readonly clock: Clock
    readonly settings: EngineSettings
    readonly log: Log
  }) {
    this.#store = world.store
    this.#clock = world.clock
    this.#log = world.log
    this.#writeMilliseconds = Math.max(world.settings.minuteMilliseconds, shortestWriteMilliseconds)
  }

  /** All that is there, oldest first; to be read to its end before anything is noted. */
  *read(): Iterable<MetricNote> {
    const times = this.#store.engineTimes.get('engine')
    const now = this.#clock.now()
    if (times !== undefined) this.absences = [...times.absences, { from: times.seenAt, to: now }].slice(-mostAbsences)
    const rows = []
    for (const { key, data } of this.#store.metricMinutes.values()) {
      rows.push({ key, notes: data.length })
      yield* data
    }
    this.#rows = rows
  }

  /** `key` is the `metricKey` of the id. */
  note({ key: metric, id, unit, start }: NotedMetric, samples: MetricSamples): void {
    const key = `${metric} ${unit} ${start}`
    const note = this.#notes.get(key) ?? { id, unit, start, summary: new MetricSummary(mostValues) }
    note.summary.add(samples)
    this.#notes.set(key, note)
    if (this.#notes.size < mostNotes) return
    if (this.#trouble === undefined) this.#tryToWrite()
    if (this.#notes.size > mostNotes) this.#forgetOldest()
  }

  start(): void {
    this.#running = this.#writeAgainAndAgain()
  }

  async stop(): Promise<void> {
    if (this.#running === undefined) return
    this.#stopped.abort(new Error('Metrics are not written down any more'))
    await this.#running
    this.#running = undefined
    this.#tryToWrite()
  }

  async #writeAgainAndAgain(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      await this.#clock.sleep(this.#writeMilliseconds, signal).catch(() => undefined)
      if (!signal.aborted) this.#tryToWrite()
    }
  }

  /** What could not be written is written with the next minute. */
  #tryToWrite(): void {
    try {
      if (this.#write()) this.#tellOfSuccess()
    } catch (error) {
      this.#tellOfFailure(error)
    }
  }

  #tellOfFailure(error: unknown): void {
    const now = this.#clock.now()
    const { since, toldAt } = this.#trouble ?? { since: now, toldAt: -Infinity }
    const isTold = now - toldAt < reminderMilliseconds
    this.#trouble = { since, toldAt: isTold ? toldAt : now }
    if (isTold) return
    this.#log.warn(
      `Metrics are kept in memory alone, the newest of them, and are lost if the engine ends: ${messageOf(error)} ` +
        'It is tried again until it works.',
    )
  }

  #tellOfSuccess(): void {
    if (this.#trouble === undefined) return
    const seconds = Math.round((this.#clock.now() - this.#trouble.since) / 1000)
    this.#trouble = undefined
    this.#log.info(`Metrics are written down again, after ${counted(seconds, 'second')}.`)
  }

  /** Nothing can be written down, perhaps for days: memory has its bounds all the same. */
  #forgetOldest(): void {
    const [oldest] = this.#notes.keys()
    if (oldest !== undefined) this.#notes.delete(oldest)
  }

  /** Answers whether there was anything to write. */
  #write(): boolean {
    const { alarms, metricMinutes, engineTimes } = this.#store
    const hasAlarms = alarms.list().length > 0
    if (this.#notes.size === 0 && !hasAlarms) return false
    const now = this.#clock.now()
    const key = this.#newKey(now)
    const rows = newest([...this.#rows, { key, notes: this.#notes.size }])
    const gone = this.#rows.slice(0, this.#rows.length + 1 - rows.length)
    this.#store.noted(() => {
      // Without alarms nobody minds when an engine was away.
      if (hasAlarms) engineTimes.put('engine', { seenAt: now, absences: this.absences })
      if (this.#notes.size === 0) return
      metricMinutes.put(key, { key, data: this.#data() })
      for (const old of gone) metricMinutes.delete(old.key)
    })
    if (this.#notes.size === 0) return true
    this.#rows = rows
    this.#notes = new Map()
    return true
  }

  /** Two rows may be written in one millisecond. */
  #newKey(now: number): string {
    for (let count = 0; ; count++) {
      const key = `${now}/${count}`
      if (!this.#store.metricMinutes.has(key)) return key
    }
  }

  #data(): readonly MetricNote[] {
    const notes = [...this.#notes.values()]
    const size = notes.reduce((sum, { summary }) => sum + summary.size, 0)
    return notes.map(({ summary, ...note }) => {
      const { values, ...totals } = summary.record()
      return { ...note, summary: values === undefined || size > largestRow ? totals : { ...totals, values } }
    })
  }
}

type NotedMetric = {
  readonly key: string
  readonly id: MetricId
  readonly unit: string
  readonly start: number
}

/** As many rows from the end as may be kept; the last one always is. */
function newest<Row extends { readonly notes: number }>(rows: readonly Row[]): readonly Row[] {
  let notes = 0
  const firstKept = rows.findLastIndex((row, at) => {
    notes += row.notes
    return at < rows.length - 1 && (notes > mostKeptNotes || rows.length - at > mostRows)
  })
  return rows.slice(firstKept + 1)
}
