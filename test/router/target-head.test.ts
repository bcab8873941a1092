import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultHandling, type RequestHandling } from '../../src/domain/routing-table.ts'
import { complete, RequestScan, scanRequest } from '../../src/router/request-scan.ts'
import { TargetHeadContext, TargetHeadPlaces } from '../../src/router/target-head-context.ts'
import { targetHeadRoom, writeTargetHead } from '../../src/router/target-head.ts'
import { TraceIds } from '../../src/router/trace-ids.ts'
import type { ClientSide } from '../../src/router/wire.ts'
import { client } from './plain-client.ts'

const fresh = '1-58337262-36d228ad5d99923122bbe354'
const secured: ClientSide = {
  ...client,
  tls: { cipher: 'TLS_AES_128_GCM_SHA256', protocol: 'TLSv1.3', certificateArn: 'arn' },
}

type Settings = {
  readonly client?: ClientSide
  readonly port?: number
  readonly handling?: Partial<RequestHandling>
}

type Written = { readonly text: string; readonly lines: readonly string[]; readonly places: TargetHeadPlaces }

/** The head a target gets for the request with these lines, the request line first. */
function written(requestLines: readonly string[], settings: Settings = {}): Written {
  const bytes = Buffer.from(`\r\n${[...requestLines, '', ''].join('\r\n')}body`, 'latin1')
  const scan = new RequestScan()
  assert.equal(scanRequest(bytes, 0, bytes.length, scan), complete)
  const places = new TargetHeadPlaces()
  const context = new TargetHeadContext(
    settings.client ?? client,
    settings.port ?? 8080,
    { ...defaultHandling, ...settings.handling },
    new TraceIds({ fill: fixedBytes, nowMilliseconds: () => 0x58337262 * 1000 }),
    places,
  )
  const out = Buffer.alloc(targetHeadRoom(scan), '~')
  const length = writeTargetHead(bytes, scan, context, out)
  const text = out.toString('latin1', 0, length)
  assert.ok(text.endsWith('\r\n\r\n'), text)
  assert.equal(out.toString('latin1', length), '~'.repeat(out.length - length))
  return { text, lines: text.slice(0, -4).split('\r\n'), places }
}

function fixedBytes(bytes: Uint8Array): void {
  const id = Buffer.from('36d228ad5d99923122bbe354', 'hex')
  for (let at = 0; at < bytes.length; at++) bytes[at] = id[at % id.length] ?? 0
}

/** The headers a target gets for a GET with these. */
function headers(lines: readonly string[], settings: Settings = {}): readonly string[] {
  return written(['GET / HTTP/1.1', 'Host: example.com', ...lines], settings).lines.slice(1)
}

function host(value: string | undefined, settings: Settings = {}): string {
  const lines = value === undefined ? ['GET / HTTP/1.0'] : ['GET / HTTP/1.1', `Host: ${value}`]
  return written(lines, settings).lines[1] ?? ''
}

function traceIdFor(...received: readonly string[]): string {
  return valueOf(headers(received.map((value) => `X-Amzn-Trace-Id: ${value}`)), 'X-Amzn-Trace-Id')
}

function valueOf(lines: readonly string[], name: string): string {
  const found = lines.filter((line) => line.startsWith(`${name}: `))
  assert.equal(found.length, 1, `${name} in ${lines.join(' | ')}`)
  return (found[0] ?? '').slice(name.length + 2)
}

test('a target learns who asked, how, and where', () => {
  assert.deepEqual(written(['GET /a?b=c HTTP/1.1', 'Host: example.com']).lines, [
    'GET /a?b=c HTTP/1.1',
    'Host: example.com:8080',
    'X-Forwarded-For: 192.0.2.9',
    'X-Forwarded-Proto: http',
    'X-Forwarded-Port: 8080',
    `X-Amzn-Trace-Id: Root=${fresh}`,
  ])
})

test('casing, order and duplicates stay, hop-by-hop headers and those named in Connection go', () => {
  const received = [
    'Connection: close, X-Secret, Host',
    'X-Secret: x',
    'A: 1',
    'Keep-Alive: timeout=5',
    'TE: trailers',
    'COOKIE: a=1',
    'B:2',
    'Upgrade: h2c',
    'Trailer: x',
    'Proxy-Connection: x',
    'cookie: b=2',
  ]
  const kept = ['A: 1', 'COOKIE: a=1', 'B:2', 'cookie: b=2']
  const lines = headers(received)
  assert.equal(lines[0], 'Host: example.com:8080')
  assert.deepEqual(lines.slice(1, 1 + kept.length), kept)
  assert.equal(lines.length, kept.length + 5)
})

