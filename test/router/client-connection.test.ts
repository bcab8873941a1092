import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { defaultHandling, type ListenerRoute } from '../../src/domain/routing-table.ts'
import type { ExchangeRecord } from '../../src/router/exchange-record.ts'
import { echoUpgrades } from '../echo-upgrades.ts'
import { freePort } from '../free-port.ts'
import { toldTexts } from './exchange-records.ts'
import { startRawApp } from './raw-app.ts'
import {
  Cleanups,
  eventually,
  forwardTo,
  listener,
  routerBefore,
  send,
  startApp,
  startRouter,
  table,
  targetGroup,
} from './test-router.ts'

/** Sends pieces, one after the other, and resolves with everything that came back when the connection is closed. */
async function converse(port: number, pieces: readonly string[], pauseMilliseconds = 0): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const answer = text(socket).catch(() => 'broken')
  for (const piece of pieces) {
    if (socket.destroyed) break
    socket.write(piece)
    await delay(pauseMilliseconds)
  }
  return answer
}

test('a head that trickles in is cut off when its time is over, however steadily it comes', async () => {
  await using cleanups = new Cleanups()
  const { router, port } = await routerBefore(cleanups, [], { idleTimeoutSeconds: 0.3 })
  const pieces = ['GET / HTTP/1.1\r\n', ...Array.from({ length: 200 }, (_, number) => `X-${number}: slow\r\n`)]
  const begun = performance.now()
  assert.match(await converse(port, pieces, 20), /^HTTP\/1\.1 408 /)
  assert.ok(performance.now() - begun < 3_900, 'two hundred pieces take four seconds')
  assert.equal(router.report().listeners?.[0]?.newConnections, 1)
})

test('a head and a body that come byte by byte are as good as any', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (request, response) => {
    void text(request).then((body) => response.end(`${request.url} ${body}`))
  })
  const { port } = await routerBefore(cleanups, [app.port])
  const bytes =
    'POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n' +
    'GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  const answer = await converse(port, bytes.split(''), 1)
  assert.match(answer, /\/slow abc[^]*\/next /)
})

test('behind a refused request nothing is read', async () => {
  await using cleanups = new Cleanups()
  const seen: string[] = []
  const app = await startApp(cleanups, (request, response) => response.end(String(seen.push(request.url ?? ''))))
  const { port } = await routerBefore(cleanups, [app.port])
  const good = 'GET /good HTTP/1.1\r\nHost: a\r\n\r\n'
  const answer = await converse(port, [`${good}GET /bad HTTP/1.1\r\nHost : a\r\n\r\n${good}`])
  assert.deepEqual(answer.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 400'])
  assert.deepEqual(seen, ['/good'])
})

test('a client that sends its next requests early is held up, and all are answered', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (request, response) => response.end(`[${request.url}]`))
  const { port } = await routerBefore(cleanups, [app.port])
  const padding = `X-Padding: ${'p'.repeat(2_000)}\r\n`
  const requests = Array.from({ length: 300 }, (_, number) => `GET /${number} HTTP/1.1\r\nHost: a\r\n${padding}\r\n`)
  const last = 'GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  const answer = await converse(port, [requests.join('') + last])
  assert.equal(answer.match(/\[\/\d+\]/g)?.length, 300)
  assert.match(answer, /\[\/last\]$/)
})

test('a long head that is sent early is read to its end once its turn has come', async () => {
  await using cleanups = new Cleanups()
  let isSeen = false
  const app = await startApp(cleanups, (request, response) => {
    isSeen = true
    setTimeout(() => response.end(`[${request.url}]`), 300)
  })
  const { port } = await routerBefore(cleanups, [app.port])
  const socket = connect(port, '127.0.0.1')
  cleanups.add(() => void socket.destroy())
  const answers = text(socket)
  const headers = [1, 2, 3, 4].map((number) => `X-${number}: ${'x'.repeat(14_000)}\r\n`).join('')
  socket.write('GET /first HTTP/1.1\r\nHost: a\r\n\r\n')
  await eventually('the first is in hand', () => isSeen)
  socket.write(`GET /?${'y'.repeat(14_000)} HTTP/1.1\r\nHost: a\r\n${headers}`)
  await once(socket, 'data')
  socket.write('Connection: close\r\n\r\n')
  // No head is too long for the load balancer that is not too long for the application.
  assert.match(await answers, /\[\/first\][^]*HTTP\/1\.1 431 /)
})

