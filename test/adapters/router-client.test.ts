import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { RouterClient } from '../../src/adapters/router-client.ts'
import { routerSocketPath, spawnRouter } from '../../src/adapters/router-process.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { inJson } from '../../src/domain/routing-table-json.ts'
import { freePort } from '../free-port.ts'
import { Cleanups, eventually, forwardTo, listener, send, startApp, table, targetGroup } from '../router/test-router.ts'
import { isRunning } from './router-seen-from-outside.ts'

const clientProgram = fileURLToPath(new URL('./router-client-program.ts', import.meta.url))

function routerClient(cleanups: Cleanups, dataDirectory: string, listenHost = '127.0.0.1') {
  const warnings: string[] = []
  const log = { info: () => undefined, warn: (message: string) => void warnings.push(message) }
  const client = new RouterClient({ dataDirectory, listenHost, clock: new SystemClock(), log })
  cleanups.add(() => client.shutdown({ graceSeconds: 0 }))
  return { client, warnings }
}

function pidOf(client: RouterClient): number {
  return client.report()?.pid ?? assert.fail('there is no report')
}

test('a router is started, serves, and is gone when it is shut down', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('served'))
  const { client } = routerClient(cleanups, cleanups.temporaryDirectory())
  await client.start()
  const port = await freePort()
  let reports = 0
  client.onReport(() => reports++)
  const routes = table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])])
  assert.deepEqual(await client.apply(routes), { refusedListeners: [] })
  assert.equal((await send(port)).body, 'served')
  await eventually('the report tells of the request', () => client.report()?.counts[0]?.count === 1)
  assert.equal(client.report()?.tableVersion, routes.version)
  assert.ok(reports > 0)
  const pid = pidOf(client)
  await client.shutdown()
  await eventually('the process is gone', () => !isRunning(pid))
  await assert.rejects(send(port), /ECONNREFUSED/)
})

test('a router that is killed is replaced within a second, by one with the same table', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('served'))
  const { client, warnings } = routerClient(cleanups, cleanups.temporaryDirectory())
  await client.start()
  const port = await freePort()
  const routes = table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])])
  await client.apply(routes)
  const { routerId } = client.report() ?? assert.fail('there is no report')
  process.kill(pidOf(client), 'SIGKILL')
  // Asked to do so while there is no router, it tells the next one.
  const applied = client.apply({ ...routes, version: routes.version + 0.5 })
  await eventually('another router reports', () => client.report()?.routerId !== routerId)
  await applied
  assert.equal((await send(port)).body, 'served')
  await eventually('it has the newest table', () => client.report()?.tableVersion === routes.version + 0.5)
  assert.equal(warnings.filter((message) => message.includes('is gone; another one is started')).length, 1)
})

test('a router outlives the process that started it, also when that is killed, and is adopted', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('served'))
  const dataDirectory = cleanups.temporaryDirectory()
  const port = await freePort()
  const routes = table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])])
  const { client } = routerClient(cleanups, dataDirectory)
  const engine = spawn(process.execPath, [clientProgram, dataDirectory, JSON.stringify(inJson(routes))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  cleanups.add(() => engine.kill('SIGKILL'))
  const [line] = (await once(engine.stdout, 'data')) as [Buffer]
  const pid = Number(line)
  engine.kill('SIGKILL')
  await once(engine, 'exit')
  assert.equal((await send(port)).body, 'served')
  await client.start()
  assert.equal(pidOf(client), pid)
  assert.equal(client.report()?.tableVersion, routes.version)
})

test('a client that lets go leaves the router serving', async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  const { client } = routerClient(cleanups, dataDirectory)
  await client.start()
  const pid = pidOf(client)
  await client.stop()
  const { client: next } = routerClient(cleanups, dataDirectory)
  await next.start()
  assert.equal(pidOf(next), pid)
})

test('a router that listens elsewhere is replaced', async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  const { client } = routerClient(cleanups, dataDirectory)
  await client.start()
  const pid = pidOf(client)
  await client.stop()
  const { client: next } = routerClient(cleanups, dataDirectory, 'localhost')
  await next.start()
  assert.notEqual(pidOf(next), pid)
  await eventually('the former one is gone', () => !isRunning(pid))
})

test('a port in use is told to whoever applies the table', async () => {
  await using cleanups = new Cleanups()
  const port = await freePort()
  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  cleanups.add(() => other.close())
  const { client } = routerClient(cleanups, cleanups.temporaryDirectory())
  await client.start()
  const { refusedListeners } = await client.apply(table([listener(port, forwardTo(['group', 1]))], []))
  assert.match(refusedListeners[0]?.message ?? '', /is in use by another program/)
})

test('a second router on the same data directory ends and says why', async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  const { client } = routerClient(cleanups, dataDirectory)
  await client.start()
  const second = spawnRouter(dataDirectory, { listenHost: '127.0.0.1', router: 1, routers: 1, version: '' })
  second.ref()
  const [code] = (await once(second, 'exit')) as [number]
  assert.equal(code, 3)
  assert.match(readFileSync(join(dataDirectory, 'router.log'), 'utf8'), /Another router is running on /)
  await eventually('the first one still reports', () => client.report()?.tableVersion === 0)
})

test('a router that cannot start says why', async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  // A file that is no lock and cannot become one.
  writeFileSync(join(dataDirectory, 'router.lock'), 'x'.repeat(5000))
  const { client } = routerClient(cleanups, dataDirectory)
  await assert.rejects(client.start(), /could not be started: .*cannot be used/)
})

test('a data directory with a long name gets a short socket', () => {
  assert.equal(routerSocketPath('/var/teal'), '/var/teal/router.sock')
  const long = routerSocketPath(`/var/${'long/'.repeat(30)}`)
  assert.ok(long.length < 104, long)
  assert.notEqual(long, routerSocketPath(`/var/${'long/'.repeat(31)}`))
})
