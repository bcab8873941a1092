import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { constants, type ClientHttp2Session } from 'node:http2'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { ListenerTls } from '../../src/domain/routing-table.ts'
import { frame, headersFrame, Http2Frames, types } from './http2-frames.ts'
import { ask, openSecuredPort, served, shakeHands, type SecuredPort } from './secured-port.ts'
import { makeCertificate } from './test-certificates.ts'

const settings: ListenerTls = {
  certificates: [served('arn:one', makeCertificate({ names: ['one.example'] }))],
  sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06',
  http2: true,
}
const large = randomBytes(3 * 1024 * 1024)
const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_PROTOCOL_ERROR } = constants

/** What reached the HTTP/1.1 server, request by request. */
let requests: { readonly head: IncomingMessage; body: string | undefined }[] = []
let aborted = 0

function answer(request: IncomingMessage, response: ServerResponse): void {
  const seen: (typeof requests)[number] = { head: request, body: undefined }
  requests.push(seen)
  response.once('close', () => (aborted += response.writableFinished ? 0 : 1))
  switch (request.url ?? '') {
    case '/echo':
      void echo(seen, response)
      return
    case '/large':
      return void response.writeHead(200, { 'content-length': large.length }).end(large)
    case '/large-chunked':
      return void response.end(large)
    case '/trailers':
      response.writeHead(200, { trailer: 'x-sum' }).write('body')
      response.addTrailers({ 'x-sum': '42', 'x-other': 'b' })
      return void response.end()
    case '/none':
      return void response.writeHead(204).end()
    case '/unchanged':
      return void response.writeHead(304, { etag: '"a"' }).end()
    case '/hints':
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      return void response.end('hinted')
    case '/until-close':
      response.useChunkedEncodingByDefault = false
      return void response.writeHead(200, { connection: 'close' }).end('to the end')
    case '/early':
      return void response.writeHead(413).end('too much')
    case '/broken':
      response.writeHead(200, { 'content-length': 100 }).write('half')
      return void setImmediate(() => response.destroy())
    case '/broken-chunked':
      response.write('half')
      return void setImmediate(() => response.destroy())
    case '/hints-without-end':
      for (let at = 0; at < 3_000; at++) response.writeEarlyHints({ link: `</${at}.css>; rel=preload` })
      return void response.end('hinted')
    case '/undated':
      response.sendDate = false
      return void response.end('undated')
    case '/never':
      return
    default:
      return void response.setHeader('set-cookie', ['a=1', 'b=2']).end(`${request.method} ${request.url}`)
  }
}

async function echo(seen: (typeof requests)[number], response: ServerResponse): Promise<void> {
  const body = await buffer(seen.head).catch(() => undefined)
  if (body === undefined) return
  seen.body = body.toString('latin1')
  response.end(body)
}

