import assert from 'node:assert/strict'
import { serviceMetric } from '../../src/domain/metric-of-ecs.ts'
import { arn } from '../../src/domain/identifiers.ts'
import type { ScalableTarget, ScalingActivity, ScalingPolicy } from '../../src/domain/scaling.ts'
import { AlarmWatch } from '../../src/engine/alarm-watch.ts'
import { Changes } from '../../src/engine/changes.ts'
import { serviceEvents } from '../../src/engine/event-recording.ts'
import { Metrics } from '../../src/engine/metrics.ts'
import { keepTarget, scalingActivitiesOf } from '../../src/engine/scaling-activities.ts'
import { putPolicy, scalingKey } from '../../src/engine/scaling-policies.ts'
import { Scaling } from '../../src/engine/scaling.ts'
import { Store } from '../../src/engine/store.ts'
import { aService, aTask, aTaskSet, serviceArn } from './a-service.ts'
import { MemoryPersistence } from './memory-persistence.ts'
import { SeededChance } from './seeded-chance.ts'
import { VirtualClock } from './virtual-clock.ts'

const place = { region: 'us-east-1', accountId: '000000000000' }
export const resourceId = 'service/prod/web'
/** At the beginning of a minute. */
const beginning = 1_700_000_040_000

/** Service `web` of two tasks, between 1 and 10, in a world whose time jumps. */
export class ScalingWorld {
  readonly clock = new VirtualClock(beginning)
  readonly persistence = new MemoryPersistence()
  readonly chance = new SeededChance(1)
  store = new Store(this.persistence)
  readonly #minuteMilliseconds: number
  #metrics: Metrics | undefined
  #parts: readonly { stop(): Promise<void> }[] = []

  constructor(minuteMilliseconds = 60_000) {
    this.#minuteMilliseconds = minuteMilliseconds
    this.store.services.put(serviceArn, aService())
    this.store.taskSets.put('tasks', aTaskSet())
    this.putTarget({})
    this.run(2)
    this.startEngine()
  }

  startEngine(): void {
    const { clock, chance } = this
    this.store = new Store(this.persistence)
    const { store } = this
    const changes = new Changes(clock)
    store.onChange(() => changes.notify())
    const settings = { accountId: '', minuteMilliseconds: this.#minuteMilliseconds, listenHost: '', endpointUrl: '' }
    const log = { info: () => undefined, warn: (message: string) => assert.fail(message) }
    const parts = { store, clock, chance, changes, settings, log }
    const metrics = new Metrics(parts)
    this.#metrics = metrics
    const running = [metrics, new AlarmWatch({ ...parts, metrics }), new Scaling({ ...parts, metrics })]
    for (const part of running) part.start()
    this.#parts = running
  }

  async stopEngine(): Promise<void> {
    for (const part of this.#parts.toReversed()) await part.stop()
  }

  putTarget(wishes: Partial<ScalableTarget>): void {
    const target = this.#target(wishes)
    this.store.scalableTargets.put(scalingKey(target), target)
  }

  /** As RegisterScalableTarget does it. */
  register(wishes: Partial<ScalableTarget>): void {
    keepTarget(this, this.#target(wishes))
  }

  #target(wishes: Partial<ScalableTarget>): ScalableTarget {
    return {
      scalableTargetArn: arn.scalableTarget(place, '0ec5'),
      region: place.region,
      resourceId,
      serviceArn,
      minCapacity: 1,
      maxCapacity: 10,
      roleArn: 'arn:aws:iam::000000000000:role/scaling',
      suspended: { scaleIn: false, scaleOut: false, scheduled: false },
      createdAt: 0,
      tags: {},
      ...wishes,
    }
  }

  putPolicy(configuration: ScalingPolicy['configuration'], policyName = 'cpu'): ScalingPolicy {
    const policyArn = arn.scalingPolicy(place, '1', resourceId, policyName)
    const known = this.store.scalingPolicies.get(policyArn)
    const policy = { policyArn, policyName, region: place.region, resourceId, createdAt: 0, alarms: [] }
    return putPolicy(this, { ...(known ?? policy), configuration })
  }

  /** From now on so many tasks run. */
  run(count: number): void {
    for (const { taskArn } of this.store.tasks.list()) this.store.tasks.delete(taskArn)
    for (let index = 0; index < count; index++) {
      const task = aTask(`task-${index}`)
      this.store.tasks.put(task.taskArn, task)
    }
  }

  /** So many minutes with so much CPU utilization, each told in its middle; the clock is at the end of the last one. */
  async minutes(count: number, cpuUtilization: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      await this.#wait(this.#minuteMilliseconds / 2)
      this.#metrics?.put(serviceMetric(serviceArn, 'CPUUtilization', this.clock.now(), [cpuUtilization]))
      await this.#wait(this.#minuteMilliseconds / 2)
    }
  }

  /** What alarms and scaling do at the end of a minute. */
  async moment(): Promise<void> {
    await this.#wait(2_000)
  }

  get desiredCount(): number | undefined {
    return this.store.services.get(serviceArn)?.desiredCount
  }

  get activities(): readonly ScalingActivity[] {
    return scalingActivitiesOf(this.store, { region: place.region, resourceId })
  }

  get events(): readonly string[] {
    return serviceEvents(this.store, serviceArn).map(({ message }) => message)
  }

  async #wait(milliseconds: number): Promise<void> {
    const time = this.clock.now() + milliseconds
    this.clock.at(time, () => undefined)
    await this.clock.run(() => this.clock.now() >= time)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopEngine()
  }
}
