import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerScan, scanAnswer } from '../../src/router/answer-scan.ts'
import {
  AnswerRules,
  asItIs,
  ClientHead,
  clientHeadRoom,
  saysClose,
  writeClientHead,
} from '../../src/router/client-head.ts'
import { complete } from '../../src/router/request-scan.ts'

type Changes = Partial<Pick<ClientHead, 'closes' | 'isHttp10' | 'cookieLines' | 'rules'>>

/** The lines a client gets for an answer with these; undefined where it can be passed on as it is. */
function written(lines: readonly string[], changes: Changes = {}): readonly string[] | undefined {
  const bytes = Buffer.from(`before${[...lines, '', ''].join('\r\n')}body`, 'latin1')
  const answer = new AnswerScan()
  assert.equal(scanAnswer(bytes, 6, bytes.length, answer), complete)
  const head = Object.assign(new ClientHead(), changes)
  const out = Buffer.alloc(clientHeadRoom(answer, head), '~')
  const length = writeClientHead(bytes, answer, head, out)
  if (length === asItIs) {
    assert.equal(out.toString('latin1'), '~'.repeat(out.length))
    return undefined
  }
  const text = out.toString('utf8', 0, length)
  assert.ok(text.endsWith('\r\n\r\n'), text)
  return text.slice(0, -4).split('\r\n')
}

const plain = ['HTTP/1.1 200 OK', 'Content-Type: text/plain', 'Server: x', 'Content-Length: 5']

test('an answer that needs no change is passed on as it is', () => {
  assert.equal(written(plain), undefined)
  assert.equal(written(['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked']), undefined)
  assert.equal(written(['HTTP/1.1 200 OK']), undefined)
  assert.equal(written(['HTTP/1.1 103 Early Hints', 'Link: x']), undefined)
})

test("headers of the target's connection do not reach the client", () => {
  const lines = [
    'HTTP/1.1 200 OK',
    'A: 1',
    'Connection: keep-alive, x-hop',
    'Keep-Alive: timeout=5',
    'B: 2',
    'X-Hop: 1',
  ]
  assert.deepEqual(written(lines), ['HTTP/1.1 200 OK', 'A: 1', 'B: 2'])
  assert.deepEqual(written(['HTTP/1.1 200 OK', 'Connection: close', 'B: 2']), ['HTTP/1.1 200 OK', 'B: 2'])
  assert.deepEqual(written(['HTTP/1.1 200 OK', 'Upgrade: h2c']), ['HTTP/1.1 200 OK'])
})

test('the last answer of a connection says so', () => {
  assert.deepEqual(written(plain, { closes: true }), [...plain, 'Connection: close'])
  assert.deepEqual(written(['HTTP/1.1 200 OK', 'Connection: close', 'Content-Length: 0'], { closes: true }), [
    'HTTP/1.1 200 OK',
    'Content-Length: 0',
    'Connection: close',
  ])
})

test('a client of HTTP/1.0 hears that its connection stays, and gets no chunks', () => {
  assert.deepEqual(written(plain, { isHttp10: true }), [...plain, 'Connection: keep-alive'])
  assert.deepEqual(written(plain, { isHttp10: true, closes: true }), [...plain, 'Connection: close'])
  const chunked = ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'A: 1']
  assert.deepEqual(written(chunked, { isHttp10: true }), ['HTTP/1.1 200 OK', 'A: 1', 'Connection: close'])
  assert.deepEqual(written(['HTTP/1.1 200 OK'], { isHttp10: true }), ['HTTP/1.1 200 OK', 'Connection: close'])
  const answer = Object.assign(new AnswerScan(), { isChunked: true })
  assert.ok(saysClose(answer, true))
  assert.ok(!saysClose(answer, false))
})

test('a target that speaks HTTP/1.0 is heard as HTTP/1.1', () => {
  const lines = ['HTTP/1.0 404 Not here', 'Content-Length: 0']
  assert.deepEqual(written(lines), ['HTTP/1.1 404 Not here', 'Content-Length: 0'])
})

test('cookies of the load balancer are added, those of the target stay', () => {
  const cookieLines = 'Set-Cookie: AWSALB=ä; Path=/\r\nSet-Cookie: AWSALBCORS=b\r\n'
  const lines = [...plain, 'Set-Cookie: own=1']
  assert.deepEqual(written(lines, { cookieLines }), [
    ...lines,
    'Set-Cookie: AWSALB=ä; Path=/',
    'Set-Cookie: AWSALBCORS=b',
  ])
})

test("headers of the listener's attributes take the place of the target's", () => {
  const rules = new AnswerRules({
    answerHeaders: [
      ['Strict-Transport-Security', 'max-age=60'],
      ['X-Frame-Options', 'DENY'],
    ],
    showsServer: true,
  })
  const lines = ['HTTP/1.1 200 OK', 'x-frame-options: SAMEORIGIN', 'A: 1', 'X-Frame-Options: x', 'Server: x']
  assert.deepEqual(written(lines, { rules }), [
    'HTTP/1.1 200 OK',
    'A: 1',
    'Server: x',
    'Strict-Transport-Security: max-age=60',
    'X-Frame-Options: DENY',
  ])
})

test('Server is taken away where the attribute says so', () => {
  const rules = new AnswerRules({ answerHeaders: [], showsServer: false })
  assert.deepEqual(
    written(plain, { rules }),
    plain.filter((line) => line !== 'Server: x'),
  )
})

test('interim answers get nothing but what they came with', () => {
  const rules = new AnswerRules({ answerHeaders: [['A', 'b']], showsServer: false })
  const changes = { rules, closes: true, cookieLines: 'Set-Cookie: a\r\n' }
  const lines = ['HTTP/1.1 103 Early Hints', 'Link: x', 'Connection: x']
  assert.deepEqual(written(lines, changes), ['HTTP/1.1 103 Early Hints', 'Link: x'])
})

test('switching to a WebSocket is said in our own words', () => {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'upgrade: WebSocket', 'A: 1', 'connection: upgrade, a']
  assert.deepEqual(written(lines), ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'])
})