describe('a connection of HTTP/2', { timeout: 60_000 }, () => {
  let port: SecuredPort
  let session: ClientHttp2Session
  before(async () => {
    port = await openSecuredPort(settings, answer)
  })
  after(() => port.close())
  beforeEach(() => {
    requests = []
    aborted = 0
    session = port.http2()
    session.on('error', () => undefined)
  })
  afterEach(async () => {
    session.destroy()
    await until(() => port.wires() === 0 && port.connections() === 0)
  })

  test('makes a request of HTTP/1.1 of each stream, with names in lower case and one cookie header', async () => {
    const { text, headers, status } = await ask(session, {
      ':path': '/a?b=c',
      ':authority': 'Shop.example:8443',
      cookie: ['one=1', 'two=2'],
      'X-Many': ['1', '2'],
      te: 'trailers',
    })
    assert.deepEqual([status, text, headers['set-cookie']], [200, 'GET /a?b=c', ['a=1', 'b=2']])
    assert.equal(headers['connection'], undefined)
    assert.equal(headers['keep-alive'], undefined)
    const received = ['host', 'Shop.example:8443', 'x-many', '1', 'x-many', '2', 'cookie', 'one=1; two=2']
    assert.deepEqual(requests[0]?.head.rawHeaders, received)
  })

  test('carries bodies of a known length, of an unknown one, and none', async () => {
    const known = { ':path': '/echo', ':method': 'PUT', 'content-length': 5 }
    assert.equal((await ask(session, known, 'hello')).text, 'hello')
    assert.equal(requests[0]?.head.headers['content-length'], '5')
    assert.equal((await ask(session, { ':path': '/echo', ':method': 'POST' }, large)).body.compare(large), 0)
    assert.equal(requests[1]?.head.headers['transfer-encoding'], 'chunked')
    assert.equal((await ask(session, { ':path': '/echo', ':method': 'POST' })).text, '')
    assert.equal(requests[2]?.head.headers['transfer-encoding'], undefined)
  })

  test('carries trailers both ways, but for those that are none', async () => {
    const stream = session.request({ ':path': '/echo', ':method': 'POST' }, { waitForTrailers: true })
    stream.once('wantTrailers', () =>
      stream.sendTrailers({ 'x-sum': '7', 'content-length': '3', host: 'other', 'set-cookie': 'a=b' }),
    )
    stream.end('abc')
    assert.equal((await buffer(stream)).toString(), 'abc')
    assert.deepEqual(requests[0]?.head.rawTrailers, ['x-sum', '7'])
    const { text, trailers } = await ask(session, { ':path': '/trailers' })
    assert.equal(text, 'body')
    assert.deepEqual([trailers['x-sum'], trailers['x-other']], ['42', 'b'])
  })

  test('carries answers without a body: to HEAD, 204 and 304', async () => {
    const head = await ask(session, { ':path': '/large', ':method': 'HEAD' })
    assert.deepEqual([head.status, head.headers['content-length'], head.text], [200, String(large.length), ''])
    assert.deepEqual((await ask(session, { ':path': '/none' })).status, 204)
    const unchanged = await ask(session, { ':path': '/unchanged' })
    assert.deepEqual([unchanged.status, unchanged.headers['etag'], unchanged.text], [304, '"a"', ''])
  })

  test('carries interim answers', async () => {
    const hinted = session.request({ ':path': '/hints' })
    const [interim] = (await once(hinted, 'headers')) as [Record<string, unknown>]
    assert.deepEqual([interim[':status'], interim['link']], [103, '</a.css>; rel=preload'])
    assert.equal((await buffer(hinted)).toString(), 'hinted')
    const waiting = session.request({ ':path': '/echo', ':method': 'POST', expect: '100-continue' })
    await once(waiting, 'continue')
    waiting.end('now')
    assert.equal((await buffer(waiting)).toString(), 'now')
  })

  test('tells the date where the target does, and makes none up', async () => {
    assert.match(String((await ask(session, { ':path': '/' })).headers['date']), /GMT$/)
    assert.equal((await ask(session, { ':path': '/undated' })).headers['date'], undefined)
  })

  test('carries a body that ends with its connection', async () => {
    assert.equal((await ask(session, { ':path': '/until-close' })).text, 'to the end')
  })

  test('answers before a body has come, and does not want the rest', async () => {
    const stream = session.request({ ':path': '/early', ':method': 'POST' })
    const writing = setInterval(() => stream.writable && stream.write('more'), 5)
    const [{ ':status': status }] = (await once(stream, 'response')) as [Record<string, unknown>]
    assert.equal(status, 413)
    stream.on('error', () => undefined)
    stream.resume()
    stream.end()
    await once(stream, 'close')
    clearInterval(writing)
    assert.equal((await ask(session, { ':path': '/' })).status, 200)
  })

  test('resets a stream whose answer breaks off', async () => {
    for (const path of ['/broken', '/broken-chunked']) {
      const stream = session.request({ ':path': path })
      await assert.rejects(buffer(stream), /INTERNAL_ERROR/)
    }
    assert.equal((await ask(session, { ':path': '/' })).status, 200)
  })

  test('is kept however many answers break off, which is not the doing of the client', async () => {
    for (let round = 0; round < 6; round++) {
      const streams = Array.from({ length: 50 }, () => session.request({ ':path': '/broken' }))
      await Promise.all(streams.map((stream) => assert.rejects(buffer(stream), /INTERNAL_ERROR/)))
    }
    assert.equal((await ask(session, { ':path': '/' })).status, 200)
  })

  test('tells the router of a stream that the client gives up', async () => {
    const stream = session.request({ ':path': '/never' })
    stream.on('error', () => undefined)
    await until(() => requests.length === 1)
    stream.close(NGHTTP2_CANCEL)
    await until(() => aborted === 1)
    assert.equal((await ask(session, { ':path': '/' })).status, 200)
  })

  test('waits for a slow reader of a large answer, and serves others meanwhile', async () => {
    await once(session, 'connect')
    session.setLocalWindowSize(16 * 1024 * 1024)
    const slow = session.request({ ':path': '/large' })
    slow.pause()
    await once(slow, 'response')
    for (let at = 0; at < 20; at++) assert.equal((await ask(session, { ':path': '/' })).status, 200)
    const pieces: Buffer[] = []
    slow.on('data', (piece: Buffer) => {
      pieces.push(piece)
      slow.pause()
      setImmediate(() => slow.resume())
    })
    slow.resume()
    await once(slow, 'end')
    assert.equal(Buffer.concat(pieces).compare(large), 0)
  })

  test('serves a hundred streams at once', async () => {
    const bodies = Array.from({ length: 100 }, (_, at) => large.subarray(at, at + 40_000 + at * 100))
    const answers = await Promise.all(bodies.map((body) => ask(session, { ':path': '/echo', ':method': 'POST' }, body)))
    answers.forEach(({ body }, at) => assert.equal(body.compare(bodies[at] ?? assert.fail()), 0))
  })

  test('ends when it is told to: what runs is answered, and what is new goes elsewhere', async () => {
    const running = session.request({ ':path': '/echo', ':method': 'POST' })
    running.write('begun')
    await until(() => requests.length === 1)
    const goAway = once(session, 'goaway')
    void port.securing.close()
    await goAway
    running.end(' and ended')
    assert.equal((await buffer(running)).toString(), 'begun and ended')
    await once(session, 'close')
    assert.equal(session.closed, true)
  })
})

