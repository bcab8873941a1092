import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { RawTarget, valuesOf, wellMeant } from './raw-target.ts'
import { Siege, statusCodesIn } from './siege.ts'

const inner = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'

/** Framing that two servers could read in two ways. None of it may reach a target. */
const refused: Readonly<Record<string, string>> = {
  'a length and chunks': `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${inner.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
  'chunks and a length': `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${inner}\r\n0\r\n\r\n`,
  'two codings': `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${inner}`,
  'chunks twice': `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${inner}`,
  'a coding that is nearly chunked': `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${inner}`,
  'chunks before another coding': `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n${inner}`,
  'a coding with a vertical tab': `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n${inner}`,
  'a coding in quotes': `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n${inner}`,
  'chunks in HTTP/1.0': `POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
  'a space before the colon of a length': `POST / HTTP/1.1\r\nHost: a\r\nContent-Length : ${inner.length}\r\n\r\n${inner}`,
  'a space before the colon of a coding': `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${inner}`,
  'a tab before the colon': `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n${inner}`,
  'a coding on a folded line': `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${inner}`,
  'a folded header': `GET / HTTP/1.1\r\nHost: a\r\nX-One: a\r\n b\r\n\r\n${inner}`,
  'a header that begins with a space': `GET / HTTP/1.1\r\n Host: a\r\nHost: b\r\n\r\n${inner}`,
  'two lengths': `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
  'the same length twice': `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc${inner}`,
  'a list of lengths': `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc${inner}`,
  'a length with a sign': `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc${inner}`,
  'a negative length': `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc${inner}`,
  'a length in hexadecimal': `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc${inner}`,
  'a length with a space in it': `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0 3\r\n\r\nabc${inner}`,
  'an empty length': `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n${inner}`,
  'a length too great to count': `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n${inner}`,
  'a line feed alone behind a header': `GET / HTTP/1.1\r\nHost: a\nX-One: a\r\n\r\n${inner}`,
  'line feeds alone': `GET / HTTP/1.1\nHost: a\n\n${inner}`,
  'a line feed alone at the end of the head': `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\nabc${inner}`,
  'a carriage return alone in a header': `GET / HTTP/1.1\r\nHost: a\r\nX-One: a\rContent-Length: 5\r\n\r\n${inner}`,
  'a carriage return alone behind a header': `GET / HTTP/1.1\r\nHost: a\rX-One: a\r\n\r\n${inner}`,
  'a zero byte in a value': `GET / HTTP/1.1\r\nHost: a\r\nX-One: a\0b\r\n\r\n${inner}`,
  'a zero byte in a name': `GET / HTTP/1.1\r\nHost: a\r\nX-\0One: a\r\n\r\n${inner}`,
  'a header without a colon': `GET / HTTP/1.1\r\nHost: a\r\nX-One\r\n\r\n${inner}`,
  'a header without a name': `GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n${inner}`,
  'two hosts': `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${inner}`,
  'no host': `GET / HTTP/1.1\r\nX-One: a\r\n\r\n${inner}`,
  'a host with a path': `GET / HTTP/1.1\r\nHost: a/b\r\n\r\n${inner}`,
  'a host with a user': `GET / HTTP/1.1\r\nHost: a@b\r\n\r\n${inner}`,
  'a line break in the request line': `GET /\r\n/ HTTP/1.1\r\nHost: a\r\n\r\n${inner}`,
  'a second version in the request line': `GET / HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n${inner}`,
  'a tab in the request line': `GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n${inner}`,
  'no version': `GET /\r\nHost: a\r\n\r\n${inner}`,
  'another version': `GET / HTTP/1.2\r\nHost: a\r\n\r\n${inner}`,
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a tunnel': `CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n${inner}`,
  'an absolute URI with a user': `GET http://a@b/ HTTP/1.1\r\nHost: a\r\n\r\n${inner}`,
  'an absolute URI of another scheme': `GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n${inner}`,
}

/** Bodies that turn out to be no chunks after the request has gone to the target. */
const brokenBodies: Readonly<Record<string, string>> = {
  'an enormous chunk': `fffffffffffffffff\r\n${inner}`,
  'a chunk size just over what can be counted': `${'f'.repeat(16)}\r\n${inner}`,
  'a chunk size with a sign': `-1\r\n\r\n${inner}`,
  'a chunk size with a prefix': `0x3\r\nabc\r\n0\r\n\r\n${inner}`,
  'a chunk size with a space behind it': `3 \r\nabc\r\n0\r\n\r\n${inner}`,
  'an empty chunk size': `\r\nabc\r\n0\r\n\r\n${inner}`,
  'a line feed alone behind a chunk size': `3\nabc\r\n0\r\n\r\n${inner}`,
  'a line feed alone behind a chunk': `3\r\nabc\n0\r\n\r\n${inner}`,
  'a chunk that is longer than it says': `3\r\nabcdef\r\n0\r\n\r\n${inner}`,
  'a line feed alone in an extension': `3;a=b\nx\r\nabc\r\n0\r\n\r\n${inner}`,
  'a carriage return alone in an extension': `3;a=b\rx\r\nabc\r\n0\r\n\r\n${inner}`,
  'extensions without end': `3;${'a'.repeat(100_000)}\r\nabc\r\n0\r\n\r\n${inner}`,
  'a length in a trailer': `0\r\nContent-Length: 5\r\n\r\n${inner}`,
  'a coding in a trailer': `0\r\nTransfer-Encoding: chunked\r\n\r\n${inner}`,
  'a forwarded address in a trailer': `0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n${inner}`,
  'a folded trailer': `0\r\nX-One: a\r\n b\r\n\r\n${inner}`,
  'trailers without end': `0\r\nX-One: ${'a'.repeat(100_000)}\r\n\r\n${inner}`,
}

