import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  ListServiceDeploymentsCommand,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import type { Service } from '@aws-sdk/client-ecs'
import { assertRefused, blueGreenService, createService, putTargetGroup, registerWeb, startEcs } from './ecs-world.ts'
import type { EcsWorld } from './ecs-world.ts'

async function rollingService(world: EcsWorld): Promise<Service> {
  await registerWeb(world)
  const input = blueGreenService(putTargetGroup(world.store, 'web-blue'))
  return createService(world, { ...input, deploymentController: undefined })
}

const unknown = 'arn:aws:ecs:eu-west-1:000000000000:service-deployment/default/web/nobody'

describe('service deployments', () => {
  test('are listed newest first, by status and time, page by page', async (t) => {
    const world = await startEcs(t)
    const first = await rollingService(world)
    for (let count = 0; count < 3; count++) {
      await world.client.send(new UpdateServiceCommand({ service: 'web', forceNewDeployment: true }))
    }
    const list = async (wishes: object) =>
      world.client.send(new ListServiceDeploymentsCommand({ service: 'web', ...wishes }))
    const { serviceDeployments: all = [] } = await list({})
    assert.deepEqual(all.map(({ status }) => `${status}`).toSorted(), ['PENDING', 'STOPPED', 'STOPPED', 'STOPPED'])
    const { serviceDeployments: pending = [] } = await list({ status: ['PENDING'] })
    assert.equal(pending.length, 1)
    assert.deepEqual((await list({ createdAt: { before: new Date(0) } })).serviceDeployments, [])
    const page = await list({ maxResults: 3 })
    assert.equal(page.serviceDeployments?.length, 3)
    const rest = await list({ maxResults: 3, nextToken: page.nextToken })
    assert.equal(rest.serviceDeployments?.length, 1)
    assert.equal(rest.nextToken, undefined)
    assert(all.some(({ serviceDeploymentArn }) => serviceDeploymentArn === first.currentServiceDeployment))
  })

  test('are described with their revisions, and those that are missing are named', async (t) => {
    const world = await startEcs(t)
    const { currentServiceDeployment = '', deployments } = await rollingService(world)
    const described = await world.client.send(
      new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [currentServiceDeployment, unknown] }),
    )
    assert.deepEqual(described.failures, [{ arn: unknown, reason: 'MISSING' }])
    const [deployment] = described.serviceDeployments ?? []
    assert.equal(deployment?.status, 'PENDING')
    assert.deepEqual(deployment.sourceServiceRevisions, [])
    assert.deepEqual(deployment.deploymentCircuitBreaker, { status: 'DISABLED', failureCount: 0, threshold: 3 })
    assert.equal(deployment.targetServiceRevision?.requestedTaskCount, 2)
    const revisionArn = deployment.targetServiceRevision.arn ?? ''
    assert.equal(revisionArn.split('/').at(-1), deployments?.[0]?.id?.split('/')[1])
    const { serviceRevisions } = await world.client.send(
      new DescribeServiceRevisionsCommand({ serviceRevisionArns: [revisionArn] }),
    )
    const [revision] = serviceRevisions ?? []
    assert.deepEqual(revision?.containerImages, [{ containerName: 'web', image: 'hello:1' }])
    assert.equal(revision.launchType, 'FARGATE')
    assert.equal(revision.loadBalancers?.length, 1)
    assert.deepEqual(
      revision.resolvedConfiguration?.loadBalancers?.map(({ targetGroupArn }) => targetGroupArn),
      revision.loadBalancers.map(({ targetGroupArn }) => targetGroupArn),
    )
  })

  test('can be stopped while they run, and are not asked twice for different things', async (t) => {
    const world = await startEcs(t)
    const { currentServiceDeployment = '' } = await rollingService(world)
    const stop = async (serviceDeploymentArn: string, stopType?: 'ABORT' | 'ROLLBACK') =>
      world.client.send(new StopServiceDeploymentCommand({ serviceDeploymentArn, stopType }))
    await assertRefused(stop(unknown), 'ServiceDeploymentNotFoundException', 'The service deployment does not exist.')
    assert.equal((await stop(currentServiceDeployment)).serviceDeploymentArn, currentServiceDeployment)
    assert.equal(world.store.serviceDeployments.get(currentServiceDeployment)?.status, 'ROLLBACK_REQUESTED')
    await stop(currentServiceDeployment)
    await assertRefused(
      stop(currentServiceDeployment, 'ABORT'),
      'ConflictException',
      'The service deployment is ROLLBACK_REQUESTED: it is being stopped already.',
    )
  })

  test('need ARNs of their own kind', async (t) => {
    const { client } = await startEcs(t)
    await assertRefused(
      client.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: ['web'] })),
      'InvalidParameterException',
      'Invalid identifier: web is not the ARN of a service-deployment.',
    )
    await assertRefused(
      client.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns: [unknown] })),
      'InvalidParameterException',
      `Invalid identifier: ${unknown} is not the ARN of a service-revision.`,
    )
  })
})
