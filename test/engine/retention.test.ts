import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment } from '../../src/domain/deployment.ts'
import { journalKey } from '../../src/domain/journal.ts'
import { forgetOldDeployments } from '../../src/engine/retention.ts'
import { Store } from '../../src/engine/store.ts'
import { aDeployment } from '../world/a-deployment.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'

const bounds = { ofGroup: 3, inAll: 5 }

test('the oldest deployments of a group are forgotten with their journals, beyond what is kept of one', () => {
  const store = new Store(new MemoryPersistence())
  for (const number of [1, 2, 3, 4, 5]) keep(store, `d-${number}`)
  forgetOldDeployments(store, deployment('d-6'), bounds)
  assert.deepEqual(ids(store), ['d-3', 'd-4', 'd-5'])
  assert.deepEqual(
    ['d-2', 'd-3'].map((id) => store.journal.has(journalKey(id, 1))),
    [false, true],
  )
  assert.equal(store.toldDeployments.has('d-2'), false)
})

test('one that runs is never forgotten, nor the last of a group that succeeded', () => {
  const store = new Store(new MemoryPersistence())
  keep(store, 'd-1', { status: 'InProgress' })
  keep(store, 'd-2', { status: 'Succeeded' })
  for (const number of [3, 4, 5, 6]) keep(store, `d-${number}`, { status: 'Failed' })
  forgetOldDeployments(store, deployment('d-7'), bounds)
  assert.deepEqual(ids(store), ['d-1', 'd-2', 'd-6'])
})

test('of all groups together only so many are kept', () => {
  const store = new Store(new MemoryPersistence())
  for (const number of [1, 2, 3, 4, 5, 6, 7]) keep(store, `d-${number}`, { status: 'Failed' }, `group-${number % 4}`)
  forgetOldDeployments(store, deployment('d-8'), bounds)
  assert.deepEqual(ids(store), ['d-3', 'd-4', 'd-5', 'd-6', 'd-7'])
})

function keep(store: Store, deploymentId: string, changes: Partial<Deployment> = {}, groupId = 'group'): void {
  store.deployments.put(deploymentId, deployment(deploymentId, changes, groupId))
  store.toldDeployments.put(deploymentId, ['Created'])
  for (const position of [0, 1]) {
    const step = { kind: 'recordStatus', status: 'InProgress' } as const
    store.journal.put(journalKey(deploymentId, position), { deploymentId, position, step, begunAt: 0 })
  }
}

function deployment(deploymentId: string, changes: Partial<Deployment> = {}, deploymentGroupId = 'group'): Deployment {
  const plain = aDeployment({ deploymentId })
  return { ...plain, status: 'Succeeded', group: { ...plain.group, deploymentGroupId }, ...changes }
}

function ids(store: Store): readonly string[] {
  return store.deployments.list().map(({ deploymentId }) => deploymentId)
}
