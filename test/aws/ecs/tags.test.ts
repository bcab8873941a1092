import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreateClusterCommand,
  DeleteClusterCommand,
  ListTagsForResourceCommand,
  ListTasksCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecs'
import { arn } from '../../../src/domain/identifiers.ts'
import { assertRefused, createBlueGreenService, place, startEcs } from './ecs-world.ts'

const clusterArn = arn.cluster(place, 'default')

describe('tags', () => {
  test('clusters, services, task sets, tasks and task definitions are tagged and untagged', async (t) => {
    const world = await startEcs(t)
    const { client } = world
    const service = await createBlueGreenService(world)
    const { taskArns } = await client.send(new ListTasksCommand({}))
    const resources = [
      service.clusterArn,
      service.serviceArn,
      service.taskSets?.[0]?.taskSetArn,
      service.taskDefinition,
      taskArns?.[0],
    ]
    for (const resourceArn of resources) {
      assert.ok(resourceArn)
      const tags = [
        { key: 'team', value: 'blue' },
        { key: 'stage', value: 'test' },
      ]
      await client.send(new TagResourceCommand({ resourceArn, tags }))
      await client.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'team', value: 'green' }] }))
      await client.send(new UntagResourceCommand({ resourceArn, tagKeys: ['stage', 'other'] }))
      const listed = await client.send(new ListTagsForResourceCommand({ resourceArn }))
      assert.deepEqual(listed.tags, [{ key: 'team', value: 'green' }])
    }
  })

  test('a key called __proto__ is a key like others', async (t) => {
    const { client } = await startEcs(t)
    const tags = [{ key: '__proto__', value: 'x' }]
    await client.send(new CreateClusterCommand({ tags }))
    const listed = await client.send(new ListTagsForResourceCommand({ resourceArn: clusterArn }))
    assert.deepEqual(listed.tags, tags)
  })

  test('keys, values and their number are bounded', async (t) => {
    const { client } = await startEcs(t)
    await client.send(new CreateClusterCommand({}))
    const refuse = (tags: { key: string; value: string }[], message: string) =>
      assertRefused(
        client.send(new TagResourceCommand({ resourceArn: clusterArn, tags })),
        'InvalidParameterException',
        message,
      )
    await refuse([{ key: '', value: 'x' }], 'Tag keys must have 1 to 128 characters.')
    await refuse([{ key: 'k'.repeat(129), value: 'x' }], 'Tag keys must have 1 to 128 characters.')
    await refuse([{ key: 'k', value: 'x'.repeat(257) }], 'The value of tag k has more than 256 characters.')
    await refuse([{ key: 'aws:k', value: 'x' }], 'Tag key aws:k is not allowed: the prefix aws: is reserved.')
    const twice = { key: 'k', value: 'x' }
    await refuse([twice, twice], 'A tag key is given more than once.')
    const many = Array.from({ length: 51 }, (_, index) => ({ key: `k${index}`, value: 'x' }))
    await refuse(many, 'A resource can have at most 50 tags.')
    await client.send(new TagResourceCommand({ resourceArn: clusterArn, tags: many.slice(0, 50) }))
    await refuse([{ key: 'one-more', value: 'x' }], 'A resource can have at most 50 tags.')
  })

  test('what is not there has no tags', async (t) => {
    const { client } = await startEcs(t)
    await client.send(new CreateClusterCommand({}))
    const resourceArn = arn.service(clusterArn, 'nope')
    const notFound = ['ResourceNotFoundException', 'The specified resource could not be found.'] as const
    await assertRefused(client.send(new TagResourceCommand({ resourceArn, tags: [] })), ...notFound)
    await assertRefused(client.send(new UntagResourceCommand({ resourceArn, tagKeys: [] })), ...notFound)
    const list = (text: string) => client.send(new ListTagsForResourceCommand({ resourceArn: text }))
    await assertRefused(list(resourceArn), 'InvalidParameterException', 'The specified resource is not found.')
    await assertRefused(list(arn.cluster(place, 'nope')), 'ClusterNotFoundException', 'Cluster not found.')
    await assertRefused(
      list(resourceArn.replace('/default/', '/')),
      'InvalidParameterException',
      'Long arn format must be used for tagging operations',
    )
    await assertRefused(list('web'), 'InvalidParameterException', 'Invalid identifier: web is not an Amazon ECS ARN.')
    await assertRefused(
      list(resourceArn.replace('eu-west-1', 'us-east-1')),
      'InvalidParameterException',
      'Invalid Region in ARN',
    )
    await assertRefused(
      list(arn.cluster(place, 'default').replace(':cluster/', ':capacity-provider/')),
      'InvalidParameterException',
      'The specified resource is not found.',
    )
    await client.send(new DeleteClusterCommand({ cluster: 'default' }))
    await assertRefused(
      list(clusterArn),
      'InvalidParameterException',
      'The specified cluster is inactive. Specify an active cluster and try again.',
    )
  })
})
