import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { beginServiceDeployment, revisionCounts } from '../../src/engine/service-deployments.ts'
import { RollingWorld } from '../world/rolling-world.ts'

const day = 86_400_000

describe('the records of a service’s deployments', () => {
  test('say what was deployed, from what, and what a rollback would return to', async () => {
    const world = new RollingWorld()
    const first = await world.begun()
    assert.equal(first.rollbackCandidateArn, undefined)
    assert.equal(world.service.completedServiceRevision, first.targetServiceRevision.arn)
    world.deploy(2)
    const { sourceServiceRevisions, targetServiceRevision, rollbackCandidateArn } = world.deployment
    assert.deepEqual(sourceServiceRevisions, [{ arn: first.targetServiceRevision.arn }])
    assert.equal(rollbackCandidateArn, first.targetServiceRevision.arn)
    const revision = world.store.serviceRevisions.get(targetServiceRevision.arn)
    assert.deepEqual(revision?.containerImages, [{ containerName: 'web', image: 'web:2' }])
    assert.deepEqual(revisionCounts(world.store, world.service, targetServiceRevision.arn), {
      requested: 2,
      running: 0,
      pending: 0,
    })
    await world.over()
    await world.scheduler.stop()
  })

  test('are forgotten after 90 days, but for what a rollback still needs', async () => {
    const world = new RollingWorld()
    const first = await world.begun()
    world.deploy(2)
    const second = await world.over()
    world.clock.at(world.clock.now() + 91 * day, () => undefined)
    await world.pass((91 * day) / 1000)
    world.deploy(3)
    assert.equal(world.store.serviceDeployments.get(first.serviceDeploymentArn), undefined)
    assert.equal(world.store.serviceRevisions.get(first.targetServiceRevision.arn), undefined)
    assert(world.store.serviceRevisions.get(second.targetServiceRevision.arn))
    await world.over()
    await world.scheduler.stop()
  })

  test('of the strategies that shift traffic are made, and nothing of theirs runs before the procedure says so', async () => {
    const world = new RollingWorld()
    await world.begun()
    const configuration = world.service.deploymentConfiguration
    assert(configuration)
    const deploymentConfiguration = { ...configuration, strategy: 'BLUE_GREEN' } as const
    beginServiceDeployment(world, { ...world.service, deploymentConfiguration })
    assert.deepEqual(world.entries, ['ACTIVE COMPLETED web:1', 'PRIMARY IN_PROGRESS web:1'])
    await world.pass(60)
    assert.equal(world.deployment.status, 'PENDING')
    assert.equal(world.running(1).length, 2)
    beginServiceDeployment(world, { ...world.service, deploymentConfiguration })
    const statuses = world.store.serviceDeployments.list().map(({ status }) => status)
    assert.deepEqual(statuses, ['SUCCESSFUL', 'STOP_REQUESTED', 'PENDING'])
    await world.scheduler.stop()
  })
})
