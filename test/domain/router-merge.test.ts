import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergedRefusals, mergedReport } from '../../src/domain/router-merge.ts'
import type { RouterReport, TargetReport } from '../../src/domain/router-report.ts'

function report(more: Partial<RouterReport>): RouterReport {
  return { routerId: 'a', pid: 1, tableVersion: 5, refusedListeners: [], targets: new Map(), counts: [], ...more }
}

function targets(...all: readonly (readonly [key: string, report: TargetReport])[]): RouterReport['targets'] {
  return new Map(all)
}

test('a single report stays as it is', () => {
  const only = report({})
  assert.equal(mergedReport([only]), only)
})

test('a table is in force when every router has it', () => {
  assert.equal(mergedReport([report({ tableVersion: 7 }), report({ tableVersion: 6 })]).tableVersion, 6)
})

test('a target is as healthy as the router says that finds it worst, and has the requests of all in flight', () => {
  const healthy = { health: { state: 'healthy' }, inFlight: 2 } as const
  const unhealthy = {
    health: { state: 'unhealthy', reason: 'Target.Timeout' },
    inFlight: 3,
    lastCheck: 'late',
  } as const
  const merged = mergedReport([
    report({ targets: targets(['one', healthy], ['two', healthy]) }),
    report({ targets: targets(['one', unhealthy]) }),
  ])
  assert.deepEqual(merged.targets, targets(['one', { ...unhealthy, inFlight: 5 }], ['two', healthy]))
})

test('counts of the same kind are added up, and each router keeps its own', () => {
  const count = { listenerArn: 'l', targetGroupArn: 'g', target: 't:1', outcome: '2xx', count: 3 } as const
  const other = { listenerArn: 'l', outcome: 'elb-5xx', statusCode: 503, count: 1 } as const
  const merged = mergedReport([
    report({ routerId: 'a', pid: 1, counts: [count] }),
    report({ routerId: 'b', pid: 2, counts: [count, other] }),
  ])
  assert.deepEqual(merged.counts, [{ ...count, count: 6 }, other])
  assert.deepEqual(
    merged.routers?.map(({ routerId, pid, counts }) => ({ routerId, pid, counts })),
    [
      { routerId: 'a', pid: 1, counts: [count] },
      { routerId: 'b', pid: 2, counts: [count, other] },
    ],
  )
})

test('what routers tell of those before them stays apart from what they have counted themselves', () => {
  const count = { listenerArn: 'l', outcome: '2xx', count: 3 } as const
  const withBefore = mergedReport([
    report({ routerId: 'a2', pid: 2, counts: [count] }),
    report({ routerId: 'a1', pid: 1, counts: [{ ...count, count: 100 }] }),
  ])
  const merged = mergedReport([{ ...withBefore, routerId: 'a2' }, report({ routerId: 'b', pid: 3, counts: [count] })])
  assert.deepEqual(
    merged.routers?.map(({ routerId, counts }) => [routerId, counts[0]?.count]),
    [
      ['a2', 3],
      ['a1', 100],
      ['b', 3],
    ],
  )
})

const exchanges = (count: number) => ({
  listenerArn: 'l',
  targetGroupArn: 'g',
  connectionErrors: 1,
  responseTimes: { sumSeconds: count, counts: [[3, count]] as const },
})
const listener = (connections: number) => ({
  listenerArn: 'l',
  newConnections: connections,
  activeConnections: connections,
  rejectedConnections: 0,
  tlsNegotiationErrors: 0,
  processedBytes: 10,
  ruleEvaluations: 0,
  desyncNonCompliantRequests: 0,
  droppedInvalidHeaderRequests: 0,
  forwardedInvalidHeaderRequests: 0,
})

test('response times and listeners are added up', () => {
  const merged = mergedReport([
    report({ exchanges: [{ ...exchanges(1), tlsNegotiationErrors: 3 }], listeners: [listener(4)] }),
    report({ exchanges: [exchanges(2)], listeners: [listener(5)] }),
  ])
  assert.deepEqual(merged.exchanges?.[0]?.responseTimes, { sumSeconds: 3, counts: [[3, 3]] })
  assert.equal(merged.exchanges?.[0]?.connectionErrors, 2)
  assert.equal(merged.exchanges?.[0]?.tlsNegotiationErrors, 3)
  assert.deepEqual(merged.listeners, [{ ...listener(9), processedBytes: 20 }])
})

test('a listener that one router could not open is refused once', () => {
  const refused = { listenerArn: 'l', port: 80, message: 'in use' }
  assert.deepEqual(mergedRefusals([[refused], [], [refused]]), [refused])
})
