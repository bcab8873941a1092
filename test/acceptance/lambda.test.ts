import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const bundler = fileURLToPath(new URL('../../scripts/bundle-hook.mjs', import.meta.url))

test('the hook in one file is what the sources make', () => {
  assert.doesNotThrow(() => execFileSync(process.execPath, [bundler, '--check'], { stdio: 'pipe' }))
})
