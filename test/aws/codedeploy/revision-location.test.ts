import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BatchGetApplicationRevisionsCommand,
  GetApplicationRevisionCommand,
  GetDeploymentCommand,
  ListApplicationRevisionsCommand,
  RegisterApplicationRevisionCommand,
  type ListApplicationRevisionsCommandInput,
  type RevisionLocation,
  type S3Location,
} from '@aws-sdk/client-codedeploy'
import { appSpec, createDeployment, createGroup, openWorld, refuses, type ApiWorld } from './api-world.ts'

const applicationName = 'app'

function inS3(location: Partial<S3Location> = {}): RevisionLocation {
  return { revisionType: 'S3', s3Location: { bucket: 'bucket', key: 'appspec.yaml', bundleType: 'YAML', ...location } }
}

async function opened(t: Parameters<typeof openWorld>[0]): Promise<ApiWorld> {
  const world = await openWorld(t)
  await createGroup(world)
  world.stored.set('bucket/appspec.yaml', { content: Buffer.from(appSpec), eTag: 'etag', versionId: 'v1' })
  return world
}

function register({ client }: ApiWorld, revision: RevisionLocation) {
  return client.send(new RegisterApplicationRevisionCommand({ applicationName, revision }))
}

function list({ client }: ApiWorld, input: Omit<ListApplicationRevisionsCommandInput, 'applicationName'> = {}) {
  return client.send(new ListApplicationRevisionsCommand({ applicationName, ...input }))
}

test('a deployment keeps the text that stood in S3 when it was created', async (t) => {
  const world = await opened(t)
  const revision = inS3({ version: 'v1', eTag: '"etag"' })
  const deploymentId = await createDeployment(world, { revision })
  world.stored.clear()
  assert.deepEqual(world.store.deployments.get(deploymentId)?.revision, {
    revisionType: 'S3',
    s3Location: { bucket: 'bucket', key: 'appspec.yaml', bundleType: 'YAML', version: 'v1', eTag: 'etag' },
    appSpec: { kind: 'text', content: appSpec },
  })
  const { deploymentInfo } = await world.client.send(new GetDeploymentCommand({ deploymentId }))
  assert.deepEqual(deploymentInfo?.revision, inS3({ version: 'v1', eTag: 'etag' }))
})

test('an object that is missing does not refuse the deployment, but fails it', async (t) => {
  const world = await opened(t)
  const deploymentId = await createDeployment(world, { revision: inS3({ key: 'other' }) })
  const revision = world.store.deployments.get(deploymentId)?.revision
  assert.equal(revision?.revisionType, 'S3')
  assert.equal(revision.appSpec?.kind === 'unusable' && revision.appSpec.code, 'REVISION_MISSING')
})

test('a text that is far too long for an AppSpec is refused, and nothing of it is kept', async (t) => {
  const world = await opened(t)
  const revision = { revisionType: 'AppSpecContent', appSpecContent: { content: '#'.repeat(1_048_577) } } as const
  const [code, text] = ['InvalidRevisionException', /appSpecContent\.content has 1048577 characters/]
  await refuses(createDeployment(world, { revision }), code, text)
  await refuses(register(world, revision), code, text)
  assert.deepEqual([world.store.deployments.list(), world.store.revisions.list()], [[], []])
})

test('of two deployments created at once, one is refused', async (t) => {
  const world = await opened(t)
  const both = await Promise.allSettled([1, 2].map(() => createDeployment(world, { revision: inS3() })))
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  assert.equal(world.store.deployments.list().length, 1)
})

test('a revision in S3 is registered, found by what is known of it, and deployed', async (t) => {
  const world = await opened(t)
  await register(world, inS3({ eTag: 'etag' }))
  const get = async (revision: RevisionLocation) =>
    (await world.client.send(new GetApplicationRevisionCommand({ applicationName, revision }))).revision
  assert.deepEqual(await get(inS3({ eTag: '"etag"' })), inS3({ eTag: 'etag' }))
  assert.deepEqual(await get(inS3()), inS3({ eTag: 'etag' }))
  await refuses(
    get(inS3({ eTag: 'other' })),
    'RevisionDoesNotExistException',
    'Application app has no revision s3://bucket/appspec.yaml (YAML, ETag other). Register it, or pass the location it was ' +
      'registered with.',
  )
  const deploymentId = await createDeployment(world, { revision: inS3({ eTag: 'etag' }) })
  world.deployments.become(deploymentId, { status: 'Succeeded' })
  const revisions = [inS3({ eTag: 'etag' }), inS3({ key: 'unknown' })]
  const batch = await world.client.send(new BatchGetApplicationRevisionsCommand({ applicationName, revisions }))
  assert.equal(batch.errorMessage, 'Application app has no revision s3://bucket/unknown (YAML).')
  assert.deepEqual(
    batch.revisions?.map(({ genericRevisionInfo }) => genericRevisionInfo?.deploymentGroups),
    [['group']],
  )
})

test('revisions are listed by bucket, by prefix, and by whether they are deployed', async (t) => {
  const world = await opened(t)
  const keys = ['one/a', 'one/b', 'two']
  for (const key of keys) {
    world.time.now += 1000
    await register(world, inS3({ key }))
  }
  await register(world, inS3({ bucket: 'other' }))
  await register(world, { revisionType: 'AppSpecContent', appSpecContent: { content: 'text' } })
  const listed = async (input: Parameters<typeof list>[1]) =>
    (await list(world, input)).revisions?.map(({ s3Location }) => s3Location?.key)
  assert.equal((await listed({}))?.length, 5)
  assert.deepEqual(await listed({ s3Bucket: 'bucket' }), keys)
  assert.deepEqual(
    await listed({ s3Bucket: 'bucket', sortBy: 'registerTime', sortOrder: 'descending' }),
    keys.toReversed(),
  )
  assert.deepEqual(await listed({ s3Bucket: 'bucket', s3KeyPrefix: 'one/' }), ['one/a', 'one/b'])
  assert.deepEqual(await listed({ s3Bucket: 'bucket', deployed: 'include' }), [])
  await refuses(list(world, { s3KeyPrefix: 'one/' }), 'BucketNameFilterRequiredException', /s3KeyPrefix/)
})
