import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { FunctionEvent } from '../../src/domain/lambda-function.ts'
import { FunctionEvents, TooManyEventsError } from '../../src/engine/function-events.ts'
import { Store } from '../../src/engine/store.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

const minuteMilliseconds = 60_000
const forever = new Promise<never>(() => undefined)

test('an event is given to a function that fails three times in all, and then forgotten', async () => {
  const world = engineOn(new MemoryPersistence())
  const times: number[] = []
  const events = world.events(async () => {
    times.push((world.clock.now() - world.startedAt) / minuteMilliseconds)
    return 'no'
  })
  events.take(anEvent('one'))
  await world.clock.run(() => world.store.functionEvents.list().length === 0)
  assert.deepEqual(times, [0, 1, 3])
  assert.deepEqual(world.told, [
    'The function hook failed on event one: no. It is tried again in 1 min.',
    'The function hook failed on event one: no. It is tried again in 2 min.',
    'The function hook failed on event one: no. It is not tried again.',
  ])
})

test('events that an engine has not finished are handled by the next, as often as is left', async () => {
  const persistence = new MemoryPersistence()
  const first = engineOn(persistence)
  const killed = first.events(async ({ requestId }) => (requestId === 'fails' ? 'no' : forever))
  for (const requestId of ['fails', 'runs']) killed.take(anEvent(requestId))
  await first.clock.run(() => first.told.length === 2)
  killed.close()

  const next = engineOn(persistence)
  const handled: FunctionEvent[] = []
  const events = next.events(async (event) => {
    handled.push(event)
    return event.requestId === 'fails' ? 'still no' : undefined
  })
  events.resume()
  await next.clock.run(() => next.store.functionEvents.list().length === 0)
  const seen = handled.map(({ requestId, payload, failures }) => [requestId, payload, failures])
  assert.deepEqual(seen, [
    ['fails', '{"n":1}', 2],
    ['runs', '{"n":1}', 0],
  ])
  assert.deepEqual(next.told, ['The function hook failed on event fails: still no. It is not tried again.'])
})

test('an event that has waited for more than six hours is given up', async () => {
  const world = engineOn(new MemoryPersistence())
  const events = world.events(async () => assert.fail('nobody wants it any more'))
  events.take({ ...anEvent('late'), sentAt: world.startedAt - 6 * 3_600_000 - 1 })
  await world.clock.run(() => world.told.length === 1)
  assert.match(world.told[0] ?? '', /event late: it has waited for more than six hours\. It is not tried again\.$/)
  assert.deepEqual(world.store.functionEvents.list(), [])
})

test('of many events a few are handled at a time, so that others find a process', async () => {
  const world = engineOn(new MemoryPersistence())
  const running: (() => void)[] = []
  const events = world.events(() => new Promise((end) => running.push(() => end(undefined))))
  for (let n = 0; n < 40; n += 1) events.take(anEvent(`event ${n}`))
  await turn()
  assert.equal(running.length, 16)
  for (let n = 0; n < 40; n += 1) {
    running[n]?.()
    await turn()
    assert.equal(running.length, Math.min(16 + n + 1, 40))
  }
  assert.deepEqual(world.store.functionEvents.list(), [])
})

test('more events than are kept are refused, until some are handled', async () => {
  const world = engineOn(new MemoryPersistence())
  const running: (() => void)[] = []
  const events = world.events(() => new Promise((end) => running.push(() => end(undefined))))
  const payload = JSON.stringify('x'.repeat(1_000_000))
  const take = (requestId: string) => events.take({ ...anEvent(requestId), payload })
  for (let n = 0; n < 67; n += 1) take(`event ${n}`)
  assert.throws(() => take('one too many'), TooManyEventsError)
  assert.equal(world.store.functionEvents.has('one too many'), false)
  await turn()
  running[0]?.()
  await turn()
  take('in its place')
})

function engineOn(persistence: MemoryPersistence) {
  const store = new Store(persistence)
  const clock = new VirtualClock()
  const told: string[] = []
  const log = { info: () => undefined, warn: (message: string) => void told.push(message) }
  const settings = { accountId: '000000000000', minuteMilliseconds, listenHost: '', endpointUrl: '' }
  const events = (run: (event: FunctionEvent) => Promise<string | undefined>) =>
    new FunctionEvents({ store, clock, settings, log, run })
  return { store, clock, startedAt: clock.now(), told, events }
}

function anEvent(requestId: string): FunctionEvent {
  const invokedFunctionArn = 'arn:aws:lambda:us-east-1:000000000000:function:hook'
  const sentAt = new VirtualClock().now()
  return {
    requestId,
    functionName: 'hook',
    region: 'us-east-1',
    invokedFunctionArn,
    payload: '{"n":1}',
    sentAt,
    failures: 0,
  }
}
