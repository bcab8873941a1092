import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileLiterals, compilePatterns } from '../../src/domain/text-pattern.ts'
import { requestText } from './request-text.ts'

function matches(pattern: string, text: string, ignoresCase = false): boolean {
  const { bytes, start, end } = requestText(text)
  return compilePatterns([pattern], { ignoresCase }).isMeant(bytes, start, end)
}

test('a star stands for any characters, a question mark for one, a backslash takes their meaning away', () => {
  const matching = [
    ['*', ''],
    ['a*', 'a'],
    ['**a**', 'a'],
    ['*b*c', 'abbbcbc'],
    ['a?c', 'abc'],
    ['??', 'äb'],
    ['a\\*', 'a*'],
    ['a\\b', 'a\\b'],
    ['', ''],
    ['a.c', 'a.c'],
  ] as const
  const other = [
    ['a?c', 'ac'],
    ['a\\*', 'ab'],
    ['a.c', 'abc'],
    ['*b', 'bc'],
    ['', 'a'],
    ['a', ''],
    ['ab', 'a'],
    ['\u{161}', 'a'],
  ] as const
  for (const [pattern, text] of matching) assert.ok(matches(pattern, text), `${pattern} ${text}`)
  for (const [pattern, text] of other) assert.ok(!matches(pattern, text), `${pattern} ${text}`)
})

test('letters are equal to their capitals only where case does not matter', () => {
  assert.ok(matches('Ärger*', 'äRGER!', true))
  assert.ok(!matches('Ärger*', 'äRGER!'))
})

test('a text that is not a pattern means itself', () => {
  const { bytes, start, end } = requestText('a*?\\')
  assert.ok(compileLiterals(['a*?\\'], { ignoresCase: false }).isMeant(bytes, start, end))
  assert.ok(!compileLiterals(['a*'], { ignoresCase: false }).isMeant(bytes, start, end))
})

test('a pattern made to be slow is not', () => {
  const begun = performance.now()
  assert.ok(!matches('*a*a*a*a*a*b', 'a'.repeat(5000)))
  assert.ok(performance.now() - begun < 20_000)
})
