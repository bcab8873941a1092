import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BatchGetApplicationRevisionsCommand,
  GetApplicationRevisionCommand,
  ListApplicationRevisionsCommand,
  RegisterApplicationRevisionCommand,
  type ListApplicationRevisionsCommandInput,
  type RevisionLocation,
} from '@aws-sdk/client-codedeploy'
import { createDeployment, createGroup, openWorld, refuses, sha256, type ApiWorld } from './api-world.ts'

const applicationName = 'app'
const appSpecContent = (content: string): RevisionLocation => ({
  revisionType: 'AppSpecContent',
  appSpecContent: { content, sha256: sha256(content) },
})
const byDigest = (content: string): RevisionLocation => ({
  revisionType: 'AppSpecContent',
  appSpecContent: { sha256: sha256(content) },
})

function register({ client }: ApiWorld, content: string, description?: string) {
  const revision = appSpecContent(content)
  return client.send(new RegisterApplicationRevisionCommand({ applicationName, revision, description }))
}

test('a registered revision is read by its digest, with its text', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  await register(world, 'text', 'first')
  const get = () =>
    world.client.send(new GetApplicationRevisionCommand({ applicationName, revision: byDigest('text') }))
  const { $metadata: _, ...answer } = await get()
  assert.deepEqual(answer, {
    applicationName,
    revision: appSpecContent('text'),
    revisionInfo: { description: 'first', deploymentGroups: [], registerTime: new Date(world.time.now) },
  })
  const registerTime = world.time.now
  world.time.now += 1000
  await register(world, 'text')
  assert.equal((await get()).revisionInfo?.description, 'first', 'what is not said again stays')
  await register(world, 'text', 'second')
  assert.equal((await get()).revisionInfo?.description, 'second')
  assert.deepEqual((await get()).revisionInfo?.registerTime, new Date(registerTime))
})

test('a revision says which groups run it, and when it was used', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const deploymentId = await createDeployment(world, { revision: appSpecContent('text') })
  const info = async () => {
    const command = new GetApplicationRevisionCommand({ applicationName, revision: byDigest('text') })
    return (await world.client.send(command)).revisionInfo
  }
  assert.deepEqual((await info())?.deploymentGroups, [])
  world.deployments.become(deploymentId, { status: 'Succeeded' })
  assert.deepEqual(await info(), {
    deploymentGroups: ['group'],
    registerTime: new Date(world.time.now),
    firstUsedTime: new Date(world.time.now),
    lastUsedTime: new Date(world.time.now),
  })
})

test('revisions are read in batches of up to twenty-five; unknown ones are named', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  await register(world, 'one')
  const batch = (revisions: RevisionLocation[]) =>
    world.client.send(new BatchGetApplicationRevisionsCommand({ applicationName, revisions }))
  const { revisions, errorMessage } = await batch([byDigest('two'), byDigest('one')])
  assert.deepEqual(
    revisions?.map(({ revisionLocation }) => revisionLocation),
    [appSpecContent('one')],
  )
  assert.equal(errorMessage, `Application app has no revision with the sha256 '${sha256('two')}'.`)
  assert.equal((await batch([byDigest('one')])).errorMessage, undefined)
  const many = Array.from({ length: 26 }, () => byDigest('one'))
  await refuses(batch(many), 'BatchLimitExceededException', /26 entries; 25 are allowed/)
  await refuses(batch([]), 'RevisionRequiredException', 'RevisionLocation must be specified')
})

test('revisions are listed by time, and by whether they are deployed, without their texts', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  for (const content of ['one', 'two', 'three']) {
    world.time.now += 1000
    await register(world, content)
  }
  world.deployments.become(await createDeployment(world, { revision: byDigest('one') }), { status: 'Succeeded' })
  const list = async (wishes: Partial<ListApplicationRevisionsCommandInput> = {}) => {
    const answer = await world.client.send(new ListApplicationRevisionsCommand({ applicationName, ...wishes }))
    return answer.revisions
  }
  assert.deepEqual(await list(), ['one', 'two', 'three'].map(byDigest))
  assert.deepEqual(await list({ sortOrder: 'descending' }), ['three', 'two', 'one'].map(byDigest))
  assert.deepEqual(
    await list({ sortBy: 'lastUsedTime', sortOrder: 'descending' }),
    ['one', 'three', 'two'].map(byDigest),
  )
  assert.deepEqual(await list({ deployed: 'include' }), ['one'].map(byDigest))
  assert.deepEqual(await list({ deployed: 'exclude' }), ['two', 'three'].map(byDigest))
  assert.deepEqual(await list({ deployed: 'ignore' }), ['one', 'two', 'three'].map(byDigest))
  assert.deepEqual(await list({ s3Bucket: 'bucket', s3KeyPrefix: 'prefix' }), [])
  await refuses(list({ s3KeyPrefix: 'prefix' }), 'BucketNameFilterRequiredException', /without s3Bucket/)
  await refuses(list({ sortBy: 'size' as 'registerTime' }), 'InvalidSortByException', /'size'/)
  await refuses(list({ sortOrder: 'up' as 'ascending' }), 'InvalidSortOrderException', /'up'/)
  await refuses(list({ deployed: 'maybe' as 'ignore' }), 'InvalidDeployedStateFilterException', /'maybe'/)
  await refuses(list({ nextToken: 'x' }), 'InvalidNextTokenException', /nextToken/)
})

test('a revision that is not there, or not to be had, is said to be so', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const get = (revision: RevisionLocation | undefined) =>
    world.client.send(new GetApplicationRevisionCommand({ applicationName, revision }))
  await refuses(
    get(byDigest('x')),
    'RevisionDoesNotExistException',
    `Application app has no revision with the sha256 '${sha256('x')}'. Pass its content as well, or register it.`,
  )
  await refuses(get(undefined), 'RevisionRequiredException', /missing/)
  await refuses(
    get({ revisionType: 'S3', s3Location: { bundleType: 'YAML' } }),
    'InvalidRevisionException',
    /^s3Location/,
  )
  await refuses(register(world, 'x', 'd'.repeat(513)), 'DescriptionTooLongException', /513 characters/)
  await refuses(
    world.client.send(new GetApplicationRevisionCommand({ applicationName: 'other', revision: byDigest('x') })),
    'ApplicationDoesNotExistException',
    'No application found for name: other',
  )
})
