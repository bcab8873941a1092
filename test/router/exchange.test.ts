import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer as createHttpServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { DataPlane } from '../../src/router/data-plane.ts'
import { startRawApp } from './raw-app.ts'
import { Cleanups, eventually, routerBefore, send, startApp } from './test-router.ts'

/** Sends bytes, and resolves with everything that came back when the connection is closed. */
async function exchangeBytes(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(bytes)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  await once(socket, 'close')
  return Buffer.concat(chunks).toString('latin1')
}

async function untilCounted(router: DataPlane, outcome: string): Promise<void> {
  await eventually(`a request counted as ${outcome}`, () =>
    router.report().counts.some((row) => row.outcome === outcome),
  )
  assert.ok([...router.report().targets.values()].every(({ inFlight }) => inFlight === 0))
}

test('a large body goes up and down whole, without being collected', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (request, response) => void pipeline(request, response))
  const { port } = await routerBefore(cleanups, [app.port])
  const block = Buffer.alloc(256 * 1024, 'teal')
  const blocks = 160
  const request = httpRequest({ host: '127.0.0.1', port, method: 'POST', agent: false })
  const up = pipeline(Readable.from(Array.from({ length: blocks }, () => block)), request)
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  let bytes = 0
  const hash = createHash('sha256')
  for await (const chunk of answer) {
    bytes += (chunk as Buffer).length
    hash.update(chunk as Buffer)
  }
  await up
  const expected = createHash('sha256')
  for (let count = 0; count < blocks; count++) expected.update(block)
  assert.equal(bytes, blocks * block.length)
  assert.equal(hash.digest('hex'), expected.digest('hex'))
})

test('a slow reader slows the target down instead of filling the router', async () => {
  await using cleanups = new Cleanups()
  let written = 0
  const app = await startApp(cleanups, (_, response) => {
    const block = Buffer.alloc(1024 * 1024)
    const writeOn = (): void => {
      while (!response.destroyed) {
        written += block.length
        if (!response.write(block)) break
      }
    }
    response.on('drain', writeOn)
    writeOn()
  })
  const { router, port } = await routerBefore(cleanups, [app.port])
  const request = httpRequest({ host: '127.0.0.1', port, agent: false })
  request.end()
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  answer.on('error', () => undefined)
  let seen = -1
  let lookAgainAt = 0
  await eventually('the target is held up', () => {
    if (Date.now() < lookAgainAt) return undefined
    lookAgainAt = Date.now() + 100
    const isHeldUp = written === seen
    seen = written
    return isHeldUp
  })
  // What the kernel's buffers on two connections take is some megabytes; everything beyond would be in the router.
  assert.ok(written < 64 * 1024 * 1024, `${written} bytes were taken`)
  request.destroy()
  await untilCounted(router, 'client-closed')
})

test('chunks, trailers and the first byte of an answer pass as they come', async () => {
  await using cleanups = new Cleanups()
  let received: unknown
  const app = await startApp(cleanups, (request, response) => {
    request.resume().on('end', () => {
      received = request.trailers
      response.write('first')
      response.addTrailers({ 'X-Sum': '42' })
      setTimeout(() => response.end(' last'), 50)
    })
  })
  const { port } = await routerBefore(cleanups, [app.port])
  const request = httpRequest({ host: '127.0.0.1', port, method: 'POST', agent: false })
  request.write('body')
  request.addTrailers({ 'X-Check': 'ok' })
  request.end()
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  assert.equal(await text(answer), 'first last')
  assert.deepEqual({ ...answer.trailers }, { 'x-sum': '42' })
  assert.deepEqual({ ...(received as object) }, { 'x-check': 'ok' })
})

test('a head is passed on before there is a body', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.writeHead(200, { 'X-Early': 'yes' }).flushHeaders())
  const { port } = await routerBefore(cleanups, [app.port])
  const request = httpRequest({ host: '127.0.0.1', port, agent: false })
  request.end()
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  assert.equal(answer.headers['x-early'], 'yes')
  answer.on('error', () => undefined)
  request.destroy()
})

test('answers without a body have none', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (request, response) => {
    if (request.url === '/head') response.writeHead(200, { 'Content-Length': 1000 }).end()
    else response.writeHead(Number(request.url?.slice(1)), { ETag: '"x"' }).end()
  })
  const { port } = await routerBefore(cleanups, [app.port])
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  cleanups.add(() => agent.destroy())
  const head = await send(port, { method: 'HEAD', path: '/head', agent })
  assert.equal(head.headers['content-length'], '1000')
  for (const statusCode of [204, 304]) {
    const answer = await send(port, { path: `/${statusCode}`, agent })
    assert.equal(answer.statusCode, statusCode)
    assert.equal(answer.headers['etag'], '"x"')
    assert.equal(answer.headers['transfer-encoding'], undefined)
  }
})

