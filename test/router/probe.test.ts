import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import type { CheckResult } from '../../src/domain/health-check.ts'
import type { HealthCheckSettings } from '../../src/domain/routing-table.ts'
import { probe } from '../../src/router/probe.ts'
import { freePort } from '../free-port.ts'
import { makeCertificate } from './test-certificates.ts'

const settings: HealthCheckSettings = {
  enabled: true,
  path: '/health?deep=1',
  port: 'traffic-port',
  intervalSeconds: 5,
  timeoutSeconds: 5,
  healthyThresholdCount: 2,
  unhealthyThresholdCount: 2,
  matcher: '200',
}

describe('a health check', () => {
  test('asks in HTTP/1.1 on a connection of its own, and says what was answered', async () => {
    let asked = ''
    await using target = await listening((socket) => {
      socket.once('data', (bytes) => {
        asked = bytes.toString('latin1')
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      })
    })
    const { result } = await check(target.port)
    assert.ok(result.kind === 'answered')
    assert.equal(result.statusCode, 200)
    assert.deepEqual(asked.split('\r\n'), [
      'GET /health?deep=1 HTTP/1.1',
      `Host: 127.0.0.1:${target.port}`,
      'Connection: close',
      'User-Agent: ELB-HealthChecker/2.0',
      '',
      '',
    ])
  })

  test('may go to another port than the requests', async () => {
    await using target = await answering('HTTP/1.0 204 No Content\r\n\r\n')
    const { result } = await check(1, { port: String(target.port) })
    assert.ok(result.kind === 'answered' && result.statusCode === 204)
  })

  test('understands an answer in pieces, and passes over interim ones', async () => {
    const answer = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201\r\nX: y\r\n\r\n'
    await using target = await listening((socket) => {
      socket.setNoDelay(true)
      socket.once('data', () => dribble(socket, answer))
    })
    const { result, closed } = await check(target.port)
    assert.ok(result.kind === 'answered' && result.statusCode === 201)
    await closed
  })

  test('over HTTPS takes a certificate that nobody vouches for', async () => {
    const { certificate, privateKey } = makeCertificate({ names: ['somebody-else.example'] })
    const server = createTlsServer({ cert: certificate, key: privateKey }, (socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
    })
    await using target = await opened(server)
    const { result } = await check(target.port, { protocol: 'HTTPS' })
    assert.ok(result.kind === 'answered' && result.statusCode === 200, JSON.stringify(result))
  })

  test('over HTTPS fails where nobody speaks TLS', async () => {
    await using target = await answering('HTTP/1.1 400 Bad Request\r\n\r\n')
    const { result } = await check(target.port, { protocol: 'HTTPS' })
    assert.ok(result.kind === 'failed')
    assert.match(result.message, /^no TLS connection/)
  })

  test('fails with the reason where there is no answer', async () => {
    const refused = await check(await freePort())
    assert.deepEqual(refused.result, { kind: 'failed', message: 'connection refused' })
    for (const [answer, message] of [
      ['', /^connection closed without an answer$/],
      ['HTTP/1.1 200 OK\r\nContent-', /^connection closed without an answer$/],
      ['SSH-2.0-OpenSSH_9.6\r\n', /^the answer is not HTTP \("SSH-2\.0-OpenSSH_9\.6"\)$/],
      ['HTTP/2 200 OK\r\n\r\n', /not HTTP/],
      ['HTTP/1.1 99 Low\r\n\r\n', /not HTTP/],
      ['HTTP/1.1 200 OK\r\nno colon\r\n\r\n', /not HTTP \("no colon"\)/],
      [`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(33_000)}\r\n\r\n`, /head is larger than 32768 bytes/],
      [`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(33_000)}`, /head is larger than 32768 bytes/],
    ] as const) {
      await using target = await answering(answer)
      const { result } = await check(target.port)
      assert.ok(result.kind === 'failed', answer.slice(0, 20))
      assert.match(result.message, message)
    }
  })

  test('fails where a client would get a 502 for such an answer', async () => {
    for (const lines of [
      'Content-Length: 2\r\nContent-Length: 3',
      'Content-Length: 2\r\nTransfer-Encoding: chunked',
      'Transfer-Encoding: gzip',
      'X: a\u0001b',
    ]) {
      await using target = await answering(`HTTP/1.1 200 OK\r\n${lines}\r\n\r\nok`)
      const { result } = await check(target.port)
      assert.ok(result.kind === 'failed', lines)
      assert.match(result.message, /^clients would get a 502 for such an answer: /, lines)
    }
  })

  test('does not wait for a body where there is none', async () => {
    for (const answer of ['HTTP/1.1 204 No Content\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n']) {
      await using target = await listening((socket) => socket.once('data', () => socket.write(answer)))
      const { result, closed } = await check(target.port, { timeoutSeconds: 60 })
      assert.equal(result.kind, 'answered')
      await closed
    }
  })

  test('ends at its time-out when nothing comes, or too slowly', async () => {
    await using silent = await listening(() => undefined)
    const begun = performance.now()
    const { result, closed } = await check(silent.port, { timeoutSeconds: 0.5 })
    assert.equal(result.kind, 'answer-timeout')
    await closed
    await using slow = await listening((socket) => {
      const timer = setInterval(() => socket.write('H'.repeat(1)), 20)
      socket.once('close', () => clearInterval(timer))
    })
    const slowly = await check(slow.port, { timeoutSeconds: 60 })
    // A byte that cannot begin an answer ends the check before its time.
    assert.equal(slowly.result.kind, 'failed')
    await using endless = await listening((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => socket.write('X: y\r\n'), 20)
      socket.once('close', () => clearInterval(timer))
    })
    const endlessly = await check(endless.port, { timeoutSeconds: 0.5 })
    assert.equal(endlessly.result.kind, 'answer-timeout')
    await endlessly.closed
    assert.ok(performance.now() - begun < 30_000)
  })

  test('lets go of a target whose body never ends', async () => {
    await using target = await listening((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const timer = setInterval(() => socket.write('1\r\nx\r\n'), 20)
      socket.once('close', () => clearInterval(timer))
    })
    const { result, closed } = await check(target.port, { timeoutSeconds: 1 })
    assert.equal(result.kind, 'answered')
    await closed
  })

  test('that is aborted closes its connection', async () => {
    const connected = Promise.withResolvers<Socket>()
    await using target = await listening((socket) => connected.resolve(socket))
    const over = Promise.withResolvers<void>()
    const events = { onResult: () => undefined, onClosed: () => over.resolve() }
    const running = probe({ id: '127.0.0.1', port: target.port }, settings, events)
    const socket = await connected.promise
    running.abort()
    await over.promise
    if (!socket.closed) await once(socket, 'close')
  })
})

/** Resolves with the result; `closed` when nothing of the check is open any more. */
async function check(port: number, changed: Partial<HealthCheckSettings> = {}) {
  const [result, closed] = [Promise.withResolvers<CheckResult>(), Promise.withResolvers<void>()]
  const events = { onResult: result.resolve, onClosed: () => closed.resolve() }
  probe({ id: '127.0.0.1', port }, { ...settings, ...changed }, events)
  return { result: await result.promise, closed: closed.promise }
}

function answering(answer: string) {
  return listening((socket) => socket.once('data', () => socket.end(answer)))
}

function listening(onConnection: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    onConnection(socket)
  })
  return opened(server)
}

async function opened(server: Server) {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A byte at a time, each in a segment of its own. */
function dribble(socket: Socket, text: string): void {
  if (text === '' || socket.destroyed) return void socket.end()
  socket.write(text.slice(0, 1), () => setImmediate(() => dribble(socket, text.slice(1))))
}