describe('a hostile connection of HTTP/2', { timeout: 60_000 }, () => {
  let port: SecuredPort
  let frames: Http2Frames
  before(async () => {
    port = await openSecuredPort(settings, answer)
  })
  after(() => port.close())
  beforeEach(async () => {
    requests = []
    aborted = 0
    frames = await Http2Frames.over(await shakeHands(port.port, { ALPNProtocols: ['h2'] }))
  })
  afterEach(async () => {
    frames.close()
    await until(() => port.wires() === 0 && port.connections() === 0)
  })

  const good = { ':method': 'POST', ':scheme': 'https', ':path': '/echo', ':authority': 'a' }
  const malformed: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
    'a line end in the path': Object.entries({ ...good, ':path': '/ HTTP/1.1\r\nHost: b' }),
    'a space in the path': Object.entries({ ...good, ':path': '/a b' }),
    'a space in the method': Object.entries({ ...good, ':method': 'GET /' }),
    'an absolute path': Object.entries({ ...good, ':path': 'http://b/' }),
    'a name in upper case': [...Object.entries(good), ['X', 'a']],
    'transfer-encoding': [...Object.entries(good), ['transfer-encoding', 'chunked']],
    connection: [...Object.entries(good), ['connection', 'close']],
    upgrade: [...Object.entries(good), ['upgrade', 'websocket']],
    'te with more than trailers': [...Object.entries(good), ['te', 'trailers, gzip']],
    'two lengths': [...Object.entries(good), ['content-length', '1'], ['content-length', '2']],
    'a length that is no number': [...Object.entries(good), ['content-length', '+1']],
    'another host than the authority': [...Object.entries(good), ['host', 'b']],
    'a pseudo-header behind others': [...Object.entries(good).slice(1), ['x', 'a'], [':method', 'GET']],
    'a pseudo-header twice': [...Object.entries(good), [':path', '/b']],
    'an unknown pseudo-header': [...Object.entries(good), [':protocol', 'websocket']],
    'no path': Object.entries(good).filter(([name]) => name !== ':path'),
  }
  for (const [what, fields] of Object.entries(malformed)) {
    test(`gets no request through with ${what}`, async () => {
      frames.send(headersFrame(1, fields, { endStream: true }))
      assert.equal(await frames.resetOf(1), NGHTTP2_PROTOCOL_ERROR)
      assert.equal(requests.length, 0)
    })
  }

  test('is heard without the headers that are none', async () => {
    const nones = [
      ['x', 'a\r\nb: c'],
      ['x:y', 'a'],
      ['x y', 'a'],
      ['x\r\ny', 'a'],
    ] as const
    frames.send(headersFrame(1, [...Object.entries(good), ...nones, ['z', 'a']], { endStream: true }))
    await until(() => requests.length === 1)
    assert.deepEqual(requests[0]?.head.rawHeaders, ['host', 'a', 'z', 'a'])
  })

  test('gets no second request through behind the length of a body', async () => {
    frames.send(headersFrame(1, [...Object.entries(good), ['content-length', '3']], { endStream: false }))
    frames.send(frame(types.data, 1, 1, Buffer.from('abcGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n')))
    await frames.closed()
    assert.ok(requests.every(({ head, body }) => head.url === '/echo' && body !== 'abc'))
  })

  test('does not make a whole body of one that it breaks off, whatever reason it gives', async () => {
    for (const [at, code] of [0, NGHTTP2_CANCEL].entries()) {
      const id = 1 + at * 2
      frames.send(headersFrame(id, Object.entries(good), { endStream: false }))
      frames.send(frame(types.data, 0, id, Buffer.from('half')))
      await until(() => requests.length === at + 1)
      frames.send(frame(types.reset, 0, id, Buffer.from([0, 0, 0, code])))
      await until(() => aborted === at + 1)
      assert.equal(requests[at]?.body, undefined)
    }
  })

  test('is closed where it opens streams only to reset them', async () => {
    for (let at = 0; at < 1_500; at++) {
      frames.send(headersFrame(1 + at * 2, Object.entries(good), { endStream: true }))
      frames.send(frame(types.reset, 0, 1 + at * 2, Buffer.from([0, 0, 0, NGHTTP2_CANCEL])))
    }
    await frames.closed()
    assert.ok(requests.length < 1_000, `${requests.length} requests came through`)
  })

  test('is closed where it makes the router reset its streams', async () => {
    const fields = [...Object.entries(good), ['connection', 'close']] as const
    for (let at = 0; at < 1_500; at++) frames.send(headersFrame(1 + at * 2, fields, { endStream: true }))
    await frames.closed()
    assert.equal(requests.length, 0)
  })

  test('does not fill the memory with interim answers that it does not read', async () => {
    frames.send(headersFrame(1, Object.entries({ ...good, ':path': '/hints-without-end' }), { endStream: true }))
    assert.equal(await frames.resetOf(1), NGHTTP2_INTERNAL_ERROR)
    frames.send(headersFrame(3, Object.entries(good), { endStream: true }))
    await until(() => requests.length === 2)
  })

  test('is refused more headers than there is room for', async () => {
    const fields = Object.entries(good).concat(
      Array.from({ length: 100 }, (_, at): [string, string] => [`x-${at}`, 'a'.repeat(1_000)]),
    )
    frames.send(headersFrame(1, fields, { endStream: true }))
    assert.notEqual(await frames.resetOf(1), undefined)
    assert.equal(requests.length, 0)
  })
})

