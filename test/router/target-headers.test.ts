import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReadHead } from '../../src/router/request-head.ts'
import { headersForTarget, traceId } from '../../src/router/target-headers.ts'

const connection = { listenerPort: 8080, localAddress: '127.0.0.1:8080', isUpgrade: false }
const fresh = '1-58337262-36d228ad5d99923122bbe354'

function headers(head: Partial<ReadHead>, changed: Partial<typeof connection> = {}): string[] {
  const whole: ReadHead = {
    method: 'GET',
    target: '/',
    path: '/',
    query: '',
    host: 'example.com',
    hostHeader: 'example.com',
    rawHeaders: [],
    sourceIp: '192.0.2.9',
    ...head,
  }
  const list = headersForTarget(whole, { ...connection, ...changed }, () => fresh)
  return Array.from({ length: list.length / 2 }, (_, at) => `${list[at * 2]}: ${list[at * 2 + 1]}`)
}

test('a target learns who asked, how, and where', () => {
  assert.deepEqual(headers({}), [
    'Host: example.com:8080',
    'X-Forwarded-For: 192.0.2.9',
    'X-Forwarded-Proto: http',
    'X-Forwarded-Port: 8080',
    `X-Amzn-Trace-Id: Root=${fresh}`,
  ])
})

test('casing and duplicates stay, hop-by-hop headers and those named in Connection go', () => {
  const rawHeaders = [
    ['Connection', 'close, X-Secret, Host'],
    ['X-Secret', 'x'],
    ['Keep-Alive', 'timeout=5'],
    ['TE', 'trailers'],
    ['COOKIE', 'a=1'],
    ['cookie', 'b=2'],
  ].flat()
  const list = headers({ rawHeaders })
  assert.ok(list.includes('COOKIE: a=1') && list.includes('cookie: b=2'))
  assert.ok(!list.some((line) => /^(connection|x-secret|keep-alive|te):/i.test(line)))
  assert.equal(list[0], 'Host: example.com:8080')
})

test('what the client said of its way here is added to, or replaced where it is ours to say', () => {
  const rawHeaders = [
    ['x-forwarded-for', '10.0.0.1'],
    ['X-Forwarded-For', '10.0.0.2'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Port', '443'],
  ].flat()
  const list = headers({ rawHeaders })
  assert.ok(list.includes('X-Forwarded-For: 10.0.0.1, 10.0.0.2, 192.0.2.9'))
  assert.ok(list.includes('X-Forwarded-Proto: http') && !list.includes('X-Forwarded-Proto: https'))
  assert.ok(list.includes('X-Forwarded-Port: 8080') && !list.includes('X-Forwarded-Port: 443'))
})

test('the port in Host is taken away on ports 80 and 443, and added on others where it is missing', () => {
  assert.equal(headers({ hostHeader: 'a.b:80' }, { listenerPort: 80 })[0], 'Host: a.b')
  assert.equal(headers({ hostHeader: 'a.b' }, { listenerPort: 443 })[0], 'Host: a.b')
  assert.equal(headers({ hostHeader: 'a.b:9' })[0], 'Host: a.b:9')
  assert.equal(headers({ hostHeader: '[::1]' })[0], 'Host: [::1]:8080')
  assert.equal(headers({ hostHeader: undefined })[0], 'Host: 127.0.0.1:8080')
})

test('a body is framed as the client framed it, and a missing one is said to be missing', () => {
  assert.ok(headers({ rawHeaders: ['Transfer-Encoding', 'chunked'] }).includes('Transfer-Encoding: chunked'))
  assert.ok(headers({ method: 'POST' }).includes('Content-Length: 0'))
  assert.ok(headers({ method: 'POST', rawHeaders: ['content-length', '7'] }).includes('content-length: 7'))
  assert.ok(!headers({ method: 'DELETE' }).some((line) => line.startsWith('Content-Length')))
})

test('a trace begins here, or goes on', () => {
  assert.equal(traceId(undefined, fresh), `Root=${fresh}`)
  assert.equal(traceId('Root=1-a-b;Custom=c', fresh), `Self=${fresh};Root=1-a-b;Custom=c`)
  assert.equal(traceId('Self=1-old-old;Root=1-a-b', fresh), `Self=${fresh};Root=1-a-b`)
  assert.equal(traceId('Custom=c', fresh), `Root=${fresh};Custom=c`)
})
