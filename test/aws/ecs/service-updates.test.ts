import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UpdateServiceCommand, type UpdateServiceCommandInput } from '@aws-sdk/client-ecs'
import type { Deployment, DeploymentPlan } from '../../../src/domain/deployment.ts'
import { aDeployment } from '../../world/a-deployment.ts'
import {
  assertRefused,
  associate,
  createBlueGreenService,
  createService,
  networkConfiguration,
  startEcs,
} from './ecs-world.ts'
import type { EcsWorld } from './ecs-world.ts'

const update = async ({ client }: EcsWorld, changes: Partial<UpdateServiceCommandInput>) =>
  (await client.send(new UpdateServiceCommand({ service: 'web', ...changes }))).service

const external = { serviceName: 'web', desiredCount: 1, deploymentController: { type: 'EXTERNAL' } } as const

const codeDeployTexts: readonly (readonly [Partial<UpdateServiceCommandInput>, string])[] = [
  [{ taskDefinition: 'web:1' }, 'Unable to update task definition'],
  [{ networkConfiguration }, 'Unable to update network parameters'],
  [{ forceNewDeployment: true }, 'Cannot force a new deployment'],
  [{ platformVersion: '1.4.0' }, 'Unable to update platform version'],
  [{ loadBalancers: [] }, 'Unable to update load balancers'],
  [{ capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }] }, 'Unable to update capacity providers'],
  [{ serviceRegistries: [{ registryArn: 'arn:x' }] }, 'Unable to update service registries'],
  [{ serviceConnectConfiguration: { enabled: true } }, 'Unable to update Service Connect configuration'],
  [{ volumeConfigurations: [{ name: 'data' }] }, 'Unable to update volume configurations'],
]

