import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TaskStartError } from '../../src/engine/ports.ts'
import { registryCredentials } from '../../src/engine/registry-credentials.ts'
import type { SchedulerContext } from '../../src/engine/scheduler-context.ts'
import { Store } from '../../src/engine/store.ts'
import { aTask, aTaskDefinition } from '../world/a-service.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

const secretArn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:registry-0a1b2c'

function credentialsOf(credentialsParameter: string, value = '{"username":"ship","password":"hush"}') {
  const store = new Store(new MemoryPersistence())
  const version = { versionId: 'v1', stages: ['AWSCURRENT'], createdAt: 0, isBinary: false, value }
  const secret = { arn: secretArn, name: 'registry', region: 'us-east-1', createdAt: 0, changedAt: 0, tags: {} }
  store.secrets.put('us-east-1/registry', { ...secret, versions: [version] })
  const [web] = aTaskDefinition().containerDefinitions
  assert.ok(web)
  const container = { ...web, repositoryCredentials: { credentialsParameter } }
  const definition = aTaskDefinition({ containerDefinitions: [container, { ...web, name: 'public' }] })
  const context = { store, clock: new VirtualClock() } as Partial<SchedulerContext> as SchedulerContext
  return registryCredentials(context, aTask('a'), definition)
}

describe('the credentials of a private registry', () => {
  for (const [kind, reference] of [
    ['ARN', secretArn],
    ['name', 'registry'],
  ] as const) {
    test(`are those of the secret that is named by its ${kind}`, () => {
      assert.deepEqual(Object.values(credentialsOf(reference)), [{ username: 'ship', password: 'hush' }])
    })
  }

  test('that are not there stop the task with the reason of ECS', () => {
    assert.throws(
      () => credentialsOf('nothing'),
      (error) =>
        error instanceof TaskStartError &&
        /^ResourceInitializationError: unable to pull secrets or registry auth: .*ResourceNotFoundException/.test(
          error.message,
        ),
    )
  })

  test('that are not a user name and a password stop the task and say what is expected', () => {
    for (const value of ['hush', '{"username":"ship"}', 'null', '[]']) {
      assert.throws(
        () => credentialsOf('registry', value),
        /the value of registry is not \{"username": "…", "password": "…"\}$/,
      )
    }
  })
})
