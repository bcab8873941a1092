import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serviceView } from '../../src/console/engine-services.ts'
import { RollingWorld } from '../world/rolling-world.ts'

test('a service shows what serves, and not what failed beside it', async () => {
  const world = new RollingWorld({ deploymentCircuitBreaker: { enable: true, rollback: false } })
  await world.begun()
  const shown = (): readonly (string | undefined)[] => {
    const { store, clock, loadBalancing, scheduler: services } = world
    const settings = { accountId: '000000000000', minuteMilliseconds: 60_000, listenHost: '', endpointUrl: '' }
    const engine = { store, settings, clock, services, loadBalancing }
    const rates = { before: undefined, now: { at: clock.now(), byGroup: new Map() } }
    return serviceView(engine, world.service, rates, new Map()).sides.map(({ taskDefinition }) => taskDefinition)
  }
  assert.deepEqual(shown(), ['web:1'])
  world.deploy(2, { startError: 'CannotPullContainerError: no such image' })
  assert.equal((await world.over()).status, 'STOPPED')
  assert.deepEqual(world.entries.toSorted(), ['ACTIVE COMPLETED web:1', 'PRIMARY FAILED web:2'])
  assert.deepEqual(shown(), ['web:1'])
  await world.scheduler.stop()
})
