import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAccessLogLine } from '../../src/domain/access-log-line.ts'
import { AccessLogText } from '../../src/router/access-log-text.ts'
import { blueArn, client, exchange, loadBalancer, loggedListener } from './exchange-records.ts'
import type { ToldExchange } from './exchange-records.ts'

const text = new AccessLogText()
const line = (more: Partial<ToldExchange> = {}): string => String(text.line(exchange(more), loadBalancer))
const read = (more: Partial<ToldExchange> = {}) => {
  const parsed = parseAccessLogLine(line(more))
  assert.ok(parsed !== undefined, line(more))
  return parsed
}

test('a request that a target answered is told in 34 fields', () => {
  assert.equal(
    line(),
    'http 2026-01-02T22:23:00.186641Z app/web/50dc6c495c0c9188 192.0.2.9:2817 10.0.0.1:80 0.000 0.001 12.346 200 200 34 366 ' +
      `"GET http://www.example.com:80/ HTTP/1.1" "curl/8.5.0" - - ${blueArn} ` +
      '"Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2026-01-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" ' +
      '"200" "-" "-" TID_f412ec94f0d7274a995f1719b4f4f35e "-" "-" "-" 203.0.113.9\n',
  )
})

test('a request that could not be read is told as AWS does', () => {
  const unknown = {
    target: undefined,
    targetGroupArn: undefined,
    method: undefined,
    uri: undefined,
    httpVersion: undefined,
    host: undefined,
    userAgent: undefined,
    traceId: undefined,
    matchedRulePriority: undefined,
    action: undefined,
    requestProcessingSeconds: -1,
    targetProcessingSeconds: -1,
    responseProcessingSeconds: -1,
    elbStatusCode: 400,
    targetStatusCode: 0,
    receivedBytes: 0,
    sentBytes: 272,
  }
  assert.equal(
    line(unknown),
    'http 2026-01-02T22:23:00.186641Z app/web/50dc6c495c0c9188 192.0.2.9:2817 - -1 -1 -1 400 - 34 272 '.replace(
      '34',
      '0',
    ) +
      '"- http://web-1234.eu-west-1.elb.amazonaws.com:80- -" "-" - - - "-" "-" "-" - 2026-01-02T22:22:48.364000Z "-" "-" ' +
      '"-" "-" "-" "-" "-" TID_f412ec94f0d7274a995f1719b4f4f35e "-" "-" "-" 203.0.113.9\n',
  )
})

test('types of requests and connections', () => {
  const tls = {
    cipher: 'TLS_AES_128_GCM_SHA256',
    protocol: 'TLSv1.3',
    certificateArn: 'arn:aws:acm:eu-west-1:000000000000:certificate/1',
  }
  const secured = { ...client, tls: { ...tls, serverName: 'www.example.com' } }
  assert.match(line({ isWebSocket: true }), /^ws /)
  assert.match(line({ isWebSocket: true, client: secured }), /^wss /)
  assert.match(line({ client: secured }), /^https /)
  assert.match(line({ client: { ...secured, isHttp2: true }, httpVersion: '2.0' }), /^h2 .* HTTP\/2\.0"/)
  const listener = loggedListener({ port: 443, tls: { certificates: [] as never, sslPolicy: '', http2: true } })
  const parsed = read({ client: secured, listener })
  assert.equal(parsed.url, 'https://www.example.com:443/')
  assert.deepEqual([parsed.sslCipher, parsed.sslProtocol], [tls.cipher, tls.protocol])
  assert.deepEqual([parsed.domainName, parsed.chosenCertificateArn], ['www.example.com', tls.certificateArn])
  assert.equal(read({ client: { ...secured, tls } }).domainName, undefined)
})

test('the URL has the host that was asked for, and the port of the listener', () => {
  assert.equal(read({ host: 'a.example:8080', uri: '/x?y=1' }).url, 'http://a.example:80/x?y=1')
  assert.equal(read({ host: '[::1]:8080' }).url, 'http://[::1]:80/')
  assert.equal(read({ host: '[::1]' }).url, 'http://[::1]:80/')
  assert.equal(read({ host: undefined }).url, `http://${loadBalancer.dnsName}:80/`)
  assert.equal(read({ uri: 'http://b.example:99/z?q' }).url, 'http://b.example:80/z?q')
  assert.equal(read({ uri: 'HTTP://b.example' }).url, 'http://b.example:80/')
})

test('nothing that is sent gets out of its field', () => {
  const everyByte = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
  const parsed = read({ uri: `/${everyByte}`, userAgent: everyByte, host: `h${everyByte}`, method: 'G"T' })
  assert.equal(parsed.userAgent, everyByte)
  assert.equal(parsed.method, 'G"T')
  assert.ok(parsed.url?.endsWith(`/${everyByte}`))
  assert.equal(parsed.nodeAddress, '203.0.113.9')
  const written = line({ uri: `/${everyByte}`, userAgent: `" 1 2 "\n` })
  assert.equal(written.indexOf('\n'), written.length - 1)
  assert.match(written, /"\\x22 1 2 \\x22\\x0A"/)
  assert.match(written, /^[\u0020-\u007E]+\n$/)
})

test('what a transform has rewritten is told, and how that ended', () => {
  const { transformedHost, transformedUri, requestTransformStatus } = read({
    transform: { host: undefined, uri: '/new?a="', status: 'TransformSuccess' },
  })
  assert.deepEqual(
    [transformedHost, transformedUri, requestTransformStatus],
    [undefined, '/new?a="', 'TransformSuccess'],
  )
})

test('what is endless is cut, and no escape within', () => {
  const parsed = read({ userAgent: `${'a'.repeat(8190)}"""`, uri: `/${'"'.repeat(20_000)}` })
  assert.equal(parsed.userAgent, 'a'.repeat(8190))
  assert.equal(parsed.url, `http://www.example.com:80/${'"'.repeat(4095)}`)
  assert.equal(parsed.nodeAddress, '203.0.113.9')
  const redirect = { action: 'redirect', redirectUrl: 'https://a.example/' } as const
  assert.equal(read(redirect).redirectUrl, 'https://a.example/')
  assert.equal(read({ ...redirect, redirectUrl: 'h'.repeat(8193) }).redirectUrl, undefined)
  const longest = text.line(
    exchange({
      userAgent: '"'.repeat(99_999),
      uri: '"'.repeat(99_999),
      host: '"'.repeat(99_999),
      traceId: '"'.repeat(99_999),
    }),
    loadBalancer,
  )
  assert.ok(longest.length < 64 * 1024, String(longest.length))
})

test('times of every second are right', () => {
  for (const time of [0, 999.9995, 1000, Date.UTC(2026, 11, 31, 23, 59, 59, 999) + 0.9998, Date.UTC(2027, 0, 1)]) {
    const parsed = read({ endedAt: time, createdAt: time })
    assert.ok(Math.abs(parsed.time - time) < 0.001, `${parsed.time} ${time}`)
    assert.equal(parsed.requestCreationTime, parsed.time)
  }
})

test('an IPv4 client of a socket for both is told as such', () => {
  const mapped = { ...client, address: '::ffff:192.0.2.7', localAddress: '::ffff:127.0.0.1' }
  assert.deepEqual(
    [read({ client: mapped }).client, read({ client: mapped }).nodeAddress],
    ['192.0.2.7:2817', '127.0.0.1'],
  )
  assert.equal(read({ client: { ...client, address: '2001:db8::1' } }).client, '2001:db8::1:2817')
})
