import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineBytes } from '../../src/router/line-bytes.ts'

test('numbers are written as they are', () => {
  for (const number of [
    0,
    7,
    9,
    10,
    99,
    100,
    65_535,
    999_999,
    1_000_000,
    2 ** 31,
    2 ** 32 + 1,
    Number.MAX_SAFE_INTEGER,
  ]) {
    const line = new LineBytes(32)
    line.number(number)
    assert.equal(String(line), String(number))
  }
  for (const number of [0, 5, 10, 42, 99, 100, 909, 999]) {
    const line = new LineBytes(3)
    line.threeDigits(number)
    assert.equal(String(line), String(number).padStart(3, '0'))
  }
})

test('texts and bytes with anything in them are quoted alike', () => {
  const text = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
  const bytes = Buffer.from(`before${text}behind`, 'latin1')
  const [ofText, ofBytes] = [new LineBytes(2048), new LineBytes(2048)]
  ofText.quotableText(text, 2048)
  ofBytes.quotable(bytes, 6, bytes.length - 6, 2048)
  assert.equal(String(ofText), String(ofBytes))
  assert.ok(String(ofText).startsWith(String.raw`\x00\x01`), String(ofText))
  assert.ok(String(ofText).endsWith(String.raw`\xFE\xFF`), String(ofText))
  assert.equal(String(ofText).length, 93 + 4 * (256 - 93))
})

test('what does not fit is cut, and no escape within', () => {
  for (const [mostBytes, kept] of [
    [3, 'ab'],
    [5, 'ab'],
    [6, String.raw`ab\x22`],
    [7, String.raw`ab\x22c`],
  ] as const) {
    const [ofText, ofBytes] = [new LineBytes(64), new LineBytes(64)]
    ofText.quotableText('ab"c"', mostBytes)
    ofBytes.quotable(Buffer.from('ab"c"'), 0, 5, mostBytes)
    assert.deepEqual([String(ofText), String(ofBytes)], [kept, kept])
  }
})

test('nothing goes beyond the end of a line', () => {
  const line = new LineBytes(4)
  line.text('abc')
  line.text('de')
  line.number(10)
  line.threeDigits(1)
  line.quotableText('"', 8)
  line.quotable(Buffer.from('fgh'), 0, 3, 8)
  line.number(1)
  assert.equal(String(line), 'abcf')
  line.clear()
  line.number(1)
  assert.equal(String(line), '1')
})
