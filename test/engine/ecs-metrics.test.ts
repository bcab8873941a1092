import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { arn } from '../../src/domain/identifiers.ts'
import type { TaskUsage } from '../../src/domain/metric-of-ecs.ts'
import { parseStatistic } from '../../src/domain/metric-statistic.ts'
import { Changes } from '../../src/engine/changes.ts'
import { EcsMetrics } from '../../src/engine/ecs-metrics.ts'
import { Metrics } from '../../src/engine/metrics.ts'
import { Store } from '../../src/engine/store.ts'
import { aService, aTask, aTaskDefinition, serviceArn } from '../world/a-service.ts'
import { metricAlarm } from '../world/an-alarm.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

const dimensions = [
  { name: 'ClusterName', value: 'prod' },
  { name: 'ServiceName', value: 'web' },
]

/** Service `web` of a task that reserves a quarter of a processor and 512 MiB, uses half of each, and is asked about. */
class MeasuredWorld {
  readonly clock = new VirtualClock(0)
  readonly store = new Store(new MemoryPersistence())
  readonly metrics: Metrics
  readonly #measured: EcsMetrics
  asked = 0
  usage: (taskId: string) => Promise<TaskUsage | undefined> = () =>
    Promise.resolve({ cpuMilliseconds: this.clock.now() / 8, memoryBytes: 256 * 1_048_576 })

  constructor() {
    const { clock, store } = this
    const settings = { accountId: '000000000000', minuteMilliseconds: 60_000, listenHost: '', endpointUrl: '' }
    const log = { info: () => undefined, warn: (message: string) => assert.fail(message) }
    const changes = new Changes(clock)
    store.onChange(() => changes.notify())
    store.services.put(serviceArn, aService())
    const definition = aTaskDefinition({ cpu: '256', memory: '512' })
    store.taskDefinitions.put(definition.taskDefinitionArn, definition)
    const task = aTask('one')
    store.tasks.put(task.taskArn, task)
    this.metrics = new Metrics({ store, clock, settings, log })
    const runtime = {
      usage: (taskId: string) => {
        this.asked += 1
        return this.usage(taskId)
      },
    }
    const world = { store, clock, changes, settings, log, metrics: this.metrics, runtime }
    this.#measured = new EcsMetrics(world)
    this.#measured.start()
  }

  watch(): void {
    const alarm = metricAlarm({ namespace: 'AWS/ECS', metricName: 'CPUUtilization', dimensions })
    this.store.alarms.put('us-east-1/busy', alarm)
  }

  async pass(milliseconds: number): Promise<void> {
    const time = this.clock.now() + milliseconds
    this.clock.at(time, () => undefined)
    await this.clock.run(() => this.clock.now() >= time)
  }

  average(metricName: string): number | undefined {
    const id = { region: 'us-east-1', namespace: 'AWS/ECS', metricName, dimensions }
    const by = parseStatistic('Average')
    assert(by)
    const [point] = this.metrics.points({ id, from: 0, to: this.clock.now() + 60_000, periodSeconds: 3_600 })
    return point?.summary.statistic(by)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#measured.stop()
  }
}

describe('the metrics of ECS', () => {
  test('say how much of what they reserve the tasks of a watched service use', async () => {
    await using world = new MeasuredWorld()
    world.watch()
    await world.pass(60_000)
    assert.equal(world.average('CPUUtilization'), 50)
    assert.equal(world.average('MemoryUtilization'), 50)
  })

  test('are taken every ten seconds of a minute', async () => {
    await using world = new MeasuredWorld()
    world.watch()
    await world.pass(65_000)
    assert.equal(world.asked, 7)
  })

  test('are not taken of services that nobody watches', async () => {
    await using world = new MeasuredWorld()
    await world.pass(600_000)
    assert.equal(world.asked, 0)
  })

  test('are those of the other tasks when a runtime does not answer for one', async () => {
    await using world = new MeasuredWorld()
    const other = aTask('two', { taskArn: arn.task(aService().clusterArn, 'two') })
    world.store.tasks.put(other.taskArn, other)
    const { usage } = world
    let hangs = 0
    world.usage = (taskId) => {
      if (taskId !== 'two') return usage(taskId)
      hangs += 1
      return new Promise(() => undefined)
    }
    world.watch()
    await world.pass(120_000)
    assert.equal(hangs, 1)
    assert.equal(world.average('CPUUtilization'), 50)
  })

  test('leave out a task that cannot be measured', async () => {
    await using world = new MeasuredWorld()
    world.usage = () => Promise.reject(new Error('it has just ended'))
    world.watch()
    await world.pass(60_000)
    assert.equal(world.average('CPUUtilization'), undefined)
  })
})