test('a client that expects 100 Continue is told so by the target, or gets its answer at once', async () => {
  await using cleanups = new Cleanups()
  const server = createHttpServer()
  server.on('request', (_, response) => response.end('healthy'))
  server.on('checkContinue', (request, response) => {
    if (request.url === '/refused') return void response.writeHead(413).end()
    response.writeContinue()
    void text(request).then((body) => response.end(`got ${body}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.add(() => server.close())
  cleanups.add(() => server.closeAllConnections())
  const { port } = await routerBefore(cleanups, [(server.address() as AddressInfo).port])
  const ask = (path: string) => {
    const headers = { Expect: '100-continue', 'Content-Length': '4' }
    return httpRequest({ host: '127.0.0.1', port, method: 'POST', path, headers, agent: false })
  }
  const accepted = ask('/accepted')
  accepted.flushHeaders()
  await once(accepted, 'continue')
  accepted.end('body')
  const [answer] = (await once(accepted, 'response')) as [IncomingMessage]
  assert.equal(await text(answer), 'got body')
  const refused = ask('/refused')
  refused.on('error', () => undefined)
  refused.flushHeaders()
  const [refusal] = (await once(refused, 'response')) as [IncomingMessage]
  assert.equal(refusal.statusCode, 413)
  refused.destroy()
})

test('an answer that comes before the body is wanted reaches a client that is still sending', async () => {
  await using cleanups = new Cleanups()
  const port = await startRawApp(cleanups, (socket, head) => {
    if (head.startsWith('POST')) socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nstop')
  })
  const { router, port: listenerPort } = await routerBefore(cleanups, [port])
  const request = httpRequest({ host: '127.0.0.1', port: listenerPort, method: 'POST', agent: false })
  request.write('a beginning')
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  assert.equal(answer.statusCode, 413)
  assert.equal(await text(answer), 'stop')
  request.end('and an end')
  await untilCounted(router, '4xx')
})

test('a WebSocket is piped through, and its claim is held until it is closed', async () => {
  await using cleanups = new Cleanups()
  const server = createHttpServer((_, response) => response.end('healthy'))
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined)
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Key: ${String(request.headers['sec-websocket-key'])}\r\n\r\n`,
    )
    socket.write(head)
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.add(() => server.close())
  const target = (server.address() as AddressInfo).port
  const { router, port } = await routerBefore(cleanups, [target])
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': 'k' }
  const request = httpRequest({ host: '127.0.0.1', port, headers, agent: false })
  request.end()
  const [answer, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket]
  assert.equal(answer.headers['x-key'], 'k')
  assert.equal(answer.headers.upgrade, 'websocket')
  socket.write('ping')
  const [echo] = (await once(socket, 'data')) as [Buffer]
  assert.equal(String(echo), 'ping')
  assert.equal(router.report().targets.get(`group 127.0.0.1:${target}`)?.inFlight, 1)
  socket.end()
  await untilCounted(router, '1xx')
})

test('a WebSocket which the target declines gets its answer', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.writeHead(403).end('no'))
  const { router, port } = await routerBefore(cleanups, [app.port])
  const bytes = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  assert.match(await exchangeBytes(port, bytes), /^HTTP\/1\.1 403 Forbidden\r\n[^]*no/)
  await untilCounted(router, '4xx')
})

test('other upgrades are not passed on', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (request, response) => response.end(String(request.headers.upgrade)))
  const { port } = await routerBefore(cleanups, [app.port])
  const answer = await send(port, { headers: { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c' } })
  assert.equal(answer.body, 'undefined')
})

test('a kept connection that the target just closed is replaced where doing it twice does no harm', async () => {
  await using cleanups = new Cleanups()
  const requests: string[] = []
  const answered = new Set<Socket>()
  const port = await startRawApp(cleanups, (socket, head) => {
    requests.push(head.slice(0, head.indexOf(' ')))
    // The second request on a connection finds it closing.
    if (answered.has(socket)) return void socket.destroy()
    answered.add(socket)
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  const { port: listenerPort } = await routerBefore(cleanups, [port])
  assert.equal((await send(listenerPort)).statusCode, 200)
  assert.equal((await send(listenerPort)).statusCode, 200)
  assert.deepEqual(requests, ['GET', 'GET', 'GET'])
  assert.equal((await send(listenerPort)).statusCode, 200)
  requests.length = 0
  assert.equal((await send(listenerPort, { method: 'POST', body: 'once' })).statusCode, 502)
  assert.deepEqual(requests, ['POST'])
})

const brokenTargets = {
  'closes the connection': (socket: Socket) => socket.end(),
  'resets the connection': (socket: Socket) => socket.resetAndDestroy(),
  'does not speak HTTP': (socket: Socket) => socket.write('SSH-2.0-OpenSSH\r\n'),
  'sends a head of more than 32 KB': (socket: Socket) =>
    socket.write(`HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`),
  'switches protocols unasked': (socket: Socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
  'breaks off within the head': (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nX-Hal'),
}
for (const [what, answer] of Object.entries(brokenTargets)) {
  test(`a target that ${what} makes a 502`, async () => {
    await using cleanups = new Cleanups()
    const port = await startRawApp(cleanups, (socket) => answer(socket))
    const { router, port: listenerPort } = await routerBefore(cleanups, [port])
    const { statusCode, body } = await send(listenerPort)
    assert.equal(statusCode, 502)
    assert.match(body, /502 Bad Gateway/)
    await untilCounted(router, 'elb-5xx')
  })
}

test('an answer that breaks off in the middle breaks off for the client too', async () => {
  await using cleanups = new Cleanups()
  const port = await startRawApp(cleanups, (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'))
  const { router, port: listenerPort } = await routerBefore(cleanups, [port])
  await assert.rejects(send(listenerPort), /aborted|ECONNRESET/)
  await untilCounted(router, 'target-closed')
})

test('a target that does not answer within the idle time-out makes a 504', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, () => undefined)
  const { router, port } = await routerBefore(cleanups, [app.port], { idleTimeoutSeconds: 0.1 })
  const { statusCode, body } = await send(port)
  assert.equal(statusCode, 504)
  assert.match(body, /504 Gateway Time-out/)
  await untilCounted(router, 'elb-5xx')
})

test('data keeps a slow exchange from timing out', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => {
    let left = 6
    const timer = setInterval(() => {
      if (--left > 0) return void response.write('.')
      clearInterval(timer)
      response.end('done')
    }, 400)
  })
  const { port } = await routerBefore(cleanups, [app.port], { idleTimeoutSeconds: 2 })
  assert.equal((await send(port)).body, '.....done')
})

test('a client that stops sending its body gets a 408', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (request, response) => request.resume().on('end', () => response.end()))
  const { router, port } = await routerBefore(cleanups, [app.port], { idleTimeoutSeconds: 0.1 })
  const answer = await exchangeBytes(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
  assert.match(answer, /^HTTP\/1\.1 408 Request Time-out\r\n[^]*awselb/)
  await untilCounted(router, 'elb-4xx')
})

test('a client that waits for 100 Continue is not the one that is late', async () => {
  await using cleanups = new Cleanups()
  const server = createHttpServer().on('checkContinue', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.add(() => server.closeAllConnections())
  cleanups.add(() => server.close())
  const target = (server.address() as AddressInfo).port
  const { router, port } = await routerBefore(cleanups, [target], { idleTimeoutSeconds: 0.1 })
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n'
  assert.match(await exchangeBytes(port, head), /^HTTP\/1\.1 504 /)
  await untilCounted(router, 'elb-5xx')
})

test('a body whose chunks are malformed is answered 400, and the target is let go', async () => {
  await using cleanups = new Cleanups()
  let state = 'nothing came'
  const app = await startApp(cleanups, (request) => {
    request.on('data', () => (state = 'a part came')).on('close', () => (state = 'let go'))
  })
  const { router, port } = await routerBefore(cleanups, [app.port])
  const socket = connect(port, '127.0.0.1')
  const answer = text(socket)
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n')
  await eventually('the target has a part of the body', () => state === 'a part came')
  socket.write('no number\r\n')
  assert.match(await answer, /^HTTP\/1\.1 400 Bad Request/)
  await untilCounted(router, 'elb-4xx')
  assert.equal(router.report().counts.length, 1)
  await eventually('the target sees the connection closed', () => state === 'let go')
})

test('a header that goes over several lines is not passed on as several', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (request, response) => response.end(JSON.stringify(request.headers['x-folded'])))
  const { port } = await routerBefore(cleanups, [app.port])
  const answer = await exchangeBytes(
    port,
    'GET / HTTP/1.1\r\nHost: a\r\nX-Folded: one\r\n two\r\nConnection: close\r\n\r\n',
  )
  assert.match(answer, /^HTTP\/1\.1 400 /)
})

test('what a target sends after its answer reaches nobody', async () => {
  await using cleanups = new Cleanups()
  const target = await startRawApp(cleanups, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')
  })
  const { port } = await routerBefore(cleanups, [target])
  for (let count = 0; count < 5; count++) {
    const { statusCode, body } = await send(port)
    assert.ok(body === 'ok' || statusCode === 502, body)
  }
})

test('a client that goes away before its answer is counted, and the target is let go', async () => {
  await using cleanups = new Cleanups()
  let isAsked = false
  let isLetGo = false
  const app = await startApp(cleanups, (_, response) => {
    isAsked = true
    response.on('close', () => (isLetGo = true))
  })
  const { router, port } = await routerBefore(cleanups, [app.port])
  const request = httpRequest({ host: '127.0.0.1', port, agent: false })
  request.on('error', () => undefined)
  request.end()
  // Before that there may be no connection to the target yet that it could see closed.
  await eventually('the target has the request', () => isAsked)
  assert.ok([...router.report().targets.values()].some(({ inFlight }) => inFlight === 1))
  request.destroy()
  await untilCounted(router, 'client-closed')
  await eventually('the target sees the connection closed', () => isLetGo)
})
