import type { AccessLogLine } from '../../src/domain/access-log-line.ts'
import type { MetricDatum } from '../../src/domain/metric.ts'
import type { RequestCount } from '../../src/domain/router-report.ts'

type Sums = Readonly<Record<string, number>>

function sumsOf(entries: readonly (readonly [name: string, count: number])[]): Sums {
  const sums = new Map<string, number>()
  for (const [name, count] of entries) sums.set(name, (sums.get(name) ?? 0) + count)
  return Object.fromEntries([...sums].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/**
 * The account's outcomes, as far as a line can tell them: by whose answer it was, and its hundred. Clients that left have
 * the load balancer's status, or that of the answer which they left.
 */
export function sumsOfCounts(counts: readonly RequestCount[]): Sums {
  return sumsOf(
    counts.map(({ outcome, statusCode, targetAnswer, count }) => {
      if (outcome === 'client-closed' && statusCode !== 460) return [targetAnswer ?? 'elb-4xx', count]
      return [outcome, count]
    }),
  )
}

export function sumsOfLines(lines: readonly AccessLogLine[]): Sums {
  return sumsOf(lines.map((line) => [outcomeOf(line), 1]))
}

/** As the account calls it. */
function outcomeOf({ elbStatusCode = 0, targetStatusCode }: AccessLogLine): string {
  if (elbStatusCode === 460) return 'client-closed'
  const hundred = `${Math.floor(elbStatusCode / 100)}xx`
  return targetStatusCode === elbStatusCode ? hundred : `elb-${hundred}`
}

/** Sums of the metrics of the load balancer alone. */
export function sumsOfMetrics(data: readonly MetricDatum[]): Sums {
  return sumsOf(
    data
      .filter(({ id }) => id.dimensions.length === 1 && id.dimensions[0]?.name === 'LoadBalancer')
      .flatMap(({ id, samples }) => {
        const values = samples.kind === 'values' ? samples.values : []
        return [[id.metricName, values.reduce((sum, { value, count }) => sum + value * count, 0)] as const]
      }),
  )
}
