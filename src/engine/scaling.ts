import type { MetricAlarm } from '../domain/alarm.ts'
import { evaluationStep, periodMilliseconds, startOfPeriod } from '../domain/metric-period.ts'
import { parseStatistic } from '../domain/metric-statistic.ts'
import { decideScaling } from '../domain/scaling-decision.ts'
import type { ScalingDecision, Trigger } from '../domain/scaling-decision.ts'
import type { ScalableTarget, ScalingActivities, ScalingPolicy } from '../domain/scaling.ts'
import { alarmKey } from './alarm-changes.ts'
import type { Service } from '../domain/service.ts'
import type { Changes } from './changes.ts'
import type { Metrics } from './metrics.ts'
import type { Chance, Clock, EngineSettings, Log } from './ports.ts'
import { activityInProgress, isSettled, recordNotScaled, scaleService, settleActivity } from './scaling-activities.ts'
import { deregisterTarget, policiesOf, scalingKey } from './scaling-policies.ts'
import type { Store } from './store.ts'
import { Trouble } from './trouble.ts'

/** A while after the alarms have been evaluated: not before them, and not so late that it is the next minute. */
const afterAlarmsMilliseconds = 1_500

export type ScalingWorld = {
  readonly store: Store
  readonly clock: Clock
  readonly chance: Chance
  readonly changes: Changes
  readonly metrics: Metrics
  readonly settings: EngineSettings
  readonly log: Log
}

type FiringAlarms = {
  readonly alarms: readonly MetricAlarm[]
  readonly policies: readonly ScalingPolicy[]
  readonly firing: ReadonlyMap<string, readonly MetricAlarm[]>
}

/**
 * Application Auto Scaling at work: an alarm that goes to ALARM triggers the policies among its actions, and again every
 * minute for as long as it stays there, as CloudWatch does it. It sleeps while there are no policies, and looks only at
 * alarms that fire and at changes that are not fulfilled yet. What was done is in the store, so the next engine goes on with it.
 */
export class Scaling {
  readonly #world: ScalingWorld
  readonly #stopped = new AbortController()
  readonly #trouble: Trouble
  #running: Promise<void> | undefined
  /** The list changes with any alarm: while it is the same, none has to be looked at. */
  #seenAlarms: readonly MetricAlarm[] | undefined
  #found: FiringAlarms | undefined
  /** When each firing alarm came into its state, as seen last. */
  #firingSince: ReadonlyMap<string, number> = new Map()
  /** Targets with a change that is not fulfilled; looked for again when anything was scaled, by whomever. */
  #unfulfilled = new Set<string>()
  #seenActivities: readonly ScalingActivities[] | undefined
  /** The minute in which a target was scaled last, or found to need nothing. */
  readonly #lastMinutes = new Map<string, number>()

  constructor(world: ScalingWorld) {
    this.#world = world
    this.#trouble = new Trouble(world.clock, world.log)
  }

