import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { AnswerBody, answerBody, AnswerScan, longestAnswerHead, scanAnswer } from '../../src/router/answer-scan.ts'
import { HeaderKind } from '../../src/router/header-kind.ts'
import { complete, incomplete } from '../../src/router/request-scan.ts'

type Case = { readonly name: string; readonly text: string; readonly result: number }
const corpus: readonly Case[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'fixtures', 'http', 'answers.json'), 'utf8'),
)

type Scanned = { readonly result: number; readonly scan: AnswerScan }

function scanned(text: string): Scanned {
  const bytes = Buffer.from(text, 'latin1')
  const scan = new AnswerScan()
  return { result: scanAnswer(bytes, 0, bytes.length, scan), scan }
}

function ok(...lines: readonly string[]): Scanned {
  return scanned(['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n'))
}

function kindOfBody(text: string, isHead = false): number {
  const { result, scan } = scanned(`${text}\r\n\r\n`)
  assert.equal(result, complete)
  return answerBody(scan, isHead)
}

function closes(text: string): boolean {
  return scanned(`${text}\r\n\r\n`).scan.closes
}

describe('answers that are accepted, need more bytes, or must not reach the client', () => {
  for (const { name, text, result } of corpus) {
    const what = result === complete ? 'is accepted' : result === incomplete ? 'needs more' : `comes to ${result}`
    test(`${name} ${what}`, () => assert.equal(scanned(text).result, result))
  }
})

test('however an answer is cut up on its way, it comes to the same', () => {
  for (const { name, text, result } of corpus) {
    const bytes = Buffer.from(text, 'latin1')
    const scan = new AnswerScan()
    scanAnswer(bytes, 0, bytes.length, scan)
    const { end } = scan
    let early = incomplete
    for (let length = 0; length <= bytes.length; length++) {
      const now = scanAnswer(bytes, 0, length, scan)
      const expected = result === complete && length < end ? incomplete : result
      assert.ok(now === expected || (result !== complete && now === incomplete), `${name}, ${length} bytes`)
      assert.ok(early === incomplete || now === early, `${name}, ${length} bytes: what is settled stays`)
      early = now
    }
  }
})

test('the status and what the router looks for are found', () => {
  const { result, scan } = ok('Server: x', 'A: 1', 'set-cookie: a=1', 'Set-Cookie: b=2', 'Content-Length: 5')
  assert.equal(result, complete)
  assert.equal(scan.statusCode, 200)
  assert.equal(scan.contentLength, 5)
  const { server, other, setCookie, contentLength } = HeaderKind
  assert.deepEqual([...scan.kinds.subarray(0, scan.headerCount)], [server, other, setCookie, setCookie, contentLength])
  assert.equal(scan.server, 0)
  assert.equal(scan.setCookie, 2)
  assert.equal(scan.hopByHopCount, 0)
})

test('headers of the connection are counted, and those it names', () => {
  const { scan } = ok('Connection: x-hop, Content-Length', 'X-Hop: 1', 'Keep-Alive: timeout=5', 'Content-Length: 0')
  assert.equal(scan.hopByHopCount, 3)
  const { connection, named, hopByHop, contentLength } = HeaderKind
  assert.deepEqual([...scan.kinds.subarray(0, scan.headerCount)], [connection, named, hopByHop, contentLength])
})

test('how a body ends is told by the status first, then by the headers', () => {
  const { none, length, chunked, untilClose } = AnswerBody
  assert.equal(kindOfBody('HTTP/1.1 200 OK\r\nContent-Length: 5'), length)
  assert.equal(kindOfBody('HTTP/1.1 200 OK\r\nContent-Length: 0'), none)
  assert.equal(kindOfBody('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked'), chunked)
  assert.equal(kindOfBody('HTTP/1.1 200 OK'), untilClose)
  assert.equal(kindOfBody('HTTP/1.1 200 OK\r\nContent-Length: 5', true), none)
  for (const status of ['100', '101', '103', '204', '304']) {
    assert.equal(kindOfBody(`HTTP/1.1 ${status} X\r\nContent-Length: 5`), none, status)
  }
})

test('a target says whether it keeps the connection', () => {
  assert.equal(closes('HTTP/1.1 200 OK'), false)
  assert.equal(closes('HTTP/1.1 200 OK\r\nConnection: Close'), true)
  assert.equal(closes('HTTP/1.0 200 OK'), true)
  assert.equal(closes('HTTP/1.0 200 OK\r\nConnection: keep-alive'), false)
})

test('only 101 with both of its headers is a WebSocket', () => {
  const handshake = 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  assert.ok(scanned(`HTTP/1.1 101 Switching Protocols\r\n${handshake}`).scan.isWebSocket)
  assert.ok(!scanned(`HTTP/1.1 200 OK\r\n${handshake}`).scan.isWebSocket)
  assert.ok(!scanned('HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n').scan.isWebSocket)
  assert.ok(!scanned('HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n').scan.isWebSocket)
})

test('a head may have 32 KiB, in one header or in many', () => {
  const rest = longestAnswerHead - 'HTTP/1.1 200 OK\r\nA: \r\n\r\n'.length
  assert.equal(ok(`A: ${'x'.repeat(rest)}`).result, complete)
  assert.equal(ok(`A: ${'x'.repeat(rest + 1)}`).result, 502)
  assert.equal(scanned(`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(longestAnswerHead)}`).result, 502)
  assert.equal(scanned(`HTTP/1.1 200 ${'x'.repeat(longestAnswerHead)}`).result, 502)
  assert.equal(ok(...Array.from({ length: 256 }, (_, n) => `X-${n}: 1`)).result, complete)
  assert.equal(ok(...Array.from({ length: 257 }, (_, n) => `X-${n}: 1`)).result, 502)
})
