import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RequestOutcome, RouterReport } from '../../src/domain/router-report.ts'
import { DeploymentRecorder } from '../../src/engine/deployment-recorder.ts'
import { recordOf } from '../../src/engine/deployment-records.ts'
import { Store } from '../../src/engine/store.ts'
import { aDeployment } from '../world/a-deployment.ts'
import { furnish, names, putAlarm } from '../world/furnished-world.ts'
import { MemoryLoadBalancing } from '../world/memory-load-balancing.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

const deploymentId = 'd-ABCDEF123'

describe('what is written down while a deployment runs', () => {
  test('every request is counted once, also those of the time in which no engine ran', async () => {
    const stage = new Stage()
    stage.request('web-blue', '2xx', 500)
    await stage.begin()
    stage.request('web-blue', '2xx', 10)
    await stage.pass(2_500)
    stage.killEngine()
    stage.request('web-blue', '2xx', 7)
    stage.request('web-green', '5xx', 2)
    stage.startEngine()
    await stage.pass(1_500)
    stage.request('web-green', 'client-closed', 1)
    await stage.end()
    const { traffic } = stage.record()
    assert.equal(traffic.counted, true)
    assert.deepEqual(traffic.totals, [
      { listener: 'production', targetGroup: 'web-blue', outcome: '2xx', count: 17 },
      { listener: 'production', targetGroup: 'web-green', outcome: '5xx', count: 2 },
      { listener: 'production', targetGroup: 'web-green', outcome: 'client-closed', count: 1 },
    ])
    assert.deepEqual([traffic.answered, traffic.failed, traffic.givenUp], [17, 2, 1])
  })

  test('a router that was replaced counts from zero, and its requests are added', async () => {
    const stage = new Stage()
    await stage.begin()
    stage.request('web-blue', '2xx', 10)
    await stage.pass(1_500)
    stage.replaceRouter()
    stage.request('web-blue', '2xx', 4)
    await stage.end()
    assert.equal(stage.record().traffic.answered, 14)
  })

  test('a row ends when the weights change, and of a long wait the account stays small', async () => {
    const stage = new Stage()
    await stage.begin()
    for (let second = 0; second < 1_000; second++) {
      if (second === 300) stage.shift(10)
      if (second === 600) stage.shift(100)
      stage.request('web-blue', '2xx', 3)
      await stage.pass(1_000)
    }
    await stage.end()
    const { traffic } = stage.record()
    assert.equal(traffic.answered, 3_000)
    assert(traffic.rows.length <= 180, `${traffic.rows.length} rows`)
    const seen = traffic.rows.map(({ weights }) => weights['web-green'])
    assert.deepEqual([...new Set(seen)], [0, 10, 100])
    traffic.rows.slice(1).forEach(({ from }, index) => assert.equal(from, traffic.rows[index]?.to))
  })

  test('requests after the deployment are not its own', async () => {
    const stage = new Stage()
    await stage.begin()
    stage.request('web-blue', '2xx', 1)
    await stage.end()
    stage.request('web-blue', '2xx', 100)
    await stage.pass(5_000)
    assert.equal(stage.record().traffic.answered, 1)
  })

  test('targets and alarms are noted as they change', async () => {
    const stage = new Stage({ alarm: true })
    await stage.begin()
    const target = { id: '127.0.0.1', port: 80 }
    await stage.loadBalancing.registerTargets(names.blueArn, [target])
    stage.register(target)
    await stage.pass(100)
    stage.loadBalancing.report(names.blueArn, target, { state: 'unhealthy', reason: 'Target.Timeout' })
    putAlarm(stage.store, 'ALARM')
    await stage.pass(100)
    stage.register()
    await stage.end()
    const { targetHealth, alarms } = stage.record()
    assert.deepEqual(
      targetHealth.map(({ targetGroup, target: which, health }) => [targetGroup, which, health?.state ?? 'gone']),
      [
        ['web-blue', '127.0.0.1:80', 'healthy'],
        ['web-blue', '127.0.0.1:80', 'unhealthy'],
        ['web-blue', '127.0.0.1:80', 'gone'],
      ],
    )
    assert.deepEqual(
      alarms.map(({ alarmName, state }) => [alarmName, state]),
      [
        ['too-many-errors', undefined],
        ['too-many-errors', 'ALARM'],
      ],
    )
  })

  test('a deployment nobody watched says so; accounts of the oldest deployments are given up', async () => {
    const stage = new Stage()
    stage.killEngine()
    await stage.begin()
    await stage.end()
    assert.equal(stage.record().traffic.counted, false)
    stage.startEngine()
    for (let count = 0; count < 205; count++) {
      const id = `d-${String(count).padStart(9, '0')}`
      await stage.begin(id)
      stage.request('web-blue', '2xx', 1)
      await stage.end(id)
    }
    assert.equal(stage.store.deploymentWatches.list().length, 200)
    assert.equal(stage.record('d-000000000').traffic.counted, false)
    assert.equal(stage.record('d-000000204').traffic.answered, 1)
    const kept = stage.store.deploymentWatches.list().reduce((sum, { kept: { traffic } }) => sum + traffic.length, 0)
    assert.equal(stage.store.deploymentObservations.list().length, kept)
  })
})

