import { evaluateAlarm, evaluationRange, type AlarmDatapoint } from '../domain/alarm-evaluation.ts'
import { alarmReason, alarmReasonData } from '../domain/alarm-reason.ts'
import type { MetricAlarm } from '../domain/alarm.ts'
import { evaluationStep, periodMilliseconds, startOfPeriod } from '../domain/metric-period.ts'
import { parseStatistic } from '../domain/metric-statistic.ts'
import { changeAlarmState, type NewState } from './alarm-changes.ts'
import type { Changes } from './changes.ts'
import type { Metrics } from './metrics.ts'
import type { Clock, EngineSettings, Log } from './ports.ts'
import type { Store } from './store.ts'

/** After the end of a period its last data may still be on their way. */
const lateMilliseconds = 1000
const retryMilliseconds = 1000
/** Nothing older than the metrics are kept is looked for. */
const longestLookBackMinutes = 8 * 1440

/**
 * Evaluates CloudWatch alarms: at the end of every minute, by the whole periods before it. It sleeps while there are no
 * alarms. An alarm's state is in the store, and changes there in one transaction with its history, so whoever watches the
 * store sees it. An alarm set by SetAlarmState is back in its own state after the next evaluation, as on AWS.
 *
 * Periods in which no engine ran say nothing, and older ones stand in for them; so an engine that was away for a while does
 * not take its own absence for missing data.
 */
export class AlarmWatch {
  readonly #store: Store
  readonly #clock: Clock
  readonly #changes: Changes
  readonly #metrics: Metrics
  readonly #minuteMilliseconds: number
  readonly #log: Log
  readonly #stopped = new AbortController()
  #running: Promise<void> | undefined
  /** The end of the last minute (or ten seconds) that was evaluated, by that length. */
  readonly #lastEnds = new Map<number, number>()

  constructor(world: {
    readonly store: Store
    readonly clock: Clock
    readonly changes: Changes
    readonly metrics: Metrics
    readonly settings: EngineSettings
    readonly log: Log
  }) {
    this.#store = world.store
    this.#clock = world.clock
    this.#changes = world.changes
    this.#metrics = world.metrics
    this.#minuteMilliseconds = world.settings.minuteMilliseconds
    this.#log = world.log
  }

  start(): void {
    this.#running = this.#watch()
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('Alarms are not evaluated any more'))
    await this.#running
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      try {
        await this.#changes.until(() => (this.#store.alarms.list().length > 0 ? true : undefined), { signal })
        const now = this.#clock.now()
        await this.#clock.sleep(this.#nextLook(now) - now, signal)
        this.#evaluate(this.#clock.now())
      } catch (error) {
        if (signal.aborted) return
        this.#log.warn(`Alarms are not evaluated until this succeeds: ${String(error)}`)
        await this.#clock.sleep(retryMilliseconds, signal).catch(() => undefined)
      }
    }
  }

  get #delay(): number {
    return Math.min(lateMilliseconds, this.#minuteMilliseconds / 4)
  }

  /** A while after the end of a minute, or of ten seconds where an alarm needs that. */
  #nextLook(now: number): number {
    const steps = new Set(this.#store.alarms.list().map((alarm) => this.#step(alarm)))
    const next = [...steps].map((step) => startOfPeriod(now - this.#delay, step) + step + this.#delay)
    return Math.min(...next, now + this.#minuteMilliseconds)
  }

  #step({ settings: { periodSeconds } }: MetricAlarm): number {
    return evaluationStep(periodSeconds, this.#minuteMilliseconds)
  }

  /** Those alarms for which a minute (or ten seconds) has ended since they were evaluated last. */
  #evaluate(now: number): void {
    const ended = new Map<number, number>()
    const changed = this.#store.alarms.list().flatMap((alarm) => {
      const step = this.#step(alarm)
      const end = startOfPeriod(now - this.#delay, step)
      if (this.#lastEnds.get(step) === end) return []
      ended.set(step, end)
      const change = this.#evaluated(alarm, end, now)
      return change === undefined ? [] : [{ alarm, change }]
    })
    if (changed.length > 0) {
      this.#store.transaction(() => {
        for (const { alarm, change } of changed) changeAlarmState(this.#store, alarm, change, now)
      })
    }
    for (const [step, end] of ended) this.#lastEnds.set(step, end)
    for (const { alarm, change } of changed) {
      this.#log.info(`Alarm ${alarm.alarmName} is ${change.state}: ${change.reason}`)
    }
  }

  #evaluated(alarm: MetricAlarm, end: number, now: number): NewState | undefined {
    const range = this.#range(alarm, end)
    const evaluation = evaluateAlarm(alarm.settings, range, alarm.stateValue)
    const { state } = evaluation
    if (state === alarm.stateValue) return undefined
    const evaluated = range.slice(0, alarm.settings.evaluationPeriods)
    const reasonData = alarmReasonData(alarm.settings, evaluation, { at: now, evaluated })
    return { state, reason: alarmReason(alarm.settings, evaluation), reasonData }
  }

  /** The periods to look at, newest first. */
  #range({ region, settings }: MetricAlarm, end: number): readonly AlarmDatapoint[] {
    const { namespace, metricName, dimensions, unit, periodSeconds, statistic, extendedStatistic = '' } = settings
    const milliseconds = periodMilliseconds(periodSeconds, this.#minuteMilliseconds)
    const wanted = evaluationRange(settings)
    const periods = this.#periods({ end, milliseconds, wanted })
    const from = periods.at(-1)?.start ?? end
    const by = parseStatistic(statistic ?? extendedStatistic)
    const query = { id: { region, namespace, metricName, dimensions }, unit, from, to: end, periodSeconds }
    const points = new Map(this.#metrics.points(query).map(({ start, summary }) => [start, summary]))
    const datapoints = periods.flatMap(({ start, absentMilliseconds }): readonly AlarmDatapoint[] => {
      const summary = points.get(start)
      const value = by === undefined ? undefined : summary?.statistic(by)
      if (absentMilliseconds > milliseconds / 4 || (absentMilliseconds > 0 && value === undefined)) return []
      return [
        summary === undefined || value === undefined ? { start } : { start, value, sampleCount: summary.sampleCount },
      ]
    })
    return datapoints.slice(0, wanted)
  }

  /** So many periods, newest first, not counting those in which an engine was absent; these are there in addition. */
  #periods({
    end,
    milliseconds,
    wanted,
  }: {
    readonly end: number
    readonly milliseconds: number
    readonly wanted: number
  }) {
    const periods: { readonly start: number; readonly absentMilliseconds: number }[] = []
    const oldest = end - Math.max(wanted * milliseconds, longestLookBackMinutes * this.#minuteMilliseconds)
    let whole = 0
    for (let start = end - milliseconds; whole < wanted && start >= oldest; start -= milliseconds) {
      const absentMilliseconds = this.#metrics.absences.reduce(
        (sum, { from, to }) => sum + Math.max(0, Math.min(to, start + milliseconds) - Math.max(from, start)),
        0,
      )
      periods.push({ start, absentMilliseconds })
      if (absentMilliseconds === 0) whole++
    }
    return periods
  }
}
