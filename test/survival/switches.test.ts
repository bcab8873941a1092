import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { ListenerTls, RoutingTable, TargetGroupRoute } from '../../src/domain/routing-table.ts'
import { Cleanups } from '../cleanups.ts'
import { freePort } from '../free-port.ts'
import { forwardTo, listener, targetGroup } from '../router/test-router.ts'
import { makeCertificate, type TestCertificate } from '../router/test-certificates.ts'
import { BusyClients, openBusyTarget } from './busy-clients.ts'
import { Siege, until } from './hostile/siege.ts'

/** `TEAL_SWITCHES=1000 node --test test/survival/switches.test.ts` is the long form. */
const switches = Number(process.env['TEAL_SWITCHES'] ?? 60)
const isLong = switches >= 250
const pauseMilliseconds = 25

type Turn = {
  readonly greenWeight: number
  readonly hasRules: boolean
  /** What becomes of the second target of blue. */
  readonly second: 'serving' | 'draining' | 'gone'
  readonly certificate: TestCertificate
}

test(`${switches} switches of weights, rules, targets and certificates break nothing of what goes on`, async () => {
  const targets = await Promise.all(['blue', 'blue', 'green'].map(openBusyTarget))
  const certificates = [makeCertificate({ names: ['a.test'] }), makeCertificate({ names: ['b.test'], key: 'rsa' })]
  await using siege = await Siege.begin({ targets: [] })
  await using cleanups = new Cleanups()
  for (const target of targets) cleanups.add(target.close)
  const ports = { plain: siege.port, secured: await freePort() }
  let version = 1
  const apply = (turn: Turn) =>
    siege.apply(
      tableOf(
        ++version,
        ports,
        targets.map(({ port }) => port),
        turn,
      ),
    )
  await apply(turnOf(0, certificates))
  await until('the targets are healthy', async () =>
    Object.values((await siege.report()).targets).every(({ health }) => health.state === 'healthy'),
  )
  const end = new AbortController()
  cleanups.add(() => end.abort())
  const clients = new BusyClients(ports, end.signal)
  await delay(200)
  for (let number = 1; number <= switches; number++) {
    await apply(turnOf(number, certificates))
    await delay(pauseMilliseconds)
    if (isLong && number % 250 === 0) console.log(`${number} switches, ${siege.memory().toFixed(0)} MiB`)
  }
  end.abort()
  await clients.over()
  const done = Object.fromEntries([...clients.doings].map(([what, doings]) => [what, doings.done]))
  if (isLong) console.log(done)
  assert.deepEqual(clients.failures, [])
  assert.ok(
    Object.values(done).every((count) => count > 0),
    JSON.stringify(done),
  )
  const { counts } = await siege.report()
  assert.deepEqual(
    [...new Set(counts.map(({ outcome }) => outcome))].filter((outcome) => !/^[12]xx$/.test(outcome)),
    [],
  )
  await until('nothing is left in flight, and no connection open', async () => {
    const { targets: reports, listeners = [] } = await siege.report()
    const isFree = Object.values(reports).every(({ inFlight }) => inFlight === 0)
    return isFree && listeners.every(({ activeConnections }) => activeConnections === 0)
  })
})

/** Weights change with every switch, the rest each in its own rhythm, so that everything meets everything. */
function turnOf(number: number, certificates: readonly TestCertificate[]): Turn {
  const [first, second = first] = certificates
  assert.ok(first !== undefined && second !== undefined)
  return {
    greenWeight: number % 2 === 0 ? 0 : 100,
    hasRules: number % 3 === 0,
    second: (['serving', 'draining', 'gone'] as const)[number % 5] ?? 'serving',
    certificate: number % 4 < 2 ? first : second,
  }
}

function tableOf(
  version: number,
  { plain, secured }: { readonly plain: number; readonly secured: number },
  [blue = 0, secondBlue = 0, green = 0]: readonly number[],
  { greenWeight, hasRules, second, certificate }: Turn,
): RoutingTable {
  const action = forwardTo(['blue', 100 - greenWeight], ['green', greenWeight])
  const conditions = [{ field: 'path-pattern', values: ['/down*', '/up*', '/ws'] } as const]
  const rules = hasRules ? [{ priority: 1 + (version % 9), conditions, action: forwardTo(['green', 1]) }] : []
  const tls: ListenerTls = {
    sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
    http2: true,
    certificates: [{ certificateArn: `certificate/${certificate.certificate.length}`, names: [], ...certificate }],
  }
  const groups: readonly TargetGroupRoute[] = [
    targetGroup('blue', second === 'gone' ? [blue] : [blue, secondBlue], {
      draining: second === 'draining' ? [secondBlue] : [],
      path: '/',
    }),
    targetGroup('green', [green], { path: '/' }),
  ]
  return {
    version,
    listeners: [listener(plain, action, { rules }), listener(secured, action, { rules, tls })],
    targetGroups: new Map(groups.map((group) => [group.targetGroupArn, group])),
  }
}
