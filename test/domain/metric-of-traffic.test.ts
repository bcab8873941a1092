import assert from 'node:assert/strict'
import { test } from 'node:test'
import { latencyBucket } from '../../src/domain/latency-bucket.ts'
import { noTraffic, trafficCounts, trafficMetrics, trafficSince } from '../../src/domain/metric-of-traffic.ts'
import { metricKey, type MetricDatum } from '../../src/domain/metric.ts'
import { MetricSummary } from '../../src/domain/metric-summary.ts'
import type { RequestCount } from '../../src/domain/router-report.ts'

const listenerArn = 'arn:aws:elasticloadbalancing:eu-west-1:000000000000:listener/app/web/50dc/0467'
const targetGroupArn = 'arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/blue/73e2'
const row = { listenerArn, targetGroupArn, target: '10.0.0.1:80' }

/** `RequestCount web` or `RequestCount web blue`, and the sum. */
function sums(data: readonly MetricDatum[]): Readonly<Record<string, number>> {
  const summaries = new Map<string, MetricSummary>()
  for (const { id, samples } of data) {
    assert.equal(id.namespace, 'AWS/ApplicationELB')
    assert.equal(id.region, 'eu-west-1')
    const values = id.dimensions.map(({ name, value }) => {
      assert.equal(value, name === 'TargetGroup' ? 'targetgroup/blue/73e2' : 'app/web/50dc')
      return name === 'TargetGroup' ? 'blue' : 'web'
    })
    const name = [id.metricName, ...values.toReversed()].join(' ')
    const summary = summaries.get(name) ?? new MetricSummary()
    summary.add(samples)
    summaries.set(name, summary)
    assert.ok(metricKey(id).length > 0)
  }
  return Object.fromEntries([...summaries].map(([name, summary]) => [name, summary.statistic({ kind: 'Sum' }) ?? 0]))
}

function metricsOf(counts: readonly RequestCount[], healthyTargets = 2): Readonly<Record<string, number>> {
  return sums(trafficMetrics(trafficCounts({ counts }), 0, () => healthyTargets))
}

test('answers of targets are counted for the load balancer and for the group', () => {
  assert.deepEqual(metricsOf([{ ...row, outcome: '2xx', count: 6 }]), {
    'RequestCount web': 6,
    'RequestCount web blue': 6,
    'HTTPCode_Target_2XX_Count web': 6,
    'HTTPCode_Target_2XX_Count web blue': 6,
    'RequestCountPerTarget blue': 3,
    'RequestCountPerTarget web blue': 3,
  })
})

test("the load balancer's own errors are counted by code, and requests only where a target was chosen", () => {
  assert.deepEqual(metricsOf([{ ...row, outcome: 'elb-5xx', statusCode: 502, count: 1 }], 0), {
    'HTTPCode_ELB_5XX_Count web': 1,
    'HTTPCode_ELB_502_Count web': 1,
    'RequestCount web': 1,
    'RequestCount web blue': 1,
    'RequestCountPerTarget blue': 1,
    'RequestCountPerTarget web blue': 1,
  })
  assert.deepEqual(metricsOf([{ listenerArn, targetGroupArn, outcome: 'elb-5xx', statusCode: 503, count: 2 }]), {
    'HTTPCode_ELB_5XX_Count web': 2,
    'HTTPCode_ELB_503_Count web': 2,
  })
  assert.deepEqual(metricsOf([{ listenerArn, outcome: 'elb-4xx', count: 3 }]), { 'HTTPCode_ELB_4XX_Count web': 3 })
  assert.deepEqual(metricsOf([{ listenerArn, outcome: 'elb-3xx', count: 4 }]), {
    'HTTPCode_ELB_3XX_Count web': 4,
    'HTTP_Redirect_Count web': 4,
  })
})

test('clients that went away are errors of the load balancer before an answer, and answers of the target within one', () => {
  const ofAll = { 'RequestCount web': 1, 'RequestCount web blue': 1 }
  const perTarget = { 'RequestCountPerTarget blue': 1, 'RequestCountPerTarget web blue': 1 }
  for (const statusCode of [460, 400]) {
    assert.deepEqual(metricsOf([{ ...row, outcome: 'client-closed', statusCode, count: 1 }], 1), {
      'HTTPCode_ELB_4XX_Count web': 1,
      ...ofAll,
      ...perTarget,
    })
  }
  for (const outcome of ['client-closed', 'target-closed'] as const) {
    assert.deepEqual(metricsOf([{ ...row, outcome, targetAnswer: '5xx', count: 1 }], 1), {
      ...ofAll,
      'HTTPCode_Target_5XX_Count web': 1,
      'HTTPCode_Target_5XX_Count web blue': 1,
      ...perTarget,
    })
  }
  // A router of an older version does not tell more.
  assert.deepEqual(metricsOf([{ ...row, outcome: 'client-closed', count: 1 }], 1), { ...ofAll, ...perTarget })
})

