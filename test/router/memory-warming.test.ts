import assert from 'node:assert/strict'
import { test } from 'node:test'

// What the router is started with decides when the module is loaded.
process.env['GLIBC_TUNABLES'] = 'glibc.malloc.hugetlb=1'
const { warmMemory } = await import('../../src/router/memory-warming.ts')

test('the memory reserved for large tables is given back with the first of them, and not for a small one', async () => {
  const before = mebibytes()
  await warmMemory(10_000)
  assert.equal(mebibytes(), before)
  await warmMemory(1_300_000)
  assert.equal(mebibytes(), before - 30)
  await warmMemory(1_300_000)
  assert.equal(mebibytes(), before - 30)
})

function mebibytes(): number {
  return Math.round(process.memoryUsage().arrayBuffers / 1024 / 1024)
}
