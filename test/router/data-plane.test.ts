import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { Agent, createServer as createHttpServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { newsOf } from '../../src/domain/routing-table-news.ts'
import { freePort } from '../free-port.ts'
import {
  Cleanups,
  eventually,
  forwardTo,
  listener,
  send,
  startApp,
  startRouter,
  table,
  targetGroup,
  type TestApp,
  untilHealthy,
} from './test-router.ts'

test('a thousand switches under load lose no request', async () => {
  await using cleanups = new Cleanups()
  const blue = await startApp(cleanups, (_, response) => response.end('blue'))
  const green = await startApp(cleanups, (_, response) => response.end('green'))
  const router = await startRouter(cleanups)
  const port = await freePort()
  const groups = [targetGroup('blue', [blue.port]), targetGroup('green', [green.port])]
  const tableFor = (greenWeight: number) =>
    table([listener(port, forwardTo(['blue', 100 - greenWeight], ['green', greenWeight]))], groups)
  await router.apply(tableFor(0))
  await untilHealthy(router, `blue 127.0.0.1:${blue.port}`, `green 127.0.0.1:${green.port}`)
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  cleanups.add(() => agent.destroy())
  const seen: Record<string, number> = {}
  const end = new AbortController()
  const clients = Array.from({ length: 4 }, async () => {
    while (!end.signal.aborted) {
      const outcome = await send(port, { agent }).then(
        ({ statusCode, body }) => (statusCode === 200 ? body : String(statusCode)),
        (error: unknown) => String(error),
      )
      seen[outcome] = (seen[outcome] ?? 0) + 1
      // Everything runs in this one process: without a pause the switches would only wait for the load.
      await delay(2)
    }
  })
  for (let count = 0; count < 1000; count++) await router.apply(tableFor(count % 2 === 0 ? 100 : 0))
  end.abort()
  await Promise.all(clients)
  assert.deepEqual(Object.keys(seen).toSorted(), ['blue', 'green'], JSON.stringify(seen))
})

test('uploads, downloads and WebSockets outlast a thousand switches, each where it is', async () => {
  await using cleanups = new Cleanups()
  const blue = await startStreamingApp(cleanups, 'blue')
  const green = await startStreamingApp(cleanups, 'green')
  const router = await startRouter(cleanups)
  const port = await freePort()
  const groups = [targetGroup('blue', [blue]), targetGroup('green', [green])]
  const tableFor = (greenWeight: number) =>
    table([listener(port, forwardTo(['blue', 100 - greenWeight], ['green', greenWeight]))], groups)
  await router.apply(tableFor(50))
  await untilHealthy(router, `blue 127.0.0.1:${blue}`, `green 127.0.0.1:${green}`)
  const end = new AbortController()
  const clients = Array.from({ length: 3 }, () => [upload(port, end), download(port, end), talk(port, end)]).flat()
  await eventually('all are under way', () =>
    [...router.report().targets.values()].some((target) => target.inFlight > 0),
  )
  for (let count = 0; count < 1000; count++) await router.apply(tableFor(count % 2 === 0 ? 100 : 0))
  end.abort()
  for (const client of clients) assert.equal(await client, 'whole')
  const counted = router.report().counts.map(({ outcome }) => outcome)
  assert.deepEqual([...new Set(counted)].toSorted(), ['1xx', '2xx'])
})

/** Says how many bytes were uploaded, sends numbers until it is told to stop, and gives back what a WebSocket says. */
async function startStreamingApp(cleanups: Cleanups, name: string): Promise<number> {
  const stops = new Map<string, () => void>()
  const server = createHttpServer((request, response) => {
    if (request.url === '/upload') {
      let length = 0
      request.on('data', (chunk: Buffer) => (length += chunk.length)).on('end', () => response.end(`${name} ${length}`))
    } else if (request.url?.startsWith('/download') === true) {
      let number = 0
      const timer = setInterval(() => {
        response.write(`${number++}\n`)
        if (number === 400) {
          clearInterval(timer)
          response.end('end')
        }
      }, 5)
      stops.set(request.url, () => clearInterval(timer))
    } else response.end()
  })
  server.on('upgrade', (_request, socket, head) => {
    socket.on('error', () => undefined)
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    socket.write(head)
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.add(() => {
    for (const stop of stops.values()) stop()
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as { readonly port: number }).port
}

async function upload(port: number, { signal }: AbortController): Promise<string> {
  const request = httpRequest({ host: '127.0.0.1', port, path: '/upload', method: 'POST', agent: false })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  let length = 0
  while (!signal.aborted) {
    request.write('a piece')
    length += 'a piece'.length
    await delay(5)
  }
  request.end()
  const [answer] = await answered
  return /\d+/.exec(await text(answer))?.[0] === String(length) ? 'whole' : 'not whole'
}

async function download(port: number, { signal }: AbortController): Promise<string> {
  const expected = `${Array.from({ length: 400 }, (_, number) => `${number}\n`).join('')}end`
  do {
    const request = httpRequest({ host: '127.0.0.1', port, path: '/download', agent: false }).end()
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    if ((await text(answer)) !== expected) return 'not whole'
  } while (!signal.aborted)
  return 'whole'
}

async function talk(port: number, { signal }: AbortController): Promise<string> {
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket' }
  const request = httpRequest({ host: '127.0.0.1', port, headers, agent: false }).end()
  const [, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket]
  for (let number = 0; !signal.aborted; number++) {
    socket.write(`${number}.`)
    let heard = ''
    while (!heard.endsWith('.')) heard += String(((await once(socket, 'data')) as [Buffer])[0])
    if (heard !== `${number}.`) return 'not whole'
    await delay(5)
  }
  socket.end()
  await once(socket, 'close')
  return 'whole'
}

test('after a switch to weight 0 a group gets nothing new', async () => {
  await using cleanups = new Cleanups()
  const blue = await startApp(cleanups, (_, response) => response.end('blue'))
  const green = await startApp(cleanups, (_, response) => response.end('green'))
  const router = await startRouter(cleanups)
  const port = await freePort()
  const groups = [targetGroup('blue', [blue.port]), targetGroup('green', [green.port])]
  for (const [blueWeight, expected] of [
    [100, 'blue'],
    [0, 'green'],
  ] as const) {
    await router.apply(table([listener(port, forwardTo(['blue', blueWeight], ['green', 100 - blueWeight]))], groups))
    for (let count = 0; count < 5; count++) assert.equal((await send(port)).body, expected)
  }
})

test('a draining target ends what it has and gets nothing new', async () => {
  await using cleanups = new Cleanups()
  const held: (() => void)[] = []
  const old = await startApp(cleanups, (request, response) => {
    if (request.url === '/held') held.push(() => void response.end('old'))
    else response.end('old')
  })
  const next = await startApp(cleanups, (_, response) => response.end('next'))
  const router = await startRouter(cleanups)
  const port = await freePort()
  const apply = (draining: readonly number[], ports = [old.port, next.port]) =>
    router.apply(table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', ports, { draining })]))
  const key = `group 127.0.0.1:${old.port}`
  await apply([next.port])
  const slow = send(port, { path: '/held' })
  await eventually('the request has arrived', () => held.length === 1)
  await apply([old.port])
  for (let count = 0; count < 4; count++) assert.equal((await send(port)).body, 'next')
  assert.equal(router.report().targets.get(key)?.health.state, 'draining')
  assert.equal(router.report().targets.get(key)?.inFlight, 1)
  await apply([], [next.port])
  assert.equal(
    router.report().targets.get(key)?.inFlight,
    1,
    'a removed target is reported until its last request is over',
  )
  held[0]?.()
  assert.equal((await slow).body, 'old')
  await eventually('the target is forgotten', () => router.report().targets.get(key) === undefined)
})

test('the requests of a target group that leaves the table end', async () => {
  await using cleanups = new Cleanups()
  const held: (() => void)[] = []
  const old = await startApp(cleanups, (_, response) => held.push(() => void response.end('old')))
  const next = await startApp(cleanups, (_, response) => response.end('next'))
  const router = await startRouter(cleanups)
  const port = await freePort()
  const apply = (name: string, app: TestApp) =>
    router.apply(table([listener(port, forwardTo([name, 1]))], [targetGroup(name, [app.port])]))
  await apply('old', old)
  const slow = send(port)
  await eventually('the request has arrived', () => held.length === 1)
  await apply('next', next)
  assert.equal((await send(port)).body, 'next')
  held[0]?.()
  assert.equal((await slow).body, 'old')
})

test('what is still running when the deregistration delay is over is cut', async () => {
  await using cleanups = new Cleanups()
  let arrived = 0
  const app = await startApp(cleanups, (request, response) => {
    arrived++
    if (request.url === '/begun') response.write('begun')
  })
  const router = await startRouter(cleanups)
  const port = await freePort()
  const apply = (draining: readonly number[]) => {
    const group = targetGroup('group', [app.port], { draining, delaySeconds: 0.1 })
    return router.apply(table([listener(port, forwardTo(['group', 1]))], [group]))
  }
  await apply([])
  const waiting = send(port)
  const begun = send(port, { path: '/begun' })
  const failure = assert.rejects(begun, /aborted|ECONNRESET/)
  await eventually('both have arrived', () => arrived === 2)
  await apply([app.port])
  assert.equal((await waiting).statusCode, 502)
  await failure
  assert.equal(router.report().targets.get(`group 127.0.0.1:${app.port}`)?.inFlight, 0)
})

test('a deregistration delay that changes while a target drains holds from when the draining began', async () => {
  await using cleanups = new Cleanups()
  const held: (() => void)[] = []
  const app = await startApp(cleanups, (_, response) => void held.push(() => response.end('late')))
  const router = await startRouter(cleanups)
  const port = await freePort()
  const apply = (draining: readonly number[], delaySeconds: number) => {
    const group = targetGroup('group', [app.port], { draining, delaySeconds })
    return router.apply(table([listener(port, forwardTo(['group', 1]))], [group]))
  }
  await apply([], 300)
  const cut = send(port)
  await eventually('it has arrived', () => held.length === 1)
  await apply([app.port], 300)
  await apply([app.port], 0.05)
  assert.equal((await cut).statusCode, 502, 'a shorter one')
  await apply([], 1.5)
  const spared = send(port)
  await eventually('it has arrived, too', () => held.length === 2)
  await apply([app.port], 1.5)
  await apply([app.port], 300)
  await delay(2_000)
  held[1]?.()
  assert.equal((await spared).body, 'late', 'a longer one')
})

test('kept connections to a target are closed when it drains, and none is kept afterwards', async () => {
  await using cleanups = new Cleanups()
  let release: (() => void) | undefined
  const server = createHttpServer((request, response) => {
    if (request.url === '/held') release = () => void response.end()
    else response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.add(() => server.close())
  const { port: target } = server.address() as { port: number }
  const connections = (): Promise<number> =>
    new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))))
  const router = await startRouter(cleanups)
  const port = await freePort()
  const apply = (draining: readonly number[]) => {
    const group = targetGroup('group', [target], { draining, intervalSeconds: 60 })
    return router.apply(table([listener(port, forwardTo(['group', 1]))], [group]))
  }
  await apply([])
  await untilHealthy(router, `group 127.0.0.1:${target}`)
  const held = send(port, { path: '/held' })
  await eventually('the request has arrived', () => release)
  await send(port)
  await apply([target])
  let open = 2
  await eventually('only the busy connection is left', () => {
    void connections().then((count) => (open = count))
    return open === 1
  })
  release?.()
  await held
  await eventually('no connection is left', () => {
    void connections().then((count) => (open = count))
    return open === 0
  })
})

test('a port that is in use is reported and tried again, and holds up nothing else', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('served'))
  const [taken, free] = [await freePort(), await freePort()]
  const other = createServer().listen(taken, '127.0.0.1')
  await once(other, 'listening')
  cleanups.add(() => other.close())
  const router = await startRouter(cleanups)
  const listeners = [taken, free].map((port) => listener(port, forwardTo(['group', 1])))
  const { refusedListeners } = await router.apply(table(listeners, [targetGroup('group', [app.port])]))
  const message = `Port ${taken} on 127.0.0.1 is in use by another program`
  assert.deepEqual(refusedListeners, [{ listenerArn: `listener/${taken}`, port: taken, message }])
  assert.equal((await send(free)).body, 'served')
  other.close()
  await eventually('the port is opened after all', () => router.report().refusedListeners.length === 0)
  assert.equal((await send(taken)).body, 'served')
})

test('a router that takes no more connections opens no port any more, also not one that becomes free', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, () => undefined)
  const [taken, free] = [await freePort(), await freePort()]
  const other = createServer().listen(taken, '127.0.0.1')
  await once(other, 'listening')
  const router = await startRouter(cleanups)
  const listeners = [taken, free].map((port) => listener(port, forwardTo(['group', 1])))
  await router.apply(table(listeners, [targetGroup('group', [app.port])]))
  const running = send(free)
  await eventually('a request runs', () => [...router.report().targets.values()].some(({ inFlight }) => inFlight > 0))
  const retired = router.retire({ graceMilliseconds: 2_000 })
  other.close()
  assert.equal((await running).statusCode, 502)
  await assert.rejects(send(taken), /ECONNREFUSED/)
  assert.equal(router.report().refusedListeners.length, 1)
  await retired
})

