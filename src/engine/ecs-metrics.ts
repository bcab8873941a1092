import type { MetricAlarm } from '../domain/alarm.ts'
import { arn } from '../domain/identifiers.ts'
import { cpuPercent, ecsNamespace, reservationOf, serviceMetric } from '../domain/metric-of-ecs.ts'
import type { TaskUsage } from '../domain/metric-of-ecs.ts'
import type { ScalableTarget } from '../domain/scaling.ts'
import type { Service } from '../domain/service.ts'
import type { Task } from '../domain/task.ts'
import type { Changes } from './changes.ts'
import type { Metrics } from './metrics.ts'
import type { Clock, EngineSettings, Log, TaskRuntime } from './ports.ts'
import type { Store } from './store.ts'

/** Tasks are looked at so often in a minute, but not more often than this. */
const looksAMinute = 6
const leastMilliseconds = 200
/** So many tasks are asked about at once. */
const mostAtOnce = 16

type Look = { readonly at: number; readonly usage: TaskUsage }

/**
 * What ECS tells CloudWatch in the namespace `AWS/ECS`: how much of the reserved CPU and memory the tasks of a service use,
 * as their runtime measures it. Only services that somebody watches are looked at: those with a scalable target, and those
 * with an alarm on such a metric. Without any, nothing is done.
 */
export class EcsMetrics {
  readonly #world: EcsMetricsWorld
  readonly #stopped = new AbortController()
  #running: Promise<void> | undefined
  /** By task id, of the tasks that were looked at last. */
  #looks = new Map<string, Look>()
  /** Tasks whose runtime has not answered yet: it is not asked again before it does. */
  readonly #asked = new Set<string>()
  #watched: Watched | undefined

  constructor(world: EcsMetricsWorld) {
    this.#world = world
  }

  start(): void {
    if (this.#world.runtime.usage !== undefined) this.#running = this.#watch()
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('Tasks are not measured any more'))
    await this.#running
  }

  async #watch(): Promise<void> {
    const { changes, clock, log, settings } = this.#world
    const { signal } = this.#stopped
    const period = Math.max(settings.minuteMilliseconds / looksAMinute, leastMilliseconds)
    while (!signal.aborted) {
      try {
        await changes.until(() => (this.#watchedServices().length > 0 ? true : undefined), { signal })
        await Promise.race([this.#look(), clock.sleep(period, signal)])
        await clock.sleep(period, signal)
      } catch (error) {
        if (signal.aborted) return
        log.warn(`What tasks use is not measured until this succeeds: ${String(error)}`)
        await clock.sleep(Math.max(period, 1000), signal).catch(() => undefined)
      }
    }
  }

  async #look(): Promise<void> {
    const services = this.#watchedServices()
    const tasks = services.flatMap((service) => this.#runningTasks(service))
    const looks = new Map<string, Look>()
    for (let first = 0; first < tasks.length; first += mostAtOnce) {
      await Promise.all(tasks.slice(first, first + mostAtOnce).map((task) => this.#ask(task, looks)))
    }
    if (this.#stopped.signal.aborted) return
    for (const service of services) this.#tell(service, looks)
    this.#looks = looks
  }

  /** A task that has just ended, or that a runtime cannot measure, is left out. */
  async #ask({ taskId }: Task, looks: Map<string, Look>): Promise<void> {
    const { runtime, clock } = this.#world
    if (this.#asked.has(taskId)) return
    this.#asked.add(taskId)
    try {
      const usage = await runtime.usage?.(taskId)
      if (usage !== undefined) looks.set(taskId, { at: clock.now(), usage })
    } catch {
      // The next look asks again.
    } finally {
      this.#asked.delete(taskId)
    }
  }

  #tell(service: Service, looks: ReadonlyMap<string, Look>): void {
    const { metrics, clock } = this.#world
    const [cpu, memory]: [number[], number[]] = [[], []]
    for (const task of this.#runningTasks(service)) {
      const percents = this.#percents(task, looks.get(task.taskId))
      if (percents.cpu !== undefined) cpu.push(percents.cpu)
      if (percents.memory !== undefined) memory.push(percents.memory)
    }
    const now = clock.now()
    metrics.put(serviceMetric(service.serviceArn, 'CPUUtilization', now, cpu))
    metrics.put(serviceMetric(service.serviceArn, 'MemoryUtilization', now, memory))
  }

  #percents(
    task: Task,
    look: Look | undefined,
  ): { readonly cpu?: number | undefined; readonly memory?: number | undefined } {
    const definition = this.#world.store.taskDefinitions.get(task.taskDefinitionArn)
    if (look === undefined || definition === undefined) return {}
    const { processors, memoryBytes } = reservationOf(definition)
    const before = this.#looks.get(task.taskId)
    return {
      cpu: before === undefined || processors === undefined ? undefined : cpuPercent(before, look, processors),
      memory: memoryBytes === undefined ? undefined : (look.usage.memoryBytes / memoryBytes) * 100,
    }
  }

  #runningTasks({ serviceArn }: Service): readonly Task[] {
    return this.#world.store.tasks.ofService(serviceArn).filter(({ lastStatus }) => lastStatus === 'RUNNING')
  }

  #watchedServices(): readonly Service[] {
    return this.#watchedArns().flatMap((serviceArn) => {
      const service = this.#world.store.services.get(serviceArn)
      return service?.status === 'ACTIVE' ? [service] : []
    })
  }

  /** Found again only when something changes that they follow from. */
  #watchedArns(): readonly string[] {
    const { store, settings } = this.#world
    const [targets, alarms] = [store.scalableTargets.list(), store.alarms.list()]
    if (this.#watched?.targets === targets && this.#watched.alarms === alarms) return this.#watched.serviceArns
    const watched = alarms.flatMap((alarm) => serviceOfAlarm(alarm, settings.accountId))
    const serviceArns = [...new Set([...targets.map(({ serviceArn }) => serviceArn), ...watched])]
    this.#watched = { targets, alarms, serviceArns }
    return serviceArns
  }
}

export type EcsMetricsWorld = {
  readonly store: Store
  readonly clock: Clock
  readonly changes: Changes
  readonly metrics: Metrics
  readonly settings: EngineSettings
  readonly log: Log
  readonly runtime: Pick<TaskRuntime, 'usage'>
}

type Watched = {
  readonly targets: readonly ScalableTarget[]
  readonly alarms: readonly MetricAlarm[]
  readonly serviceArns: readonly string[]
}

function serviceOfAlarm({ region, settings }: MetricAlarm, accountId: string): readonly string[] {
  if (settings.namespace !== ecsNamespace) return []
  const value = (name: string): string => settings.dimensions.find((each) => each.name === name)?.value ?? ''
  return [arn.service(arn.cluster({ region, accountId }, value('ClusterName')), value('ServiceName'))]
}
