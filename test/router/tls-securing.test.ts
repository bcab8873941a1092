import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createConnection } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { ListenerTls } from '../../src/domain/routing-table.ts'
import { ask, kindsOfTlsWires, openSecuredPort, served, shakeHands, type SecuredPort } from './secured-port.ts'
import { makeCertificate } from './test-certificates.ts'

const one = makeCertificate({ names: ['one.example'] })
const two = makeCertificate({ names: ['two.example', '*.two.example'] })
const twoRsa = makeCertificate({ names: ['two.example'], key: 'rsa' })
const renewed = makeCertificate({ names: ['one.example'] })

const settings: ListenerTls = {
  certificates: [
    served('arn:one', one, 'one.example'),
    served('arn:two', two, 'two.example', '*.two.example'),
    served('arn:two-rsa', twoRsa, 'two.example'),
  ],
  sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06',
  http2: true,
}

for (const wires of Object.keys(kindsOfTlsWires) as (keyof typeof kindsOfTlsWires)[]) {
  describe(`a port with TLS, ${wires}`, { timeout: 60_000 }, () => {
    let port: SecuredPort
    before(async () => {
      port = await openSecuredPort(settings, (request, response) => response.end(`${request.method} ${request.url}`), {
        wires,
      })
    })
    after(() => port.close())

    const nameShownTo = async (options: ConnectionOptions): Promise<unknown> => {
      const socket = await shakeHands(port.port, options)
      const { subject } = socket.getPeerCertificate()
      await ended(socket)
      return subject.CN
    }

    test('shows the certificate that is for the name asked for, the default one for any other name and for none', async () => {
      assert.equal(await nameShownTo({ servername: 'two.example' }), 'two.example')
      assert.equal(await nameShownTo({ servername: 'A.two.example' }), 'two.example')
      assert.equal(await nameShownTo({ servername: 'a.b.two.example' }), 'one.example')
      assert.equal(await nameShownTo({ servername: 'other.example' }), 'one.example')
      assert.equal(await nameShownTo({}), 'one.example')
    })

    test('shows the certificate with an RSA key where another one is for the same name', async () => {
      const socket = await shakeHands(port.port, { servername: 'two.example' })
      assert.equal(socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType, 'rsa')
      await ended(socket)
      assert.equal(port.sides.at(-1)?.tls?.certificateArn, 'arn:two-rsa')
    })

    test('serves HTTP/1.1 to those who do not ask for HTTP/2, and keeps the connection', async () => {
      const socket = await shakeHands(port.port, { servername: 'one.example', ALPNProtocols: ['http/1.1'] })
      assert.match(await exchange(socket, 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'), /^HTTP\/1\.1 200 [^]*GET \/a$/)
      assert.match(await exchange(socket, 'GET /b HTTP/1.1\r\nHost: a\r\n\r\n'), /^HTTP\/1\.1 200 [^]*GET \/b$/)
      await ended(socket)
      const side = port.sides.at(-1)
      assert.deepEqual(side?.tls, {
        cipher: 'TLS_AES_128_GCM_SHA256',
        protocol: 'TLSv1.3',
        serverName: 'one.example',
        certificateArn: 'arn:one',
      })
      assert.equal(side?.isHttp2, false)
      assert.equal(side?.localPort, port.port)
      assert.match(side?.connectionTraceId ?? '', /^TID_[0-9a-f]{32}$/)
    })

    test('serves HTTP/2 to those who ask for it', async () => {
      const session = port.http2()
      const { text } = await ask(session, { ':path': '/two' })
      session.close()
      assert.equal(text, 'GET /two')
      assert.equal(port.sides.at(-1)?.isHttp2, true)
    })

    test('serves clients that offer nothing but HTTP/1.0', async () => {
      const socket = await shakeHands(port.port, { ALPNProtocols: ['http/1.0'] })
      assert.equal(socket.alpnProtocol, 'http/1.0')
      socket.write('GET /ten HTTP/1.0\r\n\r\n')
      const [answer] = (await once(socket, 'data')) as [Buffer]
      assert.match(String(answer), /^HTTP\/1\.1 200 /)
      socket.destroy()
    })

    test('tells clients that speak HTTP without TLS what is wrong', async () => {
      const plain = createConnection(port.port, '127.0.0.1')
      plain.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      const answer = (await buffer(plain)).toString('latin1')
      assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\nServer: awselb\/2\.0\r\n[^]*\r\nConnection: close\r\n\r\n/)
      assert.match(answer, /<title>400 The plain HTTP request was sent to HTTPS port<\/title>/)
    })

    test('counts connections that come to no session, but not those that say nothing', async () => {
      const earlier = port.negotiationErrors()
      await assert.rejects(shakeHands(port.port, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }))
      await assert.rejects(shakeHands(port.port, { ALPNProtocols: ['acme-tls/1'] }))
      const plain = createConnection(port.port, '127.0.0.1')
      plain.resume().write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await once(plain, 'close')
      assert.equal(port.negotiationErrors(), earlier + 3)
      const silent = createConnection(port.port, '127.0.0.1')
      await once(silent, 'connect')
      silent.destroy()
      await until(() => port.connections() === 0)
      assert.equal(port.negotiationErrors(), earlier + 3)
    })

    test('counts clients that do not trust the certificate', async () => {
      const earlier = port.negotiationErrors()
      const socket = connect({ port: port.port, host: '127.0.0.1', ca: two.certificate, servername: 'one.example' })
      await assert.rejects(once(socket, 'secureConnect'), /self-signed|unable to verify/)
      socket.destroy()
      await until(() => port.connections() === 0)
      assert.ok(port.negotiationErrors() - earlier <= 1)
    })
  })
}

