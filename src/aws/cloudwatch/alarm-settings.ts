import type * as sdk from '@aws-sdk/client-cloudwatch'
import type { MetricAlarmSettings } from '../../domain/alarm.ts'
import { parsePercentile } from '../../domain/metric-statistic.ts'
import type { Checked } from '../handlers.ts'
import { checkText, readDimensions } from './dimensions.ts'
import { invalid, unsupported } from './errors.ts'
import { wrongStatistic } from './metric-statistics.ts'
import { readTags } from './tag-lists.ts'

type Input = Checked<sdk.PutMetricAlarmCommandInput>

const treatments = ['breaching', 'notBreaching', 'ignore', 'missing'] as const
const lowSampleTreatments = ['evaluate', 'ignore'] as const
const secondsOfDay = 86_400
const secondsOfWeek = 7 * secondsOfDay

/** An alarm on one metric, checked in CloudWatch's order. */
export function readAlarmSettings(input: Input): MetricAlarmSettings {
  refuseOtherAlarms(input)
  const namespace = required(input.Namespace, 'Namespace')
  const metricName = required(input.MetricName, 'MetricName')
  checkText(namespace, { place: 'Namespace', most: 255 }, invalid)
  checkText(metricName, { place: 'MetricName', most: 255 }, invalid)
  const { Unit, AlarmDescription, ActionsEnabled = true, Tags } = input
  if (AlarmDescription !== undefined && AlarmDescription.length > 1024)
    throw tooLong('alarmDescription', AlarmDescription, 1024)
  return {
    namespace,
    metricName,
    dimensions: readDimensions(input.Dimensions, 'Dimensions', invalid),
    ...readStatistic(input),
    ...readPeriods(input),
    threshold: readThreshold(input),
    comparisonOperator: readComparison(input),
    treatMissingData: oneOf(treatments, input.TreatMissingData ?? 'missing', 'TreatMissingData'),
    ...(Unit === undefined ? {} : { unit: Unit }),
    ...(AlarmDescription === undefined ? {} : { description: AlarmDescription }),
    actionsEnabled: ActionsEnabled,
    alarmActions: readActions(input.AlarmActions, 'AlarmActions'),
    okActions: readActions(input.OKActions, 'OKActions'),
    insufficientDataActions: readActions(input.InsufficientDataActions, 'InsufficientDataActions'),
    tags: readTags(Tags),
  }
}

export function checkAlarmName(name: string): string {
  if (name === '') {
    throw invalid(
      "1 validation error detected: Value '' at 'alarmName' failed to satisfy constraint: Member must have length greater than or equal to 1",
    )
  }
  if (name.length > 255) throw tooLong('alarmName', name, 255)
  return name
}

/** What makes an alarm another kind of alarm than one on a single metric. */
function refuseOtherAlarms(input: Input): void {
  const others = {
    Metrics: 'set an alarm on a single metric with MetricName, Namespace, Statistic and Period',
    ThresholdMetricId: 'anomaly detection is not there; give a Threshold',
    EvaluationWindow: 'leave it out',
    WarmUpConfiguration: 'leave it out',
    EvaluationCriteria: 'set an alarm on a single metric with MetricName, Namespace, Statistic and Period',
    EvaluationInterval: 'alarms are evaluated once a minute; leave it out',
    ActionConfiguration: 'leave it out',
  } as const
  for (const [parameter, advice] of Object.entries(others)) {
    const value = input[parameter as keyof typeof others]
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) throw unsupported(parameter, advice)
  }
}