test('events reach the client one by one, as they are sent', async () => {
  await using cleanups = new Cleanups()
  let write: ((text: string) => void) | undefined
  const app = await startApp(cleanups, (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
    write = (event) => void response.write(event)
  })
  const { port } = await routerBefore(cleanups, [app.port])
  const request = httpRequest({ host: '127.0.0.1', port, agent: false }).end()
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  for (const event of ['data: one\n\n', 'data: two\n\n']) {
    write?.(event)
    const [chunk] = (await once(answer, 'data')) as [Buffer]
    assert.equal(String(chunk), event)
  }
  answer.on('error', () => undefined)
  request.destroy()
})

test('a WebSocket is closed in good order when the deregistration delay is over', async () => {
  await using cleanups = new Cleanups()
  const server = createHttpServer((_, response) => response.end())
  echoUpgrades(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.add(() => server.close())
  const target = (server.address() as AddressInfo).port
  const router = await startRouter(cleanups)
  const port = await freePort()
  const apply = (draining: readonly number[]) => {
    const group = targetGroup('group', [target], { draining, delaySeconds: 1.5 })
    return router.apply(table([listener(port, forwardTo(['group', 1]))], [group]))
  }
  await apply([])
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket' }
  const request = httpRequest({ host: '127.0.0.1', port, headers, agent: false }).end()
  const [, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket]
  const errors: unknown[] = []
  socket.on('error', (error) => errors.push(error))
  await apply([target])
  socket.write('still here')
  const [echo] = (await once(socket, 'data')) as [Buffer]
  assert.equal(String(echo), 'still here')
  await once(socket, 'end')
  socket.end()
  assert.deepEqual(errors, [])
  await eventually('it is counted', () => router.report().counts.some(({ outcome }) => outcome === '1xx'))
  assert.equal(router.report().targets.get(`group 127.0.0.1:${target}`)?.inFlight, 0)
})

test('a client stays with its target by cookie, and a request without one is counted', async () => {
  await using cleanups = new Cleanups()
  const one = await startApp(cleanups, (_, response) => response.end('one'))
  const two = await startApp(cleanups, (_, response) => response.end('two'))
  const router = await startRouter(cleanups)
  const port = await freePort()
  const balancing = {
    algorithm: 'round_robin',
    slowStartSeconds: 0,
    stickiness: { type: 'lb_cookie', durationSeconds: 60 },
    minimumHealthy: { count: 1 },
  } as const
  const group = { ...targetGroup('group', [one.port, two.port]), balancing }
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [group]))
  const first = await send(port)
  const cookie = (first.headers['set-cookie'] ?? []).map((each) => each.split(';')[0]).join('; ')
  assert.match(cookie, /AWSALB=.*AWSALBCORS=/)
  for (let count = 0; count < 5; count++) assert.equal((await send(port, { headers: { cookie } })).body, first.body)
  assert.equal(router.report().exchanges?.[0]?.nonStickyRequests, 1)
})

test('cookies are found on whichever of several lines they stand', async () => {
  await using cleanups = new Cleanups()
  const balancing = {
    algorithm: 'round_robin',
    slowStartSeconds: 0,
    stickiness: { type: 'app_cookie', cookieName: 'session', durationSeconds: 60 },
    minimumHealthy: { count: 1 },
  } as const
  const apps = await Promise.all(
    ['one', 'two'].map((name) =>
      startApp(cleanups, (_, response) => response.setHeader('Set-Cookie', 'session=1').end(name)),
    ),
  )
  const router = await startRouter(cleanups)
  const port = await freePort()
  const group = {
    ...targetGroup(
      'group',
      apps.map((app) => app.port),
    ),
    balancing,
  }
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [group]))
  const first = await send(port)
  const cookies = (first.headers['set-cookie'] ?? []).map((each) => `Cookie: ${each.split(';')[0]}\r\n`)
  assert.equal(cookies.length, 2)
  for (let count = 0; count < 4; count++) {
    const lines = ['Cookie: other=1\r\n', ...(count % 2 === 0 ? cookies : cookies.toReversed())].join(
      'X-Between: a\r\n',
    )
    const answer = await converse(port, [`GET / HTTP/1.1\r\nHost: a\r\n${lines}Connection: close\r\n\r\n`])
    assert.ok(answer.endsWith(`\r\n\r\n${first.body}`), answer)
  }
})

