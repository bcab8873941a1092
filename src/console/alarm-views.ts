import type { MetricAlarm } from '../domain/alarm.ts'
import type { AlarmView } from './views.ts'

export function alarmView(name: string, alarm: MetricAlarm | undefined): AlarmView {
  if (alarm === undefined)
    return { ...nothing, name, state: 'missing', reason: `There is no alarm ${name}: it is not watched.` }
  const { metricName, statistic, extendedStatistic, threshold, comparisonOperator, periodSeconds } = alarm.settings
  const value = latestValue(alarm)
  return {
    name,
    state: alarm.stateValue,
    reason: alarm.stateReason,
    metric: `${statistic ?? extendedStatistic ?? ''} of ${metricName} over ${periodSeconds} s`,
    comparison: sign[comparisonOperator],
    threshold,
    value,
    share: value === undefined ? undefined : shareOf(value, threshold, comparisonOperator.startsWith('Greater')),
  }
}

const nothing = { metric: undefined, comparison: undefined, threshold: undefined, value: undefined, share: undefined }

export const sign = {
  GreaterThanOrEqualToThreshold: '≥',
  GreaterThanThreshold: '>',
  LessThanThreshold: '<',
  LessThanOrEqualToThreshold: '≤',
} as const

/** The newest datapoint of the last evaluation. */
function latestValue({ stateReasonData }: MetricAlarm): number | undefined {
  if (stateReasonData === undefined) return undefined
  const data: unknown = JSON.parse(stateReasonData)
  const points: unknown =
    typeof data === 'object' && data !== null && 'recentDatapoints' in data ? data.recentDatapoints : []
  const last: unknown = Array.isArray(points) ? points.at(-1) : undefined
  return typeof last === 'number' ? last : undefined
}

/** How much of the way to the threshold is gone, 0 to 1. */
export function shareOf(value: number, threshold: number, isGreater: boolean): number {
  const share = isGreater
    ? threshold <= 0
      ? value > threshold
        ? 1
        : 0
      : value / threshold
    : value <= 0
      ? 1
      : threshold / value
  return Math.min(1, Math.max(0, share))
}
