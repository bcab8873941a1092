import assert from 'node:assert/strict'
import { test } from 'node:test'
import { journalKey } from '../../src/domain/journal.ts'
import { Changes } from '../../src/engine/changes.ts'
import { ProcedureRuns } from '../../src/engine/procedure-runs.ts'
import { Store } from '../../src/engine/store.ts'
import { aWorld } from '../world/deployment-world.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { simulatedSettings } from '../world/simulated-engine.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

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

test('what cannot go on is tried again and again, and told of once for each reason', async () => {
  const clock = new VirtualClock()
  const lines: string[] = []
  const log = { info: () => undefined, warn: (line: string) => void lines.push(line) }
  let attempts = 0
  const runs = new ProcedureRuns(
    { store: new Store(new MemoryPersistence()), clock, changes: new Changes(clock), log },
    {
      nameOf: (id) => `Deployment ${id}`,
      journalId: (id) => id,
      procedure: () => {
        attempts += 1
        throw new Error(attempts < 50 ? 'The disk is full.' : 'The disk is broken.')
      },
      isOver: () => false,
      isInterruptible: () => true,
      interruption: () => undefined,
      perform: () => Promise.resolve({ kind: 'done' }),
      begun: () => undefined,
      ended: () => undefined,
      watch: () => new Promise(() => undefined),
      left: () => undefined,
    },
  )
  runs.begin('d-1')
  assert.equal(await clock.run(() => attempts === 100), true)
  runs.close()
  assert.deepEqual(lines, [
    'Deployment d-1 cannot go on at the moment: The disk is full. It is tried again until it works.',
    'Deployment d-1 cannot go on at the moment: The disk is broken. It is tried again until it works.',
  ])
})
