import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAppSpecText } from '../../src/adapters/app-spec-reader.ts'
import { AppSpecError } from '../../src/domain/app-spec.ts'
import { appSpecText, readable } from '../../src/cli/init-from-service.ts'

test('an AppSpec that a client has sent as JSON is written as YAML, with the version that CodeDeploy knows', () => {
  const sent = '{"version": 0.0, "Resources": [], "Hooks": [{"AfterInstall": "check"}]}'
  assert.equal(readable(sent), 'version: 0.0\nResources: []\nHooks:\n  - AfterInstall: check\n')
  const written = '# ours\nversion: 0.0\n'
  assert.equal(readable(written), written)
})

test("the AppSpec of a service has the service's capacity providers and platform version, which CodeDeploy would not keep by itself", () => {
  const loadBalancers = [{ containerName: 'web', containerPort: 8080 }]
  const capacityProviderStrategy = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }]
  const primary = { status: 'PRIMARY', loadBalancers, capacityProviderStrategy }
  const read = readAppSpecText(
    appSpecText({ taskSets: [primary], platformVersion: '1.3.0' }).replace('<TASK_DEFINITION>', 'web:1'),
  )
  assert(!(read instanceof AppSpecError))
  assert.equal(read.platformVersion, '1.3.0')
  assert.deepEqual(read.capacityProviderStrategy, [{ capacityProvider: 'FARGATE_SPOT', base: 0, weight: 1 }])
  assert.doesNotMatch(appSpecText({ loadBalancers }), /CapacityProviderStrategy|PlatformVersion/)
})
