import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lastChunk, requestHead } from '../../src/router/http2-request-head.ts'

const good = [':method', 'GET', ':scheme', 'https', ':path', '/a', ':authority', 'a.example']
const textOf = (fields: readonly string[], hasBody = false): string | undefined =>
  requestHead(fields, hasBody)?.bytes.toString('latin1')

describe('the head of a request by HTTP/2', () => {
  test('is one of HTTP/1.1, with the host of its authority', () => {
    assert.equal(
      textOf([...good, 'x', 'ä', 'cookie', 'a=1', 'te', 'trailers', 'cookie', 'b=2']),
      'GET /a HTTP/1.1\r\nhost: a.example\r\nx: ä\r\ncookie: a=1; b=2\r\n\r\n',
    )
    const ofHost = [':method', 'OPTIONS', ':scheme', 'https', ':path', '*', 'host', 'b']
    assert.equal(textOf(ofHost), 'OPTIONS * HTTP/1.1\r\nhost: b\r\n\r\n')
    assert.equal(textOf([...good, 'host', 'A.example']), 'GET /a HTTP/1.1\r\nhost: a.example\r\n\r\n')
  })

  test('says how its body is delimited', () => {
    assert.match(textOf([...good, 'content-length', '3'], true) ?? '', /\r\ncontent-length: 3\r\n\r\n$/)
    assert.match(textOf(good, true) ?? '', /\r\ntransfer-encoding: chunked\r\n\r\n$/)
    assert.doesNotMatch(textOf(good) ?? '', /content-length|transfer-encoding/)
    assert.equal(textOf([...good, 'content-length', '3']), undefined)
    assert.deepEqual(requestHead([...good, 'content-length', '3'], true)?.framing, { kind: 'length', bytes: 3 })
  })

  test('is none with anything that HTTP/1.1 would read in another way', () => {
    const replaced = (name: string, value: string): readonly string[] =>
      good.map((text, at) => (good[at - 1] === name ? value : text))
    for (const path of ['', 'a', '/ b', '/\r\n', '/\0', '/\x7f', 'http://b/', '/ě']) {
      assert.equal(textOf(replaced(':path', path)), undefined, JSON.stringify(path))
    }
    for (const method of ['', 'GET ', 'G\nT', 'GE:T']) {
      assert.equal(textOf(replaced(':method', method)), undefined, JSON.stringify(method))
    }
    for (const value of ['a\r\nb: c', 'a\nb', 'a\0', ' a', 'a ', '\ta', 'a\x7f', 'ě']) {
      assert.equal(textOf([...good, 'x', value]), undefined, JSON.stringify(value))
      assert.equal(textOf(replaced(':authority', value)), undefined, JSON.stringify(value))
    }
    for (const name of [
      'X',
      'a b',
      'a:',
      'a\r\nb',
      '',
      ':x',
      'connection',
      'keep-alive',
      'upgrade',
      'proxy-connection',
    ]) {
      assert.equal(textOf([...good, name, 'a']), undefined, JSON.stringify(name))
    }
    assert.equal(textOf([...good, 'transfer-encoding', 'chunked'], true), undefined)
    assert.equal(textOf([...good, 'content-length', '3', 'content-length', '3'], true), undefined)
    assert.equal(textOf([...good, 'content-length', '0x3'], true), undefined)
    assert.equal(textOf([...good, 'host', 'b']), undefined)
    assert.equal(textOf([...good, ':path', '/b']), undefined)
    assert.equal(textOf(['x', 'a', ...good]), undefined)
    assert.equal(textOf([...good, 'te', 'gzip']), undefined)
  })

  test('is told for CONNECT too, which the router then refuses by itself', () => {
    assert.equal(textOf([':method', 'CONNECT', ':authority', 'b:1']), 'CONNECT b:1 HTTP/1.1\r\nhost: b:1\r\n\r\n')
  })

  test('has trailers behind its body, but for those that belong into a head', () => {
    const trailers = ['x-sum', '7', 'content-length', '3', 'Host', 'b', 'x_forwarded_for', 'a', 'y', 'a\r\nb']
    assert.equal(String(lastChunk(trailers)), '0\r\nx-sum: 7\r\n\r\n')
    assert.equal(String(lastChunk([])), '0\r\n\r\n')
  })
})
