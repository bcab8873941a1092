import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRewrite, Rewrite } from '../../src/domain/rewrite.ts'

const sensitive = { ignoresCase: false }

test('the first match is replaced, and groups stand for what they matched', () => {
  assert.equal(
    rewritten('^mywebsite-(.+)\\.com$', 'internal.dev.$1.myweb.com', 'mywebsite-shop.com'),
    'internal.dev.shop.myweb.com',
  )
  assert.equal(rewritten('^/dp/([A-Z0-9]+)/?$', '/product.php?id=$1', '/dp/B00X/'), '/product.php?id=B00X')
  assert.equal(rewritten('a', 'b', 'aaa'), 'baa')
  assert.equal(rewritten('^/old', '', '/old/page?x=1'), '/page?x=1')
  assert.equal(rewritten('^/(v1)?/?(.*)$', '/[$1]$2', '/x'), '/[]x')
})

test('a text without a match is left as it is', () => {
  assert.equal(rewritten('^/old', '/new', '/older'.slice(0, 3)), undefined)
})

test('what takes too long is given up, but never where nothing matches', () => {
  assert.equal(rewritten('(?:a{0,90}){5}b', '', `${'a'.repeat(16_000)}b`), null)
  assert.equal(rewritten('(?:a{0,90}){5}b', '', 'a'.repeat(16_000)), undefined)
})

test('a number has as many digits as a group’s', () => {
  assert.equal(rewritten('(a)', '$12', 'a'), 'a2')
  assert.equal(rewritten('()()()()()()()()()()(a)', '$11$2', 'a'), 'a')
  assert.equal(rewritten('a', '$', 'a'), '$')
  assert.equal(rewritten('(a)', '$$1$x', 'a'), '$a$x')
})

test('what replaces a match names only groups that there are', () => {
  assert.equal(
    compileRewrite({ regex: 'a', replace: '$1' }, sensitive),
    'has no groups, and what replaces its match names $1',
  )
  assert.equal(
    compileRewrite({ regex: '(a)', replace: '$2' }, sensitive),
    'has one group, and what replaces its match names $2',
  )
  assert.equal(
    compileRewrite({ regex: '(a)(b)', replace: '$0' }, sensitive),
    'has 2 groups, and what replaces its match names $0',
  )
  assert.equal(compileRewrite({ regex: '(a', replace: '' }, sensitive), 'has a group that is not closed')
})

function rewritten(regex: string, replace: string, text: string): string | undefined | null {
  const rewrite = compileRewrite({ regex, replace }, sensitive)
  assert.ok(rewrite instanceof Rewrite)
  return rewrite.of(text)
}
