import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultHandling } from '../../src/domain/routing-table.ts'
import { TargetHeadContexts, TargetHeadPlaces } from '../../src/router/target-head-context.ts'
import { TraceIds } from '../../src/router/trace-ids.ts'
import { client } from './plain-client.ts'

const tls = { cipher: 'TLS_AES_128_GCM_SHA256', protocol: 'TLSv1.3', certificateArn: 'arn' }

function contexts(): TargetHeadContexts {
  return new TargetHeadContexts(new TraceIds(), new TargetHeadPlaces())
}

test('connections from one address to one listener share what their heads have in common', () => {
  const all = contexts()
  const first = all.of(client, 8080, defaultHandling)
  assert.equal(all.of({ ...client, port: 4712 }, 8080, defaultHandling), first)
})

test('whatever is in a head is not shared by connections in which it differs', () => {
  const all = contexts()
  const others = [
    all.of(client, 8080, defaultHandling),
    all.of({ ...client, address: '192.0.2.10' }, 8080, defaultHandling),
    all.of({ ...client, localAddress: '127.0.0.2' }, 8080, defaultHandling),
    all.of({ ...client, localPort: 8081 }, 8080, defaultHandling),
    all.of(client, 8081, defaultHandling),
    all.of({ ...client, tls }, 8080, defaultHandling),
    all.of(client, 8080, { ...defaultHandling, preservesHost: true }),
  ]
  assert.equal(new Set(others).size, others.length)
})

test('the cipher keeps connections apart only where targets are told of it', () => {
  const all = contexts()
  const other = { ...client, tls: { ...tls, cipher: 'TLS_CHACHA20_POLY1305_SHA256' } }
  assert.equal(all.of({ ...client, tls }, 443, defaultHandling), all.of(other, 443, defaultHandling))
  const telling = { ...defaultHandling, forwardsTlsVersionAndCipher: true }
  assert.notEqual(all.of({ ...client, tls }, 443, telling), all.of(other, 443, telling))
})

test("where targets are told a client's port, each connection has its own", () => {
  const all = contexts()
  const telling = { ...defaultHandling, forwardsClientPort: true }
  const [one, other] = [4711, 4712].map((port) => all.of({ ...client, port }, 8080, telling).address.toString())
  assert.deepEqual([one, other], ['192.0.2.9:4711', '192.0.2.9:4712'])
})

test('no more than so many are kept, however many addresses come', () => {
  const all = contexts()
  const first = all.of(client, 8080, defaultHandling)
  for (let host = 0; host < 2_000; host++) {
    all.of({ ...client, address: `10.0.${host >> 8}.${host & 255}` }, 8080, defaultHandling)
  }
  const again = all.of(client, 8080, defaultHandling)
  assert.notEqual(again, first)
  assert.deepEqual(again.allLines, first.allLines)
})
