import type { MetricAlarmSettings } from './alarm.ts'
import { asDecimal } from './decimal.ts'
import { ecsNamespace } from './metric-of-ecs.ts'
import { loadBalancerNamespace } from './metric-of-traffic.ts'
import type { ScalingPolicy, TargetTracking, TrackedMetric } from './scaling.ts'

/** As Application Auto Scaling sets its alarms: out after three minutes above the target, in after fifteen well below. */
const scaleOutPeriods = 3
const scaleInPeriods = 15
const scaleInFraction = 0.9
const periodSeconds = 60

export type TrackingAlarm = {
  readonly kind: 'AlarmHigh' | 'AlarmLow'
  readonly settings: MetricAlarmSettings
}

/** The alarms of a target tracking policy; one that never scales in needs no low one. */
export function trackingAlarms(
  { policyArn, resourceId }: Pick<ScalingPolicy, 'policyArn' | 'resourceId'>,
  tracking: TargetTracking,
): readonly TrackingAlarm[] {
  const common = {
    ...metricOf(tracking.metric, resourceId),
    periodSeconds,
    treatMissingData: 'missing',
    description: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${policyArn}.`,
    actionsEnabled: true,
    alarmActions: [policyArn],
    okActions: [],
    insufficientDataActions: [],
    tags: {},
  } as const
  const high: TrackingAlarm = {
    kind: 'AlarmHigh',
    settings: {
      ...common,
      evaluationPeriods: scaleOutPeriods,
      datapointsToAlarm: scaleOutPeriods,
      threshold: tracking.targetValue,
      comparisonOperator: 'GreaterThanThreshold',
    },
  }
  if (tracking.disableScaleIn) return [high]
  const low: TrackingAlarm = {
    kind: 'AlarmLow',
    settings: {
      ...common,
      evaluationPeriods: scaleInPeriods,
      datapointsToAlarm: scaleInPeriods,
      threshold: scaleInThreshold(tracking.targetValue),
      comparisonOperator: 'LessThanThreshold',
    },
  }
  return [high, low]
}

/** `TargetTracking-service/CLUSTER/SERVICE-AlarmHigh-ID` */
export function trackingAlarmName(resourceId: string, kind: TrackingAlarm['kind'], id: string): string {
  return `TargetTracking-${resourceId}-${kind}-${id}`
}

/** `app/NAME/ID/targetgroup/NAME/ID` in its two parts, or undefined for anything else. */
export function partsOfResourceLabel(
  label: string,
): { readonly loadBalancer: string; readonly targetGroup: string } | undefined {
  const [, loadBalancer, targetGroup] = /^(app\/[^/]+\/[^/]+)\/(targetgroup\/[^/]+\/[^/]+)$/.exec(label) ?? []
  return loadBalancer === undefined || targetGroup === undefined ? undefined : { loadBalancer, targetGroup }
}

/** 90 % of the target. */
function scaleInThreshold(targetValue: number): number {
  return asDecimal(targetValue * scaleInFraction)
}

function metricOf(
  metric: TrackedMetric,
  resourceId: string,
): Pick<MetricAlarmSettings, 'namespace' | 'metricName' | 'dimensions' | 'statistic' | 'unit'> {
  if (metric.kind === 'customized') {
    const { namespace, metricName, dimensions, statistic, unit } = metric
    return { namespace, metricName, dimensions, statistic, ...(unit === undefined ? {} : { unit }) }
  }
  switch (metric.type) {
    case 'ALBRequestCountPerTarget': {
      const { loadBalancer = '', targetGroup = '' } = partsOfResourceLabel(metric.resourceLabel ?? '') ?? {}
      return {
        namespace: loadBalancerNamespace,
        metricName: 'RequestCountPerTarget',
        dimensions: [
          { name: 'TargetGroup', value: targetGroup },
          { name: 'LoadBalancer', value: loadBalancer },
        ],
        statistic: 'Sum',
      }
    }
    case 'ECSServiceAverageCPUUtilization':
      return { ...ofService(resourceId), metricName: 'CPUUtilization', statistic: 'Average' }
    case 'ECSServiceAverageMemoryUtilization':
      return { ...ofService(resourceId), metricName: 'MemoryUtilization', statistic: 'Average' }
  }
}

function ofService(resourceId: string): Pick<MetricAlarmSettings, 'namespace' | 'dimensions'> {
  const [, cluster = '', service = ''] = resourceId.split('/')
  const dimensions = [
    { name: 'ClusterName', value: cluster },
    { name: 'ServiceName', value: service },
  ]
  return { namespace: ecsNamespace, dimensions }
}
