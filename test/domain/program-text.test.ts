import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOfProgram } from '../../src/domain/program-text.ts'

const escape = '\u001B'

test('of what a program wrote its words stay, and nothing that would colour or steer a terminal', () => {
  for (const [written, told] of [
    [`${escape}[31m${escape}[1merror${escape}[0m: no database`, 'error: no database'],
    [`${escape}[38;2;255;0;0mred${escape}[39m and ${escape}[2J${escape}[1;1Hgone`, 'red and gone'],
    [`${escape}]0;a title\u0007listening`, 'listening'],
    [`${escape}]8;;https://example.com${escape}\\a link${escape}]8;;${escape}\\`, 'a link'],
    ['\u009B31mone letter begins it\u009B0m', 'one letter begins it'],
    [`${escape}c${escape}7begun anew${escape}(B`, 'begun anew'],
    ['50 %\r100 %', '50 % 100 %'],
    ['a\tb\u0000c\u0008d', 'a b c d'],
    ['    at run (main.js:1:2)', '    at run (main.js:1:2)'],
    ['\t[INFO] brackets [0m] of its own', ' [INFO] brackets [0m] of its own'],
    [`cut off ${escape}[`, 'cut off  ['],
    ['größer ≥ 3', 'größer ≥ 3'],
  ] as const) {
    assert.equal(textOfProgram(written), told)
  }
})

test('a long line that only begins to steer is told in time', () => {
  const line = `${escape}[${'1;'.repeat(500_000)}`
  assert.equal(textOfProgram(line).length, line.length)
})
