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
  /** JSON for programs: the datapoints that were evaluated. Absent before the first evaluation. */
  readonly stateReasonData?: string
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
  /** `evaluationPeriods` where none was given. */
  readonly datapointsToAlarm: number
  /** CloudWatch shows the member, and words its reasons by it, only where it was given. */
  readonly isDatapointsToAlarmGiven?: boolean
  readonly threshold: number
  readonly comparisonOperator:
    'GreaterThanOrEqualToThreshold' | 'GreaterThanThreshold' | 'LessThanThreshold' | 'LessThanOrEqualToThreshold'
  /** `ignore` keeps the state while there are too few samples for the percentile to mean anything. */
  readonly evaluateLowSampleCountPercentile?: 'evaluate' | 'ignore'
  readonly treatMissingData: 'breaching' | 'notBreaching' | 'ignore' | 'missing'
  readonly unit?: string
  readonly description?: string
  readonly actionsEnabled: boolean
  readonly alarmActions: readonly string[]
  readonly okActions: readonly string[]
  readonly insufficientDataActions: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}

/** What happened to an alarm, as DescribeAlarmHistory tells it. It outlives the alarm. */
export type AlarmHistory = {
  readonly region: string
  readonly alarmName: string
  /** Newest first. */
  readonly items: readonly AlarmHistoryItem[]
}

export type AlarmHistoryItem = {
  readonly at: number
  readonly type: 'ConfigurationUpdate' | 'StateUpdate' | 'Action'
  readonly summary: string
  /** JSON. */
  readonly data: string
}