test('a removed listener ends what it has, and its port is free for a new one', async () => {
  await using cleanups = new Cleanups()
  let release: (() => void) | undefined
  const app = await startApp(cleanups, (request, response) => {
    if (request.url === '/held') release = () => void response.end('whole')
    else response.end('quick')
  })
  const router = await startRouter(cleanups)
  const port = await freePort()
  const groups = [targetGroup('group', [app.port])]
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  cleanups.add(() => agent.destroy())
  await router.apply(table([listener(port, forwardTo(['group', 1]))], groups))
  await send(port, { agent })
  const held = send(port, { path: '/held' })
  await eventually('the request has arrived', () => release)
  await router.apply(table([], groups))
  await assert.rejects(send(port), /ECONNREFUSED/)
  const late = await send(port, { agent })
  assert.equal(late.body, 'quick')
  assert.equal(late.headers.connection, 'close')
  await router.apply(table([listener(port, forwardTo(['group', 1]))], groups))
  assert.equal((await send(port)).body, 'quick')
  release?.()
  assert.equal((await held).body, 'whole')
})

test('what a removed listener is asked last is counted, also for a target group that went with it unasked', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('quick'))
  const router = await startRouter(cleanups)
  const port = await freePort()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  cleanups.add(() => agent.destroy())
  const rule = {
    priority: 1,
    conditions: [{ field: 'path-pattern', values: ['/unasked'] }],
    action: forwardTo(['unasked', 1]),
  } as const
  const groups = [targetGroup('group', [app.port]), targetGroup('unasked', [])]
  await router.apply(table([{ ...listener(port, forwardTo(['group', 1])), rules: [rule] }], groups))
  await send(port, { agent })
  await router.apply(table([], []))
  assert.equal((await send(port, { agent, path: '/unasked' })).statusCode, 503)
  await eventually('it is counted', () =>
    router.report().counts.some(({ targetGroupArn, outcome }) => targetGroupArn === 'unasked' && outcome === 'elb-5xx'),
  )
})

