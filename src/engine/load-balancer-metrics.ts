import {
  loadBalancerNamespace,
  noTraffic,
  targetGroupDimensions,
  trafficCounts,
  trafficMetrics,
  trafficSince,
  type TrafficCounts,
} from '../domain/metric-of-traffic.ts'
import { ConnectionPeaks } from '../domain/connection-peaks.ts'
import { parseArn } from '../domain/identifiers.ts'
import type { TargetGroup } from '../domain/load-balancer.ts'
import type { RouterReport } from '../domain/router-report.ts'
import { targetGroupsOfAction } from '../domain/routing-table-of.ts'
import type { LoadBalancing } from './engine.ts'
import type { Metrics } from './metrics.ts'
import type { Clock, EngineSettings, Router } from './ports.ts'
import type { Store } from './store.ts'

/** Hosts are looked at so often in a minute at least; of a long minute, twice a second. */
const hostCountsAMinute = 3
const hostLookMilliseconds = 500
/** So many routers are remembered, those that are gone among them. */
const mostRouters = 64

/**
 * What the load balancer tells CloudWatch in the namespace `AWS/ApplicationELB`: requests and response times from the
 * router's counters, as they come in, and how many targets are healthy. Nothing is told of availability zones: there is
 * one. Without requests there are no counts, as on AWS, so an alarm on them sees missing data and no zeros.
 */
export class LoadBalancerMetrics {
  readonly #store: Store
  readonly #clock: Clock
  readonly #router: Router
  readonly #loadBalancing: LoadBalancing
  readonly #metrics: Metrics
  readonly #hostCountMilliseconds: number
  /** By router, what it had counted when it was last asked; undefined before the first report. */
  #seen: ReadonlyMap<string, TrafficCounts> | undefined
  readonly #connections: ConnectionPeaks
  readonly #hostCounts = new Map<string, { readonly text: string; readonly at: number }>()
  #hostsSeenAt = Number.NEGATIVE_INFINITY
  #report: RouterReport | undefined
  /** What follows from everything, until something changes that it follows from. */
  readonly #hosts = new Map<string, Hosts>()
  #used: ReadonlyMap<string, string> | undefined
  #isRunning = false

  constructor(world: {
    readonly store: Store
    readonly clock: Clock
    readonly router: Router
    readonly loadBalancing: LoadBalancing
    readonly metrics: Metrics
    readonly settings: EngineSettings
  }) {
    this.#store = world.store
    this.#clock = world.clock
    this.#router = world.router
    this.#loadBalancing = world.loadBalancing
    this.#metrics = world.metrics
    const { minuteMilliseconds } = world.settings
    this.#connections = new ConnectionPeaks(minuteMilliseconds)
    this.#hostCountMilliseconds = Math.max(
      minuteMilliseconds / hostCountsAMinute,
      Math.min(hostLookMilliseconds, minuteMilliseconds / 2),
    )
    world.router.onReport(() => this.#take())
    world.loadBalancing.onHealthChange((arns) => {
      for (const targetGroupArn of arns) this.#hosts.delete(targetGroupArn)
    })
    world.store.onChange((changes) => {
      for (const { kind, key } of changes) {
        if (kind === 'targetGroups') this.#hosts.delete(key)
        if (kind === 'listeners' || kind === 'rules') this.#used = undefined
      }
    })
  }

  start(): void {
    this.#isRunning = true
    this.#take()
  }

  /** What is counted from now on is told by the next engine only if the router is a new one. */
  stop(): void {
    this.#isRunning = false
  }

