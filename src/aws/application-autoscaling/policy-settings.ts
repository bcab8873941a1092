import type * as sdk from '@aws-sdk/client-application-auto-scaling'
import { partsOfResourceLabel } from '../../domain/scaling-alarm.ts'
import type { ScalingPolicy, StepAdjustment, StepScaling, TargetTracking, TrackedMetric } from '../../domain/scaling.ts'
import type { Checked } from '../handlers.ts'
import { invalid, unsupported } from './lookups.ts'

type Input = Pick<
  Checked<sdk.PutScalingPolicyCommandInput>,
  | 'PolicyType'
  | 'StepScalingPolicyConfiguration'
  | 'TargetTrackingScalingPolicyConfiguration'
  | 'PredictiveScalingPolicyConfiguration'
>
type Tracking = Checked<sdk.TargetTrackingScalingPolicyConfiguration>

/**
 * A policy's configuration; its type is StepScaling where neither the call nor the policy itself says another.
 * @throws ValidationException
 */
export function readPolicyConfiguration(
  input: Input,
  known: ScalingPolicy['configuration']['kind'] | undefined,
): ScalingPolicy['configuration'] {
  const type = input.PolicyType ?? (known === 'targetTracking' ? 'TargetTrackingScaling' : 'StepScaling')
  const { StepScalingPolicyConfiguration: step, TargetTrackingScalingPolicyConfiguration: tracking } = input
  if (type === 'PredictiveScaling' || input.PredictiveScalingPolicyConfiguration !== undefined) {
    throw unsupported("PolicyType 'PredictiveScaling'", 'use TargetTrackingScaling or StepScaling.')
  }
  if (step !== undefined && tracking !== undefined) {
    throw invalid(
      'Only one of StepScalingPolicyConfiguration and TargetTrackingScalingPolicyConfiguration can be given.',
    )
  }
  if (type === 'StepScaling') {
    if (step === undefined) throw invalid('StepScalingPolicyConfiguration is required for the PolicyType StepScaling.')
    return readStepScaling(step)
  }
  if (tracking === undefined) {
    throw invalid('TargetTrackingScalingPolicyConfiguration is required for the PolicyType TargetTrackingScaling.')
  }
  return readTargetTracking(tracking)
}

function readTargetTracking(given: Tracking): TargetTracking {
  const { TargetValue, ScaleOutCooldown, ScaleInCooldown, DisableScaleIn = false } = given
  if (!Number.isFinite(TargetValue) || TargetValue <= 0) {
    throw invalid(`TargetValue must be greater than 0; it is ${TargetValue}.`)
  }
  checkCooldown('ScaleOutCooldown', ScaleOutCooldown)
  checkCooldown('ScaleInCooldown', ScaleInCooldown)
  return {
    kind: 'targetTracking',
    targetValue: TargetValue,
    metric: readMetric(given),
    ...(ScaleOutCooldown === undefined ? {} : { scaleOutCooldownSeconds: ScaleOutCooldown }),
    ...(ScaleInCooldown === undefined ? {} : { scaleInCooldownSeconds: ScaleInCooldown }),
    disableScaleIn: DisableScaleIn,
  }
}

function readMetric({
  PredefinedMetricSpecification: predefined,
  CustomizedMetricSpecification: customized,
}: Tracking): TrackedMetric {
  if ((predefined === undefined) === (customized === undefined)) {
    throw invalid('Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be given.')
  }
  return predefined === undefined ? readCustomized(customized ?? {}) : readPredefined(predefined)
}

function readPredefined({
  PredefinedMetricType: type,
  ResourceLabel,
}: Checked<sdk.PredefinedMetricSpecification>): TrackedMetric {
  if (type === 'ALBRequestCountPerTarget') {
    const isLabel = ResourceLabel !== undefined && partsOfResourceLabel(ResourceLabel) !== undefined
    if (isLabel) return { kind: 'predefined', type, resourceLabel: ResourceLabel }
    throw invalid(
      `The ResourceLabel '${ResourceLabel ?? ''}' is not valid for ALBRequestCountPerTarget. It has the form ` +
        'app/<load balancer name>/<id>/targetgroup/<target group name>/<id>.',
    )
  }
  if (type === 'ECSServiceAverageCPUUtilization' || type === 'ECSServiceAverageMemoryUtilization') {
    if (ResourceLabel === undefined) return { kind: 'predefined', type }
    throw invalid(`A ResourceLabel can be given for ALBRequestCountPerTarget only, not for ${type}.`)
  }
  throw unsupported(
    `PredefinedMetricType '${type}' for ECS services`,
    'use ALBRequestCountPerTarget, ECSServiceAverageCPUUtilization or ECSServiceAverageMemoryUtilization.',
  )
}