test('a table that is not newer changes nothing', async () => {
  await using cleanups = new Cleanups()
  const router = await startRouter(cleanups)
  const port = await freePort()
  const older = table([], [])
  const newer = table([listener(port, forwardTo(['none', 1]))], [])
  await router.apply(newer)
  await router.apply(older)
  assert.equal(router.report().tableVersion, newer.version)
  assert.equal((await send(port)).statusCode, 503)
})

test('news of a table are one, and are kept as one; those of another table change nothing', async () => {
  await using cleanups = new Cleanups()
  const [blue, green] = await Promise.all(
    ['blue', 'green'].map((name) => startApp(cleanups, (_, response) => response.end(name))),
  )
  const dataDirectory = cleanups.temporaryDirectory()
  const first = await startRouter(cleanups, { dataDirectory })
  const port = await freePort()
  const groups = [targetGroup('blue', [blue?.port ?? 0]), targetGroup('green', [green?.port ?? 0])]
  const before = table([listener(port, forwardTo(['blue', 1]))], groups)
  const now = table([listener(port, forwardTo(['green', 1]))], groups)
  await first.apply(before)
  assert.equal((await send(port)).body, 'blue')
  assert.equal(await first.applyNews({ ...newsOf(before, now), since: before.version - 1 }), undefined)
  assert.equal(first.report().tableVersion, before.version)
  assert.deepEqual(await first.applyNews(newsOf(before, now)), { refusedListeners: [] })
  assert.equal((await send(port)).body, 'green')
  await first.close({ graceMilliseconds: 0 })
  const second = await startRouter(cleanups, { dataDirectory })
  assert.equal(second.report().tableVersion, now.version)
  assert.equal((await send(port)).body, 'green')
})