describe('requests that two servers could read in two ways', { timeout: 120_000 }, () => {
  let target: RawTarget
  let siege: Siege
  before(async () => {
    target = await new RawTarget().open()
    siege = await Siege.begin({ targets: [target] })
  })
  after(() => siege?.[Symbol.asyncDispose]())

  for (const [name, bytes] of Object.entries(refused)) {
    test(`${name}: refused, the connection closed, nothing sent to a target`, async () => {
      target.requests.length = 0
      const codes = statusCodesIn(await siege.send(bytes))
      assert.equal(codes.length, 1, `answers: ${codes.join(', ')}`)
      assert.ok([400, 414, 501, 505].includes(codes[0] ?? 0), `answered ${codes[0]}`)
      await siege.serves()
      assert.deepEqual(
        target.requests.map(({ path }) => path),
        [wellMeant],
      )
      assert.deepEqual(target.complaints, [])
    })
  }

  for (const [name, body] of Object.entries(brokenBodies)) {
    test(`${name}: given up, and nobody takes its rest for a request`, async () => {
      target.requests.length = 0
      const head = 'POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
      const codes = statusCodesIn(await siege.send(head + body))
      assert.ok(codes.length <= 1 && (codes[0] ?? 400) === 400, `answers: ${codes.join(', ')}`)
      await siege.serves()
      assert.deepEqual(
        target.requests.map(({ path }) => path),
        [wellMeant],
      )
      assert.deepEqual(target.complaints, [])
    })
  }

  test('an absolute URI names the host, whatever the header says', async () => {
    target.requests.length = 0
    await siege.send('GET http://inner.example/path?q=1 HTTP/1.1\r\nHost: outer.example\r\nConnection: close\r\n\r\n')
    const [request, ...more] = target.requests
    assert.deepEqual(more, [])
    assert.ok(request)
    assert.equal(request.path, '/path?q=1')
    // The port is the listener's, which an Application Load Balancer adds where it is not 80 or 443.
    assert.deepEqual(valuesOf(request, 'host'), [`inner.example:${siege.port}`])
  })

  test('what a client says it was forwarded for stays before its own address, and its other claims are replaced', async () => {
    target.requests.length = 0
    const claims = 'X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n'
    await siege.send(`GET / HTTP/1.1\r\nHost: a\r\n${claims}Connection: close\r\n\r\n`)
    const [request] = target.requests
    assert.ok(request)
    assert.deepEqual(valuesOf(request, 'x-forwarded-for'), ['1.2.3.4, 127.0.0.1'])
    assert.deepEqual(valuesOf(request, 'x-forwarded-proto'), ['http'])
    assert.deepEqual(valuesOf(request, 'x-forwarded-port'), [String(siege.port)])
  })

  test('Connection cannot take away headers that the target relies on', async () => {
    target.requests.length = 0
    const named = 'X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Port, Host, Content-Length, X-Amzn-Trace-Id, X-Gone'
    const headers = `Host: a\r\nContent-Length: 3\r\nX-Gone: a\r\nConnection: close, ${named}\r\n`
    await siege.send(`POST / HTTP/1.1\r\n${headers}\r\nabc`)
    const [request] = target.requests
    assert.ok(request)
    for (const name of ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-port', 'host', 'x-amzn-trace-id']) {
      assert.equal(valuesOf(request, name).length, 1, name)
    }
    assert.equal(String(request.body), 'abc')
    assert.deepEqual(valuesOf(request, 'x-gone'), [])
  })

  test('an upgrade to HTTP/2 is not asked of a target', async () => {
    target.requests.length = 0
    const upgrade =
      'Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n'
    await siege.send(`GET / HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n`)
    const [request] = target.requests
    assert.ok(request)
    assert.deepEqual(valuesOf(request, 'upgrade'), [])
    assert.deepEqual(valuesOf(request, 'http2-settings'), [])
  })

  test('chunks, their extensions and trailers arrive as the body they are', async () => {
    target.requests.length = 0
    const body = '3;name=value\r\nabc\r\n2;quoted="a;b"\r\nde\r\n0\r\nX-Checksum: 1\r\n\r\n'
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n'
    assert.deepEqual(statusCodesIn(await siege.send(head + body)), [200])
    assert.equal(String(target.requests[0]?.body), 'abcde')
  })
})
