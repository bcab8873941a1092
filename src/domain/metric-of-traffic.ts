import type { AlarmDimension } from './alarm.ts'
import { parseArn } from './identifiers.ts'
import { latencyOf } from './latency-bucket.ts'
import type { MetricDatum, MetricSamples } from './metric.ts'
import type { ListenerTotals, RequestCount, RouterReport } from './router-report.ts'

export const loadBalancerNamespace = 'AWS/ApplicationELB'

/** A router's counters, summed so that two of them can be subtracted. By a key of their own. */
export type TrafficCounts = {
  readonly requests: ReadonlyMap<string, RequestCount>
  readonly exchanges: ReadonlyMap<string, ExchangeSums>
  readonly listeners: ReadonlyMap<string, ListenerTotals>
}
type ExchangeSums = {
  readonly listenerArn: string
  readonly targetGroupArn: string
  readonly connectionErrors: number
  readonly tlsNegotiationErrors: number
  readonly unhealthyRoutings: number
  readonly nonStickyRequests: number
  readonly sumSeconds: number
  readonly latencies: ReadonlyMap<number, number>
}

export const noTraffic: TrafficCounts = { requests: new Map(), exchanges: new Map(), listeners: new Map() }

/** Rows of single targets are summed: the router moves them to their group's row once the target is long gone. */
export function trafficCounts({
  counts,
  exchanges = [],
  listeners = [],
}: Pick<RouterReport, 'counts' | 'exchanges' | 'listeners'>): TrafficCounts {
  const requests = new Map<string, RequestCount>()
  for (const { target: _, ...row } of counts) {
    const key = `${row.listenerArn} ${row.targetGroupArn ?? ''} ${row.outcome} ${row.statusCode ?? ''} ${row.targetAnswer ?? ''}`
    requests.set(key, { ...row, count: row.count + (requests.get(key)?.count ?? 0) })
  }
  return {
    requests,
    exchanges: new Map(
      exchanges.map(({ responseTimes, ...row }) => [
        `${row.listenerArn} ${row.targetGroupArn}`,
        {
          ...row,
          tlsNegotiationErrors: row.tlsNegotiationErrors ?? 0,
          unhealthyRoutings: row.unhealthyRoutings ?? 0,
          nonStickyRequests: row.nonStickyRequests ?? 0,
          sumSeconds: responseTimes.sumSeconds,
          latencies: new Map(responseTimes.counts),
        },
      ]),
    ),
    listeners: new Map(listeners.map((row) => [row.listenerArn, row])),
  }
}

/** What came since `before`; of the same router, so no counter is lower. */
export function trafficSince(before: TrafficCounts, now: TrafficCounts): TrafficCounts {
  return {
    requests: new Map(
      [...now.requests]
        .map(([key, row]): [string, RequestCount] => [
          key,
          { ...row, count: row.count - (before.requests.get(key)?.count ?? 0) },
        ])
        .filter(([, { count }]) => count > 0),
    ),
    exchanges: new Map([...now.exchanges].map(([key, row]) => [key, exchangesSince(before.exchanges.get(key), row)])),
    listeners: new Map([...now.listeners].map(([key, row]) => [key, totalsSince(before.listeners.get(key), row)])),
  }
}

function exchangesSince(before: ExchangeSums | undefined, now: ExchangeSums): ExchangeSums {
  if (before === undefined) return now
  const latencies = [...now.latencies]
    .map(([bucket, count]): [number, number] => [bucket, count - (before.latencies.get(bucket) ?? 0)])
    .filter(([, count]) => count > 0)
  return {
    ...now,
    connectionErrors: now.connectionErrors - before.connectionErrors,
    tlsNegotiationErrors: now.tlsNegotiationErrors - before.tlsNegotiationErrors,
    unhealthyRoutings: now.unhealthyRoutings - before.unhealthyRoutings,
    nonStickyRequests: now.nonStickyRequests - before.nonStickyRequests,
    sumSeconds: now.sumSeconds - before.sumSeconds,
    latencies: new Map(latencies),
  }
}