test('of a report, what nobody has counted or changed is the same object', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end())
  const router = await startRouter(cleanups)
  const port = await freePort()
  const group = targetGroup('group', [app.port], { intervalSeconds: 60 })
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [group]))
  await untilHealthy(router, `group 127.0.0.1:${app.port}`)
  const before = router.report()
  const idle = router.report()
  for (const part of ['targets', 'counts', 'exchanges', 'listeners'] as const) assert.equal(idle[part], before[part])
  await send(port)
  await eventually('it is counted', () => router.report().counts.length === 1)
  const after = router.report()
  for (const part of ['counts', 'exchanges', 'listeners'] as const) assert.notEqual(after[part], before[part])
  await router.apply(table([listener(port, forwardTo(['group', 1]))], []))
  assert.deepEqual([...router.report().targets.keys()], [])
})

test('a router serves by the table and the health that the last one left', async () => {
  await using cleanups = new Cleanups()
  const good = await startApp(cleanups, (_, response) => response.end('good'))
  const bad = await startApp(cleanups, (_, response) => response.end('bad'))
  const port = await freePort()
  const dataDirectory = cleanups.temporaryDirectory()
  const first = await startRouter(cleanups, { dataDirectory })
  const group = targetGroup('group', [good.port, bad.port], { intervalSeconds: 60 })
  await first.apply(table([listener(port, forwardTo(['group', 1]))], [group]))
  await untilHealthy(first, `group 127.0.0.1:${good.port}`, `group 127.0.0.1:${bad.port}`)
  await bad.close()
  const broken = { ...group, healthCheck: { ...group.healthCheck, intervalSeconds: 0.02 } }
  await first.apply(table([listener(port, forwardTo(['group', 1]))], [broken]))
  await eventually('one is unhealthy', () =>
    [...first.report().targets.values()].some(({ health }) => health.state === 'unhealthy'),
  )
  const { tableVersion } = first.report()
  await first.close({ graceMilliseconds: 0 })
  const second = await startRouter(cleanups, { dataDirectory })
  assert.equal(second.report().tableVersion, tableVersion)
  assert.equal(second.report().targets.get(`group 127.0.0.1:${good.port}`)?.health.state, 'healthy')
  assert.equal(second.report().targets.get(`group 127.0.0.1:${bad.port}`)?.health.state, 'unhealthy')
  assert.equal((await send(port)).body, 'good')
})

