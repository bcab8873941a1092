import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { defaultHandling } from '../../src/domain/routing-table.ts'
import type { DataPlane } from '../../src/router/data-plane.ts'
import type { ExchangeRecord } from '../../src/router/exchange-record.ts'
import { echoUpgrades } from '../echo-upgrades.ts'
import { freePort } from '../free-port.ts'
import { ownCertificate, secureGroup, startRawSecureApp, startSecureApp } from './secure-app.ts'
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
  untilHealthy,
} from './test-router.ts'

/** Past Node's streams, and by them, as where this Node does not let it. */
const ways = ['direct', 'net'] as const

const key = (port: number): string => `group 127.0.0.1:${port}`

/** A router with one listener before targets that are spoken to by TLS. */
async function routerBefore(
  cleanups: Cleanups,
  ports: readonly number[],
  settings: Parameters<typeof startRouter>[1] = {},
): Promise<{ readonly router: DataPlane; readonly port: number }> {
  const router = await startRouter(cleanups, settings)
  const port = await freePort()
  await router.apply(
    table(
      [listener(port, forwardTo(['group', 1]), { handling: { ...defaultHandling, accessLog: true } })],
      [secureGroup('group', ports)],
    ),
  )
  return { router, port }
}

function failuresOf(router: DataPlane): { readonly connection: number; readonly negotiation: number } {
  const { connectionErrors = 0, tlsNegotiationErrors = 0 } = router.report().exchanges?.[0] ?? {}
  return { connection: connectionErrors, negotiation: tlsNegotiationErrors }
}

async function untilNothingIsInFlight(router: DataPlane): Promise<void> {
  await eventually('nothing in flight', () =>
    [...router.report().targets.values()].every((each) => each.inFlight === 0),
  )
}

/** Accepts connections, and hands them on as they are. */
async function startTcpApp(cleanups: Cleanups, onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.add(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

test('targets are spoken to by TLS, whoever their certificate is for, and told nothing of it by headers', async () => {
  await using cleanups = new Cleanups()
  const app = await startSecureApp(cleanups, ({ headers, socket }, response) => {
    const { alpnProtocol, servername } = socket as TLSSocket
    const serverName = (servername as string | false | undefined) === undefined ? '' : servername
    const seen = { alpnProtocol, serverName, proto: headers['x-forwarded-proto'], agent: headers['user-agent'] }
    response.end(JSON.stringify(seen))
  })
  const { router, port } = await routerBefore(cleanups, [app.port])
  await untilHealthy(router, key(app.port))
  const { statusCode, body } = await send(port, { headers: { Host: 'shop.example', 'User-Agent': 'test' } })
  assert.equal(statusCode, 200)
  const seen = { alpnProtocol: 'http/1.1', serverName: false, proto: 'http', agent: 'test' }
  assert.deepEqual(JSON.parse(body), seen)
  assert.deepEqual(failuresOf(router), { connection: 0, negotiation: 0 })
})

for (const transportName of ways) {
  test(`${transportName}: a connection to a target is used again, and one after it goes on with its session`, async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      await using cleanups = new Cleanups()
      const sockets = new Set<TLSSocket>()
      const onRequest = ({ socket }: IncomingMessage) => sockets.add(socket as TLSSocket)
      const app = await startSecureApp(
        cleanups,
        (request, response) => {
          onRequest(request)
          if (request.url === '/last') response.setHeader('Connection', 'close')
          response.end((request.socket as TLSSocket).isSessionReused() ? 'resumed' : 'new')
        },
        { minVersion: version, maxVersion: version },
      )
      const { port } = await routerBefore(cleanups, [app.port], { transportName })
      assert.equal((await send(port)).body, 'new')
      assert.equal((await send(port)).body, 'new')
      assert.equal((await send(port, { path: '/last' })).body, 'new')
      assert.equal(sockets.size, 1, version)
      assert.equal((await send(port, { path: '/last' })).body, 'resumed', version)
      assert.equal((await send(port)).body, 'resumed', version)
      assert.equal(sockets.size, 3, version)
    }
  })
}

