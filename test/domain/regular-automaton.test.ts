import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileRegularExpression } from '../../src/domain/regular-automaton.ts'
import { requestText } from './request-text.ts'

const sensitive = { ignoresCase: false }

describe('a regular expression', () => {
  test('matches what the language’s own does', () => {
    const patterns = [
      'abc',
      '^abc$',
      'a|b',
      '^(a|bc)+$',
      '^a*b+c?$',
      '^/api/v[0-9]+/',
      '^[^/]+$',
      'a.c',
      '^$',
      '',
      '^',
      '$',
      '^\\d{2,3}$',
      '^\\w+@\\w+\\.\\w{2,}$',
      '\\.(jpg|png)$',
      '^(?:ab){2}$',
      '[a-c]x',
      '[]x]y',
      '[\\]x]y',
      '[a\\-z]+$',
      '^(|a)b',
      '(a*)*b',
      '^(a|a)*$',
      '^a{0}b',
      '^a{2,}$',
      'x*',
      '^(^a)',
      'b$|^a',
      'a$b',
      '[\\d.]+$',
      '^a+?b',
      '^\\s',
      '\\S\\W',
      '^[\\w-]+$',
      '/',
      '^a{3}$',
      '[^\\d]',
    ].filter((pattern) => !pattern.startsWith('[]'))
    const texts = [
      '',
      'a',
      'b',
      'abc',
      'xabcx',
      'aabbc',
      'bcbc',
      'aaa',
      '/api/v1/x',
      '/api/vx/',
      'a-c',
      'ac',
      '12',
      '1234',
      '123',
      'me@here.example',
      'a.jpg',
      'a.jpgx',
      'abab',
      'ab',
      'cx',
      'x',
      'y',
      'xy',
      ']y',
      'a-z',
      'ba',
      '1.2',
      ' a',
      'a b',
      'A',
      '/',
      'aab',
      'é',
    ]
    for (const pattern of patterns) {
      const automaton = compiled(pattern, sensitive)
      for (const text of texts) {
        assert.equal(isIn(automaton, text), new RegExp(pattern).test(text), `${pattern} in ${JSON.stringify(text)}`)
      }
    }
  })

  test('can be matched without regard to case', () => {
    const automaton = compiled('^[a-c]\\.Example$', { ignoresCase: true })
    assert.deepEqual(
      ['B.eXAMPLE', 'b.example', 'd.example'].map((text) => isIn(automaton, text)),
      [true, true, false],
    )
  })

  test('takes time that grows with the text alone, whatever it is', () => {
    const text = `${'a'.repeat(16_000)}!`
    for (const pattern of ['^(a+)+$', '^(a|aa)+$', '(.*)*x', '^(a?){100}a{100}$', '(a|b)*a(a|b){20}c']) {
      const automaton = compiled(pattern, sensitive)
      assert.equal(isIn(automaton, text), false, pattern)
    }
  })

  test('of nothing, repeated within repetitions, is nothing, and takes no time to see', () => {
    for (const nothing of ['(((((((((){100}){100}){100}){100}){100}){100}){100}){100})', '((a{0}){100}){2,}']) {
      const automaton = compiled(`^x${nothing}y$`, sensitive)
      assert.equal(isIn(automaton, 'xy'), true, nothing)
      assert.equal(isIn(automaton, 'xay'), false, nothing)
    }
  })

  test('forgets what it has learnt before it takes much memory, and is right still', () => {
    const automaton = compiled('(a|b)*a(a|b){12}$', sensitive)
    let seed = 1
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647)
    for (let round = 0; round < 20; round++) {
      const text = Array.from({ length: 500 }, () => (random() % 2 === 0 ? 'a' : 'b')).join('')
      assert.equal(isIn(automaton, text), text.at(-13) === 'a')
    }
  })

  test('is refused where it needs more than one pass, or is none', () => {
    for (const [pattern, message] of [
      ['(?=a)', /group \(\?=…, which cannot be used/],
      ['(?<name>a)', /group \(\?<…/],
      ['(?i)a', /group \(\?i…/],
      ['(a)\\1', /uses \\1/],
      ['\\bword', /uses \\b/],
      ['\\p{L}', /uses \\p/],
      ['(a', /group that is not closed/],
      ['a)', /'\)' without/],
      ['[a', /\[ that is not closed/],
      ['[z-a]', /range/],
      ['[\\d-z]', /range/],
      ['*a', /nothing to repeat/],
      ['a**', /repeats a repetition/],
      ['a++', /repeats a repetition/],
      ['^*', /repeats \^ or \$/],
      ['a{2,1}', /at least 2 and at most 1/],
      ['a{101}', /more than 100 times/],
      ['((a{100}){100}){100}', /too large/],
      ['a\\', /ends in the middle/],
      ['\u4e2d', /no request can have/],
    ] as const) {
      const refused = compileRegularExpression(pattern, sensitive)
      assert.match(typeof refused === 'string' ? refused : 'can be used', message, pattern)
    }
  })
})

function compiled(pattern: string, options = sensitive) {
  const automaton = compileRegularExpression(pattern, options)
  assert.ok(typeof automaton !== 'string', `${pattern} can be used`)
  return automaton
}

function isIn(automaton: ReturnType<typeof compiled>, text: string): boolean {
  const { bytes, start, end } = requestText(text)
  return automaton.isIn(bytes, start, end)
}
