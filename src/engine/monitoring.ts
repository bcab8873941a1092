import { AlarmWatch } from './alarm-watch.ts'
import { EcsMetrics } from './ecs-metrics.ts'
import type { Engine } from './engine.ts'
import { LoadBalancerMetrics } from './load-balancer-metrics.ts'
import { Metrics } from './metrics.ts'
import type { TaskRuntime } from './ports.ts'
import { Scaling } from './scaling.ts'

/**
 * Everything of CloudWatch that happens by itself: what the load balancer and the tasks tell, what is remembered, alarms;
 * and Application Auto Scaling, which acts on the alarms.
 */
export class Monitoring {
  readonly metrics: Metrics
  readonly #loadBalancerMetrics: LoadBalancerMetrics
  readonly #ecsMetrics: EcsMetrics
  readonly #alarmWatch: AlarmWatch
  readonly #scaling: Scaling

  constructor(
    engine: Pick<Engine, 'store' | 'clock' | 'chance' | 'settings' | 'log' | 'router' | 'changes' | 'loadBalancing'> & {
      /** Without one, nothing is measured of tasks. */
      readonly runtime?: Pick<TaskRuntime, 'usage'>
    },
  ) {
    this.metrics = new Metrics(engine)
    const world = { ...engine, metrics: this.metrics }
    this.#loadBalancerMetrics = new LoadBalancerMetrics(world)
    this.#ecsMetrics = new EcsMetrics({ ...world, runtime: engine.runtime ?? {} })
    this.#alarmWatch = new AlarmWatch(world)
    this.#scaling = new Scaling(world)
  }

  /** Alarms go on in the state they were in. */
  start(): void {
    this.metrics.start()
    this.#loadBalancerMetrics.start()
    this.#ecsMetrics.start()
    this.#alarmWatch.start()
    this.#scaling.start()
  }

  async stop(): Promise<void> {
    await this.#scaling.stop()
    await this.#alarmWatch.stop()
    await this.#ecsMetrics.stop()
    this.#loadBalancerMetrics.stop()
    await this.metrics.stop()
  }
}
