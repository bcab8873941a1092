import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { desyncReasonName } from '../../src/router/desync.ts'
import { HeaderKind } from '../../src/router/header-kind.ts'
import { Method } from '../../src/router/request-line.ts'
import {
  complete,
  incomplete,
  isWorthScanning,
  longestRequestHead,
  mostHeaders,
  RequestScan,
  scanRequest,
} from '../../src/router/request-scan.ts'

type Case = { readonly name: string; readonly text: string; readonly result: number }
const corpus: readonly Case[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'fixtures', 'http', 'requests.json'), 'utf8'),
)

type Scanned = { readonly result: number; readonly scan: RequestScan; readonly bytes: Buffer }

function scanned(text: string): Scanned {
  const bytes = Buffer.from(text, 'latin1')
  const scan = new RequestScan()
  return { result: scanRequest(bytes, 0, bytes.length, scan), scan, bytes }
}

function resultOf(text: string): number {
  return scanned(text).result
}

function resultOfLines(request: string, ...lines: readonly string[]): number {
  return resultOf([request, 'Host: a', ...lines, '', ''].join('\r\n'))
}

function requestLine(length: number): string {
  return `GET /${'a'.repeat(length - 'GET / HTTP/1.1'.length)} HTTP/1.1`
}

function headerLine(name: string, length: number): string {
  return `${name}: ${'x'.repeat(length - name.length - 2)}`
}

function addresses(count: number): string {
  return Array.from({ length: count }, (_, n) => `10.0.0.${n}`).join(', ')
}

function closes(text: string): boolean {
  return scanned(text).scan.closes
}

/** A GET with these header lines. */
function get(...lines: readonly string[]): Scanned {
  return scanned(['GET / HTTP/1.1', 'Host: a.example', ...lines, '', ''].join('\r\n'))
}

function post(...lines: readonly string[]): Scanned {
  return scanned(['POST / HTTP/1.1', 'Host: a.example', ...lines, '', ''].join('\r\n'))
}

function textOf({ bytes }: Scanned, start: number, end: number): string {
  return bytes.toString('latin1', start, end)
}

function valueAt(from: Scanned, place: number): string {
  const { headers } = from.scan
  return textOf(from, headers[4 * place + 2] ?? 0, headers[4 * place + 3] ?? 0)
}

function kinds({ scan }: Scanned): readonly number[] {
  return [...scan.kinds.subarray(0, scan.headerCount)]
}

function reason({ scan }: Scanned): string {
  return desyncReasonName(scan.desyncReason)
}

describe('requests that are accepted, need more bytes, or are refused', () => {
  for (const { name, text, result } of corpus) {
    const what =
      result === complete ? 'is accepted' : result === incomplete ? 'needs more' : `is refused with ${result}`
    test(`${name} ${what}`, () => assert.equal(scanned(text).result, result))
  }
})

test('however a request is cut up on its way, it comes to the same', () => {
  for (const { name, text } of corpus) {
    const bytes = Buffer.from(text, 'latin1')
    const scan = new RequestScan()
    const result = scanRequest(bytes, 0, bytes.length, scan)
    const { end } = scan
    let early = incomplete
    for (let length = 0; length <= bytes.length; length++) {
      const now = scanRequest(bytes, 0, length, scan)
      const expected = result === complete && length < end ? incomplete : result
      assert.ok(now === expected || (result !== complete && now === incomplete), `${name}, ${length} bytes`)
      assert.ok(early === incomplete || now === early, `${name}, ${length} bytes: what is settled stays`)
      early = now
    }
  }
})

test('a request that comes byte by byte is scanned at its line ends, with the same result', () => {
  for (const { name, text, result } of corpus) {
    const bytes = Buffer.from(text, 'latin1')
    const scan = new RequestScan()
    let last = incomplete
    let scannedTo = 0
    for (let length = 1; length <= bytes.length && last === incomplete; length++) {
      if (!isWorthScanning(bytes, scannedTo, length)) continue
      last = scanRequest(bytes, 0, length, scan)
      scannedTo = length
    }
    // What is refused within a line that never ends is refused once enough of it has come.
    if (last === incomplete) last = scanRequest(bytes, 0, bytes.length, scan)
    assert.equal(last, result, name)
  }
})

