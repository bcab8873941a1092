import { parseArn } from '../domain/identifiers.ts'
import type { TargetGroup } from '../domain/load-balancer.ts'
import type { MetricId } from '../domain/metric.ts'
import { loadBalancerNamespace, targetGroupDimensions } from '../domain/metric-of-traffic.ts'
import { startOfPeriod } from '../domain/metric-period.ts'
import { targetGroupsOfAction } from '../domain/routing-table-of.ts'
import type { LoadBalancing } from './engine.ts'
import type { Metrics } from './metrics.ts'
import type { EngineSettings } from './ports.ts'
import type { Store } from './store.ts'

/** Which target groups are used at all is found again at most so often. */
const lookMilliseconds = 500
/** The part of a minute in which all groups have their turn; what is left is for an engine that was held up. */
const turnsOver = 0.9
/** So many groups are told of at a time; the others a moment later. */
const mostAtOnce = 200

/**
 * What the load balancer tells CloudWatch of targets: how many of each group are healthy. It is told when it changes, and
 * once in every minute in which it does not; each group has its turn at a moment of its own, so that thousands at rest
 * hold nothing up.
 */
export class HostCounts {
  readonly #store: Store
  readonly #loadBalancing: Pick<LoadBalancing, 'health'>
  readonly #metrics: Pick<Metrics, 'put'>
  readonly #minuteMilliseconds: number
  readonly #lookMilliseconds: number
  /** By ARN, all that a load balancer sends requests to. */
  readonly #groups = new Map<string, Group>()
  /** The same, in the order of their turns. */
  #turns: readonly Group[] = []
  #nextTurn = 0
  #minute = Number.NEGATIVE_INFINITY
  /** By ARN, those that something has changed about. */
  readonly #changed = new Set<string>()
  #isUseKnown = false
  #usedSeenAt = Number.NEGATIVE_INFINITY

  constructor(world: {
    readonly store: Store
    readonly loadBalancing: Pick<LoadBalancing, 'health' | 'onHealthChange'>
    readonly metrics: Pick<Metrics, 'put'>
    readonly settings: Pick<EngineSettings, 'minuteMilliseconds'>
  }) {
    this.#store = world.store
    this.#loadBalancing = world.loadBalancing
    this.#metrics = world.metrics
    this.#minuteMilliseconds = world.settings.minuteMilliseconds
    this.#lookMilliseconds = Math.min(lookMilliseconds, this.#minuteMilliseconds / 2)
    world.loadBalancing.onHealthChange((arns) => {
      for (const targetGroupArn of arns) this.#changed.add(targetGroupArn)
    })
    world.store.onChange((changes) => {
      for (const { kind, key } of changes) {
        if (kind === 'targetGroups') this.#changed.add(key)
        if (kind === 'listeners' || kind === 'rules') this.#isUseKnown = false
      }
    })
  }

  /** To be called again and again. */
  tell(now: number): void {
    if (!this.#isUseKnown && now - this.#usedSeenAt >= this.#lookMilliseconds) this.#findUsed(now)
    this.#tellChanged(now)
    this.#takeTurns(now)
  }

  #tellChanged(now: number): void {
    let room = mostAtOnce
    for (const targetGroupArn of this.#changed) {
      if (room === 0) return
      this.#changed.delete(targetGroupArn)
      const group = this.#groups.get(targetGroupArn)
      if (group === undefined) continue
      room -= 1
      const counted = this.#count(group)
      if (counted !== undefined && counted.text !== group.text) this.#put(group, counted, now)
    }
  }

