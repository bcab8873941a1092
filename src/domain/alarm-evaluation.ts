import type { AlarmState, MetricAlarmSettings } from './alarm.ts'

/** One period of an alarm's metric; without a value nothing came in it. */
export type AlarmDatapoint = {
  /** When the period began, epoch milliseconds. */
  readonly start: number
  readonly value?: number
  readonly sampleCount?: number
}

type PresentDatapoint = AlarmDatapoint & { readonly value: number }

export type AlarmEvaluation = {
  readonly state: AlarmState
  /** What was decided by, newest first: existing datapoints of the evaluation range, as many as there are periods. */
  readonly present: readonly PresentDatapoint[]
  /** Periods for which there is no datapoint, not even an older one that could stand in. */
  readonly missing: number
}

export type EvaluatedSettings = Pick<
  MetricAlarmSettings,
  | 'evaluationPeriods'
  | 'datapointsToAlarm'
  | 'threshold'
  | 'comparisonOperator'
  | 'treatMissingData'
  | 'extendedStatistic'
  | 'evaluateLowSampleCountPercentile'
>

/**
 * CloudWatch looks at more periods than it evaluates, so that a few datapoints which are missing or late can be stood in
 * for by older ones: in its guide, at five for three.
 */
export function evaluationRange({ evaluationPeriods }: Pick<MetricAlarmSettings, 'evaluationPeriods'>): number {
  return evaluationPeriods + 2
}

/**
 * The state of an alarm by the periods of its evaluation range, newest first, as CloudWatch's guide has it ("Configuring
 * how CloudWatch alarms treat missing data"): the newest datapoints that exist decide, as many as there are evaluation
 * periods; only where there are fewer, the rest is filled in by the treatment of missing data.
 */
export function evaluateAlarm(
  settings: EvaluatedSettings,
  range: readonly AlarmDatapoint[],
  current: AlarmState,
): AlarmEvaluation {
  const present = range.filter(isPresent).slice(0, settings.evaluationPeriods)
  const missing = settings.evaluationPeriods - present.length
  const state = hasTooFewSamples(settings, present) ? current : stateBy(settings, range, present, current)
  return { state, present, missing }
}

export function isBreaching(
  { comparisonOperator, threshold }: Pick<EvaluatedSettings, 'comparisonOperator' | 'threshold'>,
  value: number,
): boolean {
  switch (comparisonOperator) {
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold
    case 'GreaterThanThreshold':
      return value > threshold
    case 'LessThanThreshold':
      return value < threshold
    case 'LessThanOrEqualToThreshold':
      return value <= threshold
  }
}

function stateBy(
  settings: EvaluatedSettings,
  range: readonly AlarmDatapoint[],
  present: readonly PresentDatapoint[],
  current: AlarmState,
): AlarmState {
  const { datapointsToAlarm, evaluationPeriods, treatMissingData } = settings
  const missing = evaluationPeriods - present.length
  const breaching = present.filter(({ value }) => isBreaching(settings, value)).length
  if (breaching >= datapointsToAlarm) return 'ALARM'
  if (missing === 0) return 'OK'
  switch (treatMissingData) {
    case 'breaching':
      return breaching + missing >= datapointsToAlarm ? 'ALARM' : 'OK'
    case 'notBreaching':
      return 'OK'
    case 'ignore':
      return breaching < present.length ? 'OK' : current
    case 'missing':
      if (present.length === 0) return 'INSUFFICIENT_DATA'
      if (breaching < present.length) return 'OK'
      return isOldEnough(range, datapointsToAlarm) ? 'ALARM' : current
  }
}

/**
 * Where every datapoint there is breaches, and there are too few of them, the alarm still goes off once the oldest is as
 * old as the number of datapoints that it takes: whatever came after it was breaching or did not come.
 */
function isOldEnough(range: readonly AlarmDatapoint[], datapointsToAlarm: number): boolean {
  return range.findLastIndex(isPresent) + 1 >= datapointsToAlarm
}

/** CloudWatch's measure: ten samples beyond the percentile, on the side where there are fewer. */
function hasTooFewSamples(settings: EvaluatedSettings, present: readonly PresentDatapoint[]): boolean {
  const { extendedStatistic, evaluateLowSampleCountPercentile } = settings
  if (extendedStatistic === undefined || evaluateLowSampleCountPercentile !== 'ignore' || present.length === 0)
    return false
  const share = Number(extendedStatistic.slice(1)) / 100
  const beyond = share >= 0.5 ? 1 - share : share
  const samples = present.reduce((sum, { sampleCount = 0 }) => sum + sampleCount, 0)
  return samples * beyond < 10 - 1e-9
}

function isPresent(datapoint: AlarmDatapoint): datapoint is PresentDatapoint {
  return datapoint.value !== undefined
}