test('a scan depends neither on where the bytes lie nor on what was scanned before', () => {
  const scan = new RequestScan()
  for (const { name, text, result } of corpus) {
    const bytes = Buffer.from(`garbage${text}`, 'latin1')
    assert.equal(scanRequest(bytes, 7, bytes.length, scan), result, name)
    const fresh = new RequestScan()
    scanRequest(bytes, 7, bytes.length, fresh)
    const { headers: _headers, kinds: _kinds, ...rest } = scan
    const { headers: _freshHeaders, kinds: _freshKinds, ...freshRest } = fresh
    assert.deepEqual(rest, freshRest, name)
  }
})

test('the parts of a request line are found', () => {
  const whole = scanned('OPTIONS /a/b?c=d#e HTTP/1.1\r\nHost: a.example\r\n\r\n')
  const { scan } = whole
  assert.equal(textOf(whole, scan.methodStart, scan.methodEnd), 'OPTIONS')
  assert.equal(textOf(whole, scan.targetStart, scan.targetEnd), '/a/b?c=d#e')
  assert.equal(textOf(whole, scan.uriStart, scan.uriEnd), '/a/b?c=d')
  assert.equal(scan.method, Method.options)
  assert.equal(scan.end, whole.bytes.length)
  assert.equal(scan.authorityStart, -1)
})

test('an absolute URI has a host of its own, and a path', () => {
  const whole = scanned('GET https://[::1]:8443?q=1#part HTTP/1.1\r\nHost: a.example\r\n\r\n')
  const { scan } = whole
  assert.equal(textOf(whole, scan.authorityStart, scan.authorityEnd), '[::1]:8443')
  assert.equal(textOf(whole, scan.uriStart, scan.uriEnd), '?q=1')
})

