import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment } from '../../src/domain/deployment.ts'
import { Store } from '../../src/engine/store.ts'
import { aDeployment } from '../world/a-deployment.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'

const begun = aDeployment({ deploymentId: 'd-1' })
const ended: Deployment = {
  ...begun,
  group: { ...begun.group, deploymentGroupId: 'group-of-web' },
  status: 'Succeeded',
  description: 'the last one',
  lifecycleEvents: [{ lifecycleEventName: 'BeforeInstall', status: 'Succeeded', startTime: 1, endTime: 2 }],
}

/** A disk that counts what is read from it row by row. */
class CountingPersistence extends MemoryPersistence {
  reads = 0

  override read(kind: string, key: string): string | undefined {
    this.reads += 1
    return super.read(kind, key)
  }
}

test('of an ended deployment names, times and status are in memory, and the rest is read when it is asked for', () => {
  const disk = new CountingPersistence()
  new Store(disk).deployments.put('d-1', ended)
  for (const store of [new Store(disk), storeThatEnded(disk)]) {
    disk.reads = 0
    const [kept] = store.deployments.ofGroup(ended.group.deploymentGroupId ?? '')
    assert(kept !== undefined, 'its group knows it')
    assert.deepEqual([kept.status, kept.createTime, kept.description], ['Succeeded', ended.createTime, 'the last one'])
    assert.equal(kept.group.serviceRoleArn, ended.group.serviceRoleArn)
    assert.equal(disk.reads, 0)
    assert.deepEqual(kept.lifecycleEvents, ended.lifecycleEvents)
    assert.deepEqual(kept.revision, ended.revision)
    assert.equal(disk.reads, 1)
  }
})

test('it looks like the whole, also to whoever copies it, and a copy that is kept is the new whole', () => {
  const disk = new MemoryPersistence()
  const store = storeThatEnded(disk)
  const kept = () => store.deployments.get('d-1') ?? ended
  assert.deepEqual({ ...kept() }, ended)
  assert.equal(JSON.stringify(kept()), JSON.stringify(ended))
  store.deployments.put('d-1', { ...kept(), continued: ['READY_WAIT'] })
  assert.deepEqual(kept().continued, ['READY_WAIT'])
  store.deployments.put('d-1', kept())
  assert.deepEqual({ ...kept() }, { ...ended, continued: ['READY_WAIT'] })
  assert.deepEqual({ ...new Store(disk).deployments.get('d-1') }, { ...ended, continued: ['READY_WAIT'] })
})

test('what a transaction puts is seen in it, and is gone when it fails', () => {
  const store = storeThatEnded(new MemoryPersistence())
  const fail = (): void =>
    store.transaction(() => {
      store.deployments.put('d-1', { ...ended, lifecycleEvents: [] })
      assert.deepEqual(store.deployments.get('d-1')?.lifecycleEvents, [])
      throw new Error('The disk is full.')
    })
  assert.throws(fail, /full/)
  assert.deepEqual(store.deployments.get('d-1')?.lifecycleEvents, ended.lifecycleEvents)
})

test('a deployment that was forgotten says so to whoever still holds it', () => {
  const store = storeThatEnded(new MemoryPersistence())
  const held = store.deployments.get('d-1')
  store.deployments.delete('d-1')
  assert.throws(() => held?.lifecycleEvents, /d-1 has been forgotten/)
  assert.equal(held?.status, 'Succeeded')
})

function storeThatEnded(disk: MemoryPersistence): Store {
  const store = new Store(disk)
  store.deployments.put('d-1', { ...ended, status: 'InProgress' })
  store.deployments.put('d-1', ended)
  return store
}
