import type * as sdk from '@aws-sdk/client-cloudwatch'
import { periodMilliseconds, startOfPeriod } from '../../domain/metric-period.ts'
import { parseStatistic } from '../../domain/metric-statistic.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Metrics } from '../../engine/metrics.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { checkText, readDimensions } from './dimensions.ts'
import { invalid, unsupported } from './errors.ts'
import { wrongStatistic } from './metric-statistics.ts'
import { positionToken, readToken } from './pages.ts'
import { checkPeriod } from './periods.ts'

const mostQueries = 500
const mostDatapoints = 100_800
const listName = 'metric data'

type Query = Checked<sdk.MetricDataQuery>
type Series = {
  readonly Id: string
  readonly Label: string
  readonly points: readonly (readonly [time: number, value: number])[]
}

/** Many metrics at once, one statistic each. */
export const metricQueries = ({ settings }: Pick<Engine, 'settings'>, metrics: Metrics) =>
  ({
    GetMetricData(input, { region }) {
      const { MetricDataQueries, StartTime, EndTime, ScanBy, NextToken, MaxDatapoints = mostDatapoints } = input
      checkQueries(MetricDataQueries)
      if (StartTime >= EndTime) throw invalid('The parameter StartTime must be less than the parameter EndTime.')
      if (!Number.isInteger(MaxDatapoints) || MaxDatapoints < 1 || MaxDatapoints > mostDatapoints) {
        throw invalid(`The parameter MaxDatapoints must be between 1 and ${mostDatapoints}.`)
      }
      const times = { from: StartTime.getTime(), to: EndTime.getTime() }
      const world = { metrics, region, minuteMilliseconds: settings.minuteMilliseconds }
      const all = MetricDataQueries.map((query, at) => seriesOf(query, at, { ...world, ...times }))
      const shown = all.filter((_, at) => MetricDataQueries[at]?.ReturnData !== false)
      const series = ScanBy === 'TimestampAscending' ? shown : shown.map(newestFirst)
      const start = NextToken === undefined ? 0 : readToken(NextToken, listName).position
      const { results, next } = cut(series, start, MaxDatapoints)
      const token = next === undefined ? {} : { NextToken: positionToken(listName, next) }
      return { MetricDataResults: results, Messages: [], ...token }
    },
  }) satisfies Handlers<typeof sdk>

function checkQueries(queries: readonly Query[]): void {
  if (queries.length === 0) throw invalid('The collection MetricDataQueries must not be empty.')
  if (queries.length > mostQueries) {
    throw invalid(`The collection MetricDataQueries must not have a size greater than ${mostQueries}.`)
  }
  const ids = new Set<string>()
  for (const [at, { Id: id }] of queries.entries()) {
    const pattern = /^[a-z][a-zA-Z0-9_]*$/
    if (!pattern.test(id)) {
      throw invalid(
        `The value ${id} for parameter MetricDataQueries.member.${at + 1}.Id does not match the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
      )
    }
    if (ids.has(id)) throw invalid(`The values for parameter Id in MetricDataQueries are not unique: ${id}.`)
    ids.add(id)
  }
}

type World = {
  readonly metrics: Metrics
  readonly region: string
  readonly minuteMilliseconds: number
  readonly from: number
  readonly to: number
}

function seriesOf({ Id, Label, Expression, MetricStat, AccountId }: Query, at: number, world: World): Series {
  const place = `MetricDataQueries.member.${at + 1}`
  if (Expression !== undefined) {
    throw unsupported(`${place}.Expression`, 'query the metrics with MetricStat and compute from their values')
  }
  if (AccountId !== undefined) throw unsupported(`${place}.AccountId`, 'there is one account; leave it out')
  if (Label?.includes('${') === true) {
    throw unsupported(`${place}.Label with dynamic values (\${…})`, 'give it as plain text')
  }
  if (MetricStat === undefined) throw invalid(`The parameter ${place}.MetricStat is required.\n`)
  const { Metric, Period, Stat, Unit } = MetricStat
  const { Namespace, MetricName, Dimensions } = Metric
  const metric = `${place}.MetricStat.Metric`
  const namespace = required(Namespace, `${metric}.Namespace`)
  const metricName = required(MetricName, `${metric}.MetricName`)
  const dimensions = readDimensions(Dimensions, `${metric}.Dimensions`, invalid)
  const periodSeconds = checkPeriod(Period, `${place}.MetricStat.Period`, invalid)
  const statistic = parseStatistic(Stat)
  if (statistic === undefined) throw wrongStatistic(Stat, `${place}.MetricStat.Stat`, invalid)
  const id = { region: world.region, namespace, metricName, dimensions }
  const from = startOfPeriod(world.from, periodMilliseconds(periodSeconds, world.minuteMilliseconds))
  const points = world.metrics.points({ id, unit: Unit, from, to: world.to, periodSeconds })
  return {
    Id,
    Label: Label ?? metricName,
    points: points.flatMap(({ start, summary }) => {
      const value = summary.statistic(statistic)
      return value === undefined ? [] : [[start, value] as const]
    }),
  }
}

function required(text: string | undefined, place: string): string {
  if (text === undefined) throw invalid(`The parameter ${place} is required.`)
  return checkText(text, { place, most: 255 }, invalid)
}

function newestFirst(series: Series): Series {
  return { ...series, points: series.points.toReversed() }
}

/** So many datapoints, counted through all series, from a place on. */
function cut(series: readonly Series[], start: number, size: number) {
  const end = start + size
  let position = 0
  const results = series.flatMap(({ Id, Label, points }) => {
    const first = position
    position += points.length
    const isOver = position <= start && points.length > 0 && start > 0
    const isComing = first >= end && points.length > 0
    if (isOver || isComing) return []
    const shown = points.slice(Math.max(0, start - first), Math.max(0, end - first))
    return [
      {
        Id,
        Label,
        Timestamps: shown.map(([time]) => new Date(time)),
        Values: shown.map(([, value]) => value),
        StatusCode: position > end ? ('PartialData' as const) : ('Complete' as const),
      },
    ]
  })
  return { results, next: position > end ? end : undefined }
}