test('rows of single targets that are folded into their group are not counted again', () => {
  const before = trafficCounts({ counts: [{ ...row, outcome: '2xx', count: 5 }] })
  const { target: _, ...folded } = row
  const after = trafficCounts({
    counts: [
      { ...folded, outcome: '2xx', count: 5 },
      { ...row, target: '10.0.0.2:80', outcome: '2xx', count: 1 },
    ],
  })
  assert.equal(sums(trafficMetrics(trafficSince(before, after), 0, () => 1))['RequestCount web'], 1)
  assert.deepEqual(
    trafficMetrics(trafficSince(after, after), 0, () => 1),
    [],
  )
})

const exchanges = (seconds: readonly number[]) => [
  {
    listenerArn,
    targetGroupArn,
    connectionErrors: seconds.length,
    tlsNegotiationErrors: 2 * seconds.length,
    responseTimes: {
      sumSeconds: seconds.reduce((sum, each) => sum + each, 0),
      counts: seconds.map((each): [number, number] => [latencyBucket(each), 1]),
    },
  },
]

test('response times have an exact average, and percentiles from their histogram', () => {
  const times = [0.01, 0.02, 0.4]
  const before = trafficCounts({ counts: [], exchanges: exchanges(times.slice(0, 1)) })
  const after = trafficCounts({ counts: [], exchanges: exchanges(times) })
  const data = trafficMetrics(trafficSince(before, after), 0, () => 1)
  assert.deepEqual(Object.keys(sums(data)).toSorted(), [
    'TargetConnectionErrorCount web',
    'TargetConnectionErrorCount web blue',
    'TargetResponseTime web',
    'TargetResponseTime web blue',
    'TargetTLSNegotiationErrorCount web',
    'TargetTLSNegotiationErrorCount web blue',
  ])
  assert.equal(sums(data)['TargetConnectionErrorCount web'], 2)
  assert.equal(sums(data)['TargetTLSNegotiationErrorCount web blue'], 4)
  assert.ok(Math.abs((sums(data)['TargetResponseTime web blue'] ?? 0) - 0.42) < 1e-9)
  assert.equal(trafficMetrics(trafficSince(noTraffic, trafficCounts({ counts: [] })), 0, () => 1).length, 0)
})

const listenerTotals = {
  listenerArn,
  newConnections: 3,
  activeConnections: 2,
  rejectedConnections: 0,
  tlsNegotiationErrors: 1,
  processedBytes: 5000,
  ruleEvaluations: 40,
  desyncNonCompliantRequests: 2,
  droppedInvalidHeaderRequests: 4,
  forwardedInvalidHeaderRequests: 5,
  fixedResponses: 6,
}

test('what a listener has seen is counted for its load balancer', () => {
  const before = trafficCounts({
    counts: [],
    listeners: [{ ...listenerTotals, processedBytes: 1000, newConnections: 3 }],
  })
  const after = trafficCounts({ counts: [], listeners: [listenerTotals] })
  assert.deepEqual(sums(trafficMetrics(trafficSince(before, after), 0, () => 1)), { 'ProcessedBytes web': 4000 })
  assert.deepEqual(sums(trafficMetrics(trafficSince(noTraffic, after), 0, () => 1)), {
    'NewConnectionCount web': 3,
    'ClientTLSNegotiationErrorCount web': 1,
    'RuleEvaluations web': 40,
    'HTTP_Fixed_Response_Count web': 6,
    'DesyncMitigationMode_NonCompliant_Request_Count web': 2,
    'DroppedInvalidHeaderRequestCount web': 4,
    'ForwardedInvalidHeaderRequestCount web': 5,
    'ProcessedBytes web': 5000,
  })
})

test('requests to targets that are not healthy, and those without their cookie, are counted for both', () => {
  const [group] = exchanges([0.1])
  assert.ok(group !== undefined)
  const counts = (unhealthyRoutings: number, nonStickyRequests: number) =>
    trafficCounts({ counts: [], exchanges: [{ ...group, unhealthyRoutings, nonStickyRequests }] })
  assert.deepEqual(sums(trafficMetrics(trafficSince(counts(1, 1), counts(3, 1)), 0, () => 1)), {
    'UnhealthyRoutingRequestCount web': 2,
    'UnhealthyRoutingRequestCount web blue': 2,
  })
  assert.equal(sums(trafficMetrics(counts(0, 7), 0, () => 1))['NonStickyRequestCount web blue'], 7)
})
