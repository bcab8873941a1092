import { AlarmWatch } from './alarm-watch.ts'
import type { Engine } from './engine.ts'
import { LoadBalancerMetrics } from './load-balancer-metrics.ts'
import { Metrics } from './metrics.ts'

/** Everything of CloudWatch that happens by itself: what the load balancer tells, what is remembered, alarms. */
export class Monitoring {
  readonly metrics: Metrics
  readonly #loadBalancerMetrics: LoadBalancerMetrics
  readonly #alarmWatch: AlarmWatch

  constructor(engine: Pick<Engine, 'store' | 'clock' | 'settings' | 'log' | 'router' | 'changes' | 'loadBalancing'>) {
    this.metrics = new Metrics(engine)
    this.#loadBalancerMetrics = new LoadBalancerMetrics({ ...engine, metrics: this.metrics })
    this.#alarmWatch = new AlarmWatch({ ...engine, metrics: this.metrics })
  }

  /** Alarms go on in the state they were in. */
  start(): void {
    this.metrics.start()
    this.#loadBalancerMetrics.start()
    this.#alarmWatch.start()
  }

  async stop(): Promise<void> {
    await this.#alarmWatch.stop()
    this.#loadBalancerMetrics.stop()
    await this.metrics.stop()
  }
}
