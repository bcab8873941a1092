import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MetricId } from '../../src/domain/metric.ts'
import type { MetricStatistic } from '../../src/domain/metric-statistic.ts'
import { Metrics, type MetricLimits } from '../../src/engine/metrics.ts'
import { Store } from '../../src/engine/store.ts'
import { metricAlarm } from '../world/an-alarm.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

const now = 1_700_000_040_000
const errors = metric('Errors')
const sum: MetricStatistic = { kind: 'Sum' }

function metric(metricName: string, region = 'us-east-1'): MetricId {
  return { region, namespace: 'App', metricName, dimensions: [] }
}

function world({ minuteMilliseconds = 60_000, limits }: { minuteMilliseconds?: number; limits?: MetricLimits } = {}) {
  const persistence = new MemoryPersistence()
  const clock = new VirtualClock(now)
  const settings = { accountId: '000000000000', minuteMilliseconds, listenHost: '', endpointUrl: '' }
  const log = { info: () => undefined, warn: () => undefined }
  const start = () => {
    const store = new Store(persistence)
    const metrics = new Metrics({ store, clock, settings, log }, limits)
    metrics.start()
    const put = (value: number, { at = clock.now(), id = errors, unit = 'Count', isHighResolution = false } = {}) =>
      metrics.put({
        id,
        unit,
        timestamp: at,
        isHighResolution,
        samples: { kind: 'values', values: [{ value, count: 1 }] },
      })
    const sums = (
      periodSeconds: number,
      { from = now - 600_000, to = now + 600_000, unit = undefined as string | undefined } = {},
    ) =>
      metrics
        .points({ id: errors, unit, from, to, periodSeconds })
        .map(({ start: at, summary }) => [at - now, summary.statistic(sum)])
    return { store, metrics, put, sums }
  }
  return { persistence, clock, start, ...start() }
}

describe('metrics', () => {
  test('are summed by periods that begin where the query does', () => {
    const { put, sums } = world()
    put(1)
    put(2, { at: now + 59_999 })
    put(4, { at: now + 60_000 })
    put(8, { at: now - 120_000 })
    assert.deepEqual(sums(60), [
      [-120_000, 8],
      [0, 3],
      [60_000, 4],
    ])
    assert.deepEqual(sums(120, { from: now - 60_000 }), [
      [-60_000, 3],
      [60_000, 4],
    ])
    assert.deepEqual(sums(60, { from: now, to: now + 60_000 }), [[0, 3]])
  })

  test('keep seconds only of high-resolution data', () => {
    const { put, sums } = world()
    put(1, { at: now + 11_000 })
    assert.deepEqual(sums(10), [[0, 1]])
    put(2, { at: now + 11_000, isHighResolution: true })
    put(4, { at: now + 25_000, isHighResolution: true })
    assert.deepEqual(sums(10), [
      [10_000, 2],
      [20_000, 4],
    ])
    assert.deepEqual(sums(60), [[0, 7]])
  })

  test('have minutes as long as the clock setting makes them', () => {
    const { put, sums } = world({ minuteMilliseconds: 1000 })
    put(1)
    put(2, { at: now + 1000 })
    assert.deepEqual(sums(60), [
      [0, 1],
      [1000, 2],
    ])
    assert.deepEqual(sums(120, { from: now }), [[0, 3]])
  })

  test('keep units apart', () => {
    const { metrics, put, sums } = world()
    put(1)
    put(2, { unit: 'Seconds' })
    assert.deepEqual(metrics.units(errors), ['Count', 'Seconds'])
    assert.deepEqual(sums(60, { unit: 'Seconds' }), [[0, 2]])
    assert.deepEqual(sums(60), [[0, 3]])
  })

  test('are listed by region, while they have recent data', async () => {
    const { metrics, put, clock } = world()
    put(1)
    put(1, { id: metric('Errors', 'eu-west-1') })
    await clock.run(() => clock.now() > now + 3_600_000)
    put(1, { id: metric('Hits') })
    assert.deepEqual(
      metrics.list('us-east-1').map(({ metricName }) => metricName),
      ['Errors', 'Hits'],
    )
    assert.deepEqual(
      metrics.list('us-east-1', 60_000).map(({ metricName }) => metricName),
      ['Hits'],
    )
    await metrics.stop()
  })

  test('beyond the limit of metrics, the one without data for longest is dropped', () => {
    const { metrics, put } = world({ limits: { metrics: 2, size: 1_000_000 } })
    for (const name of ['A', 'B', 'A', 'C']) put(1, { id: metric(name) })
    assert.deepEqual(
      metrics.list('us-east-1').map(({ metricName }) => metricName),
      ['A', 'C'],
    )
  })

  test('beyond the limit of data, all lose their oldest', () => {
    const { put, sums } = world({ limits: { metrics: 10, size: 100 } })
    for (let minute = 0; minute < 500; minute++) put(minute, { at: now + minute * 60_000 })
    const kept = sums(60, { to: now + 1e9 })
    assert.ok(kept.length >= 30 && kept.length <= 50, String(kept.length))
    assert.deepEqual(kept.at(-1), [499 * 60_000, 499])
  })
})

describe('an engine that starts again', () => {
  test('knows the minutes that were written down', async () => {
    const first = world()
    first.put(5)
    first.put(7)
    await first.clock.run(() => first.clock.now() >= now + 60_000)
    first.put(11)
    const crashed = first.start()
    assert.deepEqual(crashed.sums(60), [[0, 12]])
    await crashed.metrics.stop()
    await first.metrics.stop()
    const { metrics, sums } = first.start()
    assert.deepEqual(sums(60), [
      [0, 12],
      [60_000, 11],
    ])
    await metrics.stop()
  })

  test('knows when none ran, if there are alarms', async () => {
    const { clock, start, store, metrics } = world()
    assert.deepEqual(metrics.absences, [])
    store.alarms.put('us-east-1/errors', metricAlarm())
    await clock.run(() => clock.now() >= now + 120_000)
    await metrics.stop()
    clock.at(clock.now() + 30_000, () => undefined)
    await clock.run(() => false)
    const next = start()
    assert.deepEqual(next.metrics.absences, [{ from: now + 120_000, to: now + 150_000 }])
    await next.metrics.stop()
  })

  test('writes down a day of minutes at most', async () => {
    const { clock, store, metrics, put } = world({ minuteMilliseconds: 1000 })
    let minutes = 0
    const tick = (): void => {
      put(1)
      minutes++
      if (minutes < 1500) clock.at(clock.now() + 1000, tick)
    }
    tick()
    await clock.run(() => minutes === 1500)
    assert.equal(store.metricMinutes.list().length, 1440)
    await metrics.stop()
  })

  test('writes down a hundred thousand minutes of metrics at most', async () => {
    const { clock, store, metrics, put } = world({ minuteMilliseconds: 1000 })
    for (let second = 1; second <= 21; second++) {
      for (let at = 0; at < 5000; at++) put(1, { id: metric(`m${at}`) })
      await clock.run(() => clock.now() >= now + second * 1000)
    }
    assert.equal(store.metricMinutes.list().length, 20)
    await metrics.stop()
  })

  test('goes on without a disk, and writes later', async () => {
    const { clock, store, metrics, put, persistence } = world()
    persistence.beforeWrite = () => {
      throw new Error('disk full')
    }
    put(1)
    await clock.run(() => clock.now() > now + 61_000)
    persistence.beforeWrite = () => undefined
    await clock.run(() => clock.now() > now + 121_000)
    assert.equal(store.metricMinutes.list().length, 1)
    await metrics.stop()
  })
})
