import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { appSpecOfRevision } from '../../src/domain/code-deploy.ts'
import { arn } from '../../src/domain/identifiers.ts'
import { aWorld } from '../world/deployment-world.ts'
import type { World } from '../world/deployment-world.ts'
import { names } from '../world/furnished-world.ts'

const properties = {
  CapacityProviderStrategy: [
    { CapacityProvider: 'FARGATE', Base: 1 },
    { CapacityProvider: 'FARGATE_SPOT', Weight: 1 },
  ],
}
const strategy = [
  { capacityProvider: 'FARGATE', weight: 0, base: 1 },
  { capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 },
]

describe('a deployment whose AppSpec has a CapacityProviderStrategy', () => {
  test('makes the tasks of green by it, and the service has it', async () => {
    const world = await aWorld()
    associate(world, 'FARGATE', 'FARGATE_SPOT')
    const done = await world.deploy({ properties })
    assert.equal(done.status, 'Succeeded')
    const { store } = world.engine
    const [green, ...others] = store.taskSets.list()
    assert.deepEqual(others, [])
    assert.deepEqual(green?.capacityProviderStrategy, strategy)
    assert.deepEqual(store.services.get(names.serviceArn)?.capacityProviderStrategy, strategy)
    const tasks = store.tasks.list().filter(({ taskSetId }) => taskSetId === green.taskSetId)
    assert.deepEqual(tasks.map(({ capacityProviderName = '' }) => capacityProviderName).toSorted(), [
      'FARGATE',
      'FARGATE_SPOT',
    ])
  })

  test('fails in Install with the words of ECS where the cluster does not have the providers', async () => {
    const world = await aWorld()
    associate(world, 'FARGATE')
    const done = await world.deploy({ properties })
    assert.equal(done.errorInformation?.code, 'ECS_UPDATE_ERROR')
    assert.match(done.errorInformation.message, /that is not associated with the cluster\. Associate the capacity/)
    assert.deepEqual(done.lifecycleEvents.find(({ status }) => status === 'Failed')?.lifecycleEventName, 'Install')
  })

  test('takes a service of instances to Fargate, and is refused where its task definition is not for that', async () => {
    const world = await aWorld()
    associate(world, 'FARGATE', 'FARGATE_SPOT')
    const { store } = world.engine
    const service = store.services.get(names.serviceArn)
    assert(service)
    const { platformVersion: _, ...onInstances } = { ...service, launchType: 'EC2' as const }
    store.services.put(names.serviceArn, onInstances)
    const definition = store.taskDefinitions.get(names.taskDefinition(2))
    assert(definition)
    store.taskDefinitions.put(names.taskDefinition(2), { ...definition, compatibilities: ['EC2'] })
    const refused = await world.deploy({ properties })
    assert.match(refused.errorInformation?.message ?? '', /Task definition does not support launch_type FARGATE\./)
    store.taskDefinitions.put(names.taskDefinition(2), { ...definition, compatibilities: ['EC2', 'FARGATE'] })
    assert.equal((await world.deploy({ properties })).status, 'Succeeded')
    const [green] = store.taskSets.list()
    assert.deepEqual([green?.launchType, green?.platformVersion], ['FARGATE', 'LATEST'])
  })
})

describe('a deployment whose AppSpec has no CapacityProviderStrategy', () => {
  test('takes a service that had one back to its launch type, as CodeDeploy does', async () => {
    const world = await aWorld()
    associate(world, 'FARGATE', 'FARGATE_SPOT')
    await world.deploy({ properties })
    const done = await world.deploy({
      taskDefinition: names.taskDefinition(1),
      properties: { CapacityProviderStrategy: [] },
    })
    assert.equal(done.status, 'Succeeded')
    const { store } = world.engine
    const service = store.services.get(names.serviceArn)
    assert.deepEqual([service?.launchType, service?.capacityProviderStrategy], ['FARGATE', undefined])
    const [green] = store.taskSets.list()
    assert.deepEqual([green?.launchType, green?.capacityProviderStrategy], ['FARGATE', undefined])
    const made = store.journal.list().filter(({ step }) => step.kind === 'createTaskSet')
    assert.deepEqual(
      made.map(({ outcome }) => outcome?.result.kind === 'done' && outcome.result.message),
      [
        undefined,
        'Its tasks have the launch type FARGATE: the AppSpec has no CapacityProviderStrategy, and CodeDeploy does not ' +
          "take the service's, of FARGATE and FARGATE_SPOT.",
      ],
    )
    assert(store.tasks.list().some(({ capacityProviderName }) => capacityProviderName === undefined))
  })

  test('and no PlatformVersion gets the latest, whatever the service had, as CodeDeploy does', async () => {
    const world = await aWorld({ green: 'sick' })
    const { store } = world.engine
    const [blue] = store.taskSets.list()
    const service = store.services.get(names.serviceArn)
    assert(blue && service)
    store.taskSets.put(blue.taskSetArn, { ...blue, platformVersion: '1.3.0' })
    store.services.put(service.serviceArn, { ...service, platformVersion: '1.3.0' })
    const failed = await world.deploy({ rollbackOn: ['DEPLOYMENT_FAILURE'] })
    assert.equal(failed.plan?.install.platformVersion, 'LATEST')
    const rollback = await world.ended(failed.rollbackInfo?.rollbackDeploymentId ?? '')
    const appSpec = appSpecOfRevision(rollback.revision)
    assert.equal(appSpec.kind, 'text')
    assert.match(appSpec.content, /"PlatformVersion":"1\.3\.0"/)
    assert.equal(store.services.get(names.serviceArn)?.platformVersion, '1.3.0')
  })

  test('is rolled back to an AppSpec that has the strategy of the original task set', async () => {
    const world = await aWorld({ green: 'sick' })
    const { store } = world.engine
    const [blue] = store.taskSets.list()
    assert(blue)
    store.taskSets.put(blue.taskSetArn, { ...blue, capacityProviderStrategy: strategy })
    const failed = await world.deploy({ rollbackOn: ['DEPLOYMENT_FAILURE'] })
    const rollback = await world.ended(failed.rollbackInfo?.rollbackDeploymentId ?? '')
    assert.equal(rollback.status, 'Succeeded')
    const appSpec = appSpecOfRevision(rollback.revision)
    assert.equal(appSpec.kind, 'text')
    assert.match(appSpec.content, /"CapacityProviderStrategy":\[\{"CapacityProvider":"FARGATE","Base":1,"Weight":0\},/)
    const kept = store.taskSets.get(arn.taskSet(names.serviceArn, blue.taskSetId))
    assert.deepEqual(kept?.capacityProviderStrategy, strategy)
  })
})

function associate({ engine: { store } }: World, ...capacityProviders: readonly string[]): void {
  const cluster = store.clusters.get(names.clusterArn)
  assert(cluster)
  store.clusters.put(names.clusterArn, { ...cluster, recorded: { capacityProviders } })
}
