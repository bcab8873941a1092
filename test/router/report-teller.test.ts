import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReportCopy } from '../../src/adapters/report-copy.ts'
import type { RequestCount, RouterReport } from '../../src/domain/router-report.ts'
import { ReportTeller } from '../../src/router/report-teller.ts'
import { SeededChance } from '../world/seeded-chance.ts'

const listenerArn = 'listener'
const listener = {
  newConnections: 1,
  activeConnections: 0,
  rejectedConnections: 0,
  tlsNegotiationErrors: 0,
  processedBytes: 9,
  ruleEvaluations: 0,
  desyncNonCompliantRequests: 0,
  droppedInvalidHeaderRequests: 0,
  forwardedInvalidHeaderRequests: 0,
}

function aReport(wishes: Partial<RouterReport> = {}): RouterReport {
  const whole = { routerId: 'r', pid: 1, tableVersion: 1, refusedListeners: [], targets: {}, counts: [] }
  return { ...whole, exchanges: [], listeners: [], ...wishes }
}

function target(inFlight: number) {
  return { health: { state: 'healthy' }, inFlight } as const
}

function withRequests(inFlight: number): RouterReport {
  return aReport({ targets: { 'g 1': target(inFlight), 'g 2': target(0) } })
}

/** Through text, as between processes. */
function tell(teller: ReportTeller, copy: ReportCopy, report: RouterReport): string {
  const text = JSON.stringify(teller.tell(report, copy.revision))
  copy.hear(JSON.parse(text))
  return text
}

test('what has not changed is not told again, and is the same object', () => {
  const [teller, copy] = [new ReportTeller(), new ReportCopy()]
  const targets = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`g ${at}`, target(0)]))
  assert(tell(teller, copy, aReport({ targets })).length > 10_000)
  const first = copy.report
  assert(tell(teller, copy, aReport({ targets })).length < 100)
  assert.equal(copy.report, first)
  const count: RequestCount = { listenerArn, outcome: '2xx', count: 7 }
  assert(tell(teller, copy, aReport({ targets, counts: [count] })).length < 200)
  assert.equal(copy.report?.targets, first?.targets)
  assert.deepEqual(copy.report?.counts, [count])
})

test('whoever has another report than was told last is told the whole of it', () => {
  const [teller, one, other] = [new ReportTeller(), new ReportCopy(), new ReportCopy()]
  tell(teller, one, withRequests(0))
  tell(teller, other, withRequests(1))
  tell(teller, one, withRequests(2))
  assert.deepEqual(one.report, withRequests(2))
  // Another router has the socket now.
  tell(new ReportTeller(), one, withRequests(3))
  assert.deepEqual(one.report, withRequests(3))
})

test('a router of an older version tells the whole report each time', () => {
  const copy = new ReportCopy()
  copy.hear(aReport({ pid: 2 }))
  assert.deepEqual([copy.report, copy.revision], [aReport({ pid: 2 }), 'none'])
})

test('whatever comes and goes, the copy is the report', () => {
  const chance = new SeededChance(3)
  const [teller, copy] = [new ReportTeller(), new ReportCopy()]
  const some = <Value>(make: (at: number) => Value): Value[] =>
    Array.from({ length: 4 }, (_, at) => at).flatMap((at) => (chance.random() < 0.6 ? [make(at)] : []))
  for (let round = 0; round < 500; round++) {
    const exchange = { listenerArn, connectionErrors: 0, responseTimes: { sumSeconds: chance.below(2), counts: [] } }
    const report = aReport({
      tableVersion: chance.below(3),
      targets: Object.fromEntries(some((at) => [`g ${at}`, target(chance.below(2))])),
      counts: some((at) => ({ listenerArn, outcome: 'elb-5xx', statusCode: 500 + at, count: chance.below(3) })),
      exchanges: some((at) => ({ ...exchange, targetGroupArn: `g${at}` })),
      listeners: some((at) => ({ ...listener, listenerArn: `l${at}`, newConnections: chance.below(2) })),
    })
    tell(teller, copy, report)
    assert.deepEqual(sorted(copy.report), sorted(report))
  }
})

/** Rows have no order. */
function sorted(report: RouterReport | undefined): unknown {
  return {
    ...report,
    counts: rows(report?.counts),
    exchanges: rows(report?.exchanges),
    listeners: rows(report?.listeners),
  }
}

function rows(all: readonly object[] = []): readonly string[] {
  return all.map((row) => JSON.stringify(row)).toSorted()
}