  start(): void {
    this.#running = this.#watch()
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new Error('Nothing is scaled any more'))
    await this.#running
  }

  async #watch(): Promise<void> {
    const { changes, clock } = this.#world
    const { signal } = this.#stopped
    // What was firing before is news to nobody: it is looked at with the next minute.
    this.#newlyFired()
    while (!signal.aborted) {
      try {
        await changes.until(() => this.#isNeeded(), { signal })
        const deadline = Math.min(this.#nextLook(clock.now()), this.#trouble.nextRetryAt())
        const news = await changes.until(() => this.#news(), { deadline, signal })
        if (news === undefined) this.#lookAtAll()
        for (const key of news?.settled ?? []) this.#tried(key, (target) => this.#settle(target))
        for (const key of news?.fired ?? []) this.#tried(key, (target) => this.#scale(target))
      } catch (error) {
        if (!signal.aborted) throw error
      }
    }
  }

  /** Without policies only what has been begun is brought to its end. */
  #isNeeded(): true | undefined {
    const { store } = this.#world
    return store.scalingPolicies.list().length > 0 || this.#unfulfilledTargets().size > 0 ? true : undefined
  }

  #nextLook(now: number): number {
    const { minuteMilliseconds } = this.#world.settings
    const delay = Math.min(afterAlarmsMilliseconds, minuteMilliseconds / 2)
    return startOfPeriod(now - delay, minuteMilliseconds) + minuteMilliseconds + delay
  }

  /** Targets that have come to their desired count, and those whose alarms have just begun to fire. */
  #news(): { readonly settled: readonly string[]; readonly fired: ReadonlySet<string> } | undefined {
    const settled = [...this.#unfulfilledTargets()].filter((key) => this.#isSettled(key))
    const fired = this.#newlyFired()
    return settled.length + fired.size > 0 ? { settled, fired } : undefined
  }

  #newlyFired(): ReadonlySet<string> {
    const alarms = this.#world.store.alarms.list()
    if (alarms === this.#seenAlarms) return new Set()
    this.#seenAlarms = alarms
    const before = this.#firingSince
    const isFresh = (alarm: MetricAlarm): boolean => before.get(alarmKey(alarm)) !== alarm.stateUpdatedAt
    const firing = this.#firing()
    this.#firingSince = new Map([...firing.values()].flat().map((alarm) => [alarmKey(alarm), alarm.stateUpdatedAt]))
    return new Set([...firing].flatMap(([key, ofTarget]) => (ofTarget.some(isFresh) ? [key] : [])))
  }

  /** Once a minute: whatever is still firing, and targets whose service is gone. */
  #lookAtAll(): void {
    const { store, clock, settings } = this.#world
    const minute = startOfPeriod(clock.now(), settings.minuteMilliseconds)
    for (const key of this.#firing().keys()) {
      if (this.#lastMinutes.get(key) !== minute) this.#tried(key, (target) => this.#scale(target))
    }
    for (const target of store.scalableTargets.list()) {
      if (this.#isGone(target)) this.#tried(scalingKey(target), () => this.#deregister(target))
    }
  }

  /** One target's trouble is not another's, and is tried again. */
  #tried(key: string, work: (target: ScalableTarget) => void): void {
    const target = this.#world.store.scalableTargets.get(key)
    if (target === undefined) {
      this.#unfulfilledTargets().delete(key)
      return
    }
    try {
      work(target)
      this.#trouble.worked(key)
    } catch (error) {
      this.#trouble.failed(key, error)
    }
  }

  #settle(target: ScalableTarget): void {
    const { store } = this.#world
    settleActivity(this.#world, target, store.services.get(target.serviceArn))
  }

  #deregister(target: ScalableTarget): void {
    this.#settle(target)
    deregisterTarget(this.#world, target)
    this.#lastMinutes.delete(scalingKey(target))
  }

  #scale(target: ScalableTarget): void {
    const { store, clock, settings } = this.#world
    this.#settle(target)
    const current = store.scalableTargets.get(scalingKey(target)) ?? target
    const service = store.services.get(target.serviceArn)
    if (service?.status !== 'ACTIVE') return
    const now = clock.now()
    this.#carryOut(this.#decide(current, service.desiredCount, now), current, service)
    this.#lastMinutes.set(scalingKey(target), startOfPeriod(now, settings.minuteMilliseconds))
  }

  #carryOut(decision: ScalingDecision, target: ScalableTarget, service: Service): void {
    const { log } = this.#world
    switch (decision.kind) {
      case 'nothing':
        return
      case 'notScaled':
        if (recordNotScaled(this.#world, target, decision)) {
          log.info(`${target.resourceId} stays at ${service.desiredCount}: ${decision.reason.code}.`)
        }
        return
      case 'scale': {
        const { capacity, trigger } = decision
        scaleService(this.#world, target, service, decision)
        log.info(
          `${target.resourceId} is scaled from ${service.desiredCount} to ${capacity}: policy ${trigger.policyName}, ` +
            `alarm ${trigger.alarmName}.`,
        )
      }
    }
  }

  #decide(target: ScalableTarget, capacity: number, now: number): ScalingDecision {
    const { store, settings } = this.#world
    const policies = policiesOf(store, target)
    const firing = this.#firing().get(scalingKey(target)) ?? []
    const triggers = firing.flatMap((alarm) => this.#triggers(target, alarm, now))
    const { minuteMilliseconds } = settings
    const trackingPoliciesThatScaleIn = policies.filter(
      ({ configuration }) => configuration.kind === 'targetTracking' && !configuration.disableScaleIn,
    ).length
    return decideScaling({ target, capacity, triggers, trackingPoliciesThatScaleIn, now, minuteMilliseconds })
  }

  #triggers(target: ScalableTarget, alarm: MetricAlarm, now: number): readonly Trigger[] {
    const { alarmName, settings } = alarm
    const { threshold, comparisonOperator } = settings
    return settings.alarmActions.flatMap((action) => {
      const policy = this.#world.store.scalingPolicies.get(action)
      if (policy === undefined || policy.resourceId !== target.resourceId || policy.region !== target.region) return []
      const { policyName, configuration } = policy
      const direction = comparisonOperator.startsWith('Greater') ? ('high' as const) : ('low' as const)
      const datapoints = this.#datapoints(alarm, now)
      return [{ policyName, alarmName, direction, threshold, comparisonOperator, datapoints, configuration }]
    })
  }

  /** The values of the periods that the alarm evaluates, newest first. */
  #datapoints({ region, settings }: MetricAlarm, now: number): readonly number[] {
    const { namespace, metricName, dimensions, unit, periodSeconds, statistic, extendedStatistic = '' } = settings
    const { minuteMilliseconds } = this.#world.settings
    const milliseconds = periodMilliseconds(periodSeconds, minuteMilliseconds)
    const to = startOfPeriod(now, evaluationStep(periodSeconds, minuteMilliseconds))
    const from = to - settings.evaluationPeriods * milliseconds
    const by = parseStatistic(statistic ?? extendedStatistic)
    if (by === undefined) return []
    return this.#world.metrics
      .points({ id: { region, namespace, metricName, dimensions }, unit, from, to, periodSeconds })
      .flatMap(({ summary }) => summary.statistic(by) ?? [])
      .toReversed()
  }

  /** The firing alarms by the target they are to scale; found again when an alarm or a policy has changed. */
  #firing(): ReadonlyMap<string, readonly MetricAlarm[]> {
    const { store } = this.#world
    const [alarms, policies] = [store.alarms.list(), store.scalingPolicies.list()]
    if (this.#found?.alarms === alarms && this.#found.policies === policies) return this.#found.firing
    const firing = new Map<string, MetricAlarm[]>()
    for (const alarm of alarms) {
      const { alarmActions, actionsEnabled } = alarm.settings
      if (alarm.stateValue !== 'ALARM' || !actionsEnabled) continue
      const known = alarmActions.map((action) => store.scalingPolicies.get(action))
      const keys = new Set(known.flatMap((policy) => (policy === undefined ? [] : [scalingKey(policy)])))
      for (const key of keys) firing.set(key, [...(firing.get(key) ?? []), alarm])
    }
    this.#found = { alarms, policies, firing }
    return firing
  }

  #unfulfilledTargets(): Set<string> {
    const { store } = this.#world
    const activities = store.scalingActivities.list()
    if (activities === this.#seenActivities) return this.#unfulfilled
    this.#seenActivities = activities
    const inProgress = store.scalableTargets.list().filter((target) => activityInProgress(store, target) !== undefined)
    this.#unfulfilled = new Set(inProgress.map(scalingKey))
    return this.#unfulfilled
  }

  #isSettled(key: string): boolean {
    const { store } = this.#world
    const target = store.scalableTargets.get(key)
    if (target === undefined) return true
    return this.#trouble.retryAt(key) === undefined && isSettled(store, target, store.services.get(target.serviceArn))
  }

  #isGone({ serviceArn }: ScalableTarget): boolean {
    const service = this.#world.store.services.get(serviceArn)
    return service === undefined || service.status === 'INACTIVE'
  }
}
