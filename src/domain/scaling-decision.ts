import type { MetricAlarmSettings } from './alarm.ts'
import { asDecimal } from './decimal.ts'
import { defaultCooldownSeconds } from './scaling.ts'
import { mostTasksOfService } from './service.ts'
import type { LastScaling, NotScaledReason, ScalableTarget, StepScaling, TargetTracking } from './scaling.ts'

/** An alarm in ALARM that triggers a policy, with what it saw. */
export type Trigger = {
  readonly policyName: string
  readonly alarmName: string
  readonly direction: 'high' | 'low'
  readonly threshold: number
  readonly comparisonOperator: MetricAlarmSettings['comparisonOperator']
  /** Of the periods that the alarm looks at, newest first; those without data are left out. */
  readonly datapoints: readonly number[]
  readonly configuration: TargetTracking | StepScaling
}

export type ScalingSituation = {
  readonly target: Pick<ScalableTarget, 'minCapacity' | 'maxCapacity' | 'suspended' | 'lastScaling'>
  readonly capacity: number
  readonly triggers: readonly Trigger[]
  /** How many target tracking policies the target has that may scale in: all of them have to agree. */
  readonly trackingPoliciesThatScaleIn: number
  readonly now: number
  /** What a configured minute lasts: cooldowns follow it as the alarms' periods do. */
  readonly minuteMilliseconds: number
}

export type ScalingDecision =
  | {
      readonly kind: 'scale'
      readonly capacity: number
      readonly direction: 'out' | 'in'
      /** The capacity that it counted from, which its cooldown refers to: before all that is still cooling. */
      readonly from: number
      readonly trigger: Trigger
    }
  | { readonly kind: 'notScaled'; readonly reason: NotScaledReason; readonly trigger: Trigger }
  | { readonly kind: 'nothing' }

type Proposal = { readonly trigger: Trigger; readonly capacity: number; readonly from: number }

const nothing: ScalingDecision = { kind: 'nothing' }

/**
 * What the policies that are triggered make of the capacity. As on AWS: if any asks for more, the one that asks for the most
 * is followed; in only as far as the most cautious of them; never beyond the target's bounds; and a cooldown keeps what was
 * scaled out from being added again, and what was scaled in from being followed by more.
 */
export function decideScaling(situation: ScalingSituation): ScalingDecision {
  const { capacity } = situation
  const outs = situation.triggers.flatMap((trigger) => scaleOut(situation, trigger))
  const out = largest(outs.filter((proposal) => proposal.capacity > capacity))
  if (out !== undefined) return bounded(situation, out, 'out')
  const within = largest(scaleIns(situation).filter((proposal) => proposal.capacity < capacity))
  return within === undefined ? nothing : bounded(situation, within, 'in')
}

/** The capacity at which the metric would be at its target, if it falls as capacity grows. */
export function trackedCapacity(capacity: number, value: number, targetValue: number): number {
  return Math.ceil(asDecimal((capacity * value) / targetValue))
}

/** What a step policy makes of a capacity; undefined where no step covers the breach. */
export function steppedCapacity(
  capacity: number,
  policy: StepScaling,
  breach: Pick<Trigger, 'threshold' | 'comparisonOperator' | 'datapoints'>,
): number | undefined {
  const value = aggregated(breach.datapoints, policy.metricAggregationType) ?? breach.threshold
  const distance = asDecimal(value - breach.threshold)
  const isAbove = breach.comparisonOperator.startsWith('Greater')
  const step = policy.steps.find(({ lowerBound = -Infinity, upperBound = Infinity }) =>
    isAbove ? lowerBound <= distance && distance < upperBound : lowerBound < distance && distance <= upperBound,
  )
  if (step === undefined) return undefined
  return Math.max(0, adjusted(capacity, policy, step.scalingAdjustment))
}

function scaleOut(situation: ScalingSituation, trigger: Trigger): readonly Proposal[] {
  const { target, capacity } = situation
  const { configuration } = trigger
  // What an earlier scale-out has added counts towards what this one wants, until its cooldown is over.
  const isStillCooling = isCooling(situation, 'out', scaleOutCooldown(configuration))
  const from = (isStillCooling ? target.lastScaling?.from : undefined) ?? capacity
  const wanted = wantedCapacity(trigger, from)
  return wanted === undefined || (configuration.kind === 'targetTracking' && trigger.direction === 'low')
    ? []
    : [{ trigger, capacity: wanted, from }]
}

