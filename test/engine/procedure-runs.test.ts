import assert from 'node:assert/strict'
import { test } from 'node:test'
import { journalKey } from '../../src/domain/journal.ts'
import { aWorld } from '../world/deployment-world.ts'
import { simulatedSettings } from '../world/simulated-engine.ts'

const minute = simulatedSettings.minuteMilliseconds

test('a wait of an engine that was killed lasts no longer where the clock was set back before the next one', async () => {
  const world = await aWorld()
  const { deploymentId } = world.create({ terminationWaitInMinutes: 100 })
  await world.until(() => world.deployment(deploymentId).instanceTerminationWaitTimeStarted)
  const { journal } = world.engine.store
  const waiting = journal.list().find(({ outcome }) => outcome === undefined)
  assert(waiting)
  const begunAt = world.clock.now() + 300 * minute
  journal.put(journalKey(deploymentId, waiting.position), { ...waiting, begunAt })
  await world.restart()
  await world.ended(deploymentId)
  assert(world.clock.now() < begunAt)
})