  #takeTurns(now: number): void {
    const minute = startOfPeriod(now, this.#minuteMilliseconds)
    if (minute !== this.#minute) {
      // Whoever had no turn in the last minute, because the engine was held up, has it now.
      this.#takeTurnsUntil(this.#turns.length, { minute: this.#minute, timestamp: minute - 1 })
      this.#minute = minute
      this.#nextTurn = 0
    }
    const passed = Math.min(1, (now - minute) / (this.#minuteMilliseconds * turnsOver))
    const due = Math.min(Math.ceil(this.#turns.length * passed), this.#nextTurn + mostAtOnce)
    this.#takeTurnsUntil(due, { minute, timestamp: now })
  }

  #takeTurnsUntil(due: number, { minute, timestamp }: { readonly minute: number; readonly timestamp: number }): void {
    for (; this.#nextTurn < due; this.#nextTurn += 1) {
      const group = this.#turns[this.#nextTurn]
      if (group === undefined || group.toldAt >= minute) continue
      const counted = this.#count(group)
      if (counted !== undefined) this.#put(group, counted, timestamp)
    }
  }

  /** Undefined for a group without targets: nothing is told of it. */
  #count({ targetGroupArn }: Group): Counted | undefined {
    const group = this.#store.targetGroups.get(targetGroupArn)
    if (group === undefined || group.targets.length === 0) return undefined
    const states = group.targets.map((target) => this.#loadBalancing.health(targetGroupArn, target).state)
    const healthy = states.filter((state) => state === 'healthy').length
    const unhealthy = states.filter((state) => state === 'unhealthy').length
    const isRouted = healthy >= minimumHealthyTargets(group)
    return { text: `${healthy} ${unhealthy} ${String(isRouted)}`, healthy, unhealthy, isRouted }
  }

  #put(group: Group, { text, healthy, unhealthy, isRouted }: Counted, timestamp: number): void {
    group.text = text
    group.toldAt = timestamp
    const put = (id: MetricId, value: number): void => {
      const samples = { kind: 'values' as const, values: [{ value, count: 1 }] }
      this.#metrics.put({ id, unit: 'Count', timestamp, samples })
    }
    const { ids } = group
    put(ids.healthyHosts, healthy)
    put(ids.unhealthyHosts, unhealthy)
    // Of the one zone that there is.
    put(ids.healthyRouting, isRouted ? 1 : 0)
    put(ids.unhealthyRouting, isRouted ? 0 : 1)
    // Its sum stays what the requests make of it; without any, it is the one count that is reported as 0.
    put(ids.requestsPerTarget, 0)
  }

  /** Each target group that a load balancer sends requests to, and a listener of that one. */
  #findUsed(now: number): void {
    const used = new Map<string, string>()
    const { listeners, rules } = this.#store
    for (const { listenerArn, defaultActions } of listeners.list()) {
      for (const arn of defaultActions.flatMap(targetGroupsOfAction)) used.set(arn, listenerArn)
    }
    for (const { listenerArn, actions } of rules.list()) {
      for (const arn of actions.flatMap(targetGroupsOfAction)) used.set(arn, listenerArn)
    }
    for (const targetGroupArn of this.#groups.keys()) if (!used.has(targetGroupArn)) this.#groups.delete(targetGroupArn)
    for (const [targetGroupArn, listenerArn] of used) {
      if (this.#groups.get(targetGroupArn)?.listenerArn === listenerArn) continue
      this.#groups.set(targetGroupArn, newGroup(listenerArn, targetGroupArn))
      this.#changed.add(targetGroupArn)
    }
    this.#turns = [...this.#groups.values()]
    this.#nextTurn = 0
    this.#isUseKnown = true
    this.#usedSeenAt = now
  }
}

type Group = {
  readonly listenerArn: string
  readonly targetGroupArn: string
  readonly ids: ReturnType<typeof metricsOf>
  /** What was told last, and of when. */
  text: string
  toldAt: number
}

type Counted = {
  readonly text: string
  readonly healthy: number
  readonly unhealthy: number
  readonly isRouted: boolean
}

function newGroup(listenerArn: string, targetGroupArn: string): Group {
  const ids = metricsOf(listenerArn, targetGroupArn)
  return { listenerArn, targetGroupArn, ids, text: '', toldAt: Number.NEGATIVE_INFINITY }
}

function metricsOf(listenerArn: string, targetGroupArn: string) {
  const region = parseArn(targetGroupArn)?.region ?? ''
  const dimensions = targetGroupDimensions(listenerArn, targetGroupArn)
  const id = (metricName: string): MetricId => ({ region, namespace: loadBalancerNamespace, metricName, dimensions })
  return {
    healthyHosts: id('HealthyHostCount'),
    unhealthyHosts: id('UnHealthyHostCount'),
    healthyRouting: id('HealthyStateRouting'),
    unhealthyRouting: id('UnhealthyStateRouting'),
    requestsPerTarget: id('RequestCountPerTarget'),
  }
}

/** As many as must be healthy for requests to go to healthy ones alone. The router counts none that drain either. */
function minimumHealthyTargets({ attributes, targets }: TargetGroup): number {
  const prefix = 'target_group_health.unhealthy_state_routing.minimum_healthy_targets'
  const percentage = Number(attributes[`${prefix}.percentage`])
  const registered = targets.filter(({ draining }) => draining === undefined).length
  const ofPercentage = Number.isNaN(percentage) ? 0 : Math.ceil((registered * percentage) / 100)
  return Math.max(Number(attributes[`${prefix}.count`] ?? 1), ofPercentage)
}