test('a target that still speaks TLS 1.0 is spoken to, as its health checks are', async () => {
  await using cleanups = new Cleanups()
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  const app = await startSecureApp(cleanups, (_, response) => response.end('old'), old)
  const { router, port } = await routerBefore(cleanups, [app.port])
  await untilHealthy(router, key(app.port))
  assert.equal((await send(port)).body, 'old')
})

for (const transportName of ways) {
  test(`${transportName}: bodies go up and down whole`, async () => {
    await using cleanups = new Cleanups()
    const app = await startSecureApp(cleanups, (request, response) => void pipeline(request, response))
    const { port } = await routerBefore(cleanups, [app.port], { transportName })
    const sent = randomBytes(24 * 1024 * 1024)
    const request = httpRequest({ host: '127.0.0.1', port, method: 'POST', agent: false })
    request.end(sent)
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    const hash = createHash('sha256')
    for await (const chunk of answer) {
      hash.update(chunk as Buffer)
      if (Math.random() < 0.02) await delay(2)
    }
    assert.equal(hash.digest('hex'), createHash('sha256').update(sent).digest('hex'))
  })
}

for (const transportName of ways) {
  test(`${transportName}: a slow client slows the target down instead of filling the router`, async () => {
    await using cleanups = new Cleanups()
    let written = 0
    const app = await startSecureApp(cleanups, (_, response) => {
      const block = Buffer.alloc(1024 * 1024)
      const writeOn = (): void => {
        while (!response.destroyed && written < 512) {
          written++
          if (!response.write(block)) return
        }
      }
      response.on('drain', writeOn).on('error', () => undefined)
      writeOn()
    })
    const { port } = await routerBefore(cleanups, [app.port], { transportName })
    const socket = connect(port, '127.0.0.1')
    cleanups.add(() => socket.destroy())
    socket.pause().write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    let before = -1
    await eventually('the target has stopped', () => {
      const isStill = written === before && written > 0
      before = written
      return isStill
    })
    await delay(300)
    assert.ok(written < 100, `${written} MiB`)
  })
}

for (const transportName of ways) {
  test(`${transportName}: an upload waits for a target that does not read`, async () => {
    await using cleanups = new Cleanups()
    const app = await startSecureApp(cleanups, (request, response) => {
      request.pause()
      setTimeout(() => {
        let length = 0
        request.on('data', (chunk: Buffer) => (length += chunk.length))
        request.on('end', () => response.end(String(length))).resume()
      }, 300)
    })
    const { port } = await routerBefore(cleanups, [app.port], { transportName })
    const body = 'x'.repeat(20 * 1024 * 1024)
    assert.equal((await send(port, { method: 'POST', body })).body, String(body.length))
  })
}

