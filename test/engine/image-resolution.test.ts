import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aTaskDefinition, taskSetArn } from '../world/a-service.ts'
import { SchedulerWorld } from '../world/scheduler-world.ts'

const earlier = `sha256:${'a'.repeat(64)}`
const later = `sha256:${'b'.repeat(64)}`

describe('the image of a tag that moves', () => {
  test('is for all tasks of a deployment what its first task found, also in another engine', async () => {
    const world = new SchedulerWorld({ desiredCount: 2 })
    world.runtime.images.set('web:1', { startMilliseconds: 1_000 })
    world.runtime.digests.set('web:1', earlier)
    world.createTaskSet()
    // While the first task pulls, the second waits for what it finds.
    world.clock.at(world.clock.now() + 1_500, () => world.runtime.digests.set('web:1', later))
    await world.steady()
    assert.deepEqual(digestsOf(world), [earlier, earlier])
    assert.deepEqual(world.store.taskSets.get(taskSetArn)?.imageDigests, { web: earlier })
    await world.scheduler.stop()
    world.begin()
    world.scheduler.updateScale(taskSetArn, 200)
    await world.until(() => world.withStatus('RUNNING').length === 4)
    assert.deepEqual(digestsOf(world), [earlier, earlier, earlier, earlier])
    await world.scheduler.stop()
  })

  test('is what the tag means by now where a container wants no version consistency', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    const definition = aTaskDefinition()
    const containerDefinitions = definition.containerDefinitions.map((container) => ({
      ...container,
      recorded: { ...container.recorded, versionConsistency: 'disabled' },
    }))
    world.store.taskDefinitions.put(definition.taskDefinitionArn, { ...definition, containerDefinitions })
    world.runtime.digests.set('web:1', earlier)
    world.createTaskSet()
    await world.steady()
    world.runtime.digests.set('web:1', later)
    world.scheduler.updateScale(taskSetArn, 200)
    await world.until(() => world.withStatus('RUNNING').length === 2)
    assert.deepEqual(digestsOf(world), [earlier, later])
    await world.scheduler.stop()
  })

  test('is found out by another task where the first cannot be started', async () => {
    const world = new SchedulerWorld({ desiredCount: 2 })
    world.runtime.images.set('web:1', { startMilliseconds: 1_000, startError: 'CannotPullContainerError: no' })
    world.createTaskSet()
    world.clock.at(world.clock.now() + 500, () => {
      world.runtime.images.delete('web:1')
      world.runtime.digests.set('web:1', later)
    })
    await world.steady()
    assert.equal(world.withStatus('STOPPED').length, 1)
    assert.deepEqual(digestsOf(world), [later, later])
    await world.scheduler.stop()
  })
})

function digestsOf(world: SchedulerWorld): readonly (string | undefined)[] {
  return world.withStatus('RUNNING').map(({ containers }) => containers[0]?.imageDigest)
}
