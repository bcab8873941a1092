import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { Agent, request as httpRequest } from 'node:http'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { RouterClient } from '../../src/adapters/router-client.ts'
import { isRouterLockHeld } from '../../src/adapters/router-process.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { freePort } from '../free-port.ts'
import { Cleanups, eventually, forwardTo, listener, send, startApp, table, targetGroup } from '../router/test-router.ts'
import { isRunning, openedConnection, readToEnd } from './router-seen-from-outside.ts'

type More = { readonly routers?: number; readonly version?: string }

function routers(cleanups: Cleanups, dataDirectory: string, more: More = {}) {
  const log = { info: () => undefined, warn: () => undefined }
  const client = new RouterClient({ dataDirectory, listenHost: '127.0.0.1', clock: new SystemClock(), log, ...more })
  cleanups.add(() => client.shutdown({ graceSeconds: 0 }))
  return client
}

/** Elsewhere nobody tells whose a lock is. */
const isLinuxMissing = process.platform !== 'linux'

function totalOf(client: RouterClient): number {
  return (client.report()?.counts ?? []).reduce((sum, { count }) => sum + count, 0)
}

test('two routers share a port, and their counts are one', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('served'))
  const client = routers(cleanups, cleanups.temporaryDirectory(), { routers: 2 })
  await client.start()
  const port = await freePort()
  const routes = table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])])
  assert.deepEqual(await client.apply(routes), { refusedListeners: [] })
  for (let sent = 0; sent < 40; sent++) assert.equal((await send(port)).body, 'served')
  await eventually('all requests are counted', () => totalOf(client) === 40)
  const counted = client.report()?.routers ?? assert.fail('the routers are not told apart')
  assert.equal(counted.length, 2)
  // The kernel deals connections out by chance: that one of two gets none of forty does not happen.
  assert.ok(counted.every(({ counts }) => counts.length > 0))
})

test('one of two routers is killed: the other serves on, and it is replaced', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('served'))
  const client = routers(cleanups, cleanups.temporaryDirectory(), { routers: 2 })
  await client.start()
  const port = await freePort()
  await client.apply(table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])]))
  const before = client.report()?.routerId ?? ''
  process.kill(client.report()?.pid ?? assert.fail('no report'), 'SIGKILL')
  await eventually('another has taken its place', () => client.report()?.routerId !== before)
  for (let sent = 0; sent < 10; sent++) assert.equal((await send(port)).body, 'served')
})

test('a port of another program is refused to routers that share their ports, too', async () => {
  await using cleanups = new Cleanups()
  const port = await freePort()
  const other = createServer().listen({ port, host: '127.0.0.1', reusePort: true })
  await once(other, 'listening')
  cleanups.add(() => other.close())
  const client = routers(cleanups, cleanups.temporaryDirectory(), { routers: 2 })
  await client.start()
  const { refusedListeners } = await client.apply(table([listener(port, forwardTo(['group', 1]))], []))
  assert.match(refusedListeners[0]?.message ?? '', /is in use by another program/)
})

test('an engine out of file descriptors does not take its router for one that hangs', async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  const { href } = new URL('../../src/adapters/router-client.ts', import.meta.url)
  // A router that leaves three calls unanswered is ended, and meanwhile there are many that cannot be made.
  const program = `
    import { openSync } from 'node:fs'
    import { setTimeout as delay } from 'node:timers/promises'
    import { RouterClient } from ${JSON.stringify(href)}
    const clock = {
      now: () => performance.now(),
      sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
    }
    const log = { info: () => undefined, warn: (line) => console.log(line) }
    const dataDirectory = ${JSON.stringify(dataDirectory)}
    const client = new RouterClient({ dataDirectory, listenHost: '127.0.0.1', clock, log })
    await client.start()
    const { pid } = client.report()
    const takeAll = () => { try { for (;;) openSync('/dev/null') } catch {} }
    setInterval(takeAll, 1)
    await delay(1_500)
    process.kill(pid, 0)
    console.log('serves')
    process.exit(0)`
  routers(cleanups, dataDirectory)
  const limited = ['-c', 'ulimit -n 64; exec "$0" "$@"', process.execPath, '--input-type=module', '--eval', program]
  assert.equal(execFileSync('/bin/sh', limited, { encoding: 'utf8' }), 'serves\n')
})