test('hosts that two programs could read differently are refused', () => {
  const refused = ['a:1:2', 'a:b', ':80', '[::1', '[::1]x', '[]', 'a[b]', 'a\\b', 'a?b', 'a#b', 'a, b', 'a b']
  for (const host of refused) {
    assert.equal(scanned(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`).result, 400, host)
    assert.equal(scanned(`GET http://${host}/ HTTP/1.1\r\nHost: a\r\n\r\n`).result, host === 'a?b' ? 0 : 400, host)
  }
  for (const host of ['a', 'a.b_c', 'a:80', 'a:', '127.0.0.1:8080', '[::1]', '[2001:db8::1]:8080', 'xn--a', '%41']) {
    assert.equal(scanned(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`).result, complete, host)
  }
})

test('each header is known for what it is, in whatever case', () => {
  const whole = post(
    'ACCEPT: x',
    'content-LENGTH: 0',
    'Expect: 100-continue',
    'cookie: a=1',
    'User-agent: x',
    'X-Forwarded-for: 10.0.0.1',
    'X-FORWARDED-PROTO: https',
    'X-Forwarded-Port: 1',
    'X-Amzn-Trace-Id: Root=1-a-b',
    'X-Amzn-Tls-Version: TLSv1.3',
    'x-amzn-tls-cipher-suite: x',
    'Connection: x-gone',
    'Keep-Alive: 1',
    'Proxy-Connection: x',
    'Proxy-Authenticate: x',
    'Proxy-Authorization: x',
    'TE: trailers',
    'Trailer: x',
    'Upgrade: h2c',
    'X_A: 1',
    'X-Gone: 1',
  )
  assert.equal(whole.result, complete)
  const expected = [
    ...(['host', 'other', 'contentLength', 'expect', 'cookie', 'userAgent'] as const),
    ...(['forwardedFor', 'forwardedProto', 'forwardedPort', 'traceId', 'tls', 'tls', 'connection'] as const),
    ...(['hopByHop', 'hopByHop', 'hopByHop', 'hopByHop', 'hopByHop', 'hopByHop'] as const),
    ...(['upgrade', 'invalid', 'named'] as const),
  ]
  assert.deepEqual(
    kinds(whole),
    expected.map((kind) => HeaderKind[kind]),
  )
  const { scan } = whole
  assert.equal(valueAt(whole, scan.host), 'a.example')
  assert.equal(valueAt(whole, scan.cookie), 'a=1')
  assert.equal(valueAt(whole, scan.userAgent), 'x')
  assert.equal(valueAt(whole, scan.traceId), 'Root=1-a-b')
  assert.equal(valueAt(whole, scan.forwardedFor), '10.0.0.1')
  assert.ok(scan.expectsContinue)
})

test('the load balancer cannot be spoken for by names that only look different', () => {
  const whole = get('X_Forwarded_For: 1', 'x-forwarded_proto: 1', 'X.Amzn.Trace.Id: 1', 'X_Custom: 1')
  const { lookAlike, invalid } = HeaderKind
  assert.deepEqual(kinds(whole).slice(1), [lookAlike, lookAlike, lookAlike, invalid])
  assert.equal(whole.scan.invalidCount, 4)
})

test('Connection takes away what it names, but nothing the load balancer vouches for', () => {
  const names = 'Connection: Cookie ,HOST, content-length,, x-forwarded-for, X-Amzn-Trace-Id, x-a'
  const whole = post(names, 'Cookie: a', 'Content-Length: 0', 'X-Forwarded-For: 10.0.0.1', 'X-A: 1', 'X-Ab: 1')
  const { host, connection, named, contentLength, forwardedFor, other } = HeaderKind
  assert.deepEqual(kinds(whole), [host, connection, named, contentLength, forwardedFor, named, other])
  assert.equal(get(`Connection: ${Array.from({ length: 65 }, (_, n) => `n${n}`).join(',')}`).result, 400)
})

test('a connection goes on or not', () => {
  assert.equal(closes('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), false)
  assert.equal(closes('GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n'), true)
  assert.equal(closes('GET / HTTP/1.0\r\n\r\n'), true)
  assert.equal(closes('GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n'), false)
  assert.equal(closes('GET / HTTP/1.0\r\nConnection: Keep-Alive, close\r\n\r\n'), true)
  assert.equal(closes('GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n'), true)
})

test('only GET with Connection: Upgrade, Upgrade: websocket and no body is a WebSocket handshake', () => {
  const handshake = ['Connection: keep-alive, Upgrade', 'Upgrade: WebSocket']
  assert.ok(get(...handshake).scan.isWebSocket)
  assert.ok(!post(...handshake).scan.isWebSocket)
  assert.ok(!get('Upgrade: websocket').scan.isWebSocket)
  assert.ok(!get('Connection: Upgrade', 'Upgrade: h2c').scan.isWebSocket)
  assert.ok(!get(...handshake, 'Content-Length: 3').scan.isWebSocket)
  assert.ok(!get(...handshake, 'Transfer-Encoding: chunked').scan.isWebSocket)
  assert.ok(!scanned('GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n').scan.isWebSocket)
})

test('a request line may have 16 KiB, a header too, all headers together 64 KiB', () => {
  const kilobytes = 1024
  assert.equal(resultOfLines(requestLine(16 * kilobytes)), complete)
  assert.equal(resultOfLines(requestLine(16 * kilobytes + 1)), 414)
  assert.equal(resultOfLines('GET / HTTP/1.1', headerLine('A', 16 * kilobytes)), complete)
  assert.equal(resultOfLines('GET / HTTP/1.1', headerLine('A', 16 * kilobytes + 1)), 400)
  assert.equal(resultOfLines('GET / HTTP/1.1', `${'A'.repeat(16 * kilobytes)}: x`), 400)
  const four = ['A', 'B', 'C'].map((name) => headerLine(name, 16 * kilobytes))
  const rest = 64 * kilobytes - 'Host: a\r\n'.length - 3 * (16 * kilobytes + 2) - 2
  assert.equal(resultOfLines(requestLine(16 * kilobytes), ...four, headerLine('D', rest)), complete)
  assert.equal(resultOfLines(requestLine(16 * kilobytes), ...four, headerLine('D', rest + 1)), 400)
})

test('a head that is too long is refused before its end has come', () => {
  assert.equal(resultOf(`GET /${'a'.repeat(16 * 1024)}`), 414)
  assert.equal(resultOf(`GET / HTTP/1.1\r\nHost: a\r\nA: ${'x'.repeat(16 * 1024)}`), 400)
  assert.equal(resultOf(`GET / HTTP/1.1\r\nHost: a\r\n${'x'.repeat(16 * 1024 + 1)}`), 400)
  assert.equal(resultOf(`GET / HTTP/1.1\r\n${`A: ${'x'.repeat(1000)}\r\n`.repeat(66)}`), 400)
  assert.equal(resultOf('x'.repeat(longestRequestHead)), 400)
  assert.equal(resultOf('A'.repeat(41)), 400)
})

test('so many headers and no more', () => {
  const lines = Array.from({ length: mostHeaders }, (_, n) => `X-${n}: 1`)
  assert.equal(get(...lines.slice(1)).result, complete)
  assert.equal(get(...lines.slice(1)).scan.headerCount, mostHeaders)
  assert.equal(get(...lines).result, 400)
})

test('30 addresses may be forwarded, in one header or in many', () => {
  assert.equal(get(`X-Forwarded-For: ${addresses(30)}`).result, complete)
  assert.equal(get(`X-Forwarded-For: ${addresses(31)}`).result, 463)
  assert.equal(get(...Array.from({ length: 30 }, () => 'X-Forwarded-For: 10.0.0.1')).result, complete)
  assert.equal(get(...Array.from({ length: 31 }, () => 'X-Forwarded-For: 10.0.0.1')).result, 463)
})

test('a request that is not compliant is called by its reason, the worst one where there are several', () => {
  assert.equal(reason(get('X: y')), '-')
  assert.equal(reason(get('X: \xe4')), 'NonCompliantHeader')
  assert.equal(reason(get('Content-Length: 0')), 'GetHeadZeroContentLength')
  assert.equal(reason(get('Content-Length: 3')), 'UndefinedContentLengthSemantics')
  assert.equal(reason(get('Transfer-Encoding: chunked')), 'UndefinedTransferEncodingSemantics')
  assert.equal(reason(post('Content-Length: 3')), '-')
  for (const name of [
    'Content_Length',
    'Content--Length',
    'ContentLength',
    'Transfer.Encoding',
    "'Transfer-Encoding'",
  ]) {
    assert.equal(reason(post('X: \xe4', `${name}: 3`)), 'SuspiciousHeader', name)
  }
  assert.equal(reason(get('X: \xe4', 'Content-Length: 3')), 'UndefinedContentLengthSemantics')
})

test('a request that is refused is called by its reason too, where there is one', () => {
  assert.equal(reason(post('Content-Length: 1', 'Content-Length: 2')), 'MultipleContentLength')
  assert.equal(reason(post('Content-Length: 1', 'Content-Length: 1')), 'DuplicateContentLength')
  assert.equal(reason(post('Content-Length: 1', 'Transfer-Encoding: chunked')), 'BothTeClPresent')
  assert.equal(
    reason(post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')),
    'MultipleTransferEncodingChunked',
  )
  assert.equal(reason(post('Transfer-Encoding: cow')), 'BadTransferEncoding')
  assert.equal(reason(post('Content-Length: x')), 'BadContentLength')
  assert.equal(reason(post('X : y')), 'BadHeader')
  assert.equal(reason(scanned('GET /a\0 HTTP/1.1\r\n')), 'BadUri')
  assert.equal(reason(post(': y')), 'EmptyHeader')
  assert.equal(reason(scanned('GET /a\x01 HTTP/1.1\r\n')), 'AmbiguousUri')
  assert.equal(reason(scanned('GET /a b HTTP/1.1\r\n')), 'SpaceInUri')
  assert.equal(reason(scanned('GET /a b HTTP/2.0\r\n')), 'SpaceInUri')
  assert.equal(reason(scanned('GET /a HTTQ/1.1\r\n')), 'BadVersion')
  assert.equal(reason(scanned('GET / HTTP/x\r\n')), 'BadVersion')
  assert.equal(reason(scanned('GET / HTTP/1.2\r\n')), 'NonCompliantVersion')
  assert.equal(reason(scanned('get / HTTP/1.1\r\n')), 'BadMethod')
})
