import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseTargetGroup, matchesWildcards, matchRule, type RequestHead } from '../../src/domain/rule-match.ts'
import type { RouteAction, RuleCondition } from '../../src/domain/routing-table.ts'

const request: RequestHead = {
  method: 'GET',
  host: 'Shop.Example.com',
  path: '/img/Cat.png',
  query: 'Version=1&flag&text=a%20b',
  rawHeaders: ['User-Agent', 'Firefox/1', 'X-Kind', 'one', 'x-kind', 'Two'],
  sourceIp: '10.1.2.3',
}

function answerOf(text: string): RouteAction {
  return { type: 'fixed-response', statusCode: 200, contentType: 'text/plain', messageBody: text }
}

function isMatched(...conditions: readonly RuleCondition[]): boolean {
  const rules = [{ priority: 1, conditions, action: answerOf('rule') }]
  return matchRule({ rules, defaultAction: answerOf('default') }, request) === rules[0]?.action
}

test('the first rule whose conditions all match decides, else the default action', () => {
  const rules = [
    { priority: 1, conditions: [{ field: 'path-pattern', values: ['/none'] } as const], action: answerOf('first') },
    { priority: 2, conditions: [{ field: 'path-pattern', values: ['/img/*'] } as const], action: answerOf('second') },
    { priority: 3, conditions: [{ field: 'path-pattern', values: ['*'] } as const], action: answerOf('third') },
  ]
  assert.equal(matchRule({ rules, defaultAction: answerOf('default') }, request), rules[1]?.action)
  const defaultAction = answerOf('default')
  assert.equal(matchRule({ rules: [], defaultAction }, request), defaultAction)
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

test('a star stands for any characters, a question mark for one, a backslash takes their meaning away', () => {
  const matching = [
    ['*', ''],
    ['a*', 'a'],
    ['*b*c', 'abbbcbc'],
    ['a?c', 'abc'],
    ['??', '😀b'],
    ['a\\*', 'a*'],
    ['', ''],
    ['a.c', 'a.c'],
  ] as const
  const other = [
    ['a?c', 'ac'],
    ['a\\*', 'ab'],
    ['a.c', 'abc'],
    ['*b', 'bc'],
    ['', 'a'],
  ] as const
  for (const [pattern, text] of matching) assert.ok(matchesWildcards(pattern, text), `${pattern} ${text}`)
  for (const [pattern, text] of other) assert.ok(!matchesWildcards(pattern, text), `${pattern} ${text}`)
})

test('a pattern made to be slow is not', () => {
  const begun = performance.now()
  assert.ok(!matchesWildcards('*a*a*a*a*a*b', 'a'.repeat(5000)))
  assert.ok(performance.now() - begun < 2000)
})

test('a target group is chosen in proportion to its weight, and never at weight 0', () => {
  const groups = [
    { targetGroupArn: 'none', weight: 0 },
    { targetGroupArn: 'blue', weight: 3 },
    { targetGroupArn: 'green', weight: 1 },
  ]
  assert.equal(chooseTargetGroup(groups, 0), 'blue')
  assert.equal(chooseTargetGroup(groups, 0.7499), 'blue')
  assert.equal(chooseTargetGroup(groups, 0.75), 'green')
  assert.equal(chooseTargetGroup(groups, 0.9999999999999999), 'green')
  assert.equal(chooseTargetGroup([{ targetGroupArn: 'none', weight: 0 }], 0), undefined)
})
