import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
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
  const healthOf = (arn: string) => router.report().targets[`${arn} 127.0.0.1:${app.port}`]?.health
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
  const report = () => router.report().targets[`group 127.0.0.1:${port}`]
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
  const report = (port: number) => router.report().targets[`group 127.0.0.1:${port}`]
  await eventually('both are unhealthy', () =>
    [silentPort, nobody].every((port) => report(port)?.health.state === 'unhealthy'),
  )
  assert.equal(report(silentPort)?.health.reason, 'Target.Timeout')
  assert.equal(report(silentPort)?.lastCheck, 'GET /health: no answer within 0.1 s')
  assert.equal(report(nobody)?.health.reason, 'Target.FailedHealthChecks')
  assert.equal(report(nobody)?.lastCheck, 'GET /health: connection refused')
})