describe('updating a service', () => {
  test('counts, health check grace and settings can change under CODE_DEPLOY', async (t) => {
    const world = await startEcs(t)
    await createBlueGreenService(world)
    const updated = await update(world, {
      desiredCount: 5,
      healthCheckGracePeriodSeconds: 60,
      propagateTags: 'SERVICE',
      enableExecuteCommand: true,
      deploymentConfiguration: { minimumHealthyPercent: 50 },
    })
    assert.equal(updated?.desiredCount, 5)
    assert.equal(updated.taskSets?.[0]?.computedDesiredCount, 5)
    assert.equal(updated.healthCheckGracePeriodSeconds, 60)
    assert.equal(updated.propagateTags, 'SERVICE')
    assert.equal(updated.enableExecuteCommand, true)
    assert.deepEqual(updated.deploymentConfiguration, { maximumPercent: 200, minimumHealthyPercent: 50 })
    const unchanged = await update(world, {})
    assert.equal(unchanged?.desiredCount, 5)
    assert.equal(unchanged.propagateTags, 'SERVICE')
    assert.match(unchanged.roleArn ?? '', /AWSServiceRoleForECS$/)
  })

  test('what a CodeDeploy deployment changes is refused under CODE_DEPLOY, also when it is the same', async (t) => {
    const world = await startEcs(t)
    await createBlueGreenService(world)
    for (const [changes, what] of codeDeployTexts) {
      await assertRefused(
        update(world, changes),
        'InvalidParameterException',
        `${what} on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.`,
      )
    }
    await update(world, { forceNewDeployment: false, volumeConfigurations: [], serviceRegistries: [] })
  })

  test('the capacity providers it has may be named, and neither others nor none, where CodeDeploy or the client deploys', async (t) => {
    const world = await startEcs(t)
    await associate(world, 'FARGATE', 'FARGATE_SPOT')
    const capacityProviderStrategy = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }]
    await createBlueGreenService(world, { launchType: undefined, capacityProviderStrategy })
    for (const deploymentController of [undefined, { type: 'EXTERNAL' }] as const) {
      const kept = await update(world, { deploymentController, capacityProviderStrategy })
      assert.deepEqual(kept?.capacityProviderStrategy, [{ ...capacityProviderStrategy[0], base: 0 }])
      for (const other of [[], [{ capacityProvider: 'FARGATE' }]]) {
        await assertRefused(
          update(world, { capacityProviderStrategy: other }),
          'InvalidParameterException',
          /^Unable to update capacity providers on services with an? \w+ deployment controller\./,
        )
      }
    }
  })

  test('what would be deployed is refused where the service leaves the ECS controller', async (t) => {
    const world = await startEcs(t)
    await createBlueGreenService(world, { deploymentController: undefined })
    const leaving = { deploymentController: { type: 'EXTERNAL' } } as const
    const deployment = world.store.serviceDeployments.list()[0]
    assert(deployment)
    world.store.serviceDeployments.put(deployment.serviceDeploymentArn, { ...deployment, status: 'SUCCESSFUL' })
    await assertRefused(
      update(world, { ...leaving, taskDefinition: 'web:1' }),
      'InvalidParameterException',
      'Unable to update task definition on services with an EXTERNAL deployment controller. ' +
        'Use CreateTaskSet to create a task set with the new settings.',
    )
    assert.deepEqual((await update(world, leaving))?.deploymentController, leaving.deploymentController)
  })

  test('what a task set changes is refused under EXTERNAL', async (t) => {
    const world = await startEcs(t)
    await createService(world, external)
    const texts = [
      [{ taskDefinition: 'web' }, 'Unable to update task definition'],
      [{ deploymentConfiguration: { maximumPercent: 150 } }, 'Unable to update deployment configuration'],
      [{ enableExecuteCommand: true }, 'Unable to update execute command setting'],
      [{ availabilityZoneRebalancing: 'ENABLED' }, 'Unable to update Availability Zone rebalancing'],
      [{ forceNewDeployment: true }, 'Cannot force a new deployment'],
    ] as const
    for (const [changes, what] of texts) {
      await assertRefused(
        update(world, changes),
        'InvalidParameterException',
        `${what} on services with an EXTERNAL deployment controller. ` +
          'Use CreateTaskSet to create a task set with the new settings.',
      )
    }
    assert.equal((await update(world, { desiredCount: 3 }))?.desiredCount, 3)
  })

  test('values are checked as in CreateService', async (t) => {
    const world = await startEcs(t)
    await createBlueGreenService(world)
    await assertRefused(
      update(world, { desiredCount: -1 }),
      'InvalidParameterException',
      'desiredCount cannot be negative.',
    )
    await assertRefused(
      update(world, { placementStrategy: [{ type: 'random' }] }),
      'InvalidParameterException',
      'Placement strategies are not supported with FARGATE launch type.',
    )
  })

  test('a CODE_DEPLOY service can become EXTERNAL, and never again CODE_DEPLOY', async (t) => {
    const world = await startEcs(t)
    await createBlueGreenService(world)
    await update(world, { deploymentController: { type: 'CODE_DEPLOY' } })
    const changed = await update(world, { deploymentController: { type: 'EXTERNAL' } })
    assert.deepEqual(changed?.deploymentController, { type: 'EXTERNAL' })
    assert.equal(changed?.taskSets?.length, 1)
    await assertRefused(
      update(world, { deploymentController: { type: 'CODE_DEPLOY' } }),
      'InvalidParameterException',
      'The deployment controller of a service cannot be changed from EXTERNAL to CODE_DEPLOY.',
    )
  })

  test('a CODE_DEPLOY service can become ECS and then EXTERNAL: its tasks stay what they are', async (t) => {
    const world = await startEcs(t)
    const before = await createBlueGreenService(world)
    const [taskSet] = before.taskSets ?? []
    const rolling = await update(world, { deploymentController: { type: 'ECS' } })
    assert.deepEqual(rolling?.taskSets, [])
    assert.deepEqual(
      rolling?.deployments?.map(({ id, status, rolloutState }) => [id, status, rolloutState]),
      [[taskSet?.id, 'PRIMARY', 'COMPLETED']],
    )
    assert.equal(rolling?.deploymentConfiguration?.strategy, 'ROLLING')
    const left = await update(world, { deploymentController: { type: 'EXTERNAL' } })
    assert.deepEqual(left?.deployments, [])
    assert.deepEqual(
      left?.taskSets?.map(({ id, status }) => [id, status]),
      [[taskSet?.id, 'PRIMARY']],
    )
    assert.deepEqual(left?.deploymentConfiguration, { maximumPercent: 200, minimumHealthyPercent: 100 })
  })

  test('what only the ECS controller can do keeps a service there, and so does a deployment', async (t) => {
    const world = await startEcs(t)
    await createBlueGreenService(world)
    const deploymentCircuitBreaker = { enable: true, rollback: true }
    await update(world, {
      deploymentController: { type: 'ECS' },
      deploymentConfiguration: { deploymentCircuitBreaker },
    })
    await assertRefused(
      update(world, { deploymentController: { type: 'EXTERNAL' } }),
      'InvalidParameterException',
      'The deployment controller of a service with the deployment circuit breaker cannot be changed from ECS. ' +
        'Disable that first.',
    )
    await update(world, { deploymentConfiguration: { deploymentCircuitBreaker: { enable: false, rollback: false } } })
    await update(world, { forceNewDeployment: true })
    await assertRefused(
      update(world, { deploymentController: { type: 'EXTERNAL' } }),
      'InvalidParameterException',
      'The deployment controller of a service cannot be changed during a deployment.',
    )
  })

  test('an EXTERNAL service without a PRIMARY task set has nothing to begin with under ECS', async (t) => {
    const world = await startEcs(t)
    await createService(world, external)
    await assertRefused(
      update(world, { deploymentController: { type: 'ECS' } }),
      'InvalidParameterException',
      /^The deployment controller of a service without a PRIMARY task set cannot be changed to ECS\./,
    )
  })

  test('the controller is not changed during a deployment', async (t) => {
    const world = await startEcs(t)
    const { serviceArn } = await createBlueGreenService(world)
    const plan = { serviceArn } as DeploymentPlan
    const [, , , region = ''] = serviceArn?.split(':') ?? []
    const deployment: Deployment = { ...aDeployment({}), region, status: 'InProgress', plan }
    world.store.deployments.put(deployment.deploymentId, deployment)
    await assertRefused(
      update(world, { deploymentController: { type: 'EXTERNAL' } }),
      'InvalidParameterException',
      'The deployment controller of a service cannot be changed during a deployment.',
    )
  })
})
