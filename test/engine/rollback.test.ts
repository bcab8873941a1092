import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aWorld } from '../world/deployment-world.ts'

test('a rollback is past the point of no return once all traffic is back and green is being deleted', async () => {
  const world = await aWorld({ green: 'sick' })
  const failed = await world.deploy({ testListener: true, rollbackOn: ['DEPLOYMENT_FAILURE'] })
  const rollbackId = failed.rollbackInfo?.rollbackDeploymentId ?? ''
  const hasReached = (event: string) =>
    world
      .deployment(rollbackId)
      .lifecycleEvents.some(({ lifecycleEventName, status }) => lifecycleEventName === event && status === 'Succeeded')
  await world.until(() => hasReached('AllowTraffic'))
  assert.equal(world.deployment(rollbackId).pastPointOfNoReturn, false)
  await world.until(() => hasReached('AfterAllowTraffic') && world.deployment(rollbackId).pastPointOfNoReturn)
  assert.equal(world.deployment(rollbackId).status, 'InProgress')
  assert.equal((await world.ended(rollbackId)).status, 'Succeeded')
})
