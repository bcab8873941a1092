import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordServiceEvents, serviceEvents } from '../../src/engine/event-recording.ts'
import { Store } from '../../src/engine/store.ts'
import { aService, serviceArn } from '../world/a-service.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { SeededChance } from '../world/seeded-chance.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

test('a service keeps its newest 100 events, the newest first', () => {
  const context = { store: new Store(new MemoryPersistence()), clock: new VirtualClock(), chance: new SeededChance(1) }
  context.store.services.put(serviceArn, aService())
  for (let count = 1; count <= 102; count += 2) {
    recordServiceEvents(context, serviceArn, [`event ${count}`, `event ${count + 1}`])
  }
  const events = serviceEvents(context.store, serviceArn)
  assert.equal(events.length, 100)
  assert.equal(events[0]?.message, 'event 102')
  assert.equal(events[99]?.message, 'event 3')
  assert.equal(new Set(events.map(({ id }) => id)).size, 100)
})

test('a service that is gone has no events', () => {
  const context = { store: new Store(new MemoryPersistence()), clock: new VirtualClock(), chance: new SeededChance(1) }
  recordServiceEvents(context, serviceArn, ['too late'])
  assert.deepEqual(serviceEvents(context.store, serviceArn), [])
})