test('what a listener has seen is reported, and each request is told to the access log', async () => {
  await using cleanups = new Cleanups()
  const records: (ExchangeRecord & ReturnType<typeof toldTexts>)[] = []
  const app = await startApp(cleanups, (_, response) => response.end('answer'))
  const router = await startRouter(cleanups, {
    onExchange: (record) => records.push({ ...record, ...toldTexts(record) }),
  })
  const port = await freePort()
  const handling = { ...defaultHandling, accessLog: true, answerHeaders: [['X-Frame-Options', 'DENY']] } as const
  const rules = [
    { priority: 7, conditions: [{ field: 'path-pattern', values: ['/a*'] } as const], action: forwardTo(['group', 1]) },
  ]
  const route = listener(port, forwardTo(['none', 1]), { handling, rules })
  await router.apply(table([route], [targetGroup('group', [app.port])]))
  const answer = await send(port, { path: '/a?b', headers: { 'User-Agent': 'test', X_Odd: 'x' } })
  assert.equal(answer.headers['x-frame-options'], 'DENY')
  assert.equal((await send(port, { path: '/other' })).headers['x-frame-options'], 'DENY')
  await converse(port, ['nonsense\r\n\r\n'])
  await eventually('all are told', () => records.length === 3)
  const [served, refused, malformed] = records
  assert.equal(served?.uri, '/a?b')
  assert.equal(served?.userAgent, 'test')
  assert.equal(served?.target, `127.0.0.1:${app.port}`)
  assert.equal(served?.matchedRulePriority, 7)
  assert.equal(served?.targetStatusCode, 200)
  assert.match(served?.traceId ?? '', /^Root=1-/)
  assert.ok((served?.targetProcessingSeconds ?? -1) >= 0 && (served?.sentBytes ?? 0) > 6)
  assert.deepEqual([refused?.elbStatusCode, refused?.matchedRulePriority, refused?.target], [503, 0, undefined])
  assert.deepEqual([malformed?.elbStatusCode, malformed?.method], [400, undefined])
  const totals = await eventually('all connections are closed', () =>
    router.report().listeners?.find(({ activeConnections }) => activeConnections === 0),
  )
  assert.equal(totals.newConnections, 3)
  assert.equal(totals.ruleEvaluations, 2)
  assert.equal(totals.desyncNonCompliantRequests, 1)
  assert.equal(totals.forwardedInvalidHeaderRequests, 1)
  assert.ok(totals.processedBytes > 300)
})