/** Connections that are open now are no counter. */
function totalsSince(before: ListenerTotals | undefined, now: ListenerTotals): ListenerTotals {
  if (before === undefined) return now
  return {
    listenerArn: now.listenerArn,
    activeConnections: now.activeConnections,
    newConnections: now.newConnections - before.newConnections,
    rejectedConnections: now.rejectedConnections - before.rejectedConnections,
    tlsNegotiationErrors: now.tlsNegotiationErrors - before.tlsNegotiationErrors,
    processedBytes: now.processedBytes - before.processedBytes,
    ruleEvaluations: now.ruleEvaluations - before.ruleEvaluations,
    desyncNonCompliantRequests: now.desyncNonCompliantRequests - before.desyncNonCompliantRequests,
    droppedInvalidHeaderRequests: now.droppedInvalidHeaderRequests - before.droppedInvalidHeaderRequests,
    forwardedInvalidHeaderRequests: now.forwardedInvalidHeaderRequests - before.forwardedInvalidHeaderRequests,
    fixedResponses: (now.fixedResponses ?? 0) - (before.fixedResponses ?? 0),
  }
}

/**
 * The load balancer's metrics of traffic, as its guide lists them: counts only where they are not zero. `healthyTargets`
 * is what `RequestCountPerTarget` divides by.
 */
export function trafficMetrics(
  { requests, exchanges, listeners }: TrafficCounts,
  timestamp: number,
  healthyTargets: (targetGroupArn: string) => number,
): readonly MetricDatum[] {
  return [
    ...[...requests.values()].flatMap((row) => requestMetrics(row, timestamp, healthyTargets)),
    ...[...exchanges.values()].flatMap((row) => exchangeMetrics(row, timestamp)),
    ...[...listeners.values()].flatMap((row) => listenerMetrics(row, timestamp)),
  ]
}

/** A metric of a target group, which is the load balancer's of the listener too. */
export function targetGroupDimensions(listenerArn: string, targetGroupArn: string): readonly AlarmDimension[] {
  const targetGroup = parseArn(targetGroupArn)?.resource ?? targetGroupArn
  return [{ name: 'TargetGroup', value: targetGroup }, ...loadBalancerDimensions(listenerArn)]
}

/** `LoadBalancer=app/NAME/ID`: a listener's ARN says whose it is, also when it is gone. */
export function loadBalancerDimensions(listenerArn: string): readonly AlarmDimension[] {
  const [, ...path] = (parseArn(listenerArn)?.resource ?? listenerArn).split('/')
  return [{ name: 'LoadBalancer', value: path.slice(0, 3).join('/') }]
}

function requestMetrics(
  { listenerArn, targetGroupArn, outcome, statusCode, targetAnswer = outcome, count }: RequestCount,
  timestamp: number,
  healthyTargets: (targetGroupArn: string) => number,
): readonly MetricDatum[] {
  const data: MetricDatum[] = []
  const add = (metricName: string, dimensions: readonly AlarmDimension[], value = count): void => {
    data.push(datum(listenerArn, { metricName, dimensions, unit: 'Count', timestamp, samples: one(value) }))
  }
  const whole = loadBalancerDimensions(listenerArn)
  for (const name of elbMetrics(outcome, statusCode)) add(name, whole)
  // A 503 of its own is how the load balancer says that it has chosen no target.
  if (targetGroupArn === undefined || statusCode === 503) return data
  const part = targetGroupDimensions(listenerArn, targetGroupArn)
  const targetMetric = /^[2-5]xx$/.test(targetAnswer)
    ? `HTTPCode_Target_${targetAnswer.toUpperCase()}_Count`
    : undefined
  for (const dimensions of [whole, part]) {
    add('RequestCount', dimensions)
    if (targetMetric !== undefined) add(targetMetric, dimensions)
  }
  const perTarget = count / Math.max(1, healthyTargets(targetGroupArn))
  add('RequestCountPerTarget', part.slice(0, 1), perTarget)
  add('RequestCountPerTarget', part, perTarget)
  return data
}

