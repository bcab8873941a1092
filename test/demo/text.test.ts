import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, milliseconds, Progress, seconds, table, wrapped } from '../../demo/text.ts'

test('numbers are written for people', () => {
  assert.equal(count(1_234_567), '1,234,567')
  assert.equal(seconds(4_321), '4.32 s')
  assert.equal(milliseconds(12.4), '12 ms')
})

test('long text goes on below, indented, within 80 columns', () => {
  const lines = wrapped(`  0.1s  ${'some words '.repeat(20).trim()}`, 8).split('\n')
  assert.ok(lines.length > 1)
  for (const line of lines) assert.ok(line.length <= 80)
  for (const line of lines.slice(1)) assert.match(line, /^ {8}\S/)
  assert.equal(wrapped('x'.repeat(100), 8), 'x'.repeat(100))
})

test('columns of a table are as wide as their widest cell', () => {
  assert.equal(
    table([
      ['client', 'sent'],
      ['keep-alive', '1,234'],
    ]),
    '  client       sent\n  keep-alive  1,234',
  )
})

test('every line of the progress has its time', () => {
  const lines: string[] = []
  const progress = new Progress((text) => lines.push(text))
  progress.say('begun')
  progress.plain()
  assert.match(String(lines[0]), /^ {2}\d\.\ds {2}begun$/)
  assert.equal(lines[1], '')
})
