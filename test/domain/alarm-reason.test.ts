import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluateAlarm, type AlarmDatapoint } from '../../src/domain/alarm-evaluation.ts'
import { alarmReason, alarmReasonData } from '../../src/domain/alarm-reason.ts'
import type { MetricAlarmSettings } from '../../src/domain/alarm.ts'
import { alarmSettings } from '../world/an-alarm.ts'

const newest = Date.UTC(2026, 2, 3, 1, 35)

/** Newest first, a minute each. */
function datapoints(...values: readonly (number | undefined)[]): readonly AlarmDatapoint[] {
  return values.map((value, at) => {
    const start = newest - at * 60_000
    return value === undefined ? { start } : { start, value, sampleCount: 1 }
  })
}

function reason(settings: Partial<MetricAlarmSettings>, ...values: readonly (number | undefined)[]): string {
  const whole = alarmSettings(settings)
  return alarmReason(whole, evaluateAlarm(whole, datapoints(...values), 'INSUFFICIENT_DATA'))
}

test('with datapoints to alarm, the reason counts out of the last periods and tells the minimum', () => {
  const given = { isDatapointsToAlarmGiven: true }
  assert.equal(
    reason(given, 5),
    'Threshold Crossed: 1 out of the last 1 datapoints [5.0 (03/03/26 01:35:00)] was greater than the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).',
  )
  assert.equal(
    reason({ ...given, evaluationPeriods: 3, datapointsToAlarm: 2 }, 0.5, 7, 0),
    'Threshold Crossed: 2 out of the last 3 datapoints [0.5 (03/03/26 01:35:00), 0.0 (03/03/26 01:33:00)] were not greater than the threshold (1.0) (minimum 2 datapoints for ALARM -> OK transition).',
  )
})

test('without, the reason tells the datapoints alone', () => {
  assert.equal(
    reason({}, 5),
    'Threshold Crossed: 1 datapoint [5.0 (03/03/26 01:35:00)] was greater than the threshold (1.0).',
  )
  assert.equal(
    reason({ evaluationPeriods: 2, datapointsToAlarm: 2, comparisonOperator: 'LessThanOrEqualToThreshold' }, 1, 0.25),
    'Threshold Crossed: 2 datapoints [1.0 (03/03/26 01:35:00), 0.25 (03/03/26 01:34:00)] were less than or equal to the threshold (1.0).',
  )
})

test('of many datapoints only the newest five are told', () => {
  assert.equal(
    reason({ evaluationPeriods: 6, datapointsToAlarm: 6 }, 2, 3, 4, 5, 6, 7),
    'Threshold Crossed: 6 datapoints were greater than the threshold (1.0). The most recent datapoints which crossed the threshold: [2.0 (03/03/26 01:35:00), 3.0 (03/03/26 01:34:00), 4.0 (03/03/26 01:33:00), 5.0 (03/03/26 01:32:00), 6.0 (03/03/26 01:31:00)].',
  )
})

test('missing data are told with their treatment', () => {
  const two = { evaluationPeriods: 2, datapointsToAlarm: 2 }
  assert.equal(
    reason({ treatMissingData: 'notBreaching' }),
    'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
  )
  assert.equal(
    reason({ ...two, treatMissingData: 'breaching' }),
    'Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].',
  )
  assert.equal(
    reason({ ...two, treatMissingData: 'breaching' }, undefined, 0),
    'Threshold Crossed: 1 datapoint [0.0 (03/03/26 01:34:00)] was not greater than the threshold (1.0) and 1 missing datapoint was treated as [Breaching].',
  )
  assert.equal(reason({}), 'Insufficient Data: 1 datapoint was unknown.')
  assert.equal(reason(two), 'Insufficient Data: 2 datapoints were unknown.')
})

const value = (number: number): string => /\[(\S+)/.exec(reason({ threshold: -1e300 }, number))?.[1] ?? ''

test('numbers are written as CloudWatch writes them', () => {
  assert.deepEqual([0, -3, 1.5, 1e7, 12_345_678, 0.00025, 9_999_999].map(value), [
    '0.0',
    '-3.0',
    '1.5',
    '1.0E7',
    '1.2345678E7',
    '2.5E-4',
    '9999999.0',
  ])
})

test('the reason for programs has the datapoints oldest first', () => {
  const settings = alarmSettings({ evaluationPeriods: 2, datapointsToAlarm: 1 })
  const evaluation = evaluateAlarm(settings, datapoints(5, 3), 'OK')
  const data: unknown = JSON.parse(alarmReasonData(settings, evaluation, { at: newest + 61_000, evaluated: [] }))
  assert.deepEqual(data, {
    version: '1.0',
    queryDate: '2026-03-03T01:36:01.000+0000',
    startDate: '2026-03-03T01:34:00.000+0000',
    statistic: 'Sum',
    period: 60,
    recentDatapoints: [3, 5],
    threshold: 1,
    evaluatedDatapoints: [
      { timestamp: '2026-03-03T01:35:00.000+0000', sampleCount: 1, value: 5 },
      { timestamp: '2026-03-03T01:34:00.000+0000', sampleCount: 1, value: 3 },
    ],
  })
})
