import type * as sdk from '@aws-sdk/client-cloudwatch'
import { periodMilliseconds, startOfPeriod } from '../../domain/metric-period.ts'
import {
  isUnsupportedStatistic,
  parsePercentile,
  parseStatistic,
  type MetricStatistic,
} from '../../domain/metric-statistic.ts'
import type { MetricSummary } from '../../domain/metric-summary.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Metrics } from '../../engine/metrics.ts'
import type { Handlers } from '../handlers.ts'
import { checkText, readDimensions } from './dimensions.ts'
import { invalidValue, refusal } from './errors.ts'
import { checkPeriod } from './periods.ts'

const mostDatapoints = 1440

/** One metric, as datapoints with several statistics each. */
export const metricStatistics = ({ settings }: Pick<Engine, 'settings'>, metrics: Metrics) =>
  ({
    GetMetricStatistics(input, { region }) {
      const { Namespace, MetricName, Dimensions, StartTime, EndTime, Period, Unit } = input
      checkText(Namespace, { place: 'Namespace', most: 255 }, invalidValue)
      checkText(MetricName, { place: 'MetricName', most: 255 }, invalidValue)
      const dimensions = readDimensions(Dimensions, 'Dimensions', invalidValue)
      const periodSeconds = checkPeriod(Period, 'Period', invalidValue)
      const wanted = wantedStatistics(input)
      checkTimes(StartTime.getTime(), EndTime.getTime(), periodSeconds)
      const { minuteMilliseconds } = settings
      const grain =
        periodSeconds % 60 === 0 ? minuteMilliseconds : periodMilliseconds(periodSeconds, minuteMilliseconds)
      const id = { region, namespace: Namespace, metricName: MetricName, dimensions }
      const range = { from: startOfPeriod(StartTime.getTime(), grain), to: EndTime.getTime() }
      const units = Unit === undefined ? metrics.units(id) : [Unit]
      const points = units.flatMap((unit) => metrics.points({ id, unit, ...range, periodSeconds }))
      const Datapoints = points.map(({ start, unit, summary }) => ({
        Timestamp: new Date(start),
        ...plainValues(summary, wanted.plain),
        ...extendedValues(summary, wanted.extended),
        Unit: unit as sdk.StandardUnit,
      }))
      return { Label: MetricName, Datapoints }
    },
  }) satisfies Handlers<typeof sdk>

type Wanted = {
  readonly plain: readonly sdk.Statistic[]
  readonly extended: readonly { readonly name: string; readonly statistic: MetricStatistic }[]
}

function wantedStatistics(input: {
  readonly Statistics?: readonly sdk.Statistic[] | undefined
  readonly ExtendedStatistics?: readonly string[] | undefined
}): Wanted {
  const { Statistics = [], ExtendedStatistics = [] } = input
  if (Statistics.length === 0 && ExtendedStatistics.length === 0) {
    throw refusal(
      'InvalidParameterCombinationException',
      'At least one of the parameters Statistics and ExtendedStatistics must be specified.',
    )
  }
  if (Statistics.length > 0 && ExtendedStatistics.length > 0) {
    throw refusal(
      'InvalidParameterCombinationException',
      'The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified both.',
    )
  }
  if (ExtendedStatistics.length > 10) {
    throw invalidValue('The collection ExtendedStatistics must not have a size greater than 10.')
  }
  const extended = ExtendedStatistics.map((name, at) => {
    const statistic = parsePercentile(name)
    if (statistic === undefined) throw wrongStatistic(name, `ExtendedStatistics.member.${at + 1}`, invalidValue)
    return { name, statistic }
  })
  return { plain: Statistics, extended }
}

/** For a statistic that cannot be computed: one that CloudWatch does not know, or one that Teal does not. */
export function wrongStatistic<Refusal>(name: string, place: string, refuse: (message: string) => Refusal): Refusal {
  if (!isUnsupportedStatistic(name)) return refuse(`The value ${name} for parameter ${place} is not a valid statistic.`)
  return refuse(
    `The value ${name} for parameter ${place} is not supported by Teal; use Average, Sum, Minimum, Maximum, SampleCount or a percentile such as p99.`,
  )
}

function checkTimes(start: number, end: number, periodSeconds: number): void {
  if (start >= end) throw invalidValue('The parameter StartTime must be less than the parameter EndTime.')
  // Counted in configured seconds, as AWS counts; with short minutes there may be more of them.
  const requested = Math.ceil((end - start) / 1000 / periodSeconds)
  if (requested <= mostDatapoints) return
  throw refusal(
    'InvalidParameterCombinationException',
    `You have requested up to ${requested} datapoints, which exceeds the limit of ${mostDatapoints}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
  )
}

function plainValues(summary: MetricSummary, wanted: readonly sdk.Statistic[]): Partial<Record<sdk.Statistic, number>> {
  return Object.fromEntries(
    wanted.flatMap((name) => {
      const statistic = parseStatistic(name)
      const value = statistic === undefined ? undefined : summary.statistic(statistic)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function extendedValues(summary: MetricSummary, wanted: Wanted['extended']) {
  if (wanted.length === 0) return {}
  const values = wanted.flatMap(({ name, statistic }): (readonly [string, number])[] => {
    const value = summary.statistic(statistic)
    return value === undefined ? [] : [[name, value]]
  })
  return { ExtendedStatistics: Object.fromEntries(values) }
}
