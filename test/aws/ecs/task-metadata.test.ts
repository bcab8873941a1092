import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containerMetadata } from '../../../src/aws/ecs/task-metadata.ts'
import type { Task } from '../../../src/domain/task.ts'
import { Store } from '../../../src/engine/store.ts'
import { MemoryPersistence } from '../../world/memory-persistence.ts'

const containers = ['web', 'side'].map((name, index) => ({ name, runtimeId: `abc-${index}` }))

async function read(path: string): Promise<unknown> {
  const store = new Store(new MemoryPersistence())
  store.tasks.put('task', { taskArn: 'task', taskId: 'abc', serviceArn: '', containers } as unknown as Task)
  const document = containerMetadata(store, { stats: async () => ({ web: { memory_stats: { usage: 7 } } }) })
  return document.read(...(document.path.exec(path)?.slice(1) ?? []))
}

test('a container finds what it uses itself', async () => {
  assert.deepEqual(await read('/v4/abc-0/stats'), { memory_stats: { usage: 7 }, name: '/web', id: 'abc-0' })
  assert.equal(await read('/v4/abc-1/stats'), undefined)
})

test('a container finds what all of its task use, by Docker id; of one that does not run there is nothing', async () => {
  const web = { memory_stats: { usage: 7 }, name: '/web', id: 'abc-0' }
  assert.deepEqual(await read('/v4/abc-1/task/stats'), { 'abc-0': web, 'abc-1': null })
})
