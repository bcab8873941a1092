import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RuleTest, type RequestHead } from '../../src/domain/rule-match.ts'
import type { RuleCondition } from '../../src/domain/routing-table.ts'
import { requestText } from './request-text.ts'

const headers = new Map([
  ['user-agent', ['Firefox/1']],
  ['x-kind', ['one', 'Two']],
])

const request: RequestHead = {
  method: requestText('GET'),
  host: requestText('Shop.Example.com'),
  path: requestText('/img/Cat.png'),
  query: requestText('Version=1&flag&text=a%20b'),
  hasValue: (name, values) =>
    (headers.get(name) ?? []).map(requestText).some(({ bytes, start, end }) => values.isMeant(bytes, start, end)),
  sourceIp: '10.1.2.3',
}

function isMatched(...conditions: readonly RuleCondition[]): boolean {
  return new RuleTest(conditions).isMatch(request)
}

test('a rule without conditions matches everything', () => {
  assert.ok(isMatched())
})

test('values of a condition are alternatives, conditions add up', () => {
  const path: RuleCondition = { field: 'path-pattern', values: ['/other', '/img/*'] }
  assert.ok(isMatched(path))
  assert.ok(!isMatched(path, { field: 'http-request-method', values: ['POST'] }))
  assert.ok(isMatched(path, { field: 'http-request-method', values: ['POST', 'GET'] }))
})

test('hosts, headers and queries are compared without regard to case, paths and methods with it', () => {
  assert.ok(isMatched({ field: 'host-header', values: ['*.example.COM'] }))
  assert.ok(isMatched({ field: 'http-header', name: 'user-agent', values: ['*fire?ox*'] }))
  assert.ok(isMatched({ field: 'http-header', name: 'X-Kind', values: ['two'] }))
  assert.ok(!isMatched({ field: 'http-header', name: 'X-Missing', values: ['*'] }))
  assert.ok(!isMatched({ field: 'path-pattern', values: ['/img/cat.png'] }))
  assert.ok(!isMatched({ field: 'http-request-method', values: ['get'] }))
})

test('a query is compared pair by pair, as it stands in the URI', () => {
  assert.ok(isMatched({ field: 'query-string', values: [{ key: 'version', value: '1' }] }))
  assert.ok(!isMatched({ field: 'query-string', values: [{ key: 'version', value: '2' }] }))
  assert.ok(isMatched({ field: 'query-string', values: [{ value: 'A%20*' }] }))
  assert.ok(isMatched({ field: 'query-string', values: [{ key: 'flag', value: '' }] }))
})

test('the source is the peer, compared with address blocks', () => {
  assert.ok(isMatched({ field: 'source-ip', values: ['192.168.0.0/16', '10.0.0.0/8'] }))
  assert.ok(!isMatched({ field: 'source-ip', values: ['10.1.2.4/32'] }))
})
