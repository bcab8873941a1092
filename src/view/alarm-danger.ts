import type { MetricAlarm } from '@aws-sdk/client-cloudwatch'
import type { DangerView } from './deployment-view.ts'
import type { SeenAlarm, Surroundings } from './surroundings.ts'
import { figure } from './words.ts'

/** The alarms that can end a deployment, each with its value beside its threshold. */
export function alarmDangers({
  alarms,
  alarmNames,
}: Pick<Surroundings, 'alarms' | 'alarmNames'>): readonly DangerView[] {
  return alarmNames.map((name) => {
    const seen = alarms.find(({ alarm }) => alarm.AlarmName === name)
    if (seen !== undefined) return alarmDanger(seen)
    return { name: `alarm ${name}`, level: 'unknown', text: 'there is no alarm of this name, so nothing is watched' }
  })
}

function alarmDanger({ alarm, value }: SeenAlarm): DangerView {
  const { Threshold = 0, StateValue } = alarm
  const name = `alarm ${alarm.AlarmName}`
  const limit = `${comparisons[alarm.ComparisonOperator ?? 'GreaterThanThreshold'] ?? 'beyond'} ${figure(Threshold)}`
  const rule = `${measured(alarm)} ${limit}${howOften(alarm)}`
  if (StateValue === 'ALARM') {
    return { name, level: 'reached', text: `ALARM: ${value === undefined ? '' : `${figure(value)} now; `}${rule}` }
  }
  if (value === undefined) {
    const isQuiet = StateValue === 'OK'
    return { name, level: isQuiet ? 'calm' : 'unknown', text: `${StateValue ?? ''}: no data now; ${rule}` }
  }
  return { name, level: isNear(alarm, value) ? 'near' : 'calm', text: `${figure(value)} now; ${rule}` }
}

/** Half of the way, or beyond the threshold already but not for long enough. */
function isNear({ ComparisonOperator, Threshold = 0 }: MetricAlarm, value: number): boolean {
  if (ComparisonOperator?.startsWith('Greater') === true) return value > 0 && value >= Threshold / 2
  return Threshold > 0 ? value <= Threshold * 1.5 : value <= Threshold / 2
}

const comparisons: Readonly<Record<string, string>> = {
  GreaterThanThreshold: '>',
  GreaterThanOrEqualToThreshold: '≥',
  LessThanThreshold: '<',
  LessThanOrEqualToThreshold: '≤',
}

function measured({ MetricName, Statistic, ExtendedStatistic }: MetricAlarm): string {
  return `fires when ${MetricName ?? 'its metric'} (${ExtendedStatistic ?? Statistic ?? ''}) is`
}

function howOften({ EvaluationPeriods = 1, DatapointsToAlarm, Period = 60 }: MetricAlarm): string {
  const points = DatapointsToAlarm ?? EvaluationPeriods
  const long = Period % 60 === 0 ? `${Period / 60} min` : `${Period} s`
  if (EvaluationPeriods === 1) return ` in ${long}`
  return points === EvaluationPeriods
    ? ` in ${EvaluationPeriods} times ${long}`
    : ` in ${points} of ${EvaluationPeriods} times ${long}`
}