describe('a port with TLS whose settings change', { timeout: 60_000 }, () => {
  test('shows a new certificate to new connections, and closes none of those there are', async () => {
    const port = await openSecuredPort(settings, answerAfterBody)
    const kept = await shakeHands(port.port, { servername: 'one.example' })
    const session = port.http2()
    assert.match(await exchange(kept, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'), /200 OK/)
    assert.equal((await ask(session, { ':path': '/' })).status, 200)
    const stream = session.request({ ':path': '/', ':method': 'POST' })
    stream.write('half')
    port.securing.follow({ ...settings, certificates: [served('arn:one', renewed, 'one.example')] })
    assert.match(await exchange(kept, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'), /200 OK/)
    assert.equal((await ask(session, { ':path': '/' })).status, 200)
    stream.end('whole')
    const [answer] = (await once(stream, 'response')) as [Record<string, unknown>]
    assert.equal(answer[':status'], 200)
    stream.resume()
    const socket = await shakeHands(port.port, { servername: 'one.example' })
    assert.equal(String(socket.getPeerX509Certificate()), renewed.certificate)
    await Promise.all([ended(kept), ended(socket)])
    session.close()
    await port.close()
  })

  test('speaks HTTP/1.1 only once HTTP/2 is switched off, and by another policy', async () => {
    const port = await openSecuredPort(settings, (_, response) => response.end('ok'))
    port.securing.follow({ ...settings, http2: false, sslPolicy: 'ELBSecurityPolicy-2016-08' })
    const socket = await shakeHands(port.port, { ALPNProtocols: ['h2', 'http/1.1'] })
    assert.equal(socket.alpnProtocol, 'http/1.1')
    assert.equal(socket.getProtocol(), 'TLSv1.2')
    await ended(socket)
    const oldest = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const old = await shakeHands(port.port, { ...oldest, servername: 'two.example' })
    assert.equal(old.getProtocol(), 'TLSv1')
    await ended(old)
    await port.close()
  })

  test('cannot be had with a certificate that is none', () => {
    const broken = { certificate: 'nothing', privateKey: 'nothing' }
    const tls = { ...settings, certificates: [served('arn:broken', broken)] } as const
    return assert.rejects(
      openSecuredPort({ ...tls, certificates: [tls.certificates[0] ?? assert.fail()] }, () => undefined),
    )
  })
})

function answerAfterBody(request: IncomingMessage, response: ServerResponse): void {
  request.resume().once('end', () => response.end('ok'))
}

/** Sends, and reads until an answer with a length is whole. */
async function exchange(socket: TLSSocket, text: string): Promise<string> {
  socket.write(text)
  let received = ''
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    received += chunk.toString()
    const [, head = '', length = '0', body = ''] =
      /^([^]*?content-length: (\d+)[^]*?)\r\n\r\n([^]*)$/i.exec(received) ?? []
    if (head !== '' && body.length >= Number(length)) return received
  }
}

async function ended(socket: TLSSocket): Promise<void> {
  const closed = once(socket, 'close')
  socket.end().resume()
  await closed
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!isTrue()) {
    assert.ok(performance.now() < deadline, 'it does not come true')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
