import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { CheckResult } from '../../src/domain/health-check.ts'
import { HealthChecks, type Probe } from '../../src/router/health-checks.ts'
import { freePort } from '../free-port.ts'
import { Cleanups, eventually, forwardTo, listener, startApp, startRouter, table, targetGroup } from './test-router.ts'

test('a target is asked as the load balancer asks, on a connection of its own each time', async () => {
  await using cleanups = new Cleanups()
  const seen: { readonly head: string; readonly peer: number | undefined }[] = []
  const server = createServer((request, response) => {
    const { host, connection, 'user-agent': agent } = request.headers
    seen.push({
      head: `${request.method} ${request.url} ${host} ${connection} ${agent}`,
      peer: request.socket.remotePort,
    })
    response.end('fine')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.add(() => server.close())
  const { port } = server.address() as AddressInfo
  const router = await startRouter(cleanups)
  const group = targetGroup('group', [port], { path: '/ping?deep=1' })
  await router.apply(table([listener(await freePort(), forwardTo(['group', 0]))], [group]))
  await eventually('three checks', () => seen.length >= 3)
  assert.equal(seen[0]?.head, `GET /ping?deep=1 127.0.0.1:${port} close ELB-HealthChecker/2.0`)
  assert.equal(new Set(seen.map(({ peer }) => peer)).size, seen.length)
})

test('only target groups which a listener names are checked; weight 0 names them', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end())
  const router = await startRouter(cleanups)
  const port = await freePort()
  const groups = [targetGroup('named', [app.port]), targetGroup('other', [app.port])]
  await router.apply(table([listener(port, forwardTo(['named', 0]))], groups))
  const healthOf = (arn: string) => router.report().targets.get(`${arn} 127.0.0.1:${app.port}`)?.health
  await eventually('the named one is healthy', () => healthOf('named')?.state === 'healthy')
  assert.deepEqual(healthOf('other'), {
    state: 'unused',
    reason: 'Target.NotInUse',
    description: 'Target group is not configured to receive traffic from the load balancer',
  })
  await router.apply(table([listener(port, forwardTo(['other', 1]))], groups))
  assert.equal(healthOf('named')?.state, 'unused')
  assert.equal(healthOf('other')?.state, 'initial')
})