describe('a connection of HTTP/2 that is told to go elsewhere', { timeout: 60_000 }, () => {
  test('is told when nothing is under way, so that no request crosses that on its way', async () => {
    const port = await openSecuredPort(settings, answer)
    const frames = await Http2Frames.over(await shakeHands(port.port, { ALPNProtocols: ['h2'] }))
    void port.securing.close()
    const pace = new Pace()
    let id = -1
    while (id < 19 && frames.lastTaken.length === 0) {
      frames.send(requestFrame((id += 2), '/'))
      await until(() => frames.hasEnded(id) || frames.lastTaken.length > 0)
      await new Promise((resolve) => setTimeout(resolve, 10))
      pace.note()
    }
    await until(() => frames.lastTaken.length > 0)
    if (pace.isSteady) assert.deepEqual(frames.lastTaken, [19])
    else assert.ok([id, id - 2].includes(frames.lastTaken[0] ?? 0))
    await frames.closed()
    await port.close()
  })

  test('is told before the end of an answer, where one request follows the other', async () => {
    const port = await openSecuredPort(settings, answer)
    const frames = await Http2Frames.over(await shakeHands(port.port, { ALPNProtocols: ['h2'] }))
    void port.securing.close()
    const pace = new Pace()
    let id = -1
    while (frames.lastTaken.length === 0) {
      frames.send(requestFrame((id += 2), '/'))
      await until(() => frames.hasEnded(id) || frames.lastTaken.length > 0)
      pace.note()
    }
    const [taken = 0] = frames.lastTaken
    if (pace.isWithoutPause) assert.equal(taken, id, 'no request was sent after it')
    else assert.ok([id, id - 2].includes(taken))
    await until(() => frames.hasEnded(taken))
    await frames.closed()
    await port.close()
  })

  test('is told in the end also under a request, and at once which requests are not taken any more', async () => {
    const port = await openSecuredPort(settings, answer)
    const frames = await Http2Frames.over(await shakeHands(port.port, { ALPNProtocols: ['h2'] }))
    frames.send(requestFrame(1, '/never'))
    await frames.roundTrip()
    void port.securing.close()
    await until(() => frames.lastTaken.length > 0)
    assert.deepEqual(frames.lastTaken, [1])
    frames.close()
    await port.close()
  })
})