function readCustomized(given: Checked<sdk.CustomizedMetricSpecification>): TrackedMetric {
  const { MetricName, Namespace, Dimensions = [], Statistic, Unit, Metrics } = given
  if (Metrics !== undefined && Metrics.length > 0) {
    throw unsupported(
      'CustomizedMetricSpecification.Metrics',
      'give MetricName, Namespace and Statistic of one metric.',
    )
  }
  if (!MetricName || !Namespace || Statistic === undefined) {
    throw invalid('MetricName, Namespace and Statistic are required in a CustomizedMetricSpecification.')
  }
  return {
    kind: 'customized',
    namespace: Namespace,
    metricName: MetricName,
    dimensions: Dimensions.map(({ Name, Value }) => ({ name: Name, value: Value })),
    statistic: Statistic,
    ...(Unit === undefined ? {} : { unit: Unit }),
  }
}

function readStepScaling(given: Checked<sdk.StepScalingPolicyConfiguration>): StepScaling {
  const { AdjustmentType, StepAdjustments = [], MinAdjustmentMagnitude, Cooldown } = given
  if (AdjustmentType === undefined) throw invalid('AdjustmentType is required for the PolicyType StepScaling.')
  checkCooldown('Cooldown', Cooldown)
  if (MinAdjustmentMagnitude !== undefined && AdjustmentType !== 'PercentChangeInCapacity') {
    throw invalid('MinAdjustmentMagnitude can be given with the AdjustmentType PercentChangeInCapacity only.')
  }
  return {
    kind: 'step',
    adjustmentType: AdjustmentType,
    steps: readSteps(StepAdjustments, AdjustmentType),
    ...(MinAdjustmentMagnitude === undefined ? {} : { minAdjustmentMagnitude: MinAdjustmentMagnitude }),
    ...(Cooldown === undefined ? {} : { cooldownSeconds: Cooldown }),
    metricAggregationType: given.MetricAggregationType ?? 'Average',
  }
}

function readSteps(
  given: readonly Checked<sdk.StepAdjustment>[],
  adjustmentType: StepScaling['adjustmentType'],
): readonly StepAdjustment[] {
  if (given.length === 0) throw invalid('At least one StepAdjustment must be given.')
  if (given.length > 20) throw invalid(`At most 20 StepAdjustments can be given; there are ${given.length}.`)
  const steps = given.map((step): StepAdjustment => {
    const { MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper, ScalingAdjustment } = step
    if (lower === undefined && upper === undefined && given.length > 1) {
      throw invalid(
        'At least one of MetricIntervalLowerBound and MetricIntervalUpperBound must be given for each step.',
      )
    }
    if ((lower ?? -Infinity) >= (upper ?? Infinity)) {
      throw invalid('MetricIntervalUpperBound must be greater than MetricIntervalLowerBound in each step.')
    }
    if (adjustmentType === 'ExactCapacity' && ScalingAdjustment < 0) {
      throw invalid(`A ScalingAdjustment to an ExactCapacity cannot be negative; it is ${ScalingAdjustment}.`)
    }
    return {
      ...(lower === undefined ? {} : { lowerBound: lower }),
      ...(upper === undefined ? {} : { upperBound: upper }),
      scalingAdjustment: ScalingAdjustment,
    }
  })
  checkNeighbours(steps)
  return steps
}

/** Steps stand side by side: what falls into two of them, or between them, would have no one meaning. */
function checkNeighbours(steps: readonly StepAdjustment[]): void {
  const sorted = steps.toSorted((one, other) => (one.lowerBound ?? -Infinity) - (other.lowerBound ?? -Infinity))
  for (const [index, { upperBound = Infinity }] of sorted.slice(0, -1).entries()) {
    const next = sorted[index + 1]?.lowerBound ?? -Infinity
    if (next < upperBound) throw invalid('StepAdjustment intervals cannot overlap.')
    if (next > upperBound) throw invalid('There cannot be a gap between StepAdjustment intervals.')
  }
}

function checkCooldown(member: string, seconds: number | undefined): void {
  if (seconds === undefined || (Number.isInteger(seconds) && seconds >= 0)) return
  throw invalid(`${member} cannot be negative; it is ${seconds} seconds.`)
}