  #take(): void {
    const report = this.#router.report()
    if (!this.#isRunning || report === undefined) return
    const now = this.#clock.now()
    if (report !== this.#report) this.#takeTraffic(report, now)
    this.#report = report
    for (const datum of this.#connections.take(report.listeners ?? [], now)) this.#metrics.put(datum)
    this.#countHosts(now)
  }

  #takeTraffic(report: RouterReport, now: number): void {
    const healthyTargets = (arn: string): number => this.#loadBalancing.healthyTargetCount(arn)
    const seen = new Map(this.#seen)
    for (const { routerId, ...counters } of report.routers ?? [report]) {
      const counts = trafficCounts(counters)
      // What routers have counted before this engine knew any belongs to minutes that are over.
      const before = this.#seen === undefined ? counts : (this.#seen.get(routerId) ?? noTraffic)
      for (const datum of trafficMetrics(trafficSince(before, counts), now, healthyTargets)) this.#metrics.put(datum)
      // The last one is the newest: one that does not answer for a moment must not count from zero when it does again.
      seen.delete(routerId)
      seen.set(routerId, counts)
    }
    this.#seen = new Map([...seen].slice(-mostRouters))
  }

  /** Their numbers are told whenever they change, and now and then while they do not. */
  #countHosts(now: number): void {
    if (now - this.#hostsSeenAt < Math.min(hostLookMilliseconds, this.#hostCountMilliseconds)) return
    this.#hostsSeenAt = now
    const used = this.#used ?? this.#usedTargetGroups()
    this.#used = used
    for (const [targetGroupArn, listenerArn] of used) {
      const group = this.#store.targetGroups.get(targetGroupArn)
      if (group === undefined || group.targets.length === 0) continue
      const { healthy, unhealthy } = this.#hostsOf(group)
      const text = `${healthy} ${unhealthy}`
      const last = this.#hostCounts.get(targetGroupArn)
      if (last?.text === text && now - last.at < this.#hostCountMilliseconds) continue
      this.#hostCounts.set(targetGroupArn, { text, at: now })
      this.#put('HealthyHostCount', { listenerArn, targetGroupArn, now, value: healthy })
      this.#put('UnHealthyHostCount', { listenerArn, targetGroupArn, now, value: unhealthy })
      // Of the one zone that there is.
      const isRoutedHealthy = healthy >= minimumHealthyTargets(group)
      this.#put('HealthyStateRouting', { listenerArn, targetGroupArn, now, value: isRoutedHealthy ? 1 : 0 })
      this.#put('UnhealthyStateRouting', { listenerArn, targetGroupArn, now, value: isRoutedHealthy ? 0 : 1 })
      // Its sum stays what the requests make of it; without any, it is the one count that is reported as 0.
      this.#put('RequestCountPerTarget', { listenerArn, targetGroupArn, now, value: 0 })
    }
  }

  #hostsOf({ targetGroupArn, targets }: TargetGroup): Hosts {
    const known = this.#hosts.get(targetGroupArn)
    if (known !== undefined) return known
    const states = targets.map((target) => this.#loadBalancing.health(targetGroupArn, target).state)
    const hosts = {
      healthy: states.filter((state) => state === 'healthy').length,
      unhealthy: states.filter((state) => state === 'unhealthy').length,
    }
    this.#hosts.set(targetGroupArn, hosts)
    return hosts
  }

  #put(
    metricName: string,
    where: {
      readonly listenerArn: string
      readonly targetGroupArn: string
      readonly now: number
      readonly value: number
    },
  ): void {
    const { listenerArn, targetGroupArn, now, value } = where
    const region = parseArn(targetGroupArn)?.region ?? ''
    const dimensions = targetGroupDimensions(listenerArn, targetGroupArn)
    this.#metrics.put({
      id: { region, namespace: loadBalancerNamespace, metricName, dimensions },
      unit: 'Count',
      timestamp: now,
      samples: { kind: 'values', values: [{ value, count: 1 }] },
    })
  }

  /** Each target group that a load balancer sends requests to, and a listener of that one. */
  #usedTargetGroups(): ReadonlyMap<string, string> {
    const used = new Map<string, string>()
    const { listeners, rules } = this.#store
    for (const { listenerArn, defaultActions } of listeners.list()) {
      for (const arn of defaultActions.flatMap(targetGroupsOfAction)) used.set(arn, listenerArn)
    }
    for (const { listenerArn, actions } of rules.list()) {
      for (const arn of actions.flatMap(targetGroupsOfAction)) used.set(arn, listenerArn)
    }
    return used
  }
}

/** As many as must be healthy for requests to go to healthy ones alone. */
function minimumHealthyTargets({ attributes, targets }: TargetGroup): number {
  const prefix = 'target_group_health.unhealthy_state_routing.minimum_healthy_targets'
  const percentage = Number(attributes[`${prefix}.percentage`])
  const ofPercentage = Number.isNaN(percentage) ? 0 : Math.ceil((targets.length * percentage) / 100)
  return Math.max(Number(attributes[`${prefix}.count`] ?? 1), ofPercentage)
}
type Hosts = { readonly healthy: number; readonly unhealthy: number }