test('a client that goes within its own body is logged with 400, one that does not wait for its answer with 460', async () => {
  await using cleanups = new Cleanups()
  const records: ExchangeRecord[] = []
  const app = await startApp(cleanups, () => undefined)
  const router = await startRouter(cleanups, { onExchange: (record) => records.push({ ...record }) })
  const port = await freePort()
  const route = listener(port, forwardTo(['group', 1]), { handling: { ...defaultHandling, accessLog: true } })
  await router.apply(table([route], [targetGroup('group', [app.port])]))
  for (const body of ['abc', 'a']) {
    const socket = connect(port, '127.0.0.1')
    cleanups.add(() => void socket.destroy())
    socket.end(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n${body}`)
    assert.equal(await text(socket), '')
  }
  await eventually('both are told', () => records.length === 2)
  assert.deepEqual(
    records.map(({ elbStatusCode }) => elbStatusCode),
    [460, 400],
  )
})

/** A target that speaks bytes, and what it was sent on each connection. */
async function rawTarget(cleanups: Cleanups, onRequest: (socket: Socket, received: string) => void) {
  const received = new Map<Socket, string>()
  const port = await startRawApp(cleanups, (socket, bytes) => {
    const all = (received.get(socket) ?? '') + bytes
    received.set(socket, all)
    onRequest(socket, all)
  })
  return { port, received: () => [...received.values()] }
}

function answerOk(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
}

/** Before this target, with the access log on. */
async function loggedRouterBefore(cleanups: Cleanups, target: number, more: Partial<ListenerRoute> = {}) {
  const records: ExchangeRecord[] = []
  const router = await startRouter(cleanups, { onExchange: (record) => records.push({ ...record }) })
  const port = await freePort()
  const handling = { ...defaultHandling, accessLog: true, ...more.handling }
  await router.apply(
    table([listener(port, forwardTo(['group', 1]), { ...more, handling })], [targetGroup('group', [target])]),
  )
  return { port, records }
}

test('an answer that ends with its connection ends, also where the body was not waited for', async () => {
  await using cleanups = new Cleanups()
  const target = await rawTarget(cleanups, (socket) => {
    socket.end('HTTP/1.1 413 Too Large\r\nConnection: close\r\n\r\ntoo large')
  })
  const { port, records } = await loggedRouterBefore(cleanups, target.port)
  const begun = performance.now()
  const answer = await converse(port, ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc'])
  assert.match(answer, /^HTTP\/1\.1 413 [^]*Connection: close\r\n\r\ntoo large$/)
  assert.ok(performance.now() - begun < 30_000, 'the idle time-out is a minute')
  assert.deepEqual(
    records.map(({ elbStatusCode }) => elbStatusCode),
    [413],
  )
})

test('a HEAD of HTTP/1.0 is answered with what is then done: the connection is closed, or kept', async () => {
  await using cleanups = new Cleanups()
  let answer = ''
  const target = await rawTarget(cleanups, (socket) => void socket.write(answer))
  const { port } = await loggedRouterBefore(cleanups, target.port)
  const begun = performance.now()
  for (const head of ['', 'Transfer-Encoding: chunked\r\n']) {
    answer = `HTTP/1.1 200 OK\r\n${head}\r\n`
    const got = await converse(port, ['HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'])
    assert.match(got, /^HTTP\/1\.1 200 OK\r\nConnection: close\r\n\r\n$/)
  }
  assert.ok(performance.now() - begun < 30_000, 'the idle time-out is a minute')
  answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'
  const kept = 'HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
  const both = await converse(port, [kept, 'HEAD / HTTP/1.0\r\n\r\n'], 100)
  assert.match(both, /Connection: keep-alive\r\n\r\nHTTP[^]*Connection: close\r\n\r\n$/)
})

test('a connection to a target is not used again behind an ambiguous request, whatever the target says', async () => {
  await using cleanups = new Cleanups()
  const target = await rawTarget(cleanups, answerOk)
  const { port } = await loggedRouterBefore(cleanups, target.port)
  await converse(port, ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc'])
  await converse(port, ['GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'])
  const [first = '', ...others] = target.received()
  assert.equal(others.length, 1)
  assert.match(first, /Connection: close\r\n\r\nabc$/)
})

test('a client that sends nothing is logged with nothing of another one’s request', async () => {
  await using cleanups = new Cleanups()
  const target = await rawTarget(cleanups, answerOk)
  const { port, records } = await loggedRouterBefore(cleanups, target.port, { idleTimeoutSeconds: 0.5 })
  const silent = converse(port, [])
  await converse(port, ['HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc'])
  assert.match(await silent, /^HTTP\/1\.1 408 [^]*<\/html>\r\n$/)
  const logged = records.map(({ elbStatusCode, classification }) => [elbStatusCode, classification])
  assert.deepEqual(logged, [
    [200, 'Ambiguous'],
    [408, undefined],
  ])
})

test('an empty line behind a body begins no request', async () => {
  await using cleanups = new Cleanups()
  const target = await rawTarget(cleanups, answerOk)
  const { port, records } = await loggedRouterBefore(cleanups, target.port, { idleTimeoutSeconds: 0.5 })
  const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\r\n'
  assert.match(await converse(port, [post]), /^HTTP\/1\.1 200 [^]*\r\n\r\nok$/)
  const [begun, next] = [records.length, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n']
  const answers = await converse(port, [post, next], 300)
  assert.equal(answers.split('HTTP/1.1 200 ').length, 3, answers)
  assert.ok((records[begun + 1]?.requestProcessingSeconds ?? 1) < 0.2)
  // What trickles in behind it has begun, and is to end in time.
  const trickle = [post, ...Array.from({ length: 100 }, () => 'G')]
  assert.match(await converse(port, trickle, 20), /^HTTP\/1\.1 200 [^]*HTTP\/1\.1 408 /)
})

test('a HEAD that is refused gets a head', async () => {
  await using cleanups = new Cleanups()
  const handling = { ...defaultHandling, desyncMitigationMode: 'strictest' } as const
  const { port } = await loggedRouterBefore(cleanups, await freePort(), { handling })
  const answer = await converse(port, ['HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'])
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n[^]*Content-Length: [1-9]\d*\r\n[^]*\r\n\r\n$/)
})

test('what a client sends before its WebSocket is open is counted', async () => {
  await using cleanups = new Cleanups()
  const early = 'x'.repeat(1_000)
  const target = await rawTarget(cleanups, (socket, received) => {
    if (received.endsWith(early)) return void socket.end()
    const open = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'
    setTimeout(() => socket.write(open), 100)
  })
  const { port, records } = await loggedRouterBefore(cleanups, target.port)
  const head = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  await converse(port, [head, early], 20)
  assert.equal(records[0]?.receivedBytes, head.length + early.length)
})
