import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { ListenerTls, RoutingTable } from '../../src/domain/routing-table.ts'
import { Cleanups } from '../cleanups.ts'
import { freePort } from '../free-port.ts'
import { forwardTo, listener, table, targetGroup } from '../router/test-router.ts'
import { makeCertificate } from '../router/test-certificates.ts'
import { BusyClients, openBusyTarget } from './busy-clients.ts'
import { Siege, until } from './hostile/siege.ts'

/** `TEAL_SUCCESSIONS=40 node --test test/survival/successions.test.ts` is the long form. */
const successions = Number(process.env['TEAL_SUCCESSIONS'] ?? 3)
/** More than what these clients do, all the time, takes on a machine that is held up now and then. */
const idleSeconds = 4

test(`${successions} routers that take each other's place break nothing of what goes on`, async () => {
  const target = await openBusyTarget('blue')
  await using siege = await Siege.begin({ targets: [] })
  await using cleanups = new Cleanups()
  cleanups.add(target.close)
  const ports = { plain: siege.port, secured: await freePort() }
  await siege.apply(tableFor(ports, target.port))
  await until('the target is healthy', async () =>
    Object.values((await siege.report()).targets).every(({ health }) => health.state === 'healthy'),
  )
  const end = new AbortController()
  cleanups.add(() => end.abort())
  const clients = new BusyClients(ports, end.signal)
  for (let number = 0; number < successions; number++) {
    // Longer than an idle connection stays with the router before: the connections of HTTP/2 are told to go elsewhere.
    await delay(idleSeconds * 1_000 + 500)
    await siege.succeed()
  }
  await delay(idleSeconds * 1_000 + 500)
  end.abort()
  await clients.over()
  assert.deepEqual(clients.failures, [])
  const done = Object.fromEntries([...clients.doings].map(([what, doings]) => [what, doings.done]))
  assert.ok(
    Object.values(done).every((count) => count > 0),
    JSON.stringify(done),
  )
  await until('nothing is left in flight, and no connection open', async () => {
    const { targets, listeners = [] } = await siege.report()
    const isFree = Object.values(targets).every(({ inFlight }) => inFlight === 0)
    return isFree && listeners.every(({ activeConnections }) => activeConnections === 0)
  })
})

function tableFor(ports: { readonly plain: number; readonly secured: number }, target: number): RoutingTable {
  const tls: ListenerTls = {
    sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
    http2: true,
    certificates: [{ certificateArn: 'certificate', names: [], ...makeCertificate({ names: ['a.test'] }) }],
  }
  const action = forwardTo(['blue', 1])
  const limits = { idleTimeoutSeconds: idleSeconds }
  return {
    ...table(
      [listener(ports.plain, action, limits), listener(ports.secured, action, { ...limits, tls })],
      [targetGroup('blue', [target], { path: '/' })],
    ),
    version: 2,
  }
}