test('with fewer routers wanted than there were, the others end', async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  const app = await startApp(cleanups, (_, response) => response.end('served'))
  const two = routers(cleanups, dataDirectory, { routers: 2 })
  await two.start()
  const port = await freePort()
  await two.apply(table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])]))
  const pids = two.report()?.routers?.map(({ pid }) => pid) ?? []
  await two.stop()
  const one = routers(cleanups, dataDirectory)
  await one.start()
  await eventually('they are gone', () => !pids.some(isRunning))
  await eventually('it has opened the port', () => one.report()?.refusedListeners.length === 0)
  assert.equal((await send(port)).body, 'served')
})

test('a router of another version is replaced under load, and no request and no stream is lost', async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  let endStream: (() => void) | undefined
  const app = await startApp(cleanups, (request, response) => {
    if (request.url !== '/stream') return void response.end('served')
    response.write('first ')
    endStream = () => void response.end('last')
  })
  const later = await startApp(cleanups, (_, response) => response.end('served later'))
  const old = routers(cleanups, dataDirectory, { version: '1' })
  await old.start()
  const port = await freePort()
  const routes = table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])])
  await old.apply(routes)
  const oldPid = old.report()?.pid
  await old.stop()

  const stream = send(port, { path: '/stream' })
  await eventually('it has begun', () => endStream)
  const idle = await openedConnection(cleanups, port)
  const load = new Load(port)
  cleanups.add(() => load.end())
  const next = routers(cleanups, dataDirectory, { version: '2' })
  await next.start()
  assert.notEqual(next.report()?.pid, oldPid)
  await eventually('the stream of the router before counts as in flight', () => {
    return [...(next.report()?.targets.values() ?? [])].some(({ inFlight }) => inFlight > 0)
  })
  await next.apply({ ...routes, version: routes.version + 0.5 })
  await next.apply(table(routes.listeners, [targetGroup('group', [later.port])]))
  const formerly = load.answered
  await eventually('many more requests were answered', () => load.answered > formerly + 50)
  assert.deepEqual(await load.end(), { failures: [] })
  endStream?.()
  assert.equal((await stream).body, 'first last')
  // A connection that was kept open by the router before still gets its answer, by the newest table, and is closed then.
  idle.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  const answer = await readToEnd(idle)
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n[^]*served later/i)
  await eventually('everything is counted', () => totalOf(next) >= load.answered + 2)
})

test('several routers hand over: what those before have counted stays theirs, and is not counted anew', async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  const app = await startApp(cleanups, (_, response) => response.end('served'))
  const old = routers(cleanups, dataDirectory, { routers: 2, version: '1' })
  await old.start()
  const port = await freePort()
  const routes = table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])])
  await old.apply(routes)
  for (let sent = 0; sent < 20; sent++) await send(port)
  await eventually('all requests are counted', () => totalOf(old) === 20)
  const before = countedByRouter(old)
  await old.stop()

  const next = routers(cleanups, dataDirectory, { routers: 2, version: '2' })
  await next.start()
  await eventually('the new ones tell of those before', () => totalOf(next) === 20)
  for (let sent = 0; sent < 10; sent++) await send(port)
  await eventually('the new requests are counted', () => totalOf(next) === 30)
  const after = countedByRouter(next)
  for (const [routerId, count] of before) assert.equal(after.get(routerId), count)
  assert.equal(after.size, 4)
})