function readStatistic({ Statistic, ExtendedStatistic, EvaluateLowSampleCountPercentile }: Input) {
  if ((Statistic === undefined) === (ExtendedStatistic === undefined)) {
    throw invalid('Exactly one of the parameters Statistic and ExtendedStatistic must be specified.')
  }
  if (Statistic !== undefined) {
    if (EvaluateLowSampleCountPercentile === undefined) return { statistic: Statistic }
    throw invalid(
      'The parameter EvaluateLowSampleCountPercentile is for percentiles; give an ExtendedStatistic or leave it out.',
    )
  }
  const name = ExtendedStatistic ?? ''
  if (parsePercentile(name) === undefined) throw wrongStatistic(name, 'ExtendedStatistic', invalid)
  if (EvaluateLowSampleCountPercentile === undefined) return { extendedStatistic: name }
  const treatment = oneOf(lowSampleTreatments, EvaluateLowSampleCountPercentile, 'EvaluateLowSampleCountPercentile')
  return { extendedStatistic: name, evaluateLowSampleCountPercentile: treatment }
}

function readPeriods(input: Input) {
  const periodSeconds = required(input.Period, 'Period')
  const evaluationPeriods = required(input.EvaluationPeriods, 'EvaluationPeriods')
  const datapointsToAlarm = input.DatapointsToAlarm ?? evaluationPeriods
  if (![10, 20, 30].includes(periodSeconds) && (periodSeconds < 60 || periodSeconds % 60 !== 0)) {
    throw invalid('Period must be 10, 20, 30 or a multiple of 60')
  }
  if (evaluationPeriods < 1) throw tooSmall('evaluationPeriods', evaluationPeriods)
  if (datapointsToAlarm < 1) throw tooSmall('datapointsToAlarm', datapointsToAlarm)
  if (datapointsToAlarm > evaluationPeriods) {
    throw invalid('DatapointsToAlarm must be less than or equal to EvaluationPeriods')
  }
  const seconds = periodSeconds * evaluationPeriods
  if (periodSeconds < 3600 && seconds > secondsOfDay) {
    throw invalid(
      'Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400) for alarms using period < 3600',
    )
  }
  if (seconds > secondsOfWeek) {
    throw invalid(
      'Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800) for alarms using period >= 3600',
    )
  }
  const given = input.DatapointsToAlarm === undefined ? {} : { isDatapointsToAlarmGiven: true }
  return { periodSeconds, evaluationPeriods, datapointsToAlarm, ...given }
}

function readThreshold({ Threshold }: Input): number {
  const threshold = required(Threshold, 'Threshold')
  if (!Number.isFinite(threshold)) throw invalid(`The value ${threshold} for parameter Threshold is invalid.`)
  return threshold
}

function readComparison({ ComparisonOperator }: Input): MetricAlarmSettings['comparisonOperator'] {
  const operator = required(ComparisonOperator, 'ComparisonOperator')
  switch (operator) {
    case 'GreaterThanOrEqualToThreshold':
    case 'GreaterThanThreshold':
    case 'LessThanThreshold':
    case 'LessThanOrEqualToThreshold':
      return operator
    case 'LessThanLowerOrGreaterThanUpperThreshold':
    case 'LessThanLowerThreshold':
    case 'GreaterThanUpperThreshold':
      throw unsupported(`ComparisonOperator '${operator}'`, 'anomaly detection is not there; compare with a Threshold')
  }
}

function readActions(actions: readonly string[] = [], place: string): readonly string[] {
  if (actions.length > 5) throw invalid(`The collection ${place} must not have a size greater than 5.`)
  for (const action of actions) {
    if (!/^arn:[\w-]+:[\w-]+:[^:]*:[^:]*:.+$/.test(action)) throw invalid(`Invalid arn syntax: ${action}`)
  }
  return actions
}

function required<Value>(value: Value | undefined, parameter: string): Value {
  if (value === undefined) throw invalid(`${parameter} must not be null`)
  return value
}

function oneOf<Value extends string>(values: readonly Value[], given: string, parameter: string): Value {
  const value = values.find((each) => each === given)
  if (value === undefined)
    throw invalid(`The value ${given} for parameter ${parameter} must be one of ${values.join(', ')}.`)
  return value
}

function tooLong(member: string, value: string, most: number) {
  return invalid(
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${most}`,
  )
}

function tooSmall(member: string, value: number) {
  return invalid(
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have value greater than or equal to 1`,
  )
}