test('whichever headers are taken out, the others stay whole', () => {
  const all = ['Connection: x', 'A: 1', 'TE: x', 'Bb: 22', 'X-Forwarded-Proto: https', 'C: 3', 'Keep-Alive: x']
  for (let chosen = 0; chosen < 1 << all.length; chosen++) {
    const received = all.filter((_, index) => (chosen & (1 << index)) !== 0)
    for (const position of [0, 1, received.length]) {
      for (const value of ['a.b:80', 'a.b']) {
        const lines = received.toSpliced(position, 0, `Host: ${value}`)
        const result = written(['GET / HTTP/1.1', ...lines]).lines.slice(1, -4)
        const kept = lines.filter((line) => /^(A|Bb|C):/.test(line))
        assert.deepEqual(result, [value === 'a.b' ? 'Host: a.b:8080' : 'Host: a.b:80', ...kept], lines.join(' | '))
      }
    }
  }
})

test('what the client said of its way here is added to, or replaced where it is ours to say', () => {
  const lines = headers([
    'x-forwarded-for: 10.0.0.1',
    'X-Forwarded-For:',
    'X-Forwarded-For: 10.0.0.2',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Port: 443',
    'X_Forwarded_For: 10.0.0.3',
    'X-Forwarded-Host: kept',
  ])
  assert.deepEqual(lines.slice(1), [
    'X-Forwarded-Host: kept',
    'X-Forwarded-For: 10.0.0.1, 10.0.0.2, 192.0.2.9',
    'X-Forwarded-Proto: http',
    'X-Forwarded-Port: 8080',
    `X-Amzn-Trace-Id: Root=${fresh}`,
  ])
})

test('X-Forwarded-For is preserved or removed where the attribute says so', () => {
  const received = ['X-Forwarded-For: 10.0.0.1', 'x-forwarded-for: 10.0.0.2']
  assert.deepEqual(forwardedLines(headers(received, { handling: { forwardedFor: 'preserve' } })), received)
  assert.deepEqual(forwardedLines(headers([], { handling: { forwardedFor: 'preserve' } })), [])
  assert.deepEqual(forwardedLines(headers(received, { handling: { forwardedFor: 'remove' } })), [])
})

test("the client's port is told where the attribute says so, IPv6 addresses in brackets", () => {
  assert.equal(forwardedFor('192.0.2.9', true), '192.0.2.9:4711')
  assert.equal(forwardedFor('2001:db8::1', true), '[2001:db8::1]:4711')
  assert.equal(forwardedFor('2001:db8::1', false), '2001:db8::1')
  assert.equal(forwardedFor('::ffff:192.0.2.9', false), '192.0.2.9')
  assert.equal(forwardedFor('::ffff:192.0.2.9', true), '192.0.2.9:4711')
})

test('the port in Host is taken away on ports 80 and 443, and added on others where it is missing', () => {
  assert.equal(host('a.b:80', { port: 80 }), 'Host: a.b')
  assert.equal(host('a.b', { port: 443 }), 'Host: a.b')
  assert.equal(host('a.b'), 'Host: a.b:8080')
  assert.equal(host('a.b:9'), 'Host: a.b:9')
  assert.equal(host('a.b:', { port: 80 }), 'Host: a.b')
  assert.equal(host('[::1]'), 'Host: [::1]:8080')
  assert.equal(host('[::1]:9', { port: 443 }), 'Host: [::1]')
})

test("where there is no host the router's own address stands in for it", () => {
  assert.equal(host(undefined), 'Host: 127.0.0.1:8080')
  assert.equal(host(''), 'Host: 127.0.0.1:8080')
  assert.equal(host(undefined, { port: 80, client: { ...client, localAddress: '::1' } }), 'Host: [::1]')
})

test('Host is preserved where the attribute says so', () => {
  for (const value of ['a.b', 'a.b:80', 'A.B:9']) {
    assert.equal(host(value, { port: 80, handling: { preservesHost: true } }), `Host: ${value}`)
  }
})