function elbMetrics(outcome: RequestCount['outcome'], statusCode: number | undefined): readonly string[] {
  switch (outcome) {
    case 'elb-3xx':
      return ['HTTPCode_ELB_3XX_Count', 'HTTP_Redirect_Count']
    case 'elb-4xx':
      return ['HTTPCode_ELB_4XX_Count']
    case 'elb-5xx': {
      const own = statusCode !== undefined && countedServerErrors.has(statusCode)
      return ['HTTPCode_ELB_5XX_Count', ...(own ? [`HTTPCode_ELB_${statusCode}_Count`] : [])]
    }
    case '1xx':
    case '2xx':
    case '3xx':
    case '4xx':
    case '5xx':
    case 'elb-2xx':
    case 'target-closed':
      return []
    case 'client-closed':
      // As AWS's guide has it: 460 is one of the load balancer's client errors, and so is a request that is not whole.
      return statusCode === undefined ? [] : ['HTTPCode_ELB_4XX_Count']
  }
}

const countedServerErrors = new Set([500, 502, 503, 504])

function exchangeMetrics(row: ExchangeSums, timestamp: number): readonly MetricDatum[] {
  const { listenerArn, targetGroupArn } = row
  const samples = latencySamples(row)
  const everyDimensions = [loadBalancerDimensions(listenerArn), targetGroupDimensions(listenerArn, targetGroupArn)]
  return everyDimensions.flatMap((dimensions) => [
    ...counted(listenerArn, dimensions, timestamp, {
      TargetConnectionErrorCount: row.connectionErrors,
      TargetTLSNegotiationErrorCount: row.tlsNegotiationErrors,
      UnhealthyRoutingRequestCount: row.unhealthyRoutings,
      NonStickyRequestCount: row.nonStickyRequests,
    }),
    ...(samples === undefined
      ? []
      : [datum(listenerArn, { metricName: 'TargetResponseTime', dimensions, unit: 'Seconds', timestamp, samples })]),
  ])
}

function listenerMetrics(row: ListenerTotals, timestamp: number): readonly MetricDatum[] {
  const { listenerArn, processedBytes } = row
  const dimensions = loadBalancerDimensions(listenerArn)
  return [
    ...counted(listenerArn, dimensions, timestamp, {
      NewConnectionCount: row.newConnections,
      RejectedConnectionCount: row.rejectedConnections,
      ClientTLSNegotiationErrorCount: row.tlsNegotiationErrors,
      RuleEvaluations: row.ruleEvaluations,
      HTTP_Fixed_Response_Count: row.fixedResponses ?? 0,
      DesyncMitigationMode_NonCompliant_Request_Count: row.desyncNonCompliantRequests,
      DroppedInvalidHeaderRequestCount: row.droppedInvalidHeaderRequests,
      ForwardedInvalidHeaderRequestCount: row.forwardedInvalidHeaderRequests,
    }),
    ...counted(listenerArn, dimensions, timestamp, { ProcessedBytes: processedBytes }, 'Bytes'),
  ]
}

/** A datum for each number that is not zero. */
function counted(
  listenerArn: string,
  dimensions: readonly AlarmDimension[],
  timestamp: number,
  values: Readonly<Record<string, number>>,
  unit: 'Count' | 'Bytes' = 'Count',
): readonly MetricDatum[] {
  return Object.entries(values)
    .filter(([, value]) => value > 0)
    .map(([metricName, value]) => datum(listenerArn, { metricName, dimensions, unit, timestamp, samples: one(value) }))
}

/** The histogram's values, moved together to the sum that is known exactly, so that averages are exact. */
function latencySamples({ latencies, sumSeconds }: ExchangeSums): MetricSamples | undefined {
  const values = [...latencies].map(([bucket, count]) => ({ value: latencyOf(bucket), count }))
  const sum = values.reduce((total, { value, count }) => total + value * count, 0)
  if (sum === 0) return undefined
  const factor = Math.min(Math.max(sumSeconds / sum, 0.95), 1.05)
  return { kind: 'values', values: values.map(({ value, count }) => ({ value: value * factor, count })) }
}

function one(value: number): MetricSamples {
  return { kind: 'values', values: [{ value, count: 1 }] }
}

function datum(
  listenerArn: string,
  {
    metricName,
    dimensions,
    ...rest
  }: Omit<MetricDatum, 'id'> & {
    readonly metricName: string
    readonly dimensions: readonly AlarmDimension[]
  },
): MetricDatum {
  const region = parseArn(listenerArn)?.region ?? ''
  return { id: { region, namespace: loadBalancerNamespace, metricName, dimensions }, ...rest }
}
