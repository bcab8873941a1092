import type * as sdk from '@aws-sdk/client-cloudwatch'
import { metricKey, type MetricId } from '../../domain/metric.ts'
import type { Metrics } from '../../engine/metrics.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { dimensionList } from './dimensions.ts'
import { invalidValue } from './errors.ts'
import { page } from './pages.ts'

const pageSize = 500
const recentlyMilliseconds = 3 * 3_600_000

export const metricLists = (metrics: Metrics) =>
  ({
    ListMetrics(input, { region, accountId }) {
      const { Namespace, MetricName, Dimensions = [], NextToken, RecentlyActive, OwningAccount } = input
      if (Dimensions.length > 10) throw invalidValue('The collection Dimensions must not have a size greater than 10.')
      const isHere = OwningAccount === undefined || OwningAccount === accountId
      const listed = isHere ? metrics.list(region, RecentlyActive === undefined ? undefined : recentlyMilliseconds) : []
      const found = listed
        .filter(
          ({ namespace, metricName, dimensions }) =>
            (Namespace === undefined || namespace === Namespace) &&
            (MetricName === undefined || metricName === MetricName) &&
            Dimensions.every((filter) => hasDimension(dimensions, filter)),
        )
        .map((id) => ({ id, key: metricKey(id) }))
        .toSorted((one, other) => (one.key < other.key ? -1 : 1))
      const request = { list: 'metrics', size: pageSize, nextToken: NextToken }
      const { items, ...next } = page(found, { ...request, keyOf: ({ key }) => key, isByKey: true })
      return { Metrics: items.map(({ id }) => metricOf(id)), ...next }
    },
  }) satisfies Handlers<typeof sdk>

function hasDimension(dimensions: MetricId['dimensions'], { Name, Value }: Checked<sdk.DimensionFilter>): boolean {
  return dimensions.some(({ name, value }) => name === Name && (Value === undefined || value === Value))
}

function metricOf({ namespace, metricName, dimensions }: MetricId) {
  return { Namespace: namespace, MetricName: metricName, Dimensions: dimensionList(dimensions) }
}
