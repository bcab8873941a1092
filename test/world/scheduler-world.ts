import { Changes } from '../../src/engine/changes.ts'
import type { NewTaskSet } from '../../src/engine/engine.ts'
import { EcsServiceScheduler } from '../../src/engine/service-scheduler.ts'
import { serviceEvents } from '../../src/engine/event-recording.ts'
import { Store } from '../../src/engine/store.ts'
import type { Service } from '../../src/domain/service.ts'
import type { Task } from '../../src/domain/task.ts'
import { aService, aTargetGroup, aTaskDefinition, aTaskSet, serviceArn, taskSetArn } from './a-service.ts'
import { MemoryLoadBalancing } from './memory-load-balancing.ts'
import { MemoryPersistence } from './memory-persistence.ts'
import { MemoryRuntime } from './memory-runtime.ts'
import { SeededChance } from './seeded-chance.ts'
import { VirtualClock } from './virtual-clock.ts'

/** A service scheduler in a world of memory, which goes on when the scheduler crashes and another takes its place. */
export class SchedulerWorld {
  readonly clock = new VirtualClock()
  readonly disk = new MemoryPersistence()
  readonly runtime = new MemoryRuntime(this.clock)
  readonly loadBalancing = new MemoryLoadBalancing(this.clock, this.runtime.calls)
  readonly chance = new SeededChance(1)
  readonly warnings: string[] = []
  store: Store
  scheduler: EcsServiceScheduler

  constructor(service: Partial<Service> = {}) {
    const store = new Store(this.disk)
    store.targetGroups.put(aTargetGroup().targetGroupArn, aTargetGroup())
    store.taskDefinitions.put(aTaskDefinition().taskDefinitionArn, aTaskDefinition())
    store.services.put(serviceArn, aService(service))
    this.store = store
    this.scheduler = this.begin()
  }

  /** A new engine begins on what is on the disk; the one before must be gone. */
  begin(): EcsServiceScheduler {
    this.store = new Store(this.disk)
    const { store, clock, chance, runtime, loadBalancing } = this
    const changes = new Changes(clock)
    store.onChange(() => changes.notify())
    loadBalancing.onReport = () => changes.notify()
    this.scheduler = new EcsServiceScheduler({
      store,
      clock,
      chance,
      runtime,
      loadBalancing,
      changes,
      settings: {
        accountId: '000000000000',
        minuteMilliseconds: 60_000,
        listenHost: '127.0.0.1',
        endpointUrl: 'http://127.0.0.1:4566',
      },
      log: { info: () => undefined, warn: (message) => this.warnings.push(message) },
    })
    this.scheduler.start()
    return this.scheduler
  }

  createTaskSet(wishes: Partial<NewTaskSet> = {}): void {
    const { taskSetId, taskDefinition, loadBalancers, launchType } = aTaskSet()
    this.scheduler.createTaskSet({
      taskSetId,
      serviceArn,
      taskDefinition,
      loadBalancers,
      launchType,
      scalePercent: 100,
      status: 'PRIMARY',
      ...wishes,
    })
  }

  /** Goes on until it is so; an error if it does not come to be within so much of the world's time. */
  async until(isSo: () => boolean, withinSeconds = 300): Promise<void> {
    if (await this.clock.run(isSo, this.clock.now() + withinSeconds * 1000)) return
    throw new Error(`It did not come to be that ${isSo.toString()}\n${this.events.join('\n')}`)
  }

  async pass(seconds: number): Promise<void> {
    let isOver = false
    this.clock.at(this.clock.now() + seconds * 1000, () => {
      isOver = true
    })
    await this.clock.run(() => isOver)
  }

  isSteady(): boolean {
    return this.store.taskSets.get(taskSetArn)?.stabilityStatus === 'STEADY_STATE'
  }

  async steady(withinSeconds?: number): Promise<void> {
    await this.until(() => this.isSteady(), withinSeconds)
  }

  get tasks(): readonly Task[] {
    return this.store.tasks.list()
  }

  withStatus(lastStatus: Task['lastStatus']): readonly Task[] {
    return this.tasks.filter((task) => task.lastStatus === lastStatus)
  }

  /** The service's events, oldest first. */
  get events(): readonly string[] {
    return serviceEvents(this.store, serviceArn)
      .map(({ message }) => message)
      .toReversed()
  }
}