test('an absolute URI becomes a path, and its host the only one', () => {
  const result = written(['GET http://other.example/a?b#c HTTP/1.1', 'A: 1', 'Host: example.com', 'B: 2'])
  assert.deepEqual(result.lines.slice(0, 4), ['GET /a?b HTTP/1.1', 'Host: other.example:8080', 'A: 1', 'B: 2'])
  const preserved = written(['GET http://other.example HTTP/1.1', 'Host: a'], { handling: { preservesHost: true } })
  assert.deepEqual(preserved.lines.slice(0, 2), ['GET / HTTP/1.1', 'Host: other.example'])
  assert.equal(written(['GET http://a.b?c HTTP/1.1', 'Host: a']).lines[0], 'GET /?c HTTP/1.1')
})

test('a fragment goes no further, OPTIONS * does, and HTTP/1.0 becomes HTTP/1.1', () => {
  assert.equal(written(['GET /a#b HTTP/1.1', 'Host: a:1']).lines[0], 'GET /a HTTP/1.1')
  assert.equal(written(['OPTIONS * HTTP/1.1', 'Host: a:1']).lines[0], 'OPTIONS * HTTP/1.1')
  assert.deepEqual(written(['GET /a HTTP/1.0', 'Host: a:1', 'Expect: 100-continue', 'A: 1']).lines.slice(0, 3), [
    'GET /a HTTP/1.1',
    'Host: a:1',
    'A: 1',
  ])
})

test('a body is framed as the client framed it, and a missing one is said to be missing', () => {
  const last = (request: string, ...lines: readonly string[]): string =>
    written([request, 'Host: a:1', ...lines]).lines.at(-1) ?? ''
  assert.equal(last('POST / HTTP/1.1', 'Transfer-Encoding: Chunked'), 'Transfer-Encoding: chunked')
  for (const method of ['POST', 'PUT', 'PATCH', 'PURGE']) {
    assert.equal(last(`${method} / HTTP/1.1`), 'Content-Length: 0', method)
  }
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE']) {
    assert.equal(last(`${method} / HTTP/1.1`), `X-Amzn-Trace-Id: Root=${fresh}`, method)
  }
  const withLength = written(['POST / HTTP/1.1', 'Host: a:1', 'content-length: 7']).lines
  assert.equal(withLength.filter((line) => /^content-length/i.test(line)).join(), 'content-length: 7')
  assert.equal(last('POST / HTTP/1.1', 'Transfer-Encoding: identity'), 'Content-Length: 0')
})

test('a WebSocket handshake goes on as one, any other upgrade does not', () => {
  const handshake = ['Connection: keep-alive, Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x']
  assert.deepEqual(headers(handshake).slice(-2), ['Connection: Upgrade', 'Upgrade: websocket'])
  assert.ok(headers(handshake).includes('Sec-WebSocket-Key: x'))
  const other = headers(['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: x'])
  assert.ok(!other.some((line) => /^(connection|upgrade|http2-settings)/i.test(line)))
})

test('headers with invalid names go on, or are dropped where the attribute says so', () => {
  const received = ['X_A: 1', 'X-B: 2', 'X.C: 3']
  assert.deepEqual(oddLines(headers(received)), received)
  assert.deepEqual(oddLines(headers(received, { handling: { dropInvalidHeaderFields: true } })), ['X-B: 2'])
})

test('TLS is told where the attribute says so, and never what a client says of it', () => {
  const received = ['X-Amzn-Tls-Version: SSLv2', 'x-amzn-tls-cipher-suite: NULL']
  const tls = (settings: Settings): readonly string[] =>
    headers(received, settings).filter((line) => /^x-amzn-tls/i.test(line))
  assert.deepEqual(tls({ client: secured, handling: { forwardsTlsVersionAndCipher: true } }), [
    'X-Amzn-Tls-Version: TLSv1.3',
    'X-Amzn-Tls-Cipher-Suite: TLS_AES_128_GCM_SHA256',
  ])
  assert.deepEqual(tls({ client: secured }), [])
  assert.deepEqual(tls({ handling: { forwardsTlsVersionAndCipher: true } }), [])
  assert.equal(valueOf(headers([], { client: secured, port: 443 }), 'X-Forwarded-Proto'), 'https')
})