function scaleIns(situation: ScalingSituation): readonly Proposal[] {
  const { triggers, capacity, trackingPoliciesThatScaleIn } = situation
  const ready = triggers.filter(({ configuration, direction }) => configuration.kind === 'step' || direction === 'low')
  const tracking = ready.filter(({ configuration }) => configuration.kind === 'targetTracking')
  const mayTrack = tracking.length === trackingPoliciesThatScaleIn
  const asked = ready.filter((trigger) => mayTrack || !tracking.includes(trigger))
  const isAnyCooling = asked.some(({ configuration }) => isCooling(situation, 'in', scaleInCooldown(configuration)))
  if (isAnyCooling) return []
  const proposals = asked.flatMap((trigger) => {
    const wanted = wantedCapacity(trigger, capacity)
    return wanted === undefined ? [] : [{ trigger, capacity: wanted, from: capacity }]
  })
  // A tracking policy that would not take anything away holds the others back.
  const kept = proposals.some(
    (proposal) => proposal.trigger.configuration.kind === 'targetTracking' && proposal.capacity >= capacity,
  )
  return kept ? proposals.filter(({ trigger }) => trigger.configuration.kind === 'step') : proposals
}

function wantedCapacity(trigger: Trigger, capacity: number): number | undefined {
  const { configuration, datapoints, direction } = trigger
  if (configuration.kind === 'step') return steppedCapacity(capacity, configuration, trigger)
  // Out by what is now; in by the busiest of the minutes that were quiet.
  const value = direction === 'high' ? datapoints[0] : aggregated(datapoints, 'Maximum')
  return value === undefined ? undefined : trackedCapacity(capacity, value, configuration.targetValue)
}

function bounded(
  situation: ScalingSituation,
  { trigger, capacity: wanted, from }: Proposal,
  asked: 'out' | 'in',
): ScalingDecision {
  const { capacity: currentCapacity, target } = situation
  const { minCapacity, maxCapacity, suspended } = target
  const capacity = Math.min(Math.max(wanted, minCapacity), maxCapacity, mostTasksOfService)
  const direction = capacity === currentCapacity ? asked : capacity > currentCapacity ? 'out' : 'in'
  if (direction === 'out' ? suspended.scaleOut : suspended.scaleIn) return nothing
  // A count outside of the bounds, which somebody has set by hand, is brought back by whichever policy is triggered.
  if (capacity !== currentCapacity) return { kind: 'scale', capacity, direction, from, trigger }
  return asked === 'in'
    ? { kind: 'notScaled', reason: { code: 'AlreadyAtMinCapacity', currentCapacity, minCapacity }, trigger }
    : { kind: 'notScaled', reason: { code: 'AlreadyAtMaxCapacity', currentCapacity, maxCapacity }, trigger }
}

function isCooling(
  { target: { lastScaling }, now, minuteMilliseconds }: ScalingSituation,
  direction: LastScaling['direction'],
  cooldownSeconds: number,
): boolean {
  if (lastScaling?.direction !== direction) return false
  if (lastScaling.endedAt === undefined) return true
  return now < lastScaling.endedAt + (cooldownSeconds / 60) * minuteMilliseconds
}

function scaleOutCooldown(configuration: TargetTracking | StepScaling): number {
  const given = configuration.kind === 'step' ? configuration.cooldownSeconds : configuration.scaleOutCooldownSeconds
  return given ?? defaultCooldownSeconds
}

function scaleInCooldown(configuration: TargetTracking | StepScaling): number {
  const given = configuration.kind === 'step' ? configuration.cooldownSeconds : configuration.scaleInCooldownSeconds
  return given ?? defaultCooldownSeconds
}

function largest(proposals: readonly Proposal[]): Proposal | undefined {
  return proposals.toSorted((one, other) => other.capacity - one.capacity)[0]
}

function aggregated(values: readonly number[], by: StepScaling['metricAggregationType']): number | undefined {
  if (values.length === 0) return undefined
  switch (by) {
    case 'Average':
      return values.reduce((total, value) => total + value, 0) / values.length
    case 'Minimum':
      return Math.min(...values)
    case 'Maximum':
      return Math.max(...values)
  }
}

function adjusted(capacity: number, policy: StepScaling, adjustment: number): number {
  switch (policy.adjustmentType) {
    case 'ChangeInCapacity':
      return capacity + adjustment
    case 'ExactCapacity':
      return adjustment
    case 'PercentChangeInCapacity': {
      const change = (capacity * adjustment) / 100
      // As the guide has it: 12.7 is 12 and 0.67 is 1, and the same below zero.
      const whole = Math.abs(change) >= 1 ? Math.trunc(change) : Math.sign(change)
      const magnitude = Math.max(Math.abs(whole), policy.minAdjustmentMagnitude ?? 0)
      return capacity + Math.sign(adjustment) * magnitude
    }
  }
}
