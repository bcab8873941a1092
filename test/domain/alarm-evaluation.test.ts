import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  evaluateAlarm,
  evaluationRange,
  isBreaching,
  type AlarmDatapoint,
  type EvaluatedSettings,
} from '../../src/domain/alarm-evaluation.ts'
import type { AlarmState } from '../../src/domain/alarm.ts'
import { SeededChance } from '../world/seeded-chance.ts'

const states: readonly AlarmState[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA']
const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'] as const
type Expected = AlarmState | 'retained'

/** As the guide writes datapoints, the newest last: X breaches, 0 does not, - is missing. */
function datapoints(text: string): readonly AlarmDatapoint[] {
  const values = { X: 2, '0': 0 } as const
  return text
    .replaceAll(' ', '')
    .split('')
    .toReversed()
    .map((each, at) =>
      each === '-' ? { start: -at } : { start: -at, value: values[each as 'X' | '0'], sampleCount: 1 },
    )
}

function settings(more: Partial<EvaluatedSettings>): EvaluatedSettings {
  return {
    evaluationPeriods: 3,
    datapointsToAlarm: 3,
    threshold: 1,
    comparisonOperator: 'GreaterThanThreshold',
    treatMissingData: 'missing',
    ...more,
  }
}

describe('the state of an alarm by the tables of the guide', () => {
  const tables: readonly {
    readonly datapointsToAlarm: number
    readonly rows: readonly (readonly [string, number, ...Expected[]])[]
  }[] = [
    {
      datapointsToAlarm: 3,
      rows: [
        ['0 - X - X', 0, 'OK', 'OK', 'OK', 'OK'],
        ['0 - - - -', 2, 'OK', 'OK', 'OK', 'OK'],
        ['- - - - -', 3, 'INSUFFICIENT_DATA', 'retained', 'ALARM', 'OK'],
        ['0 X X - X', 0, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
        ['- - X - -', 2, 'ALARM', 'retained', 'ALARM', 'OK'],
      ],
    },
    {
      datapointsToAlarm: 2,
      rows: [
        ['0 - X - X', 0, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
        ['0 0 X 0 X', 0, 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
        ['0 - X - -', 1, 'OK', 'OK', 'ALARM', 'OK'],
        ['- - - - 0', 2, 'OK', 'OK', 'ALARM', 'OK'],
        ['- - - X -', 2, 'ALARM', 'retained', 'ALARM', 'OK'],
      ],
    },
  ]
  for (const { datapointsToAlarm, rows } of tables) {
    for (const [text, missing, ...expected] of rows) {
      test(`${datapointsToAlarm} out of 3: ${text}`, () => {
        for (const [at, treatMissingData] of treatments.entries()) {
          for (const current of states) {
            const wanted = expected[at] === 'retained' ? current : expected[at]
            const evaluation = evaluateAlarm(
              settings({ datapointsToAlarm, treatMissingData }),
              datapoints(text),
              current,
            )
            assert.equal(evaluation.state, wanted, `${treatMissingData}, was ${current}`)
            assert.equal(evaluation.missing, missing)
          }
        }
      })
    }
  }

  test('one breaching datapoint that is not old enough does not raise an alarm of three', () => {
    for (const text of ['- - - - X', '- - - X -']) {
      for (const current of states) assert.equal(evaluateAlarm(settings({}), datapoints(text), current).state, current)
    }
  })
})

test('an alarm looks at two periods more than it evaluates', () => {
  assert.equal(evaluationRange({ evaluationPeriods: 3 }), 5)
})

const breaching = (comparisonOperator: EvaluatedSettings['comparisonOperator']): readonly boolean[] =>
  [0, 1, 2].map((value) => isBreaching({ comparisonOperator, threshold: 1 }, value))

test('each comparison breaches on its side of the threshold', () => {
  assert.deepEqual(breaching('GreaterThanThreshold'), [false, false, true])
  assert.deepEqual(breaching('GreaterThanOrEqualToThreshold'), [false, true, true])
  assert.deepEqual(breaching('LessThanThreshold'), [true, false, false])
  assert.deepEqual(breaching('LessThanOrEqualToThreshold'), [true, true, false])
})

const percentileState = (sampleCount: number, evaluateLowSampleCountPercentile: 'ignore' | 'evaluate') =>
  evaluateAlarm(
    settings({
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      extendedStatistic: 'p99',
      evaluateLowSampleCountPercentile,
    }),
    [{ start: 0, value: 2, sampleCount }],
    'OK',
  ).state

test('a percentile of too few samples keeps the state where it is told to', () => {
  assert.equal(percentileState(999, 'ignore'), 'OK')
  assert.equal(percentileState(1000, 'ignore'), 'ALARM')
  assert.equal(percentileState(1, 'evaluate'), 'ALARM')
})

/**
 * The same told differently: what could the missing datapoints be? With `breaching` and `notBreaching` they are known;
 * with `ignore` and `missing` the state is sure only if it is the same whatever they are, or if one datapoint is good.
 */
function naiveState(given: EvaluatedSettings, range: readonly AlarmDatapoint[], current: AlarmState): AlarmState {
  const { evaluationPeriods, datapointsToAlarm, treatMissingData } = given
  const found: boolean[] = []
  for (const { value } of range) if (value !== undefined && found.length < evaluationPeriods) found.push(value > 1)
  const filledWith = (bad: boolean): AlarmState => {
    const all = [...found, ...Array.from({ length: evaluationPeriods - found.length }, () => bad)]
    return all.filter(Boolean).length >= datapointsToAlarm ? 'ALARM' : 'OK'
  }
  if (treatMissingData === 'breaching') return filledWith(true)
  if (treatMissingData === 'notBreaching' || filledWith(false) === filledWith(true)) return filledWith(false)
  if (found.includes(false)) return 'OK'
  if (treatMissingData === 'ignore') return current
  if (found.length === 0) return 'INSUFFICIENT_DATA'
  const oldest = Math.max(...range.flatMap(({ value }, at) => (value === undefined ? [] : [at + 1])))
  return oldest >= datapointsToAlarm ? 'ALARM' : current
}

test('ten thousand random alarms are in the state that a naive evaluator gives them', () => {
  const chance = new SeededChance(7)
  for (let round = 0; round < 10_000; round++) {
    const evaluationPeriods = 1 + chance.below(6)
    const datapointsToAlarm = 1 + chance.below(evaluationPeriods)
    const given = settings({ evaluationPeriods, datapointsToAlarm, treatMissingData: chance.pick(treatments) })
    const text = Array.from({ length: evaluationPeriods + 2 }, () => chance.pick(['X', '0', '-', '-'])).join('')
    const current = chance.pick(states)
    const told = `${JSON.stringify(given)} ${text} ${current}`
    assert.equal(
      evaluateAlarm(given, datapoints(text), current).state,
      naiveState(given, datapoints(text), current),
      told,
    )
  }
})
