import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectHttp2, constants, type ClientHttp2Session } from 'node:http2'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import { Agent as PlainAgent, createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { defaultHandling, type ListenerRoute, type ListenerTls } from '../../src/domain/routing-table.ts'
import type { ExchangeRecord } from '../../src/router/exchange-record.ts'
import { freePort } from '../free-port.ts'
import { headersFrame, Http2Frames } from './http2-frames.ts'
import { ask, served, shakeHands } from './secured-port.ts'
import { makeCertificate } from './test-certificates.ts'
import { Cleanups, eventually, forwardTo, listener, send, startRouter, table, targetGroup } from './test-router.ts'

const [first, second] = [makeCertificate({ names: ['a.example'] }), makeCertificate({ names: ['a.example'] })]
const tls: ListenerTls = {
  certificates: [served('arn:first', first, 'a.example')],
  sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06',
  http2: true,
}
const renewed: ListenerTls = { ...tls, certificates: [served('arn:second', second, 'a.example')] }
const large = randomBytes(4 * 1024 * 1024)

const app: RequestListener = (request, response) => {
  const { url } = request
  if (url === '/large') response.writeHead(200, { 'content-length': large.length }).end(large)
  else if (url === '/some') response.writeHead(200, { 'content-length': 100_000 }).end(large.subarray(0, 100_000))
  else if (url === '/echo') request.pipe(response)
  else if (url === '/early') response.writeHead(413).end('too much')
  else if (url === '/early-with-length') response.writeHead(413, { 'content-length': 8 }).end('too much')
  else response.end(JSON.stringify(request.rawHeaders))
}

describe('a listener of HTTPS', { timeout: 60_000 }, () => {
  let cleanups: Cleanups
  beforeEach(() => {
    cleanups = new Cleanups()
  })
  afterEach(() => cleanups[Symbol.asyncDispose]())

  async function start(
    more: Partial<ListenerRoute> = { tls },
    onRequest = app,
    onUpgrade: (socket: Duplex) => void = () => undefined,
  ) {
    const records: ExchangeRecord[] = []
    const router = await startRouter(cleanups, { onExchange: (record) => records.push({ ...record }) })
    const appPort = await startApp(onRequest, onUpgrade)
    const port = await freePort()
    const apply = (changed: Partial<ListenerRoute> | undefined) =>
      router.apply(
        table(changed === undefined ? [] : [listener(port, forwardTo(['group', 1]), changed)], [
          targetGroup('group', [appPort]),
        ]),
      )
    const applied = await apply(more)
    return { router, port, apply, applied, records }
  }

  async function startApp(onRequest: RequestListener, onUpgrade: (socket: Duplex) => void): Promise<number> {
    const server = createServer((request, response) => {
      if (request.url === '/health') response.end('ok')
      else onRequest(request, response)
    })
    const upgraded = new Set<Duplex>()
    server.on('upgrade', (_request, socket) => {
      upgraded.add(socket)
      socket.on('error', () => undefined)
      onUpgrade(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.add(() => {
      for (const socket of upgraded) socket.destroy()
      server.closeAllConnections()
      server.close()
    })
    return (server.address() as AddressInfo).port
  }

  function http2(port: number): ClientHttp2Session {
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    session.on('error', () => undefined)
    cleanups.add(() => session.destroy())
    return session
  }

  test('tells targets how clients came, by HTTP/1.1 and by HTTP/2', async () => {
    const { port, records, apply } = await start()
    await apply({ tls, handling: { ...defaultHandling, accessLog: true } })
    const plain = await get(port, { path: '/', headers: { 'X-Forwarded-Proto': 'http' } })
    const headers = JSON.parse(plain.text) as string[]
    assert.equal(valueOf(headers, 'X-Forwarded-Proto'), 'https')
    assert.equal(valueOf(headers, 'X-Forwarded-Port'), String(port))
    const session = http2(port)
    const { text } = await ask(session, { ':path': '/', 'X-Custom': 'a', cookie: ['a=1', 'b=2'] })
    const received = JSON.parse(text) as string[]
    assert.equal(valueOf(received, 'X-Forwarded-Proto'), 'https')
    assert.equal(valueOf(received, 'x-custom'), 'a')
    assert.equal(valueOf(received, 'cookie'), 'a=1; b=2')
    assert.equal(valueOf(received, 'transfer-encoding'), undefined)
    assert.equal(received.find((name) => name.toLowerCase() === 'host') === undefined, false)
    await eventually('two records', () => records.length === 2)
    assert.deepEqual(
      records.map(({ client }) => [client.isHttp2, client.tls?.protocol, client.tls?.certificateArn]),
      [
        [false, 'TLSv1.3', 'arn:first'],
        [true, 'TLSv1.3', 'arn:first'],
      ],
    )
  })

  test('carries large bodies both ways by HTTP/2, many at once', async () => {
    const { port } = await start()
    const session = http2(port)
    const bodies = Array.from({ length: 100 }, (_, at) => large.subarray(at, at + 30_000 + at))
    const echoed = await Promise.all(bodies.map((body) => ask(session, { ':path': '/echo', ':method': 'POST' }, body)))
    echoed.forEach(({ body }, at) => assert.equal(body.compare(bodies[at] ?? assert.fail()), 0))
    assert.equal((await ask(session, { ':path': '/large' })).body.compare(large), 0)
    assert.equal((await ask(session, { ':path': '/echo', ':method': 'PUT' }, large)).body.compare(large), 0)
  })

  test('shows a new certificate, while connections and streams go on', async () => {
    const { port, apply } = await start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
    cleanups.add(() => agent.destroy())
    const before = await get(port, { path: '/', agent })
    const session = http2(port)
    const upload = session.request({ ':path': '/echo', ':method': 'POST' })
    upload.write('one ')
    const [piece] = (await once(upload, 'data')) as [Buffer]
    assert.equal(String(piece), 'one ')
    assert.deepEqual((await apply({ tls: renewed })).refusedListeners, [])
    upload.end('two')
    assert.equal(String(await buffer(upload)), 'two')
    const after = await get(port, { path: '/', agent })
    assert.equal(after.localPort, before.localPort)
    const socket = await shakeHands(port, { servername: 'a.example' })
    assert.equal(String(socket.getPeerX509Certificate()), second.certificate)
    socket.destroy()
  })

  test('loses no request while its certificates, its policy and its protocols change all the time', async () => {
    const { port, apply } = await start()
    const agent = new Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false })
    cleanups.add(() => agent.destroy())
    const session = http2(port)
    await once(session, 'connect')
    const over = new AbortController()
    let answered = 0
    const client = async (askOnce: () => Promise<unknown>): Promise<void> => {
      while (!over.signal.aborted) {
        assert.equal(await askOnce(), 200)
        answered++
      }
    }
    const byHttp1 = async () => (await get(port, { path: '/', agent })).statusCode
    const byHttp2 = async () => (await ask(session, { ':path': '/' })).status
    const byNewConnection = async () => (await get(port, { path: '/' })).statusCode
    const clients = [byHttp1, byHttp1, byHttp2, byHttp2, byNewConnection].map(client)
    for (let at = 0; at < 60; at++) {
      const sslPolicy = at % 3 === 0 ? 'ELBSecurityPolicy-2016-08' : tls.sslPolicy
      await apply({ tls: { ...(at % 2 === 0 ? renewed : tls), sslPolicy, http2: at % 5 !== 0 } })
    }
    await eventually('many were answered', () => answered > 60)
    over.abort()
    await Promise.all(clients)
  })

  test('answers 502 for a status that HTTP/2 cannot carry here, and passes it on by HTTP/1.1', async () => {
    const { port, records } = await start(
      { tls, handling: { ...defaultHandling, accessLog: true } },
      (_request, response) => void response.writeHead(999, { 'content-length': 3 }).end('odd'),
    )
    assert.deepEqual((await get(port, { path: '/' })).statusCode, 999)
    const session = http2(port)
    for (let at = 0; at < 2; at++) assert.equal((await ask(session, { ':path': '/' })).status, 502)
    await eventually('three records', () => records.length === 3)
    assert.deepEqual(
      records.map(({ elbStatusCode }) => elbStatusCode),
      [999, 502, 502],
    )
  })

  test('ends a stream whose answer has come before its body', async () => {
    const { port } = await start()
    const upload = http2(port).request({ ':path': '/early', ':method': 'POST' })
    let answered = ''
    upload.on('data', (piece: Buffer) => (answered += String(piece)))
    upload.write('a beginning')
    await once(upload, 'close')
    assert.deepEqual([answered, upload.rstCode], ['too much', constants.NGHTTP2_NO_ERROR])
  })

  test('has sent such an answer to its end before the stream is reset', async () => {
    const { port } = await start()
    const fields = { ':method': 'POST', ':scheme': 'https', ':authority': 'a' }
    for (const path of ['/early', '/early-with-length']) {
      const frames = await Http2Frames.over(await shakeHands(port, { ALPNProtocols: ['h2'] }))
      cleanups.add(() => frames.close())
      frames.send(headersFrame(1, Object.entries({ ...fields, ':path': path }), { endStream: false }))
      assert.equal(await frames.resetOf(1), constants.NGHTTP2_NO_ERROR)
      assert.ok(frames.hasEnded(1), path)
    }
  })

  test('answers kept connections without TLS, from before it was one, for the last time', async () => {
    const { port, apply } = await start({})
    const agent = new PlainAgent({ keepAlive: true, maxSockets: 1 })
    cleanups.add(() => agent.destroy())
    assert.equal((await send(port, { agent })).headers.connection, undefined)
    await apply({ tls })
    const last = await send(port, { agent })
    assert.deepEqual([last.statusCode, last.headers.connection], [200, 'close'])
    assert.equal((await get(port, { path: '/' })).statusCode, 200)
  })

  test('waits for a slow reader of an answer that ends its connection', async () => {
    const { port } = await start()
    const socket = await shakeHands(port, { ALPNProtocols: ['http/1.1'] })
    socket.write('GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    const [begun] = (await once(socket, 'data')) as [Buffer]
    socket.pause()
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    const whole = Buffer.concat([begun, await buffer(socket)])
    assert.equal(whole.subarray(whole.indexOf('\r\n\r\n') + 4).compare(large), 0)
  })

  test('becomes one of HTTP and is one of HTTPS again, on the same port', async () => {
    const { port, apply } = await start()
    const session = http2(port)
    assert.equal((await ask(session, { ':path': '/' })).status, 200)
    await apply({})
    assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200)
    await apply({ tls: renewed })
    assert.equal((await get(port, { path: '/' })).statusCode, 200)
  })

  test('goes without breaking off what runs: HTTP/2 clients are told, and get the rest', async () => {
    const { port, apply } = await start()
    const session = http2(port)
    const slow = session.request({ ':path': '/large' })
    slow.pause()
    await once(slow, 'response')
    const goAway = once(session, 'goaway')
    await apply(undefined)
    await goAway
    assert.equal((await buffer(slow)).compare(large), 0)
    await once(session, 'close')
  })

  test('goes without losing what a slow reader has not read yet', async () => {
    const { port, apply } = await start()
    const session = http2(port)
    const slow = session.request({ ':path': '/some' })
    slow.pause()
    await once(slow, 'response')
    await apply(undefined)
    await once(session, 'goaway')
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.equal((await buffer(slow)).compare(large.subarray(0, 100_000)), 0)
  })

  test('redirects, answers by itself and says which protocol it was', async () => {
    const { port } = await start({
      tls,
      defaultAction: {
        type: 'redirect',
        protocol: '#{protocol}',
        port: '#{port}',
        host: '#{host}',
        path: '/x#{path}',
        query: '',
        statusCode: 302,
      },
    })
    const { headers, status } = await ask(http2(port), { ':path': '/a', ':authority': 'a.example' })
    assert.deepEqual([status, headers['location']], [302, `https://a.example:${port}/xa`])
  })

  test('carries WebSockets over TLS', async () => {
    const { port } = await start({ tls }, app, (socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello')
      socket.pipe(socket)
    })
    const socket = await shakeHands(port, { ALPNProtocols: ['http/1.1'] })
    socket.write('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    let received = ''
    socket.on('data', (piece: Buffer) => (received += String(piece)))
    await eventually('the handshake', () => /^HTTP\/1\.1 101 [^]*\r\n\r\nhello$/.test(received))
    socket.write(' again')
    await eventually('the echo', () => received.endsWith('hello again'))
    socket.destroy()
  })

  test('counts connections without a session', async () => {
    const { port, router } = await start()
    await assert.rejects(shakeHands(port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }))
    await eventually('the connection is over and counted', () => {
      const [totals] = router.report().listeners ?? []
      return totals?.tlsNegotiationErrors === 1 && totals.activeConnections === 0
    })
  })

  test('is refused where its certificate cannot be used, and what was there before stays', async () => {
    const broken: ListenerTls = {
      ...tls,
      certificates: [served('arn:broken', { certificate: 'no', privateKey: 'no' })],
    }
    const { port, apply, applied } = await start({ tls: broken })
    assert.match(applied.refusedListeners[0]?.message ?? '', /^The certificates of port \d+ cannot be used: /)
    assert.deepEqual((await apply({ tls })).refusedListeners, [])
    const refused = await apply({ tls: broken })
    assert.match(refused.refusedListeners[0]?.message ?? '', /^The certificates of port \d+ cannot be used: /)
    assert.equal((await get(port, { path: '/' })).statusCode, 200)
  })
})

async function get(port: number, options: RequestOptions) {
  const request = httpsRequest({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }).end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const { localPort } = response.socket
  return { statusCode: response.statusCode, text: String(await buffer(response)), localPort }
}

function valueOf(rawHeaders: readonly string[], name: string): string | undefined {
  const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text === name)
  return at < 0 ? undefined : rawHeaders[at + 1]
}
