import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { routerEnvironment } from '../../src/adapters/router-process.ts'

// What the router is started with decides when the module is loaded.
process.env['GLIBC_TUNABLES'] = 'glibc.malloc.hugetlb=1'
const { warmMemory } = await import('../../src/router/memory-warming.ts')

const { header } = process.report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } }
const withoutGlibc = header.glibcVersionRuntime === undefined && 'This C library has no such settings'

test('the memory reserved for large tables is given back with the first of them, and not for a small one', async () => {
  const before = mebibytes()
  await warmMemory(10_000)
  assert.equal(mebibytes(), before)
  await warmMemory(1_300_000)
  assert.equal(mebibytes(), before - 48)
  await warmMemory(1_300_000)
  assert.equal(mebibytes(), before - 48)
})

test('what is reserved is of the heap to which it is given back', { skip: withoutGlibc }, async () => {
  const warming = JSON.stringify(new URL('../../src/router/memory-warming.ts', import.meta.url))
  const script = `
    await import(${warming})
    const maps = require('node:fs').readFileSync('/proc/self/maps', 'utf8')
    const ranges = maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) .*\\[heap\\]$/gm)
    console.log(Array.from(ranges, ([, from, to]) => parseInt(to, 16) - parseInt(from, 16)).reduce((one, two) => one + two, 0))`
  const env = { ...process.env, ...routerEnvironment }
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', `(async () => {${script}})()`], { env })
  // Without anything reserved it has some nine.
  const heap = Number(stdout) / 1024 / 1024
  assert.ok(heap >= 48, `The heap has ${heap} MiB`)
})

function mebibytes(): number {
  return Math.round(process.memoryUsage().arrayBuffers / 1024 / 1024)
}
