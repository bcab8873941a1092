import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ListTagsForResourceCommand, TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-codedeploy'
import { createGroup, openWorld, refuses } from './api-world.ts'

const application = 'arn:aws:codedeploy:us-east-1:000000000000:application:app'
const group = 'arn:aws:codedeploy:us-east-1:000000000000:deploymentgroup:app/group'

test('applications and groups are tagged and untagged', async (t) => {
  const world = await openWorld(t)
  const { client } = world
  await createGroup(world, { tags: [{ Key: 'team', Value: 'web' }] })
  const list = async (ResourceArn: string) => (await client.send(new ListTagsForResourceCommand({ ResourceArn }))).Tags
  assert.deepEqual(await list(group), [{ Key: 'team', Value: 'web' }])
  for (const ResourceArn of [application, group]) {
    const tags = [{ Key: 'team', Value: 'api' }, { Key: 'stage' }]
    await client.send(new TagResourceCommand({ ResourceArn, Tags: tags }))
    assert.deepEqual(await list(ResourceArn), [
      { Key: 'team', Value: 'api' },
      { Key: 'stage', Value: '' },
    ])
    await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['team', 'nobody'] }))
    assert.deepEqual(await list(ResourceArn), [{ Key: 'stage', Value: '' }])
  }
})

test('what has no tags, and what is no ARN, is refused', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const list = (ResourceArn: string | undefined) => world.client.send(new ListTagsForResourceCommand({ ResourceArn }))
  await refuses(list(undefined), 'ResourceArnRequiredException', /missing/)
  await refuses(list(''), 'ResourceArnRequiredException', 'ResourceArn is missing')
  for (const arn of ['app', 'arn:aws:ecs:us-east-1:000000000000:service/a/b', application.replace('0000:', '1111:')]) {
    await refuses(list(arn), 'InvalidArnException', /is not valid\. Pass arn:aws:codedeploy:REGION:000000000000:/)
  }
  const config = 'arn:aws:codedeploy:us-east-1:000000000000:deploymentconfig:own'
  await refuses(list(config), 'ArnNotSupportedException', /only applications .* and deployment groups .* have tags/)
  await refuses(list(`${application}x`), 'ApplicationDoesNotExistException', 'No application found for name: appx')
  await refuses(
    list(`${group}x`),
    'DeploymentGroupDoesNotExistException',
    'No Deployment Group found for name: app/groupx',
  )
  const tag = (Tags: { Key?: string }[] | undefined) =>
    world.client.send(new TagResourceCommand({ ResourceArn: group, Tags }))
  await refuses(tag(undefined), 'TagRequiredException', /missing/)
  await refuses(tag([{}]), 'InvalidTagsToAddException', /has no Key/)
  await tag(Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}` })))
  await refuses(tag([{ Key: 'one more' }]), 'InvalidTagsToAddException', /would have 51 tags; 50 are allowed/)
  await refuses(
    world.client.send(new UntagResourceCommand({ ResourceArn: group, TagKeys: undefined })),
    'TagRequiredException',
    /missing/,
  )
})
