import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MetricDiary } from '../../src/engine/metric-diary.ts'
import { Store } from '../../src/engine/store.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { simulatedSettings } from '../world/simulated-engine.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

const second = 1_000
const hour = 3_600 * second

/** A diary that is written once a second, on a disk that can be full. */
function aDiary() {
  const persistence = new MemoryPersistence()
  const clock = new VirtualClock()
  const told: string[] = []
  let isFull = false
  let attempts = 0
  persistence.beforeWrite = () => {
    attempts += 1
    if (isFull) throw new Error('The disk is full.')
  }
  const store = new Store(persistence)
  const log = { info: (line: string) => void told.push(line), warn: (line: string) => void told.push(line) }
  const settings = { ...simulatedSettings, minuteMilliseconds: second }
  const diary = new MetricDiary({ store, clock, settings, log })
  const note = (metricName: string) => {
    const id = { region: 'us-east-1', namespace: 'App', metricName, dimensions: [] }
    diary.note(
      { key: metricName, id, unit: 'Count', start: clock.now() },
      { kind: 'values', values: [{ value: 1, count: 1 }] },
    )
  }
  return {
    diary,
    note,
    told,
    store,
    become: (full: boolean) => void (isFull = full),
    attempts: () => attempts,
    /** With a metric in each second. */
    pass: async (seconds: number) => {
      for (let count = 0; count < seconds; count++) {
        note('Requests')
        await clock.run(() => false, clock.now() + second)
      }
    },
    skip: (milliseconds: number) => clock.run(() => false, clock.now() + milliseconds),
  }
}

describe('metrics that cannot be written down', () => {
  test('are told of once, again after an hour, and when it is over', async () => {
    const { diary, become, pass, skip, told } = aDiary()
    diary.start()
    become(true)
    await pass(5)
    assert.deepEqual(told, [
      'Metrics are kept in memory alone, the newest of them, and are lost if the engine ends: The disk is full. It is ' +
        'tried again until it works.',
    ])
    await skip(hour)
    assert.equal(told.length, 2)
    become(false)
    await pass(2)
    assert.equal(told.length, 3)
    assert.match(told[2] ?? '', /^Metrics are written down again, after 36\d\d seconds\.$/)
    await diary.stop()
  })

  test('are all written once it works again, but for the oldest of very many, and cost no attempt each', async () => {
    const { diary, note, become, pass, attempts, store } = aDiary()
    diary.start()
    become(true)
    for (let count = 0; count < 10_100; count++) note(`Requests${count}`)
    assert.equal(attempts(), 1)
    become(false)
    await pass(2)
    const written = [...store.metricMinutes.values()].flatMap(({ data }) => data.map(({ id }) => id.metricName))
    assert.equal(written.includes('Requests10099'), true)
    assert.equal(written.includes('Requests0'), false)
    assert(written.length >= 10_000 && written.length < 10_010)
    await diary.stop()
  })
})