describe('an idle connection of HTTP/2', { timeout: 60_000 }, () => {
  test('is closed after the idle time-out, but not while a stream is open', async () => {
    const limits = { idleMilliseconds: 1_000, keepAliveMilliseconds: 3_600_000 }
    const port = await openSecuredPort(settings, answer, { limits: () => limits })
    const session = port.http2()
    const stream = session.request({ ':path': '/never' })
    stream.on('error', () => undefined)
    await until(() => requests.some(({ head }) => head.url === '/never'))
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    assert.equal(session.closed, false)
    stream.close(NGHTTP2_CANCEL)
    await once(session, 'close')
    await port.close()
  })

  test('is closed after the idle time-out where a request has begun whose headers do not end', async () => {
    const limits = { idleMilliseconds: 1_000, keepAliveMilliseconds: 3_600_000 }
    const port = await openSecuredPort(settings, answer, { limits: () => limits })
    const frames = await Http2Frames.over(await shakeHands(port.port, { ALPNProtocols: ['h2'] }))
    frames.send(frame(types.headers, 1, 1, Buffer.alloc(0)))
    await frames.closed()
    await until(() => port.connections() === 0)
    await port.close()
  })

  test('of a client that is gone while it uploads and does not read is closed soon', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const port = await openSecuredPort(settings, answer)
    const client = await shakeHands(port.port, { ALPNProtocols: ['h2'] })
    const frames = await Http2Frames.over(client)
    const earlier = requests.length
    client.pause()
    // As much as it likes, of each stream and in all.
    frames.send(frame(types.settings, 0, 0, Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff])))
    frames.send(frame(types.windowUpdate, 0, 0, Buffer.from([0x7f, 0xff, 0, 0])))
    const fields = { ':method': 'POST', ':scheme': 'https', ':authority': 'a' }
    const paths = ['/large', '/large', '/large', '/large', '/large', '/echo'].entries()
    for (const [at, path] of paths) {
      frames.send(headersFrame(1 + 2 * at, Object.entries({ ...fields, ':path': path }), { endStream: false }))
    }
    await until(() => requests.length === earlier + 6)
    for (let at = 0; at < 10; at++) frames.send(frame(types.data, 0, 11, Buffer.alloc(16_000)))
    await new Promise((resolve) => setTimeout(resolve, 300))
    client.destroy()
    await new Promise((resolve) => setTimeout(resolve, 300))
    t.mock.timers.tick(10_000)
    await until(() => port.connections() === 0 && port.wires() === 0)
    await port.close()
  })

  test('ends where nothing has moved for longer than any stream may wait', async (t) => {
    const limits = { idleMilliseconds: 3_600_000, keepAliveMilliseconds: 3_600_000 }
    t.mock.timers.enable({ apis: ['setInterval'] })
    const port = await openSecuredPort(settings, answer, { limits: () => limits })
    const earlier = requests.length
    const session = port.http2()
    const stream = session.request({ ':path': '/never' })
    stream.on('error', () => undefined)
    session.on('error', () => undefined)
    const closed = new Promise((resolve) => session.once('close', resolve))
    await until(() => requests.length > earlier)
    t.mock.timers.tick(4_000_000)
    assert.equal(session.closed, false, 'its bytes came since it was looked at last')
    t.mock.timers.tick(4_000_000)
    await closed
    await port.close()
  })

  test('follows a shorter idle time-out, and a longer one', async () => {
    let limits = { idleMilliseconds: 3_600_000, keepAliveMilliseconds: 3_600_000 }
    const port = await openSecuredPort(settings, answer, { limits: () => limits })
    const one = await answeredSession(port)
    limits = { ...limits, idleMilliseconds: 1_000 }
    port.securing.follow(settings)
    await once(one, 'close')
    const other = await answeredSession(port)
    limits = { ...limits, idleMilliseconds: 3_600_000 }
    port.securing.follow(settings)
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    assert.equal((await ask(other, { ':path': '/' })).status, 200)
    other.destroy()
    await port.close()
  })

  test('follows a shorter time for which connections are kept', async () => {
    let limits = { idleMilliseconds: 3_600_000, keepAliveMilliseconds: 3_600_000 }
    const port = await openSecuredPort(settings, answer, { limits: () => limits })
    const session = await answeredSession(port)
    limits = { ...limits, keepAliveMilliseconds: 100 }
    port.securing.follow(settings)
    await once(session, 'close')
    await port.close()
  })

  test('is to be left when it is old', async () => {
    const limits = { idleMilliseconds: 60_000, keepAliveMilliseconds: 1_000 }
    const port = await openSecuredPort(settings, answer, { limits: () => limits })
    const session = await answeredSession(port)
    await once(session, 'close')
    await port.close()
  })
})

/**
 * Whether a client has got on as it means to. Where the machine does not let it, there was a quiet moment between two of
 * its requests, in which it may be told to go elsewhere.
 */
class Pace {
  readonly #begun = performance.now()
  #last = this.#begun
  #longest = 0

  note(): void {
    const now = performance.now()
    this.#longest = Math.max(this.#longest, now - this.#last)
    this.#last = now
  }

  /** It has left no quiet moment. */
  get isWithoutPause(): boolean {
    return this.#longest < 40
  }

  /** Nor did all of it take so long that no such moment was waited for any more. */
  get isSteady(): boolean {
    return this.isWithoutPause && this.#last - this.#begun < 400
  }
}

function requestFrame(id: number, path: string): Buffer {
  const fields = { ':method': 'GET', ':scheme': 'https', ':path': path, ':authority': 'a' }
  return headersFrame(id, Object.entries(fields), { endStream: true })
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!isTrue()) {
    assert.ok(performance.now() < deadline, 'it does not come true')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** A session whose connection has served a request. */
async function answeredSession(port: SecuredPort): Promise<ClientHttp2Session> {
  const session = port.http2()
  assert.equal((await ask(session, { ':path': '/' })).status, 200)
  return session
}
