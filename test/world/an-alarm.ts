import type { MetricAlarm, MetricAlarmSettings } from '../../src/domain/alarm.ts'

/** An alarm on more than one error a minute. */
export function alarmSettings(more: Partial<MetricAlarmSettings> = {}): MetricAlarmSettings {
  return {
    namespace: 'App',
    metricName: 'Errors',
    dimensions: [],
    statistic: 'Sum',
    periodSeconds: 60,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    threshold: 1,
    comparisonOperator: 'GreaterThanThreshold',
    treatMissingData: 'missing',
    actionsEnabled: true,
    alarmActions: [],
    okActions: [],
    insufficientDataActions: [],
    tags: {},
    ...more,
  }
}

export function metricAlarm(more: Partial<MetricAlarmSettings> = {}, alarmName = 'errors'): MetricAlarm {
  return {
    alarmName,
    alarmArn: `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${alarmName}`,
    region: 'us-east-1',
    stateValue: 'INSUFFICIENT_DATA',
    stateReason: 'Unchecked: Initial alarm creation',
    stateUpdatedAt: 0,
    settings: alarmSettings(more),
    configuredAt: 0,
  }
}
