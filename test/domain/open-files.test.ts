import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFilesIn, shareOfFiles } from '../../src/domain/open-files.ts'

test('an eighth of the files at most is for listening, and half of the others, less a reserve, for clients', () => {
  assert.deepEqual(shareOfFiles(1_032), { clients: 435, listeningSockets: 129 })
  assert.deepEqual(shareOfFiles(21_056), { clients: 10_000, listeningSockets: 1_024 })
  assert.deepEqual(shareOfFiles(Infinity), { clients: Infinity, listeningSockets: 1_024 })
  assert.equal(shareOfFiles(3).clients, 1)
})

test('how many files there may be is read from what the system says of a process', () => {
  assert.equal(openFilesIn(limits('1032')), 1_032)
  assert.equal(openFilesIn(limits('unlimited')), Infinity)
  assert.equal(openFilesIn(''), Infinity)
})

function limits(most: string): string {
  return `Max processes  1  1  processes\nMax open files            ${most}    4096   files\n`
}
