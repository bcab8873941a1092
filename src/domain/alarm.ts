/** A CloudWatch metric alarm's state as deployments watch it; the settings are CloudWatch's own. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'

export type AlarmDimension = { readonly name: string; readonly value: string }

export type MetricAlarm = {
  readonly alarmName: string
  readonly alarmArn: string
  readonly region: string
  readonly stateValue: AlarmState
  /** One sentence: the measured values, the threshold. */
  readonly stateReason: string
  readonly stateUpdatedAt: number
  readonly settings: MetricAlarmSettings
  readonly configuredAt: number
}

export type MetricAlarmSettings = {
  readonly namespace: string
  readonly metricName: string
  readonly dimensions: readonly AlarmDimension[]
  readonly statistic?: 'SampleCount' | 'Average' | 'Sum' | 'Minimum' | 'Maximum'
  /** `p50`, `p99.9` … */
  readonly extendedStatistic?: string
  readonly periodSeconds: number
  readonly evaluationPeriods: number
  readonly datapointsToAlarm: number
  readonly threshold: number
  readonly comparisonOperator:
    'GreaterThanOrEqualToThreshold' | 'GreaterThanThreshold' | 'LessThanThreshold' | 'LessThanOrEqualToThreshold'
  readonly treatMissingData: 'breaching' | 'notBreaching' | 'ignore' | 'missing'
  readonly unit?: string
  readonly description?: string
  readonly actionsEnabled: boolean
  readonly alarmActions: readonly string[]
  readonly okActions: readonly string[]
  readonly insufficientDataActions: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}
