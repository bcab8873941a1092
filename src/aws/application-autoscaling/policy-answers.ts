import type * as sdk from '@aws-sdk/client-application-auto-scaling'
import { defaultCooldownSeconds } from '../../domain/scaling.ts'
import type { ScalingPolicy, StepScaling, TargetTracking, TrackedMetric } from '../../domain/scaling.ts'
import type { Answer } from '../handlers.ts'

/** A policy's type and configuration, with the members that were given. */
export function configurationAnswer(configuration: ScalingPolicy['configuration']) {
  return configuration.kind === 'step'
    ? ({ PolicyType: 'StepScaling', StepScalingPolicyConfiguration: stepAnswer(configuration) } as const)
    : ({
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingScalingPolicyConfiguration: trackingAnswer(configuration),
      } as const)
}

function stepAnswer(step: StepScaling): Answer<sdk.StepScalingPolicyConfiguration> {
  const { minAdjustmentMagnitude } = step
  return {
    AdjustmentType: step.adjustmentType,
    StepAdjustments: step.steps.map(({ lowerBound, upperBound, scalingAdjustment }) => ({
      ...(lowerBound === undefined ? {} : { MetricIntervalLowerBound: lowerBound }),
      ...(upperBound === undefined ? {} : { MetricIntervalUpperBound: upperBound }),
      ScalingAdjustment: scalingAdjustment,
    })),
    ...(minAdjustmentMagnitude === undefined ? {} : { MinAdjustmentMagnitude: minAdjustmentMagnitude }),
    Cooldown: step.cooldownSeconds ?? defaultCooldownSeconds,
    MetricAggregationType: step.metricAggregationType,
  }
}

function trackingAnswer(tracking: TargetTracking): Answer<sdk.TargetTrackingScalingPolicyConfiguration> {
  const { scaleOutCooldownSeconds, scaleInCooldownSeconds } = tracking
  return {
    TargetValue: tracking.targetValue,
    ...metricAnswer(tracking.metric),
    ...(scaleOutCooldownSeconds === undefined ? {} : { ScaleOutCooldown: scaleOutCooldownSeconds }),
    ...(scaleInCooldownSeconds === undefined ? {} : { ScaleInCooldown: scaleInCooldownSeconds }),
    DisableScaleIn: tracking.disableScaleIn,
  }
}

function metricAnswer(
  metric: TrackedMetric,
): Answer<
  Pick<sdk.TargetTrackingScalingPolicyConfiguration, 'PredefinedMetricSpecification' | 'CustomizedMetricSpecification'>
> {
  if (metric.kind === 'predefined') {
    const { type, resourceLabel } = metric
    return {
      PredefinedMetricSpecification: {
        PredefinedMetricType: type,
        ...(resourceLabel === undefined ? {} : { ResourceLabel: resourceLabel }),
      },
    }
  }
  const { namespace, metricName, dimensions, statistic, unit } = metric
  return {
    CustomizedMetricSpecification: {
      MetricName: metricName,
      Namespace: namespace,
      Dimensions: dimensions.map(({ name, value }) => ({ Name: name, Value: value })),
      Statistic: statistic,
      ...(unit === undefined ? {} : { Unit: unit }),
    },
  }
}
