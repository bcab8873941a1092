import type * as sdk from '@aws-sdk/client-cloudwatch'
import type { MetricAlarm } from '../../domain/alarm.ts'
import type { Answer } from '../handlers.ts'
import { dimensionList } from './dimensions.ts'

/** An alarm as DescribeAlarms shows it. */
export function alarmAnswer(alarm: MetricAlarm): Answer<sdk.MetricAlarm> {
  const { settings, stateReasonData, stateUpdatedAt, configuredAt } = alarm
  const { description, statistic, extendedStatistic, unit, evaluateLowSampleCountPercentile } = settings
  return {
    AlarmName: alarm.alarmName,
    AlarmArn: alarm.alarmArn,
    ...(description === undefined ? {} : { AlarmDescription: description }),
    AlarmConfigurationUpdatedTimestamp: new Date(configuredAt),
    ActionsEnabled: settings.actionsEnabled,
    OKActions: settings.okActions,
    AlarmActions: settings.alarmActions,
    InsufficientDataActions: settings.insufficientDataActions,
    StateValue: alarm.stateValue,
    StateReason: alarm.stateReason,
    ...(stateReasonData === undefined ? {} : { StateReasonData: stateReasonData }),
    StateUpdatedTimestamp: new Date(stateUpdatedAt),
    StateTransitionedTimestamp: new Date(stateUpdatedAt),
    MetricName: settings.metricName,
    Namespace: settings.namespace,
    ...(statistic === undefined ? {} : { Statistic: statistic }),
    ...(extendedStatistic === undefined ? {} : { ExtendedStatistic: extendedStatistic }),
    Dimensions: dimensionList(settings.dimensions),
    Period: settings.periodSeconds,
    ...(unit === undefined ? {} : { Unit: unit as sdk.StandardUnit }),
    EvaluationPeriods: settings.evaluationPeriods,
    ...(settings.isDatapointsToAlarmGiven === true ? { DatapointsToAlarm: settings.datapointsToAlarm } : {}),
    Threshold: settings.threshold,
    ComparisonOperator: settings.comparisonOperator,
    TreatMissingData: settings.treatMissingData,
    ...(evaluateLowSampleCountPercentile === undefined
      ? {}
      : { EvaluateLowSampleCountPercentile: evaluateLowSampleCountPercentile }),
  }
}
