import type { AlarmDimension, MetricAlarmSettings } from './alarm.ts'
import type { Tags } from './load-balancer.ts'

/** What Application Auto Scaling may scale: the desired count of an ECS service. */
export type ScalableTarget = {
  /** `…:scalable-target/0ec5…` */
  readonly scalableTargetArn: string
  readonly region: string
  /** `service/CLUSTER/SERVICE` */
  readonly resourceId: string
  readonly serviceArn: string
  readonly minCapacity: number
  readonly maxCapacity: number
  /** Recorded, not enforced. */
  readonly roleArn: string
  readonly suspended: SuspendedScaling
  readonly createdAt: number
  readonly tags: Tags
  /** What the cooldowns count from. */
  readonly lastScaling?: LastScaling
}

type SuspendedScaling = {
  readonly scaleIn: boolean
  readonly scaleOut: boolean
  readonly scheduled: boolean
}

export type LastScaling = {
  readonly direction: 'out' | 'in'
  /** The capacity before it, to which a scale-out's cooldown refers. */
  readonly from: number
  /** When its change was fulfilled; absent while it is not. */
  readonly endedAt?: number
}

export type ScalingPolicy = {
  /** `arn:aws:autoscaling:…:scalingPolicy:ID:resource/ecs/service/CLUSTER/SERVICE:policyName/NAME` */
  readonly policyArn: string
  readonly policyName: string
  readonly region: string
  readonly resourceId: string
  readonly createdAt: number
  readonly configuration: TargetTracking | StepScaling
  /** The alarms that a target tracking policy has made for itself. */
  readonly alarms: readonly { readonly alarmName: string; readonly alarmArn: string }[]
}

export type TargetTracking = {
  readonly kind: 'targetTracking'
  readonly targetValue: number
  readonly metric: TrackedMetric
  /** Absent: ECS's default of 300. */
  readonly scaleOutCooldownSeconds?: number
  readonly scaleInCooldownSeconds?: number
  readonly disableScaleIn: boolean
}

export type TrackedMetric =
  | {
      readonly kind: 'predefined'
      readonly type:
        'ALBRequestCountPerTarget' | 'ECSServiceAverageCPUUtilization' | 'ECSServiceAverageMemoryUtilization'
      /** `app/NAME/ID/targetgroup/NAME/ID` of ALBRequestCountPerTarget. */
      readonly resourceLabel?: string
    }
  | {
      readonly kind: 'customized'
      readonly namespace: string
      readonly metricName: string
      readonly dimensions: readonly AlarmDimension[]
      readonly statistic: NonNullable<MetricAlarmSettings['statistic']>
      readonly unit?: string
    }

export type StepScaling = {
  readonly kind: 'step'
  readonly adjustmentType: 'ChangeInCapacity' | 'PercentChangeInCapacity' | 'ExactCapacity'
  readonly steps: readonly StepAdjustment[]
  readonly minAdjustmentMagnitude?: number
  /** Absent: ECS's default of 300. */
  readonly cooldownSeconds?: number
  readonly metricAggregationType: 'Average' | 'Minimum' | 'Maximum'
}

/** Bounds are counted from the alarm's threshold; an absent one is infinite. */
export type StepAdjustment = {
  readonly lowerBound?: number
  readonly upperBound?: number
  readonly scalingAdjustment: number
}

/** Of one service, newest first; also after its target was deregistered. */
export type ScalingActivities = {
  readonly region: string
  readonly resourceId: string
  readonly activities: readonly ScalingActivity[]
  /** When scaling was suspended and resumed, newest first. */
  readonly suspensions?: readonly { readonly at: number; readonly suspended: SuspendedScaling }[]
}

/** For people: what was scaled while something else happened. */
export type RecordedScaling = { readonly at: number; readonly sentence: string }

export type ScalingActivity = {
  readonly activityId: string
  readonly description: string
  readonly cause: string
  readonly startedAt: number
  readonly endedAt?: number
  readonly statusCode: 'InProgress' | 'Successful' | 'Overridden' | 'Unfulfilled' | 'Failed'
  readonly statusMessage: string
  /** What the desired count was set to; absent where nothing was scaled. */
  readonly capacity?: number
  readonly notScaled?: NotScaledReason
}

export type NotScaledReason = {
  readonly code: 'AlreadyAtMaxCapacity' | 'AlreadyAtMinCapacity' | 'AlreadyAtDesiredCapacity'
  readonly currentCapacity: number
  readonly minCapacity?: number
  readonly maxCapacity?: number
}

export const defaultCooldownSeconds = 300

/** The service's texts about a change of the desired count. */
export const scalingText = {
  description: (capacity: number) => `Setting desired count to ${capacity}.`,
  cause: (alarmName: string, policyName: string) =>
    `monitor alarm ${alarmName} in state ALARM triggered policy ${policyName}`,
  boundCause: (bound: 'minimum' | 'maximum', capacity: number) => `${bound} capacity was set to ${capacity}`,
  waiting: (capacity: number) =>
    `Successfully set desired count to ${capacity}. Waiting for change to be fulfilled by ecs.`,
  fulfilled: (capacity: number) =>
    `Successfully set desired count to ${capacity}. Change successfully fulfilled by ecs.`,
  overridden: (capacity: number, later: number) =>
    `Successfully set desired count to ${capacity}. Found it was later changed to ${later}.`,
  unfulfilled: (capacity: number) =>
    `Successfully set desired count to ${capacity}. The service was deleted before the change was fulfilled.`,
  /** As it stands among the service's events. */
  event: (statusMessage: string, cause: string) => `Message: ${statusMessage} Cause: ${cause}`,
} as const

/** What was scaled, suspended and resumed between two times, oldest first. */
export function scalingBetween(
  { activities, suspensions = [] }: Pick<ScalingActivities, 'activities' | 'suspensions'>,
  from: number,
  to: number,
): readonly RecordedScaling[] {
  const all = [
    ...activities.map(({ startedAt, cause, statusMessage }) => ({
      at: startedAt,
      sentence: `${statusMessage} ${capitalized(cause)}.`,
    })),
    ...suspensions.map(({ at, suspended }) => ({ at, sentence: suspensionSentence(suspended) })),
  ]
  return all.filter(({ at }) => at >= from && at <= to).toSorted((one, other) => one.at - other.at)
}

function suspensionSentence({ scaleIn, scaleOut }: SuspendedScaling): string {
  if (scaleIn && scaleOut) return 'Scaling out and in was suspended by RegisterScalableTarget.'
  if (scaleIn) return 'Scaling in was suspended by RegisterScalableTarget; scaling out goes on.'
  return scaleOut
    ? 'Scaling out was suspended by RegisterScalableTarget; scaling in goes on.'
    : 'Scaling out and in was resumed by RegisterScalableTarget.'
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** `service/CLUSTER/SERVICE` of a service's ARN. */
export function resourceIdOf(serviceArn: string): string {
  return serviceArn.slice(serviceArn.indexOf(':service/') + 1)
}