for (const transportName of ways) {
  test(`${transportName}: a WebSocket is piped through, and its claim is held until it is closed`, async () => {
    await using cleanups = new Cleanups()
    const server = createServer(ownCertificate, (_, response) => response.end('healthy'))
    echoUpgrades(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.add(() => server.close())
    const { port: target } = server.address() as AddressInfo
    const { router, port } = await routerBefore(cleanups, [target], { transportName })
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': 'k' }
    const request = httpRequest({ host: '127.0.0.1', port, headers, agent: false })
    request.end()
    const [, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket]
    socket.write('ping')
    const [echo] = (await once(socket, 'data')) as [Buffer]
    assert.equal(String(echo), 'ping')
    assert.equal(router.report().targets.get(key(target))?.inFlight, 1)
    socket.end()
    await untilNothingIsInFlight(router)
  })
}

test('a target that has left the table answers what it has, and is cut when its delay is over', async () => {
  await using cleanups = new Cleanups()
  const answers = new Map<string, () => void>()
  const app = await startSecureApp(cleanups, (request, response) => {
    answers.set(String(request.url), () => response.end('late'))
  })
  const router = await startRouter(cleanups)
  const port = await freePort()
  const listeners = [listener(port, forwardTo(['group', 1]))]
  await router.apply(table(listeners, [secureGroup('group', [app.port])]))
  const [late, never] = [send(port, { path: '/late' }), send(port, { path: '/never' })]
  await eventually('both are with the target', () => answers.size === 2)
  await router.apply(table(listeners, [secureGroup('group', [app.port], { draining: [app.port], delaySeconds: 1.5 })]))
  answers.get('/late')?.()
  assert.equal((await late).body, 'late')
  assert.equal((await never).statusCode, 502)
  await untilNothingIsInFlight(router)
})

test('an answer that comes before the rest of an upload reaches the client, though the target closes', async () => {
  await using cleanups = new Cleanups()
  const port = await startRawSecureApp(cleanups, (socket, head) => {
    if (head.startsWith('POST')) {
      socket.end('HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 4\r\n\r\nstop', () => socket.destroy())
    }
  })
  const { router, port: listenerPort } = await routerBefore(cleanups, [port], { transportName: 'direct' })
  for (let round = 0; round < 20; round++) {
    const request = httpRequest({ host: '127.0.0.1', port: listenerPort, method: 'POST', agent: false })
    request.on('error', () => undefined)
    request.end(Buffer.alloc(8 * 1024 * 1024))
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    assert.equal(answer.statusCode, 413)
    assert.equal(await text(answer), 'stop')
  }
  await untilNothingIsInFlight(router)
})

for (const transportName of ways) {
  test(`${transportName}: an answer is over where its target ends the connection, in good order or not quite`, async () => {
    for (const end of [(socket: TLSSocket) => socket.end(), (_: TLSSocket, raw: Socket) => raw.end()]) {
      await using cleanups = new Cleanups()
      const port = await startRawSecureApp(cleanups, (socket, _, raw) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\nas long as it is', () => end(socket, raw))
      })
      const { port: listenerPort } = await routerBefore(cleanups, [port], { transportName })
      assert.equal((await send(listenerPort)).body, 'as long as it is')
    }
  })
}

const brokenTargets: Readonly<Record<string, (socket: TLSSocket, raw: Socket) => void>> = {
  'ends the session': (socket) => socket.end(),
  'ends its side below TLS': (_, raw) => raw.end(),
  'resets the connection': (_, raw) => raw.resetAndDestroy(),
  'does not speak HTTP in it': (socket) => socket.write('SSH-2.0-OpenSSH\r\n'),
  'goes on without TLS': (_, raw) => raw.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  'breaks off within the head': (socket) => socket.end('HTTP/1.1 200 OK\r\nX-Hal'),
}
for (const [what, answer] of Object.entries(brokenTargets)) {
  for (const transportName of ways)
    test(`${transportName}: a target that ${what} makes a 502`, async () => {
      await using cleanups = new Cleanups()
      const port = await startRawSecureApp(cleanups, (socket, _, raw) => answer(socket, raw))
      const { router, port: listenerPort } = await routerBefore(cleanups, [port], { transportName })
      assert.equal((await send(listenerPort)).statusCode, 502)
      assert.equal((await send(listenerPort, { method: 'POST', body: 'once' })).statusCode, 502)
      await untilNothingIsInFlight(router)
      assert.deepEqual(failuresOf(router), { connection: 0, negotiation: 0 })
    })
}

