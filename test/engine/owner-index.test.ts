import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Store } from '../../src/engine/store.ts'
import { aTask } from '../world/a-service.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'

const ids = (store: Store, serviceArn: string) => store.tasks.ofService(serviceArn).map(({ taskId }) => taskId)

describe('what belongs to a service', () => {
  test('is listed in the order it came, follows every change, and is there again after a restart', () => {
    const disk = new MemoryPersistence()
    const store = new Store(disk)
    const [a, b, c] = [
      aTask('a', { serviceArn: 'one' }),
      aTask('b', { serviceArn: 'one' }),
      aTask('c', { serviceArn: 'two' }),
    ]
    for (const task of [a, b, c]) store.tasks.put(task.taskArn, task)
    assert.deepEqual(ids(store, 'one'), ['a', 'b'])
    store.tasks.put(a.taskArn, { ...a, lastStatus: 'STOPPED' })
    assert.equal(store.tasks.ofService('one')[0]?.lastStatus, 'STOPPED')
    store.tasks.put(b.taskArn, { ...b, serviceArn: 'two' })
    assert.deepEqual([ids(store, 'one'), ids(store, 'two')], [['a'], ['c', 'b']])
    store.tasks.delete(a.taskArn)
    assert.deepEqual(ids(store, 'one'), [])
    assert.deepEqual(ids(new Store(disk), 'two').toSorted(), ['b', 'c'])
  })

  test('is as it was after a transaction that failed', () => {
    const store = new Store(new MemoryPersistence())
    const kept = aTask('a', { serviceArn: 'one' })
    store.tasks.put(kept.taskArn, kept)
    const failing = () => {
      store.transaction(() => {
        store.tasks.put(kept.taskArn, { ...kept, serviceArn: 'two' })
        store.tasks.put('b', aTask('b', { serviceArn: 'one' }))
        throw new Error('no')
      })
    }
    assert.throws(failing, /no/)
    assert.deepEqual([ids(store, 'one'), ids(store, 'two')], [['a'], []])
  })
})
