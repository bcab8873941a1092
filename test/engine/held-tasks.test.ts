import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { heldTasks } from '../../src/engine/held-tasks.ts'
import { aWorld } from '../world/deployment-world.ts'
import { RollingWorld } from '../world/rolling-world.ts'

describe('the protected tasks that a deployment waits for', () => {
  test('are those of blue from when it is deleted, of CodeDeploy', async () => {
    const world = await aWorld()
    const { store } = world.engine
    const [kept] = store.tasks.list()
    assert(kept)
    const protectedUntil = world.clock.now() + 24 * 3_600_000
    store.tasks.put(kept.taskArn, { ...kept, protectedUntil })
    const { deploymentId } = world.create({})
    const held = () => heldTasks({ store, clock: world.clock }, world.deployment(deploymentId))
    await world.until(() => world.deployment(deploymentId).instanceTerminationWaitTimeStarted)
    assert.deepEqual(held(), [])
    await world.until(() => store.taskSets.list().some(({ status }) => status === 'DRAINING'))
    assert.deepEqual(held(), [{ taskId: kept.taskId, until: protectedUntil }])
    await world.ended(deploymentId)
    assert.deepEqual(held(), [])
  })

  test('are those of the old revisions all the time, of a rolling update', async () => {
    const world = new RollingWorld()
    await world.begun()
    const [kept] = world.tasks
    assert(kept)
    const protectedUntil = world.clock.now() + 900_000
    world.store.tasks.put(kept.taskArn, { ...kept, protectedUntil })
    assert.deepEqual(heldTasks(world, world.deployment), [])
    world.deploy(2)
    assert.deepEqual(heldTasks(world, world.deployment), [{ taskId: kept.taskId, until: protectedUntil }])
    await world.over(1_000)
    assert.deepEqual(heldTasks(world, world.deployment), [])
    await world.scheduler.stop()
  })
})