/** A store, a router whose counters a test turns, and an engine of which only the recorder runs. */
class Stage {
  readonly #disk = new MemoryPersistence()
  readonly #clock = new VirtualClock()
  readonly loadBalancing = new MemoryLoadBalancing(this.#clock, [])
  readonly #withAlarm: boolean
  #report: RouterReport = {
    routerId: 'router-1',
    pid: 1,
    tableVersion: 1,
    refusedListeners: [],
    targets: new Map(),
    counts: [],
  }
  #recorder: DeploymentRecorder | undefined
  #reportListeners: (() => void)[] = []
  store = new Store(this.#disk)

  constructor({ alarm = false } = {}) {
    this.#withAlarm = alarm
    furnish(this.store, { desiredCount: 2, now: this.#clock.now() })
    this.shift(0)
    this.startEngine()
  }

  startEngine(): void {
    this.store = new Store(this.#disk)
    this.#reportListeners = []
    this.#recorder = new DeploymentRecorder({
      store: this.store,
      clock: this.#clock,
      loadBalancing: this.loadBalancing,
      router: {
        apply: () => Promise.reject(new Error('the recorder changes nothing')),
        report: () => this.#report,
        onReport: (listener) => this.#reportListeners.push(listener),
      },
      log: { info: () => undefined, warn: (message) => assert.fail(message) },
    })
    this.#recorder.start()
  }

  killEngine(): void {
    void this.#recorder?.stop()
  }

  async begin(id = deploymentId): Promise<void> {
    const deployment = aDeployment({
      deploymentId: id,
      prodListenerArn: names.prodListenerArn,
      createTime: this.#clock.now(),
    })
    const alarmConfiguration = { enabled: true, ignorePollAlarmFailure: false, alarms: [{ name: 'too-many-errors' }] }
    this.store.deployments.put(id, {
      ...deployment,
      status: 'InProgress',
      ...(this.#withAlarm ? { alarmConfiguration } : {}),
    })
    await this.pass(100)
  }

  async end(id = deploymentId): Promise<void> {
    const deployment = this.store.deployments.get(id)
    assert(deployment)
    this.store.deployments.put(id, { ...deployment, status: 'Succeeded', completeTime: this.#clock.now() })
    await this.pass(1_000)
  }

  /** The router reports ten times a second, as it does. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.#clock.now() + milliseconds
    for (let at = this.#clock.now() + 100; at <= until; at += 100) this.#clock.at(at, () => this.#tell())
    this.#clock.at(until, () => undefined)
    await this.#clock.run(() => this.#clock.now() >= until, until)
  }

  #tell(): void {
    for (const listener of this.#reportListeners) listener()
  }

  request(targetGroup: 'web-blue' | 'web-green', outcome: RequestOutcome, count: number): void {
    const targetGroupArn = targetGroup === 'web-blue' ? names.blueArn : names.greenArn
    const counter = { listenerArn: names.prodListenerArn, targetGroupArn, target: '127.0.0.1:80', outcome, count }
    this.#report = { ...this.#report, counts: [...this.#report.counts, counter] }
  }

  replaceRouter(): void {
    this.#report = { ...this.#report, routerId: 'router-2', counts: [] }
  }

  shift(greenPercentage: number): void {
    const listener = this.store.listeners.get(names.prodListenerArn)
    assert(listener)
    const targetGroups = [
      { targetGroupArn: names.blueArn, weight: 100 - greenPercentage },
      { targetGroupArn: names.greenArn, weight: greenPercentage },
    ]
    this.store.listeners.put(names.prodListenerArn, {
      ...listener,
      defaultActions: [{ type: 'forward', targetGroups }],
    })
  }

  register(...targets: readonly { readonly id: string; readonly port: number }[]): void {
    const group = this.store.targetGroups.get(names.blueArn)
    assert(group)
    this.store.targetGroups.put(names.blueArn, { ...group, targets })
  }

  record(id = deploymentId) {
    const record = recordOf({ store: this.store, deployments: { taskSets: () => [] } }, id)
    assert(record)
    return record
  }
}
