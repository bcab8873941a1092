import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../free-port.ts'
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

async function exchangeBytes(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(bytes)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  await once(socket, 'close')
  return Buffer.concat(chunks).toString('latin1')
}

const refused = {
  'that is not HTTP': ['hello\r\n\r\n', 400],
  'without Host': ['GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  'with two Hosts': ['GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n', 400],
  'with a length and chunks': [
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    400,
  ],
  'with an unknown coding': ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', 501],
  'by TRACE': ['TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 405],
  'by CONNECT': ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  'with too long a URI': [`GET /${'x'.repeat(17_000)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, 414],
  'with too long a header': [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\nConnection: close\r\n\r\n`, 400],
  'with too many headers': [`GET / HTTP/1.1\r\nHost: a\r\n${`X: ${'x'.repeat(10_000)}\r\n`.repeat(7)}\r\n`, 400],
  'of another version': ['GET / HTTP/3.1\r\nHost: a\r\n\r\n', 505],
  'forwarded for too many': [
    `GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${'10.0.0.1, '.repeat(30)}10.0.0.1\r\nConnection: close\r\n\r\n`,
    463,
  ],
} as const
for (const [what, [bytes, statusCode]] of Object.entries(refused)) {
  test(`a request ${what} is answered ${statusCode} by the load balancer`, async () => {
    await using cleanups = new Cleanups()
    let seen = 0
    const app = await startApp(cleanups, (_, response) => response.end(String(++seen)))
    const { router, port } = await routerBefore(cleanups, [app.port])
    const answer = await exchangeBytes(port, bytes)
    assert.match(answer, new RegExp(`^HTTP/1.1 ${statusCode} [^]*Server: awselb/2.0\r\n`))
    assert.equal(seen, 0)
    await eventually('it is counted', () =>
      router.report().counts.some(({ outcome }) => outcome === (statusCode < 500 ? 'elb-4xx' : 'elb-5xx')),
    )
  })
}

test('a request by HTTP/1.0 is served and its connection closed', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (request, response) => {
    response.write(String(request.headers.host))
    response.end()
  })
  const { port } = await routerBefore(cleanups, [app.port])
  const answer = await exchangeBytes(port, 'GET / HTTP/1.0\r\n\r\n')
  assert.match(answer, new RegExp(`^HTTP/1.1 200 OK\r\n[^]*\r\n\r\n127.0.0.1:${port}$`))
  assert.doesNotMatch(answer, /chunked/i)
})

test('where the URI is absolute, its host counts and its path is passed on', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (request, response) => response.end(`${request.headers.host} ${request.url}`))
  const { port } = await routerBefore(cleanups, [app.port])
  const answer = await exchangeBytes(
    port,
    'GET http://a.example:81/x?y HTTP/1.1\r\nHost: b.example\r\nConnection: close\r\n\r\n',
  )
  assert.match(answer, /a\.example:81 \/x\?y/)
})

test('a connection that sends nothing is told 408 after the idle time-out', async () => {
  await using cleanups = new Cleanups()
  const { port } = await routerBefore(cleanups, [], { idleTimeoutSeconds: 0.1 })
  assert.match(await exchangeBytes(port, 'GET / HT'), /^HTTP\/1\.1 408 /)
})

test('a connection without a request follows a shorter idle time-out', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('ok'))
  const { router, port } = await routerBefore(cleanups, [app.port], { idleTimeoutSeconds: 3_600 })
  const socket = connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(socket, 'data')
  const route = listener(port, forwardTo(['group', 1]), { idleTimeoutSeconds: 0.2 })
  await router.apply(table([route], [targetGroup('group', [app.port])]))
  const waited = await Promise.race([once(socket.resume(), 'end'), delay(20_000, 'still open')])
  assert.notEqual(waited, 'still open')
  socket.destroy()
})

test('a connection that is too old is closed by its last answer, not under a request', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('ok'))
  const { port } = await routerBefore(cleanups, [app.port], { clientKeepAliveSeconds: 1 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  cleanups.add(() => agent.destroy())
  assert.notEqual((await send(port, { agent })).headers.connection, 'close')
  await delay(1_200)
  const last = await send(port, { agent })
  assert.equal(last.body, 'ok')
  assert.equal(last.headers.connection, 'close')
})

test('a connection that grows too old under a request takes one more, which is told to be the last', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (request, response) => {
    response.write('begun ')
    setTimeout(() => response.end('over'), request.url === '/long' ? 2_300 : 0)
  })
  const { port } = await routerBefore(cleanups, [app.port], { clientKeepAliveSeconds: 2 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  cleanups.add(() => agent.destroy())
  const first = await send(port, { path: '/long', agent })
  // At once: whoever was not told that the connection ends may already be using it.
  const second = await send(port, { agent })
  assert.deepEqual([first.headers.connection, second.headers.connection], [undefined, 'close'])
})

test('requests sent before the answer to the first are answered in their order', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (request, response) => {
    setTimeout(() => response.end(`[${request.url}]`), request.url === '/1' ? 50 : 0)
  })
  const { port } = await routerBefore(cleanups, [app.port])
  const requests = ['/1', '/2'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join('')
  const answer = await exchangeBytes(port, `${requests}GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  assert.deepEqual(answer.match(/\[\/\d\]/g), ['[/1]', '[/2]', '[/3]'])
})

test('open connections go with their port from one listener to another, and none is counted twice', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('ok'))
  const router = await startRouter(cleanups)
  const port = await freePort()
  const tableWith = (listenerArn: string) =>
    table([listener(port, forwardTo(['group', 1]), { listenerArn })], [targetGroup('group', [app.port])])
  const active = () =>
    Object.fromEntries(router.report().listeners?.map((each) => [each.listenerArn, each.activeConnections]) ?? [])
  await router.apply(tableWith('old'))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  cleanups.add(() => agent.destroy())
  await send(port, { agent })
  assert.deepEqual(active(), { old: 1 })
  await router.apply(tableWith('new'))
  assert.deepEqual(active(), { old: 0, new: 1 })
  assert.equal((await send(port, { agent })).body, 'ok')
  agent.destroy()
  await eventually('it is closed', () => active()['new'] === 0)
  assert.deepEqual(active(), { old: 0, new: 0 })
})
