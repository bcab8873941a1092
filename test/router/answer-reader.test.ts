import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AnswerReader } from '../../src/router/answer-reader.ts'

/** What is told of an answer that comes in pieces of so many bytes. */
function told(text: string, { method = 'GET', size = 1 } = {}) {
  const events: unknown[] = []
  let body = ''
  const reader = new AnswerReader(method, {
    onInterim: (statusCode, headers) => events.push([statusCode, ...headers]),
    onHead: (statusCode, headers, { mayHaveTrailers }) => events.push([statusCode, ...headers, mayHaveTrailers]),
    onBody: (bytes) => (body += bytes.toString('latin1')),
    onAnswerEnd: (trailers) => events.push(['end', ...trailers]),
  })
  const bytes = Buffer.from(text, 'latin1')
  let isRight = true
  for (let at = 0; at < bytes.length && isRight; at += size) isRight = reader.write(bytes.subarray(at, at + size))
  return { events, body, isRight, isWhole: reader.end() }
}

const sizes = [1, 2, 3, 7, 1_000]

describe('an answer of HTTP/1.1', () => {
  test('is read whatever the pieces in which it comes', () => {
    const chunked =
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' +
      'HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n' +
      '3\r\nabc\r\n00a;x="y"\r\n0123456789\r\n0\r\nX-Sum: 7\r\n\r\n'
    for (const size of sizes) {
      assert.deepEqual(told(chunked, { size }), {
        events: [[100], [103, 'link', '</a>'], [200, 'x-a', '1', true], ['end', 'x-sum', '7']],
        body: 'abc0123456789',
        isRight: true,
        isWhole: true,
      })
    }
  })

  test('has values without the blanks around them, which letters beyond ASCII may look like', () => {
    // The last byte of an à in UTF-8 is a space that does not break, in ISO 8859-1.
    const text = Buffer.from('HTTP/1.1 204 No Content\r\nLocation: \t /voilà \r\n\r\n').toString('latin1')
    const location = Buffer.from('/voilà').toString('latin1')
    assert.deepEqual(told(text).events[0], [204, 'location', location, false])
  })

  test('ends with its length, with its last chunk, or with its connection', () => {
    for (const size of sizes) {
      const counted = told('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd', { size })
      assert.deepEqual([counted.body, counted.isWhole], ['abc', true])
      const nothing = told('HTTP/1.1 200 OK\r\nContent-Length: 00\r\n\r\n', { size })
      assert.deepEqual([nothing.body, nothing.isWhole, nothing.events.at(-1)], ['', true, ['end']])
      const chunked = told('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n', { size })
      assert.deepEqual([chunked.body, chunked.isWhole], ['a', true])
      const open = told('HTTP/1.1 200 OK\r\n\r\nabc', { size })
      assert.deepEqual([open.body, open.isWhole, open.events.at(-1)], ['abc', true, ['end']])
    }
  })

  test('has no body to HEAD, with 204 and with 304', () => {
    const head = told('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n', { method: 'HEAD' })
    assert.deepEqual(head.events, [[200, 'content-length', '3', false], ['end']])
    assert.deepEqual(told('HTTP/1.1 204 No Content\r\n\r\n').events, [[204, false], ['end']])
    assert.deepEqual(told('HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n').events, [
      [304, false],
      ['end'],
    ])
    assert.deepEqual(told('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n').events.at(-1), ['end'])
  })

  test('says no length with 304, for clients that would wait for as much to come', () => {
    const unchanged = 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "a"\r\n\r\n'
    for (const size of sizes) {
      assert.deepEqual(told(unchanged, { size }).events, [[304, 'etag', '"a"', false], ['end']])
      assert.deepEqual(told(unchanged, { size, method: 'HEAD' }).events, [[304, 'etag', '"a"', false], ['end']])
    }
  })

  test('says no length, and has no body, where HTTP/2 allows none: with 1xx, 204 and 205', () => {
    for (const size of sizes) {
      const interim = 'HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\nLink: </a>\r\n\r\n'
      const none = told(`${interim}HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nX-A: 1\r\n\r\n`, { size })
      assert.deepEqual(none.events, [[103, 'link', '</a>'], [204, 'x-a', '1', false], ['end']])
      for (const body of [
        'Content-Length: 4\r\n\r\nbody',
        'Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n',
      ]) {
        const reset = told(`HTTP/1.1 205 Reset Content\r\n${body}`, { size })
        assert.deepEqual(reset, { events: [[205, false], ['end']], body: '', isRight: true, isWhole: true })
      }
    }
  })

  test('is not whole where it breaks off', () => {
    for (const text of [
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n',
    ]) {
      const { isRight, isWhole } = told(text, { size: 5 })
      assert.deepEqual([isRight, isWhole], [true, false], text)
    }
  })

  test('is none where it is something else', () => {
    for (const text of [
      'HELLO\r\n\r\n',
      'HTTP/1.1 101 Switching Protocols\r\n\r\n',
      'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'0'.repeat(20_000)}`,
    ]) {
      assert.equal(told(text, { size: 100 }).isRight, false, text.slice(0, 80))
    }
  })
})
