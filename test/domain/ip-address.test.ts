import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInCidr } from '../../src/domain/ip-address.ts'

test('an address lies in the blocks that share its first bits', () => {
  assert.ok(isInCidr('10.1.2.3', '10.0.0.0/8'))
  assert.ok(isInCidr('10.1.2.3', '0.0.0.0/0'))
  assert.ok(isInCidr('10.1.2.3', '10.1.2.3/32'))
  assert.ok(!isInCidr('11.1.2.3', '10.0.0.0/8'))
  assert.ok(isInCidr('2001:db8::1', '2001:db8::/32'))
  assert.ok(isInCidr('2001:db8:0:0:0:0:0:1', '2001:DB8::1/128'))
  assert.ok(!isInCidr('2001:db9::1', '2001:db8::/32'))
})

test('an IPv4 address in IPv6 clothes is an IPv4 address', () => {
  assert.ok(isInCidr('::ffff:10.1.2.3', '10.0.0.0/8'))
  assert.ok(!isInCidr('::ffff:10.1.2.3', '::/0'))
})

test('a block of IPv4 addresses may be in IPv6 clothes, too', () => {
  assert.ok(isInCidr('10.1.2.3', '::ffff:10.0.0.0/104'))
  assert.ok(isInCidr('10.1.2.3', '::FFFF:a01:203/128'))
  assert.ok(!isInCidr('10.1.2.3', '::ffff:10.1.2.4/128'))
  assert.ok(!isInCidr('11.1.2.3', '::ffff:10.0.0.0/104'))
  assert.ok(isInCidr('11.1.2.3', '::ffff:0:0/96'))
  assert.ok(isInCidr('11.1.2.3', '::ffff:0:0/64'))
  assert.ok(!isInCidr('10.1.2.3', '::ffff:10.0.0.0/129'))
})

test('families do not mix, and what is no address is in no block', () => {
  assert.ok(!isInCidr('10.1.2.3', '::/0'))
  assert.ok(!isInCidr('', '0.0.0.0/0'))
  assert.ok(!isInCidr('10.1.2', '10.0.0.0/8'))
  assert.ok(!isInCidr('1::2::3', '::/0'))
  assert.ok(!isInCidr('10.1.2.3', '10.0.0.0/33'))
})
