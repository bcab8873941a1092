import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokenChunks, ChunkScan, scanChunks } from '../../src/router/chunk-scan.ts'

const whole = [
  '0\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  'a\r\n0123456789\r\nA\r\n0123456789\r\n000\r\n\r\n',
  '5;a\r\nhello\r\n0;b=c;d="e;\\"f"\r\n\r\n',
  '5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Other:\t\r\n\r\n',
]

const broken = [
  '\r\n',
  'g\r\n',
  '-1\r\n',
  '+5\r\nhello\r\n',
  '0x5\r\nhello\r\n',
  ' 5\r\nhello\r\n',
  '5 \r\nhello\r\n',
  '5\nhello\r\n',
  '5\r\nhello\n',
  '5\r\nhelloX',
  '5\r\nhello\r\r',
  '5\r\rhello',
  '5;\r\nhello',
  '5; a\r\nhello',
  '5;a \r\nhello',
  '5;a=\r\nhello',
  '5;a="b\r\n',
  '5;a="b"c\r\n',
  '5;a\nhello',
  '5;\0\r\n',
  '10000000000000\r\n',
  '00000000000005\r\n',
  '0\r\n\n',
  '0\r\nX\r\n',
  '0\r\nX : 1\r\n',
  '0\r\n X: 1\r\n',
  '0\r\n: 1\r\n',
  '0\r\nX: 1\n',
  '0\r\nX: a\0\r\n',
  '0\r\nX: 1\r\n folded\r\n',
]

/** Feeds the text in pieces of this length; the place where the body's bytes end, or `brokenChunks`. */
function read(scan: ChunkScan, text: string, length: number): number {
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length && !scan.isDone;) {
    const end = Math.min(bytes.length, at + length)
    const next = scanChunks(scan, bytes, at, end)
    if (next === brokenChunks) return brokenChunks
    assert.ok(scan.isDone || next === end)
    at = next
    if (scan.isDone) return at
  }
  return bytes.length
}

function begun(stopsAtData = false): ChunkScan {
  const scan = new ChunkScan()
  scan.restart(stopsAtData)
  return scan
}

test('a chunked body ends where it says, in whatever pieces it comes', () => {
  for (const text of whole) {
    for (let length = 1; length <= text.length; length++) {
      const scan = begun()
      assert.equal(read(scan, `${text}GET / HTTP/1.1`, length), text.length, JSON.stringify(text))
      assert.ok(scan.isDone)
    }
  }
})

test('what is no chunked body is found out, in whatever pieces it comes', () => {
  for (const text of broken) {
    for (let length = 1; length <= text.length; length++) {
      assert.equal(read(begun(), text, length), brokenChunks, JSON.stringify(text))
    }
  }
})

test('a body that has not ended is not done', () => {
  for (const text of whole) {
    for (let length = 0; length < text.length; length++) {
      const scan = begun()
      assert.equal(read(scan, text.slice(0, length), 3), length)
      assert.ok(!scan.isDone)
    }
  }
})

test('data can be had without its frames', () => {
  const text = '5;a=b\r\nhello\r\n1\r\n,\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\nrest'
  const bytes = Buffer.from(text, 'latin1')
  for (let length = 1; length <= text.length; length++) {
    const scan = begun(true)
    let data = ''
    let at = 0
    while (!scan.isDone) {
      at = scanChunks(scan, bytes, at, Math.min(bytes.length, at + length))
      assert.notEqual(at, brokenChunks)
      data += bytes.toString('latin1', scan.dataStart, scan.dataEnd)
    }
    assert.equal(data, 'hello, world')
    assert.equal(text.slice(at), 'rest')
  }
})

test('trailers must not say what only a head may say', () => {
  const forbidden = [
    'Content-Length',
    'TRANSFER-ENCODING',
    'host',
    'Connection',
    'Upgrade',
    'Cookie',
    'Set-Cookie',
    'Authorization',
    'X-Forwarded-For',
    'X_Forwarded_For',
    'X-Amzn-Trace-Id',
    'Content_Length',
  ]
  for (const name of forbidden) assert.equal(read(begun(), `0\r\n${name}: 1\r\n\r\n`, 5), brokenChunks, name)
  for (const name of ['Hos', 'Hostt', 'Content-Length-2', 'X-Forwarded', `X-${'Long'.repeat(20)}`]) {
    assert.notEqual(read(begun(), `0\r\n${name}: 1\r\n\r\n`, 5), brokenChunks, name)
  }
})

/** Chunks with a byte each, and an extension of a thousand. */
function extended(count: number): string {
  return `1;${'e'.repeat(999)}\r\nx\r\n`.repeat(count)
}

test('extensions and trailers have a limit, for the message and not for the chunk', () => {
  assert.notEqual(read(begun(), extended(16), 1 << 20), brokenChunks)
  assert.equal(read(begun(), extended(17), 1 << 20), brokenChunks)
  assert.notEqual(read(begun(), `0\r\n${`X: ${'y'.repeat(995)}\r\n`.repeat(16)}`, 1 << 20), brokenChunks)
  assert.equal(read(begun(), `0\r\n${`X: ${'y'.repeat(995)}\r\n`.repeat(17)}`, 1 << 20), brokenChunks)
})

test('an object that has read one body reads the next', () => {
  const scan = begun(true)
  read(scan, '5;a\r\nhel', 100)
  for (const text of whole) {
    scan.restart()
    assert.equal(read(scan, text, 2), text.length)
  }
})