for (const transportName of ways) {
  test(`${transportName}: what a target sends behind its answer, in a record of its own, reaches nobody`, async () => {
    await using cleanups = new Cleanups()
    const recordLength = 16 * 1024
    const port = await startRawSecureApp(cleanups, (socket, head) => {
      const path = head.split(' ')[1] ?? ''
      const answer = `HTTP/1.1 200 OK\r\nContent-Length: 16000\r\nX-Fill: `
      const fill = 'x'.repeat(recordLength - 16_000 - answer.length - 4)
      // One write: the second record goes with the first.
      socket.write(`${answer}${fill}\r\n\r\n${path.padEnd(16_000)}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n/rogue`)
    })
    const { port: listenerPort } = await routerBefore(cleanups, [port], { transportName })
    for (let round = 0; round < 10; round++) {
      const client = connect(listenerPort, '127.0.0.1')
      const paths = ['/1', '/2', '/3']
      client.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
      let came = ''
      client.on('data', (chunk) => (came += chunk.toString('latin1')))
      await eventually('all are answered', () => came.split('HTTP/1.1 ').length > paths.length && came.endsWith(' '))
      assert.deepEqual(came.match(/\/[a-z0-9]+ |\/rogue/g), ['/1 ', '/2 ', '/3 '])
      client.destroy()
    }
  })
}