test('a target is not asked again behind an ambiguous request, in defensive mode', () => {
  assert.equal(lastInMode('defensive'), 'Connection: close')
  assert.equal(lastInMode('monitor'), `X-Amzn-Trace-Id: Root=${fresh}`)
})

test('a trace begins here, or goes on', () => {
  assert.equal(traceIdFor(), `Root=${fresh}`)
  assert.equal(traceIdFor('Root=1-a-b;Custom=c'), `Self=${fresh};Root=1-a-b;Custom=c`)
  assert.equal(traceIdFor(' Self=1-old-old ; root=1-a-b ;; Custom=c;'), `Self=${fresh};root=1-a-b;Custom=c`)
  assert.equal(traceIdFor('Custom=c'), `Root=${fresh};Custom=c`)
  assert.equal(traceIdFor(''), `Root=${fresh}`)
  assert.equal(traceIdFor('Root=1-a-b', 'Root=1-c-d'), `Self=${fresh};Root=1-a-b`)
})

test('a trace begins anew where the headers are longer than 7 KB', () => {
  assert.equal(valueOf(headers(tracedWith(6 * 1024)), 'X-Amzn-Trace-Id'), `Self=${fresh};Root=1-a-b`)
  assert.equal(valueOf(headers(tracedWith(8 * 1024)), 'X-Amzn-Trace-Id'), `Root=${fresh}`)
})

test('where things lie in the head is told', () => {
  const agent = 'User-Agent: curl/8'
  for (const lines of [
    ['GET /a?b HTTP/1.1', 'Host: example.com:8080', 'Connection: x', 'A: 1', agent],
    ['GET /a?b HTTP/1.1', 'Host: example.com:8080', agent],
    ['GET /a?b HTTP/1.0', 'Host: example.com:8080', 'A: 1', agent, 'Connection: x', 'B: 1'],
    ['GET http://example.com/a?b#c HTTP/1.1', 'A: 1', agent, 'Host: z'],
    ['GET /a?b HTTP/1.1', 'Connection: x', agent, 'Host: example.com'],
  ]) {
    const { text, places } = written(lines)
    assert.equal(text.slice(0, places.methodEnd), 'GET')
    assert.equal(text.slice(places.uriStart, places.uriEnd), '/a?b')
    assert.equal(text.slice(places.hostStart, places.hostEnd), 'example.com:8080')
    assert.equal(text.slice(places.userAgentStart, places.userAgentEnd), 'curl/8')
    assert.equal(text.slice(places.traceIdStart, places.traceIdEnd), `Root=${fresh}`)
  }
  assert.equal(written(['GET / HTTP/1.1', 'Host: a']).places.userAgentStart, -1)
})

test('the longest head finds room, whatever is added to it', () => {
  const long = 'x'.repeat(16 * 1024 - 300)
  const longest: ClientSide = {
    ...secured,
    address: `2001:${'db8:'.repeat(6)}1`,
    localAddress: `fe80:${'1:'.repeat(6)}1`,
  }
  const handling = { forwardsTlsVersionAndCipher: true, forwardsClientPort: true }
  const lines = ['A', 'B', 'C'].map((name) => `${name}: ${long}`)
  const addresses = `X-Forwarded-For: ${Array.from({ length: 30 }, () => '10.0.0.1').join()}`
  const result = written([`PUT /${long} HTTP/1.0`, ...lines, addresses], { client: longest, handling, port: 65535 })
  assert.ok(result.lines.includes(`B: ${long}`))
})

function forwardedLines(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.toLowerCase().startsWith('x-forwarded-for'))
}

function forwardedFor(address: string, forwardsClientPort: boolean): string {
  return valueOf(headers([], { client: { ...client, address }, handling: { forwardsClientPort } }), 'X-Forwarded-For')
}

function oddLines(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => /^X./.test(line)).slice(0, -4)
}

function lastInMode(mode: RequestHandling['desyncMitigationMode']): string {
  return headers(['Content-Length: 4'], { handling: { desyncMitigationMode: mode } }).at(-1) ?? ''
}

function tracedWith(length: number): readonly string[] {
  return ['X-Amzn-Trace-Id: Root=1-a-b', `A: ${'x'.repeat(length)}`]
}
