import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readable } from '../../src/cli/init-from-service.ts'

test('an AppSpec that a client has sent as JSON is written as YAML, with the version that CodeDeploy knows', () => {
  const sent = '{"version": 0.0, "Resources": [], "Hooks": [{"AfterInstall": "check"}]}'
  assert.equal(readable(sent), 'version: 0.0\nResources: []\nHooks:\n  - AfterInstall: check\n')
  const written = '# ours\nversion: 0.0\n'
  assert.equal(readable(written), written)
})
