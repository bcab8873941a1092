import {
  noTraffic,
  trafficCounts,
  trafficMetrics,
  trafficSince,
  type TrafficCounts,
} from '../domain/metric-of-traffic.ts'
import { ConnectionPeaks } from '../domain/connection-peaks.ts'
import type { RouterReport } from '../domain/router-report.ts'
import type { LoadBalancing } from './engine.ts'
import { HostCounts } from './host-counts.ts'
import type { Metrics } from './metrics.ts'
import type { Clock, EngineSettings, Router } from './ports.ts'
import type { Store } from './store.ts'

/** So many routers are remembered, those that are gone among them. */
const mostRouters = 64

/**
 * What the load balancer tells CloudWatch in the namespace `AWS/ApplicationELB`: requests and response times from the
 * router's counters, as they come in, and how many targets are healthy. Nothing is told of availability zones: there is
 * one. Without requests there are no counts, as on AWS, so an alarm on them sees missing data and no zeros.
 */
export class LoadBalancerMetrics {
  readonly #clock: Clock
  readonly #router: Router
  readonly #loadBalancing: LoadBalancing
  readonly #metrics: Metrics
  /** By router, what it had counted when it was last asked; undefined before the first report. */
  #seen: ReadonlyMap<string, TrafficCounts> | undefined
  readonly #connections: ConnectionPeaks
  readonly #hostCounts: HostCounts
  #report: RouterReport | undefined
  #isRunning = false

  constructor(world: {
    readonly store: Store
    readonly clock: Clock
    readonly router: Router
    readonly loadBalancing: LoadBalancing
    readonly metrics: Metrics
    readonly settings: EngineSettings
  }) {
    this.#clock = world.clock
    this.#router = world.router
    this.#loadBalancing = world.loadBalancing
    this.#metrics = world.metrics
    this.#connections = new ConnectionPeaks(world.settings.minuteMilliseconds)
    this.#hostCounts = new HostCounts(world)
    world.router.onReport(() => this.#take())
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
    this.#hostCounts.tell(now)
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
}