function countedByRouter(client: RouterClient): ReadonlyMap<string, number> {
  return new Map(
    (client.report()?.routers ?? []).map(({ routerId, counts }) => [
      routerId,
      counts.reduce((sum, { count }) => sum + count, 0),
    ]),
  )
}

test('other numbers of routers under load: the port stays open, and streams go on', async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  let endStream: (() => void) | undefined
  const app = await startApp(cleanups, (request, response) => {
    if (request.url !== '/stream') return void response.end('served')
    response.write('first ')
    endStream = () => void response.end('last')
  })
  const one = routers(cleanups, dataDirectory)
  await one.start()
  const port = await freePort()
  const routes = table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])])
  await one.apply(routes)
  await one.stop()

  const stream = send(port, { path: '/stream' })
  await eventually('it has begun', () => endStream)
  const more = new Load(port)
  cleanups.add(() => more.end())
  const two = routers(cleanups, dataDirectory, { routers: 2 })
  await two.start()
  assert.deepEqual(await two.apply({ ...routes, version: routes.version + 0.5 }), { refusedListeners: [] })
  await eventually('both serve', () => two.report()?.routers?.every(({ counts }) => counts.length > 0) === true)
  assert.deepEqual(await more.end(), { failures: [] })
  endStream?.()
  assert.equal((await stream).body, 'first last')
  await two.stop()

  const fewer = new Load(port)
  cleanups.add(() => fewer.end())
  const again = routers(cleanups, dataDirectory)
  await again.start()
  await delay(200)
  const { failures } = await fewer.end()
  // The one that ends has not accepted all of its connections, and closes those on which nothing comes.
  assert.deepEqual(
    failures.filter((failure) => !failure.includes('ECONNRESET') && !failure.includes('socket hang up')),
    [],
  )
})

test('a router that hangs when another engine starts, or is to end, is ended', { skip: isLinuxMissing }, async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  const two = routers(cleanups, dataDirectory, { routers: 2 })
  await two.start()
  const [first, second] = two.report()?.routers?.map(({ pid }) => pid) ?? []
  assert.ok(first !== undefined && second !== undefined)
  await two.stop()
  for (const pid of [first, second]) process.kill(pid, 'SIGSTOP')
  // One is too many, and the other one does not answer this engine.
  const one = routers(cleanups, dataDirectory)
  await one.start()
  assert.notEqual(one.report()?.pid, first)
  assert.equal(isRouterLockHeld(dataDirectory), true)

  process.kill(one.report()?.pid ?? 0, 'SIGSTOP')
  await one.stop()
  // As `teal down` does it, which has had no report.
  await routers(cleanups, dataDirectory).shutdown({ graceSeconds: 0 })
  await eventually('no router is left', () => !isRouterLockHeld(dataDirectory))
})

/** Four clients, each one request after the other: two on kept connections, two on new ones. */
class Load {
  answered = 0
  readonly #failures: string[] = []
  readonly #clients: readonly Promise<void>[]
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 })
  #isOver = false

  constructor(port: number) {
    const agents: readonly (Agent | false)[] = [false, false, this.#agent, this.#agent]
    this.#clients = agents.map((agent) => this.#run(port, agent))
  }

  async end(): Promise<{ readonly failures: readonly string[] }> {
    this.#isOver = true
    await Promise.all(this.#clients)
    this.#agent.destroy()
    return { failures: this.#failures }
  }

  async #run(port: number, agent: Agent | false): Promise<void> {
    while (!this.#isOver) {
      const { promise, resolve } = Promise.withResolvers<string>()
      const request = httpRequest({ host: '127.0.0.1', port, agent }, (answer) => {
        answer.resume()
        answer.once('end', () => resolve(answer.statusCode === 200 ? '' : String(answer.statusCode)))
        answer.once('error', (error) => resolve(String(error)))
      })
      request.once('error', (error) => resolve(String(error)))
      request.end()
      const failure = await promise
      if (failure === '') this.answered++
      else this.#failures.push(failure)
    }
  }
}
