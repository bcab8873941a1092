import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complete, RequestScan, scanRequest } from '../../src/router/request-scan.ts'
import { ToldBytes } from '../../src/router/told-bytes.ts'

/** What is told of a request, after the buffer that it came in, from some place on, is another's. */
function toldOf(head: string, told = new ToldBytes()) {
  const bytes = Buffer.from(`before${head}behind`, 'latin1')
  const scan = new RequestScan()
  assert.equal(scanRequest(bytes, 6, bytes.length, scan), complete)
  told.takeHead(bytes, scan)
  const trace = Buffer.from('Root=1-2-3')
  told.takeTraceId(trace, 5, trace.length)
  bytes.fill('#')
  trace.fill('#')
  const text = (start: number, end: number) => (start < 0 ? undefined : told.bytes.toString('latin1', start, end))
  return [
    text(told.methodStart, told.methodEnd),
    text(told.uriStart, told.uriEnd),
    text(told.hostStart, told.hostEnd),
    text(told.userAgentStart, told.userAgentEnd),
    text(told.traceIdStart, told.traceIdEnd),
  ]
}

test('what a short head says is told, in whatever order its headers are', () => {
  const expected = ['GET', '/a?b=c', 'www.example.com', 'curl/8', '1-2-3']
  const headers = ['Host: www.example.com', 'User-Agent: curl/8', 'Accept: */*']
  for (const order of [headers, headers.toReversed()]) {
    assert.deepEqual(toldOf(`GET /a?b=c HTTP/1.1\r\n${order.join('\r\n')}\r\n\r\n`), expected)
  }
})

test('so is what a long one says, however far apart', () => {
  for (const length of [300, 370, 500, 5000]) {
    const [cookie, path] = ['c'.repeat(length), `/${'p'.repeat(length)}`]
    const head = `GET / HTTP/1.1\r\nHost: a.example\r\nCookie: ${cookie}\r\nUser-Agent: curl/8\r\n\r\n`
    assert.deepEqual(toldOf(head), ['GET', '/', 'a.example', 'curl/8', '1-2-3'])
    assert.deepEqual(toldOf(`PUT ${path} HTTP/1.1\r\nHost: b\r\n\r\n`), ['PUT', path, 'b', undefined, '1-2-3'])
  }
})

test('what a request does not say is not told, nor what the one before it said', () => {
  const told = new ToldBytes()
  toldOf(`GET / HTTP/1.1\r\nHost: a.example\r\nUser-Agent: ${'curl'.repeat(2000)}\r\n\r\n`, told)
  told.clear()
  assert.deepEqual(toldOf('GET /x HTTP/1.0\r\n\r\n', told), ['GET', '/x', undefined, undefined, '1-2-3'])
  told.clear()
  assert.deepEqual(toldOf('GET / HTTP/1.1\r\nHost:\r\nUser-Agent: \r\n\r\n', told), ['GET', '/', '', '', '1-2-3'])
})