test('a table that cannot be kept is refused and changes nothing', async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  const router = await startRouter(cleanups, { dataDirectory })
  // In the way of the file, also for a user who may write everywhere.
  mkdirSync(join(dataDirectory, 'routing-table.json.new'))
  const port = await freePort()
  await assert.rejects(router.apply(table([listener(port, forwardTo(['none', 1]))], [])), /EISDIR/)
  assert.equal(router.report().tableVersion, 0)
  await assert.rejects(send(port), /ECONNREFUSED/)
})

for (const [how, [damagedTable, damagedHealth]] of Object.entries({
  'that end in the middle': ['{"version": 7, "list', ''],
  'that are of something else': ['{"version": 7}', '[null]'],
} as const)) {
  test(`damaged files ${how} are not used`, () => damagedFilesAreNotUsed(damagedTable, damagedHealth))
}

async function damagedFilesAreNotUsed(damagedTable: string, damagedHealth: string): Promise<void> {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  writeFileSync(join(dataDirectory, 'routing-table.json'), damagedTable)
  writeFileSync(join(dataDirectory, 'target-health.json'), damagedHealth)
  const said: string[] = []
  const { error } = console
  console.error = (message: string) => void said.push(message)
  cleanups.add(() => (console.error = error))
  const router = await startRouter(cleanups, { dataDirectory })
  assert.equal(router.report().tableVersion, 0)
  assert.equal(said.filter((message) => message.includes('is damaged and is not used')).length, 2)
}

test('a router that is ending lets running requests end', async () => {
  await using cleanups = new Cleanups()
  let release: (() => void) | undefined
  const app = await startApp(cleanups, (_, response) => (release = () => void response.end('whole')))
  const router = await startRouter(cleanups)
  const port = await freePort()
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])]))
  const request = httpRequest({ host: '127.0.0.1', port, agent: false })
  request.end()
  await eventually('the request has arrived', () => release)
  const closed = router.close({ graceMilliseconds: 60_000 })
  await assert.rejects(send(port), /ECONNREFUSED/)
  release?.()
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  assert.equal(await text(answer), 'whole')
  await closed
})
