import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RegularCapture } from '../../src/domain/regular-capture.ts'
import { SeededChance } from '../world/seeded-chance.ts'

const sensitive = { ignoresCase: false }

describe('what a regular expression captures', () => {
  test('is what the language’s own does', () => {
    const patterns = [
      'b+',
      '(a)(b)?',
      '(a|ab)(c|bcd)(d*)',
      '^/dp/([A-Za-z0-9]+)/?$',
      '^(.+)-(.+)$',
      '^(.+?)-(.+)$',
      '(a*?)b',
      '(a{1,2}?)(a*)',
      '^$',
      '',
      '$',
      '(x)|(a)',
      '^([^/]*)/(?:([^?]*)\\?)?(.*)$',
      '\\.(jpg|jpeg)$',
      '(a+|b)*$',
    ]
    const texts = [
      '',
      'a',
      'aab',
      'abcd',
      '/dp/B00X/',
      '/dp/',
      'one-two-three',
      'xyx',
      'a/b?c',
      'p.jpeg',
      'abab',
      'bbab',
    ]
    for (const pattern of patterns) for (const text of texts) assertAsOwn(pattern, text)
  })

  test('is what the language’s own does, whatever the pattern', () => {
    const chance = new SeededChance(4_711)
    for (let turn = 0; turn < 3_000; turn++) {
      const pattern = randomPattern(chance, 3)
      for (let text = 0; text < 5; text++) assertAsOwn(pattern, randomText(chance))
    }
  })

  test('stays what it was where a later round of a repetition does not come by, as in RE2', () => {
    assert.deepEqual(placesOf('(?:x|(y))+', 'xyx'), [0, 3, 1, 2])
  })

  test('is found whatever the case of letters where that is wanted', () => {
    assert.deepEqual(placesOf('^(W+)[a-c]', 'wWB', { ignoresCase: true }), [0, 3, 0, 2])
    assert.equal(placesOf('W', 'w'), undefined)
  })

  test('takes time that grows with the text and not with the ways to match it', () => {
    const text = `${'a'.repeat(4_000)}!`
    for (const pattern of ['^(a+)+$', '^(a|a)*$', '(a*)*b', '(.*)(.*)(.*)x']) {
      assert.equal(new RegularCapture(pattern, sensitive).find(text), undefined, pattern)
    }
  })

  test('is given up where pattern and text together take too long', () => {
    const capture = new RegularCapture('(?:a{0,90}){5}b', sensitive)
    assert.equal(capture.find('a'.repeat(16_000)), 'given up')
    assert.equal(capture.find('a'.repeat(300)), undefined)
  })

  test('is refused where a pattern is far larger than it looks', () => {
    assert.throws(() => new RegularCapture('((a{50}){50}){50}', sensitive), /is too large with its repetitions/)
  })
})

function assertAsOwn(pattern: string, text: string): void {
  const own = new RegExp(pattern, 'd').exec(text)
  const places = own?.indices?.flatMap((place) => place ?? [-1, -1])
  assert.deepEqual(placesOf(pattern, text), places, `${pattern} in ${text}`)
}

function placesOf(pattern: string, text: string, options = sensitive): readonly number[] | undefined {
  const found = new RegularCapture(pattern, options).find(text)
  assert.notEqual(found, 'given up')
  return found === undefined ? undefined : Array.from(found as Iterable<number>)
}

/** Without repetitions of what may be nothing, or holds a group: there languages differ. */
function randomPattern(chance: SeededChance, depth: number): string {
  const part = (): string => {
    const kind = depth === 0 ? 0 : chance.pick([0, 1, 2, 3, 4])
    switch (kind) {
      case 1:
        return `(${randomPattern(chance, depth - 1)})`
      case 2:
        return `${randomLetter(chance)}${chance.pick(['*', '+', '?', '*?', '+?', '??', '{1,2}', '{2}'])}`
      case 3:
        return `(?:${randomPattern(chance, depth - 1)}|${randomPattern(chance, depth - 1)})`
      case 4:
        return chance.pick(['.', '[ab]', '[^a]', '^', '$'])
      default:
        return randomLetter(chance)
    }
  }
  return Array.from({ length: chance.pick([1, 2, 3]) }, part).join('')
}

function randomLetter(chance: SeededChance): string {
  return chance.pick(['a', 'b', 'c'])
}

function randomText(chance: SeededChance): string {
  return Array.from({ length: chance.pick([0, 1, 3, 6, 9]) }, () => randomLetter(chance)).join('')
}