test('a target that gets ill and well again is seen to', async () => {
  await using cleanups = new Cleanups()
  let statusCode = 200
  const server = createServer((_, response) => response.writeHead(statusCode).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.add(() => server.close())
  const { port } = server.address() as AddressInfo
  const router = await startRouter(cleanups)
  await router.apply(table([listener(await freePort(), forwardTo(['group', 1]))], [targetGroup('group', [port])]))
  const report = () => router.report().targets.get(`group 127.0.0.1:${port}`)
  await eventually('healthy', () => report()?.health.state === 'healthy')
  statusCode = 503
  await eventually('unhealthy', () => report()?.health.state === 'unhealthy')
  assert.equal(report()?.health.description, 'Health checks failed with these codes: [503]')
  assert.match(report()?.lastCheck ?? '', /^GET \/health answered 503 in \d+ ms$/)
  statusCode = 200
  await eventually('healthy again', () => report()?.health.state === 'healthy')
})

test('a target that is not there, or does not answer, says so', async () => {
  await using cleanups = new Cleanups()
  const silent = createServer(() => undefined)
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  cleanups.add(() => silent.closeAllConnections())
  cleanups.add(() => silent.close())
  const { port: silentPort } = silent.address() as AddressInfo
  const nobody = await freePort()
  const router = await startRouter(cleanups)
  const group = targetGroup('group', [silentPort, nobody], { timeoutSeconds: 0.1, intervalSeconds: 0.15 })
  await router.apply(table([listener(await freePort(), forwardTo(['group', 1]))], [group]))
  const report = (port: number) => router.report().targets.get(`group 127.0.0.1:${port}`)
  // Where this process does not get to it in time, even a connection that is refused runs into the time-out.
  for (const [port, reason, lastCheck] of [
    [silentPort, 'Target.Timeout', 'GET /health: no answer within 0.1 s'],
    [nobody, 'Target.FailedHealthChecks', 'GET /health: connection refused'],
  ] as const) {
    await eventually(lastCheck, () => {
      const { health, lastCheck: said } = report(port) ?? {}
      return health?.state === 'unhealthy' && health.reason === reason && said === lastCheck
    })
  }
})

test('targets that come together are checked apart from each other from then on', async () => {
  await using cleanups = new Cleanups()
  const begun = new Map<number, number[]>()
  const checks = new HealthChecks(({ port }, _settings, { onResult, onClosed }) => {
    begun.set(port, [...(begun.get(port) ?? []), performance.now()])
    setImmediate(() => {
      onResult(answered)
      onClosed()
    })
    return { abort: () => undefined }
  }, ignored)
  cleanups.add(() => checks.close())
  const ports = Array.from({ length: 40 }, (_, at) => 1000 + at)
  const group = targetGroup('group', ports, { intervalSeconds: 2 })
  await checks.apply(table([listener(80, forwardTo(['group', 1]))], [group]))
  await eventually('each was checked twice', () => [...begun.values()].every((times) => times.length >= 2))
  const seconds = Array.from(begun.values(), ([, second = 0]) => second)
  assert.equal(seconds.length, ports.length)
  assert.ok(Math.max(...seconds) - Math.min(...seconds) > 300)
  const waits = Array.from(begun.values(), ([first = 0, second = 0]) => second - first)
  assert.ok(Math.min(...waits) > 900, 'half of the interval at the least')
})

test('one target that hangs holds up no other', async () => {
  await using cleanups = new Cleanups()
  const checks = new HealthChecks(({ port }, _settings, { onResult, onClosed }) => {
    if (port > 2000) return { abort: () => undefined }
    setImmediate(() => {
      onResult(answered)
      onClosed()
    })
    return { abort: () => undefined }
  }, ignored)
  cleanups.add(() => checks.close())
  const group = targetGroup('group', [2001, 2002, 1000], {})
  await checks.apply(table([listener(80, forwardTo(['group', 1]))], [group]))
  await eventually('the other is healthy', () => checks.isHealthy('group 127.0.0.1:1000'))
})

test('who chooses targets learns since when one is healthy, and that it is not any more', async () => {
  await using cleanups = new Cleanups()
  let statusCode = 200
  const learnt: (number | undefined)[] = []
  const checks = new HealthChecks(
    (_target, _settings, { onResult, onClosed }) => {
      setImmediate(() => {
        onResult({ kind: 'answered', statusCode, milliseconds: 1 })
        onClosed()
      })
      return { abort: () => undefined }
    },
    { ...ignored, onHealth: (_, healthySince) => learnt.push(healthySince) },
  )
  cleanups.add(() => checks.close())
  const served = table([listener(80, forwardTo(['group', 1]))], [targetGroup('group', [1000], {})])
  await checks.apply(served)
  await eventually('healthy', () => learnt.length === 1)
  statusCode = 500
  await eventually('unhealthy', () => learnt.length === 2)
  statusCode = 200
  await eventually('healthy again', () => learnt.length === 3)
  await checks.apply({ ...served, version: served.version + 1, targetGroups: new Map() })
  const [since, ill, again = 0, gone] = learnt
  assert.deepEqual([learnt.length, ill, gone], [4, undefined, undefined])
  assert.ok(since !== undefined && again > since)
})

/** Checks of one target; what is returned sets how often. */
function checkingWith(cleanups: Cleanups, probe: Probe): (intervalSeconds: number) => Promise<void> {
  const checks = new HealthChecks(probe, ignored)
  cleanups.add(() => checks.close())
  return (intervalSeconds) =>
    checks.apply(table([listener(80, forwardTo(['group', 1]))], [targetGroup('group', [1000], { intervalSeconds })]))
}

test('a shorter interval holds from the check on that is running when it comes', async () => {
  await using cleanups = new Cleanups()
  const running: (() => void)[] = []
  const every = checkingWith(cleanups, (_target, _settings, { onResult, onClosed }) => {
    running.push(() => {
      onResult(answered)
      onClosed()
    })
    return { abort: () => undefined }
  })
  await every(300)
  await eventually('a check runs', () => running.length === 1)
  await every(0.05)
  running[0]?.()
  await eventually('the next one follows soon', () => running.length === 2)
})

test('a new target that refuses connections is asked again soon, also after its settings have changed', async () => {
  await using cleanups = new Cleanups()
  let asked = 0
  const every = checkingWith(cleanups, (_target, _settings, { onResult, onClosed }) => {
    asked++
    setImmediate(() => {
      onResult({ kind: 'failed', message: 'connection refused' })
      onClosed()
    })
    return { abort: () => undefined }
  })
  await every(300)
  await eventually('it was asked', () => asked > 0)
  // Between two checks, when the next one is planned.
  await delay(50)
  await every(200)
  const before = asked
  await eventually('it is asked again', () => asked > before)
})

test('after the last check, what is known is known still', async () => {
  await using cleanups = new Cleanups()
  const checks = new HealthChecks((_target, _settings, { onResult, onClosed }) => {
    setImmediate(() => {
      onResult(answered)
      onClosed()
    })
    return { abort: () => undefined }
  }, ignored)
  cleanups.add(() => checks.close())
  await checks.apply(table([listener(80, forwardTo(['group', 1]))], [targetGroup('group', [1000], {})]))
  await eventually('healthy', () => checks.isHealthy('group 127.0.0.1:1000'))
  checks.close()
  assert.equal(checks.isHealthy('group 127.0.0.1:1000'), true)
})

test('a check that is over is let go of: only one that runs is ended with its target', async () => {
  await using cleanups = new Cleanups()
  const ended: number[] = []
  const checks = new HealthChecks(({ port }, _settings, { onResult, onClosed }) => {
    if (port === 1000) {
      setImmediate(() => {
        onResult(answered)
        onClosed()
      })
    }
    return { abort: () => void ended.push(port) }
  }, ignored)
  cleanups.add(() => checks.close())
  const group = targetGroup('group', [1000, 2000], { intervalSeconds: 30 })
  await checks.apply(table([listener(80, forwardTo(['group', 1]))], [group]))
  await eventually('checked', () => checks.isHealthy('group 127.0.0.1:1000'))
  await new Promise(setImmediate)
  checks.close()
  assert.deepEqual(ended, [2000])
})

const answered: CheckResult = { kind: 'answered', statusCode: 200, milliseconds: 1 }
const ignored = { restored: new Map(), onHealth: () => undefined, onNews: () => undefined, onChange: () => undefined }
