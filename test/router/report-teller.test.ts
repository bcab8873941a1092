import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReportCopy } from '../../src/adapters/report-copy.ts'
import { reportInJson, type RequestCount, type RouterReport } from '../../src/domain/router-report.ts'
import { ReportTeller, toldWhole } from '../../src/router/report-teller.ts'
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
  const whole = { routerId: 'r', pid: 1, tableVersion: 1, refusedListeners: [], targets: new Map(), counts: [] }
  return { ...whole, exchanges: [], listeners: [], ...wishes }
}

function target(inFlight: number) {
  return { health: { state: 'healthy' }, inFlight } as const
}

function withRequests(inFlight: number): RouterReport {
  return aReport({
    targets: new Map([
      ['g 1', target(inFlight)],
      ['g 2', target(0)],
    ]),
  })
}

function* taking(report: RouterReport): Generator<void, RouterReport> {
  yield
  return report
}

/** Through text, as between processes. */
async function tell(teller: ReportTeller, copy: ReportCopy, report: RouterReport): Promise<string> {
  const text = await teller.tell(() => taking(report), copy.revision)
  copy.hear(JSON.parse(text))
  return text
}

test('what has not changed is not told again, and is the same object', async () => {
  const [teller, copy] = [new ReportTeller(), new ReportCopy()]
  const targets = new Map(Array.from({ length: 1_000 }, (_, at) => [`g ${at}`, target(0)]))
  assert((await tell(teller, copy, aReport({ targets }))).length > 10_000)
  const first = copy.report
  assert((await tell(teller, copy, aReport({ targets }))).length < 100)
  assert.equal(copy.report, first)
  const count: RequestCount = { listenerArn, outcome: '2xx', count: 7 }
  assert((await tell(teller, copy, aReport({ targets, counts: [count] }))).length < 200)
  assert.equal(copy.report?.targets, first?.targets)
  assert.deepEqual(copy.report?.counts, [count])
})

test('whoever has another report than was told last is told the whole of it', async () => {
  const [teller, one, other] = [new ReportTeller(), new ReportCopy(), new ReportCopy()]
  await tell(teller, one, withRequests(0))
  await tell(teller, other, withRequests(1))
  await tell(teller, one, withRequests(2))
  assert.deepEqual(one.report, withRequests(2))
  // Another router has the socket now.
  await tell(new ReportTeller(), one, withRequests(3))
  assert.deepEqual(one.report, withRequests(3))
})

test('a router of an older version tells the whole report each time, and so it is told to an older engine', async () => {
  const copy = new ReportCopy()
  const report = { ...withRequests(1), pid: 2 }
  assert.deepEqual(JSON.parse(await toldWhole(taking(report))), JSON.parse(JSON.stringify(reportInJson(report))))
  copy.hear(JSON.parse(await toldWhole(taking(report))))
  assert.deepEqual([copy.report, copy.revision], [report, 'none'])
})

test('of two who ask at once the second is told by what the first was told', async () => {
  const [teller, copy] = [new ReportTeller(), new ReportCopy()]
  await tell(teller, copy, withRequests(0))
  const first = teller.tell(() => taking(withRequests(1)), copy.revision)
  const second = teller.tell(() => taking(withRequests(2)), copy.revision)
  copy.hear(JSON.parse(await first))
  assert.deepEqual(copy.report, withRequests(1))
  // It has not got the report which that one was told.
  const other = new ReportCopy()
  other.hear(JSON.parse(await second))
  assert.deepEqual(other.report, withRequests(2))
})

function withMany(prefix: string): RouterReport {
  return aReport({ targets: new Map(Array.from({ length: 20_000 }, (_, at) => [`${prefix} ${at}`, target(0)])) })
}

test('what changed of many targets is told with turns of the event loop in between', async () => {
  const [teller, copy] = [new ReportTeller(), new ReportCopy()]
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  for (const prefix of ['a', 'b']) {
    turns = 0
    const report = withMany(prefix)
    await tell(teller, copy, report)
    assert.ok(turns > 3, `${turns}`)
    assert.deepEqual(copy.report, report)
  }
  clearInterval(timer)
})

test('whatever comes and goes, the copy is the report', async () => {
  const chance = new SeededChance(3)
  const [teller, copy] = [new ReportTeller(), new ReportCopy()]
  const some = <Value>(make: (at: number) => Value): Value[] =>
    Array.from({ length: 4 }, (_, at) => at).flatMap((at) => (chance.random() < 0.6 ? [make(at)] : []))
  for (let round = 0; round < 500; round++) {
    const exchange = { listenerArn, connectionErrors: 0, responseTimes: { sumSeconds: chance.below(2), counts: [] } }
    const report = aReport({
      tableVersion: chance.below(3),
      targets: new Map(some((at) => [`g ${at}`, target(chance.below(2))] as const)),
      counts: some((at) => ({ listenerArn, outcome: 'elb-5xx', statusCode: 500 + at, count: chance.below(3) })),
      exchanges: some((at) => ({ ...exchange, targetGroupArn: `g${at}` })),
      listeners: some((at) => ({ ...listener, listenerArn: `l${at}`, newConnections: chance.below(2) })),
    })
    await tell(teller, copy, report)
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