test('a kept connection that the target just closed is replaced where doing it twice does no harm', async () => {
  await using cleanups = new Cleanups()
  const requests: string[] = []
  const answered = new Set<TLSSocket>()
  const port = await startRawSecureApp(cleanups, (socket, head) => {
    requests.push(head.slice(0, head.indexOf(' ')))
    if (answered.has(socket)) return void socket.destroy()
    answered.add(socket)
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  const { port: listenerPort } = await routerBefore(cleanups, [port])
  for (let count = 0; count < 3; count++) assert.equal((await send(listenerPort)).statusCode, 200)
  requests.length = 0
  assert.equal((await send(listenerPort, { method: 'POST', body: 'once' })).statusCode, 502)
  assert.deepEqual(requests, ['POST'])
})

const withoutTls: Readonly<Record<string, (cleanups: Cleanups) => Promise<number>>> = {
  'speaks plain HTTP': async (cleanups) => (await startApp(cleanups, (_, response) => response.end('plain'))).port,
  'closes within the handshake': (cleanups) =>
    startTcpApp(cleanups, (socket) => socket.once('data', () => socket.end())),
  'closes before it': (cleanups) => startTcpApp(cleanups, (socket) => socket.end()),
  'resets within it': (cleanups) =>
    startTcpApp(cleanups, (socket) => socket.once('data', () => socket.resetAndDestroy())),
  'speaks something else': (cleanups) => startTcpApp(cleanups, (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n')),
  'has no protocol in common': async (cleanups) =>
    (await startSecureApp(cleanups, () => undefined, { ALPNProtocols: ['h2'] })).port,
}
for (const [what, start] of Object.entries(withoutTls)) {
  for (const transportName of ways)
    test(`${transportName}: a target that ${what} makes a 502 and counts; another one is asked first, as nothing was sent`, async () => {
      await using cleanups = new Cleanups()
      const broken = await start(cleanups)
      const { router, port } = await routerBefore(cleanups, [broken], { transportName })
      assert.equal((await send(port, { method: 'POST', body: 'nothing of it is sent' })).statusCode, 502)
      assert.deepEqual(failuresOf(router), { connection: 0, negotiation: 1 })
      const app = await startSecureApp(cleanups, (_, response) => response.end('instead'))
      const group = secureGroup('group', [broken, app.port], { path: '/nowhere', matcher: '418' })
      await router.apply(table([listener(port, forwardTo(['group', 1]))], [group]))
      for (let count = 0; count < 4; count++) {
        assert.equal((await send(port, { method: 'POST', body: 'sent once' })).body, 'instead')
      }
      assert.ok(failuresOf(router).negotiation > 1)
    })
}

test('a handshake that hangs makes a 502 after ten seconds, as one that fails, and no target is asked instead', async () => {
  await using cleanups = new Cleanups()
  const hanging = await startTcpApp(cleanups, () => undefined)
  const records: ExchangeRecord[] = []
  const { router, port } = await routerBefore(cleanups, [hanging], {
    onExchange: (record) => records.push({ ...record }),
  })
  const begun = performance.now()
  assert.equal((await send(port)).statusCode, 502)
  assert.ok(performance.now() - begun > 9_900)
  assert.deepEqual(failuresOf(router), { connection: 0, negotiation: 1 })
  const [record] = records
  assert.equal(record?.target, `127.0.0.1:${hanging}`)
  assert.deepEqual([record?.elbStatusCode, record?.targetStatusCode], [502, 0])
  assert.deepEqual([record?.requestProcessingSeconds, record?.targetProcessingSeconds], [-1, -1])
  await untilNothingIsInFlight(router)
})

test('a client that goes away, and a target that is cut, end a handshake that hangs', async () => {
  await using cleanups = new Cleanups()
  const open = new Set<Socket>()
  const hanging = await startTcpApp(cleanups, (socket) => {
    open.add(socket)
    socket.resume().once('close', () => open.delete(socket))
  })
  const { router, port } = await routerBefore(cleanups, [hanging])
  const client = connect(port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await eventually('the request is with the target', () => router.report().targets.get(key(hanging))?.inFlight === 1)
  client.destroy()
  await untilNothingIsInFlight(router)
  const cut = send(port)
  await eventually('the next one is', () => router.report().targets.get(key(hanging))?.inFlight === 1)
  const left = secureGroup('group', [hanging], { draining: [hanging], delaySeconds: 0 })
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [left]))
  assert.equal((await cut).statusCode, 502)
  await eventually('every connection is closed', () => open.size === 0)
})

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a target that wants a certificate by ${maxVersion} makes a 502 and counts as a failed handshake`, async () => {
    await using cleanups = new Cleanups()
    const mutual = { requestCert: true, rejectUnauthorized: true, ca: ownCertificate.cert, maxVersion }
    const app = await startSecureApp(cleanups, (_, response) => response.end('trusted'), mutual)
    const { router, port } = await routerBefore(cleanups, [app.port], { transportName: 'direct' })
    for (let count = 1; count <= 10; count++) {
      const body = 'x'.repeat(count * 100_000)
      const request = count % 2 === 0 ? { method: 'POST', body } : {}
      assert.equal((await send(port, request)).statusCode, 502)
      assert.deepEqual(failuresOf(router), { connection: 0, negotiation: count })
    }
  })
}

test('where nobody listens another target is asked, and it counts as no connection', async () => {
  await using cleanups = new Cleanups()
  const { router, port } = await routerBefore(cleanups, [await freePort()])
  assert.equal((await send(port)).statusCode, 502)
  assert.deepEqual(failuresOf(router), { connection: 1, negotiation: 0 })
})

test("what openssl's own server answers comes through", async () => {
  await using cleanups = new Cleanups()
  const directory = cleanups.temporaryDirectory()
  const [certificate, privateKey] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')]
  writeFileSync(certificate, ownCertificate.cert)
  writeFileSync(privateKey, ownCertificate.key)
  const port = await freePort()
  const options = ['-accept', `127.0.0.1:${port}`, '-cert', certificate, '-key', privateKey, '-www', '-quiet']
  const server = spawn('openssl', ['s_server', ...options], { stdio: 'ignore' })
  cleanups.add(() => server.kill('SIGKILL'))
  const { router, port: listenerPort } = await routerBefore(cleanups, [port])
  await untilHealthy(router, key(port))
  const { statusCode, body } = await send(listenerPort)
  assert.equal(statusCode, 200)
  assert.match(body, /TLSv1\.3/)
})

test('a target of a table without protocol is spoken to without TLS', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('plain'))
  const router = await startRouter(cleanups)
  const port = await freePort()
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])]))
  assert.equal((await send(port)).body, 'plain')
})
