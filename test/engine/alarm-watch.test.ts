import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MetricAlarmSettings } from '../../src/domain/alarm.ts'
import { changeAlarmState } from '../../src/engine/alarm-changes.ts'
import { AlarmWatch } from '../../src/engine/alarm-watch.ts'
import { Changes } from '../../src/engine/changes.ts'
import { Metrics } from '../../src/engine/metrics.ts'
import { Store } from '../../src/engine/store.ts'
import { metricAlarm } from '../world/an-alarm.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

/** At the beginning of a minute. */
const now = 1_700_000_040_000
const minute = 60_000

class AlarmWorld {
  readonly clock = new VirtualClock(now)
  readonly persistence = new MemoryPersistence()
  readonly #minuteMilliseconds: number
  /** Every change of state, as `seconds since the beginning: state`. */
  readonly states: string[] = []
  store = new Store(this.persistence)
  #metrics: Metrics | undefined
  #watch: AlarmWatch | undefined

  constructor(minuteMilliseconds = minute) {
    this.#minuteMilliseconds = minuteMilliseconds
    this.startEngine()
  }

  startEngine(): void {
    const { clock } = this
    this.store = new Store(this.persistence)
    const changes = new Changes(clock)
    let last = this.store.alarms.list()[0]?.stateValue
    this.store.onChange(() => {
      changes.notify()
      const state = this.store.alarms.list()[0]?.stateValue
      if (last !== undefined && state !== last) this.states.push(`${(clock.now() - now) / 1000}: ${state}`)
      last = state
    })
    const settings = { accountId: '', minuteMilliseconds: this.#minuteMilliseconds, listenHost: '', endpointUrl: '' }
    const log = { info: () => undefined, warn: (message: string) => assert.fail(message) }
    const parts = { store: this.store, clock, changes, settings, log }
    this.#metrics = new Metrics(parts)
    this.#watch = new AlarmWatch({ ...parts, metrics: this.#metrics })
    this.#metrics.start()
    this.#watch.start()
  }

  async stopEngine(): Promise<void> {
    await this.#watch?.stop()
    await this.#metrics?.stop()
  }

  putAlarm(settings: Partial<MetricAlarmSettings> = {}): void {
    this.store.alarms.put('us-east-1/errors', metricAlarm(settings))
  }

  /** So many errors at a second after the beginning; the clock is at that second then. */
  async errors(second: number, value: number): Promise<void> {
    await this.until(second)
    const id = { region: 'us-east-1', namespace: 'App', metricName: 'Errors', dimensions: [] }
    const samples = { kind: 'values' as const, values: [{ value, count: 1 }] }
    this.#metrics?.put({ id, unit: 'Count', timestamp: this.clock.now(), samples })
  }

  async until(second: number): Promise<void> {
    const time = now + second * 1000
    this.clock.at(time, () => undefined)
    await this.clock.run(() => this.clock.now() >= time)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopEngine()
  }
}

const summaries = async (actionsEnabled: boolean): Promise<readonly string[]> => {
  await using world = new AlarmWorld()
  world.putAlarm({ alarmActions: ['arn:aws:sns:us-east-1:000000000000:ops'], actionsEnabled })
  await world.errors(10, 5)
  await world.until(65)
  return (world.store.alarmHistories.get('us-east-1/errors')?.items ?? []).map(({ summary }) => summary)
}

describe('alarms', () => {
  test('go off a second after the end of the minute that breaches, and are over when data come that do not', async () => {
    await using world = new AlarmWorld()
    world.putAlarm()
    await world.errors(10, 5)
    await world.errors(70, 1)
    await world.until(130)
    assert.deepEqual(world.states, ['61: ALARM', '121: OK'])
    const [ok, alarm] = world.store.alarmHistories.get('us-east-1/errors')?.items ?? []
    assert.equal(ok?.summary, 'Alarm updated from ALARM to OK')
    assert.equal(alarm?.summary, 'Alarm updated from INSUFFICIENT_DATA to ALARM')
    assert.match(alarm.data, /"newState":\{"stateValue":"ALARM","stateReason":"Threshold Crossed: 1 datapoint \[5\.0/)
  })

  test('treat missing data as they are told, once nothing stands in for them', async () => {
    await using world = new AlarmWorld()
    world.putAlarm({ treatMissingData: 'notBreaching' })
    await world.errors(70, 5)
    await world.until(400)
    assert.deepEqual(world.states, ['1: OK', '121: ALARM', '301: OK'])
  })

  test('follow the clock setting', async () => {
    await using world = new AlarmWorld(1000)
    world.putAlarm({ evaluationPeriods: 3, datapointsToAlarm: 2, treatMissingData: 'notBreaching' })
    await world.errors(1.5, 5)
    await world.errors(3.5, 5)
    await world.until(5)
    assert.deepEqual(world.states, ['0.25: OK', '4.25: ALARM'])
  })

  test('longer periods end with every minute', async () => {
    await using world = new AlarmWorld()
    world.putAlarm({ periodSeconds: 300, threshold: 8 })
    await world.errors(70, 5)
    await world.errors(130, 4)
    await world.until(190)
    assert.deepEqual(world.states, ['121: OK', '181: ALARM'])
  })

  test('of high resolution are looked at every ten seconds', async () => {
    await using world = new AlarmWorld()
    world.putAlarm({ periodSeconds: 10 })
    await world.errors(0, 5)
    await world.until(15)
    assert.deepEqual(world.states, ['11: ALARM'])
  })

  test('go by percentiles and by unit', async () => {
    await using world = new AlarmWorld()
    const { statistic: _, ...rest } = metricAlarm().settings
    const settings = { ...rest, extendedStatistic: 'p50', unit: 'Count', threshold: 4 }
    world.store.alarms.put('us-east-1/errors', { ...metricAlarm(), settings })
    for (const value of [1, 5, 6]) await world.errors(10, value)
    await world.until(65)
    assert.deepEqual(world.states, ['61: ALARM'])
  })

  test('that were set by hand are back in their own state after the next evaluation', async () => {
    await using world = new AlarmWorld()
    world.putAlarm()
    await world.errors(10, 0)
    await world.until(90)
    const alarm = world.store.alarms.get('us-east-1/errors') ?? metricAlarm()
    const change = { state: 'ALARM', reason: 'testing' } as const
    world.store.transaction(() => changeAlarmState(world.store, alarm, change, world.clock.now()))
    await world.until(130)
    assert.deepEqual(world.states, ['61: OK', '90: ALARM', '121: OK'])
  })

  test('tell in their history that actions are not executed, unless these are disabled', async () => {
    const update = 'Alarm updated from INSUFFICIENT_DATA to ALARM'
    assert.deepEqual(await summaries(true), [
      'Failed to execute action arn:aws:sns:us-east-1:000000000000:ops. Received error: "Teal records alarm actions and does not execute them"',
      update,
    ])
    assert.deepEqual(await summaries(false), [update])
  })

  test('cost nothing while there are none', async () => {
    await using world = new AlarmWorld()
    await world.until(3600)
    assert.deepEqual(world.states, [])
    assert.equal(world.store.engineTimes.list().length, 0)
  })

  test('keep a bounded history', async () => {
    await using world = new AlarmWorld(1000)
    world.putAlarm()
    for (let second = 0; second < 120; second++) await world.errors(second + 0.5, second % 2 === 0 ? 5 : 0)
    await world.until(122)
    assert.ok(world.states.length >= 119)
    assert.equal(world.store.alarmHistories.get('us-east-1/errors')?.items.length, 100)
  })
})

describe('an engine that starts again', () => {
  test('goes on with the alarm as it was, and with what it knew of the minutes before', async () => {
    await using world = new AlarmWorld()
    world.putAlarm({ evaluationPeriods: 3, datapointsToAlarm: 3 })
    await world.errors(10, 5)
    await world.errors(70, 5)
    await world.until(125)
    await world.stopEngine()
    world.startEngine()
    await world.errors(130, 5)
    await world.until(185)
    assert.deepEqual(world.states, ['181: ALARM'])
  })

  test('does not take its absence for missing data', async () => {
    await using world = new AlarmWorld(1000)
    world.putAlarm({ treatMissingData: 'breaching' })
    await world.errors(0.5, 0)
    await world.errors(1.5, 0)
    await world.until(2.5)
    await world.stopEngine()
    await world.until(20.1)
    world.startEngine()
    await world.until(24)
    assert.deepEqual(world.states, ['0.25: ALARM', '1.25: OK'])
    // Now three periods were missing while an engine ran.
    await world.until(25)
    assert.deepEqual(world.states, ['0.25: ALARM', '1.25: OK', '24.25: ALARM'])
  })
})
