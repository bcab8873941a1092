import type { AlarmEvaluation } from './alarm-evaluation.ts'
import { isBreaching } from './alarm-evaluation.ts'
import type { MetricAlarmSettings } from './alarm.ts'
import { counted } from './counted.ts'

/** CloudWatch lists datapoints with their times up to here, and from here on only the newest. */
const mostListed = 5

/**
 * Why an alarm is in the state an evaluation gave it, in CloudWatch's words: `Threshold Crossed: 1 out of the last 1
 * datapoints [5.0 (03/03/26 01:35:00)] was greater than the threshold (1.0) (minimum 1 datapoint for OK -> ALARM
 * transition).`
 */
export function alarmReason(settings: MetricAlarmSettings, { state, present, missing }: AlarmEvaluation): string {
  const { evaluationPeriods, isDatapointsToAlarmGiven = false } = settings
  if (state === 'INSUFFICIENT_DATA')
    return `Insufficient Data: ${counted(evaluationPeriods, 'datapoint')} ${was(evaluationPeriods)} unknown.`
  const isAlarm = state === 'ALARM'
  const deciding = present.filter(({ value }) => isBreaching(settings, value) === isAlarm)
  const filled = filledText(settings, missing)
  if (deciding.length === 0) return `Threshold Crossed: ${received(present.length, evaluationPeriods)}${filled}.`
  const many = deciding.length >= mostListed
  const listed = `[${deciding.slice(0, mostListed).map(datapointText).join(', ')}]`
  const head = isDatapointsToAlarmGiven
    ? `${deciding.length} out of the last ${evaluationPeriods} datapoints`
    : counted(deciding.length, 'datapoint')
  const relation = `${was(deciding.length)} ${isAlarm ? '' : 'not '}${comparisonText(settings)} the threshold (${decimal(settings.threshold)})`
  const minimum = isDatapointsToAlarmGiven ? ` ${minimumText(settings, isAlarm)}` : ''
  return many
    ? `Threshold Crossed: ${head} ${relation}${filled}. The most recent datapoints which crossed the threshold: ${listed}${minimum}.`
    : `Threshold Crossed: ${head} ${listed} ${relation}${filled}${minimum}.`
}

/** The same for programs, as the alarm's `StateReasonData`. `evaluated` is newest first. */
export function alarmReasonData(
  settings: MetricAlarmSettings,
  { present }: AlarmEvaluation,
  { at, evaluated }: { readonly at: number; readonly evaluated: readonly { readonly start: number }[] },
): string {
  const { statistic, unit, periodSeconds, threshold } = settings
  const oldest = present.at(-1)
  return JSON.stringify({
    version: '1.0',
    queryDate: alarmTimestamp(at),
    ...(oldest === undefined ? {} : { startDate: alarmTimestamp(oldest.start) }),
    ...(unit === undefined ? {} : { unit }),
    ...(statistic === undefined ? {} : { statistic }),
    period: periodSeconds,
    recentDatapoints: present.map(({ value }) => value).toReversed(),
    threshold,
    evaluatedDatapoints:
      present.length > 0
        ? present.map(({ start, sampleCount, value }) => ({ timestamp: alarmTimestamp(start), sampleCount, value }))
        : evaluated.map(({ start }) => ({ timestamp: alarmTimestamp(start) })),
  })
}

/** `2026-03-03T01:40:05.812+0000` */
export function alarmTimestamp(time: number): string {
  return new Date(time).toISOString().replace('Z', '+0000')
}

function received(present: number, periods: number): string {
  const datapoints = present === 0 ? 'no datapoints were' : `${counted(present, 'datapoint')} ${was(present)}`
  return `${datapoints} received for ${counted(periods, 'period')}`
}

function filledText({ treatMissingData }: MetricAlarmSettings, missing: number): string {
  if (missing === 0 || treatMissingData === 'missing' || treatMissingData === 'ignore') return ''
  const treatment = treatMissingData === 'breaching' ? 'Breaching' : 'NonBreaching'
  return ` and ${counted(missing, 'missing datapoint')} ${was(missing)} treated as [${treatment}]`
}

function minimumText({ datapointsToAlarm, evaluationPeriods }: MetricAlarmSettings, isAlarm: boolean): string {
  return isAlarm
    ? `(minimum ${counted(datapointsToAlarm, 'datapoint')} for OK -> ALARM transition)`
    : `(minimum ${counted(evaluationPeriods - datapointsToAlarm + 1, 'datapoint')} for ALARM -> OK transition)`
}

function comparisonText({ comparisonOperator }: MetricAlarmSettings): string {
  switch (comparisonOperator) {
    case 'GreaterThanOrEqualToThreshold':
      return 'greater than or equal to'
    case 'GreaterThanThreshold':
      return 'greater than'
    case 'LessThanThreshold':
      return 'less than'
    case 'LessThanOrEqualToThreshold':
      return 'less than or equal to'
  }
}

/** `5.0 (03/03/26 01:35:00)`: day first, in UTC. */
function datapointText({ value, start }: { readonly value: number; readonly start: number }): string {
  const [, year = '', month = '', day = '', time = ''] =
    /^..(..)-(..)-(..)T(.{8})/.exec(new Date(start).toISOString()) ?? []
  return `${decimal(value)} (${day}/${month}/${year} ${time})`
}

/** Numbers as CloudWatch writes them, which is Java's way: `5.0`, `0.25`, `1.0E7`, `2.5E-4`. */
function decimal(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e')
    return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

function was(count: number): string {
  return count === 1 ? 'was' : 'were'
}
