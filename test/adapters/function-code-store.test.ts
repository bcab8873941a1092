import assert from 'node:assert/strict'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { strToU8, zipSync, type Zippable } from 'fflate'
import { FunctionCodeError } from '../../src/engine/function-runtime.ts'
import { functionWorld, zipOf } from './function-world.ts'

describe("functions' code", () => {
  test('is unpacked once, and kept by what it is', async (t) => {
    const { code, data } = functionWorld(t)
    const zip = zipOf({ 'index.js': 'one', 'src/deep/two.js': 'two', bootstrap: '#!/bin/sh' })
    const { sha256, sizeBytes } = await code.keep(zip)
    assert.deepEqual(await code.keep(zip), { sha256, sizeBytes })
    assert.equal(sizeBytes, zip.byteLength)
    assert.deepEqual(readdirSync(join(data, 'functions')), [`sha256-${sha256}`])
    const root = code.taskRoot(sha256) ?? ''
    assert.equal(readFileSync(join(root, 'src/deep/two.js'), 'utf8'), 'two')
    assert.equal(statSync(join(root, 'index.js')).mode & 0o777, 0o444)
    assert.equal(statSync(join(root, 'bootstrap')).mode & 0o777, 0o555)
    assert.deepEqual(readFileSync(fileURLToPath(code.archiveUrl(sha256) ?? '')), Buffer.from(zip))
    assert.deepEqual([code.taskRoot('0'), code.archiveUrl('0')], [undefined, undefined])
  })

  test('keeps its symbolic links, which stay inside', async (t) => {
    const { code } = functionWorld(t)
    const zip = zipSync({ 'lib/one.js': strToU8('one'), 'bin/one': link('../lib/one.js') })
    const root = code.taskRoot((await code.keep(zip)).sha256) ?? ''
    assert.ok(lstatSync(join(root, 'bin/one')).isSymbolicLink())
    assert.equal(readFileSync(join(root, 'bin/one'), 'utf8'), 'one')
  })

  test('goes when no function has it any more', async (t) => {
    const { code, data } = functionWorld(t)
    const [kept, unused] = [await code.keep(zipOf({ a: '1' })), await code.keep(zipOf({ a: '2' }))]
    mkdirSync(join(data, 'functions', 'hook'))
    code.sweep(new Set([kept.sha256]))
    assert.deepEqual([code.taskRoot(kept.sha256) === undefined, code.taskRoot(unused.sha256)], [false, undefined])
    assert.deepEqual(readdirSync(join(data, 'functions')).toSorted(), ['hook', `sha256-${kept.sha256}`])
  })

  const refused: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['no archive', strToU8('no archive at all, but long enough to be one'), /It is no zip archive/],
    ['an archive cut off', zipOf({ 'index.js': 'x'.repeat(1_000) }).subarray(60), /damaged/],
    ['an empty archive', zipSync({}), /It is empty/],
    ['a path upwards', zipSync({ '../evil.js': strToU8('x') }), /The path "\.\.\/evil\.js" leads out of it/],
    ['a path upwards within', zipSync({ 'a/../../evil.js': strToU8('x') }), /leads out of it/],
    ['an absolute path', zipSync({ '/etc/evil': strToU8('x') }), /The path "\/etc\/evil" leads out of it/],
    ['a link upwards', zipSync({ a: link('../..') }), /The symbolic link a leads out of it/],
    ['an absolute link', zipSync({ a: link('/etc/passwd') }), /The symbolic link a leads out of it/],
    ['a link to nothing', zipSync({ a: link('b') }), /The symbolic link a leads nowhere/],
    ['a file behind a link', zipSync({ a: link('.'), 'a/b': strToU8('x') }), /A\/b lies behind a symbolic link/],
    ['a file that is a directory too', zipSync({ a: strToU8('x'), 'a/b': strToU8('x') }), /Could not unzip/],
    [
      'a size that is not true',
      withSize(zipOf({ 'index.js': 'x'.repeat(1_000) }), 10),
      /index\.js cannot be unpacked/i,
    ],
    [
      'more than Lambda takes',
      withSize(zipOf({ 'index.js': 'x' }), 262_144_000),
      /^Unzipped size must be smaller than 262144000 bytes$/,
    ],
  ]
  for (const [what, zip, message] of refused) {
    test(`is refused for ${what}, and nothing stays`, async (t) => {
      const { code, data } = functionWorld(t)
      await assert.rejects(code.keep(zip), (error) => error instanceof FunctionCodeError && message.test(error.message))
      assert.deepEqual(readdirSync(join(data, 'functions')), [])
      assert.ok(!existsSync(join(data, 'evil.js')))
    })
  }
})

function link(target: string): Zippable[string] {
  return [strToU8(target), { os: 3, attrs: 0o120_777 << 16 }]
}

/** The archive with another uncompressed size in its table of contents. */
function withSize(zip: Uint8Array, sizeBytes: number): Uint8Array {
  const buffer = Buffer.from(zip)
  buffer.writeUInt32LE(sizeBytes, buffer.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24)
  return buffer
}
