import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreateClusterCommand,
  DeleteClusterCommand,
  DeleteServiceCommand,
  DescribeClustersCommand,
  ListClustersCommand,
  ListServicesCommand,
  PutClusterCapacityProvidersCommand,
  RunTaskCommand,
} from '@aws-sdk/client-ecs'
import { arn } from '../../../src/domain/identifiers.ts'
import {
  assertRefused,
  blueGreenService,
  createBlueGreenService,
  createService,
  networkConfiguration,
  place,
  registerWeb,
  startEcs,
} from './ecs-world.ts'

describe('clusters', () => {
  test('a created cluster is described with its tags and settings when they are asked for', async (t) => {
    const { client } = await startEcs(t)
    const tags = [{ key: 'team', value: 'blue' }]
    const created = await client.send(
      new CreateClusterCommand({ clusterName: 'shop', tags, capacityProviders: ['FARGATE'] }),
    )
    assert.equal(created.cluster?.clusterArn, arn.cluster(place, 'shop'))
    assert.equal(created.cluster.status, 'ACTIVE')
    assert.deepEqual(created.cluster.tags, tags)
    assert.deepEqual(created.cluster.settings, [{ name: 'containerInsights', value: 'disabled' }])

    const plain = await client.send(new DescribeClustersCommand({ clusters: ['shop'] }))
    assert.deepEqual(plain.clusters?.[0]?.tags, [])
    assert.deepEqual(plain.clusters[0].capacityProviders, ['FARGATE'])
    assert.deepEqual(plain.failures, [])
    const full = await client.send(
      new DescribeClustersCommand({ clusters: [arn.cluster(place, 'shop')], include: ['TAGS', 'STATISTICS'] }),
    )
    assert.deepEqual(full.clusters?.[0]?.tags, tags)
    assert.equal(full.clusters[0].statistics?.length, 8)
  })

  test('cluster default is there without having been created', async (t) => {
    const { client } = await startEcs(t)
    assert.deepEqual((await client.send(new ListServicesCommand({}))).serviceArns, [])
    const described = await client.send(new DescribeClustersCommand({}))
    assert.deepEqual(
      described.clusters?.map(({ clusterName }) => clusterName),
      ['default'],
    )
    assert.deepEqual((await client.send(new CreateClusterCommand({}))).cluster?.clusterName, 'default')
  })

  test('an unknown cluster is MISSING in a description and an error elsewhere', async (t) => {
    const { client } = await startEcs(t)
    const { clusters, failures } = await client.send(new DescribeClustersCommand({ clusters: ['nowhere'] }))
    assert.deepEqual(clusters, [])
    assert.deepEqual(failures, [{ arn: arn.cluster(place, 'nowhere'), reason: 'MISSING' }])
    const refused = ['ClusterNotFoundException', 'Cluster not found.'] as const
    await assertRefused(client.send(new ListServicesCommand({ cluster: 'nowhere' })), ...refused)
    await assertRefused(client.send(new DeleteClusterCommand({ cluster: 'nowhere' })), ...refused)
  })

  test('creating a cluster again answers the one there is, unless something else is asked of it', async (t) => {
    const { client } = await startEcs(t)
    const input = { clusterName: 'shop', tags: [{ key: 'team', value: 'blue' }] }
    await client.send(new CreateClusterCommand(input))
    await client.send(new CreateClusterCommand(input))
    assert.equal((await client.send(new CreateClusterCommand({ clusterName: 'shop' }))).cluster?.tags?.length, 1)
    await assertRefused(
      client.send(new CreateClusterCommand({ ...input, tags: [{ key: 'team', value: 'green' }] })),
      'InvalidParameterException',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    )
  })

  test('what a cluster cannot be is refused', async (t) => {
    const { client } = await startEcs(t)
    await assertRefused(
      client.send(new CreateClusterCommand({ clusterName: 'a b' })),
      'InvalidParameterException',
      'A clusterName has 1 to 255 letters, numbers, hyphens and underscores.',
    )
    await assertRefused(
      client.send(new CreateClusterCommand({ serviceConnectDefaults: { namespace: 'x' } })),
      'InvalidParameterException',
      /^serviceConnectDefaults is not supported by Teal yet/,
    )
    await assertRefused(
      client.send(new CreateClusterCommand({ capacityProviders: ['my-instances'] })),
      'ClientException',
      /^The specified capacity provider 'my-instances' was not found\./,
    )
    await assertRefused(
      client.send(new DescribeClustersCommand({ clusters: Array.from({ length: 101 }, (_, index) => `c${index}`) })),
      'InvalidParameterException',
      'Clusters can have at most 100 items.',
    )
  })

  test('the capacity providers of a cluster are replaced, and those in use stay', async (t) => {
    const world = await startEcs(t)
    const { client } = world
    await client.send(
      new CreateClusterCommand({ clusterName: 'shop', settings: [{ name: 'containerInsights', value: 'enabled' }] }),
    )
    const put = (capacityProviders: string[], names: string[]) =>
      client.send(
        new PutClusterCapacityProvidersCommand({
          cluster: 'shop',
          capacityProviders,
          defaultCapacityProviderStrategy: names.map((capacityProvider) => ({ capacityProvider, weight: 1 })),
        }),
      )
    const { cluster } = await put(['FARGATE', 'FARGATE_SPOT'], ['FARGATE_SPOT'])
    assert.deepEqual(cluster?.capacityProviders, ['FARGATE', 'FARGATE_SPOT'])
    const strategy = [{ capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 }]
    assert.deepEqual(cluster.defaultCapacityProviderStrategy, strategy)
    assert.deepEqual(cluster.settings, [{ name: 'containerInsights', value: 'enabled' }])
    await assertRefused(
      put(['my-asg'], []),
      'ClientException',
      /^The specified capacity provider 'my-asg' was not found/,
    )
    await assertRefused(
      put(['FARGATE'], ['FARGATE_SPOT']),
      'InvalidParameterException',
      /^defaultCapacityProviderStrategy names the capacity provider FARGATE_SPOT/,
    )
    await registerWeb(world)
    const { tasks } = await client.send(
      new RunTaskCommand({ cluster: 'shop', taskDefinition: 'web', networkConfiguration }),
    )
    assert.equal(tasks?.[0]?.capacityProviderName, 'FARGATE_SPOT')
    await assertRefused(put([], []), 'ResourceInUseException', /^The capacity provider FARGATE_SPOT cannot be taken/)
    const only = await put(['FARGATE_SPOT'], [])
    assert.deepEqual(only.cluster?.defaultCapacityProviderStrategy, [])
  })

  test('clusters are listed in pages', async (t) => {
    const { client } = await startEcs(t)
    for (const clusterName of ['c', 'a', 'b']) await client.send(new CreateClusterCommand({ clusterName }))
    const first = await client.send(new ListClustersCommand({ maxResults: 2 }))
    assert.deepEqual(first.clusterArns, [arn.cluster(place, 'a'), arn.cluster(place, 'b')])
    const second = await client.send(new ListClustersCommand({ maxResults: 2, nextToken: first.nextToken }))
    assert.deepEqual(second.clusterArns, [arn.cluster(place, 'c')])
    assert.equal(second.nextToken, undefined)
  })

  test('a cluster with services or tasks is not deleted; an empty one becomes INACTIVE', async (t) => {
    const world = await startEcs(t)
    const { client, scheduler } = world
    const service = await createBlueGreenService(world)
    await assertRefused(
      client.send(new DeleteClusterCommand({ cluster: 'default' })),
      'ClusterContainsServicesException',
      'The Cluster cannot be deleted while Services are active.',
    )
    world.store.services.delete(service.serviceArn ?? '')
    await assertRefused(
      client.send(new DeleteClusterCommand({ cluster: 'default' })),
      'ClusterContainsTasksException',
      'The Cluster cannot be deleted while Tasks are active.',
    )
    const again = await createService(world, blueGreenService(service.loadBalancers?.[0]?.targetGroupArn ?? ''))
    await client.send(new DeleteServiceCommand({ service: again.serviceName, force: true }))
    scheduler.settle()
    assert.equal((await client.send(new DeleteClusterCommand({ cluster: 'default' }))).cluster?.status, 'INACTIVE')
    assert.deepEqual((await client.send(new ListClustersCommand({}))).clusterArns, [])
    await assertRefused(
      createService(world, { ...blueGreenService('x'), serviceName: 'late' }),
      'ClientException',
      'The referenced cluster was inactive.',
    )
    assert.equal((await client.send(new CreateClusterCommand({}))).cluster?.status, 'ACTIVE')
  })
})
