import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BatchGetApplicationsCommand,
  CreateApplicationCommand,
  DeleteApplicationCommand,
  GetApplicationCommand,
  GetApplicationRevisionCommand,
  GetDeploymentCommand,
  GetDeploymentGroupCommand,
  ListApplicationsCommand,
  paginateListApplications,
  UpdateApplicationCommand,
} from '@aws-sdk/client-codedeploy'
import { appSpec, clientOf, createDeployment, createGroup, openWorld, refuses, sha256 } from './api-world.ts'

const ecs = { computePlatform: 'ECS' } as const

test('an application is created, and answered as AWS answers it', async (t) => {
  const { client } = await openWorld(t)
  const { applicationId } = await client.send(new CreateApplicationCommand({ applicationName: 'app', ...ecs }))
  assert.match(applicationId ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  const { application } = await client.send(new GetApplicationCommand({ applicationName: 'app' }))
  assert.deepEqual(application, {
    applicationId,
    applicationName: 'app',
    computePlatform: 'ECS',
    createTime: new Date(1_700_000_000_123),
    linkedToGitHub: false,
  })
})

test('only the ECS compute platform is accepted', async (t) => {
  const { client } = await openWorld(t)
  for (const computePlatform of ['Server', 'Lambda'] as const) {
    await refuses(
      client.send(new CreateApplicationCommand({ applicationName: 'app', computePlatform })),
      'InvalidComputePlatformException',
      `computePlatform is ${computePlatform}, but only the ECS compute platform can be deployed here. Pass computePlatform ECS.`,
    )
  }
  await refuses(
    client.send(new CreateApplicationCommand({ applicationName: 'app' })),
    'InvalidComputePlatformException',
    /^computePlatform is not given, which means Server, but/,
  )
  await refuses(
    client.send(new CreateApplicationCommand({ applicationName: 'app', computePlatform: 'Ecs' as 'ECS' })),
    'InvalidComputePlatformException',
    /'Ecs'.*is not one of ECS, Lambda, Server/,
  )
})

test('names are checked, and taken once', async (t) => {
  const { client } = await openWorld(t)
  const create = (applicationName: string | undefined) =>
    client.send(new CreateApplicationCommand({ applicationName, ...ecs }))
  await refuses(create(undefined), 'ApplicationNameRequiredException', /missing/)
  await refuses(create(''), 'ApplicationNameRequiredException', 'Application name is missing')
  for (const name of ['a b', 'a/b', 'ä', 'a'.repeat(101)]) {
    await refuses(create(name), 'InvalidApplicationNameException', /is not valid\. It may have 1 to 100 characters/)
  }
  await create('A-z0.9_+=,@')
  await create('a'.repeat(100))
  await refuses(
    create('A-z0.9_+=,@'),
    'ApplicationAlreadyExistsException',
    'The application A-z0.9_+=,@ already exists with the user or AWS account.',
  )
})

test('tags that AWS refuses are refused', async (t) => {
  const { client } = await openWorld(t)
  const create = (tags: { Key?: string; Value?: string }[]) =>
    client.send(new CreateApplicationCommand({ applicationName: 'app', ...ecs, tags }))
  await refuses(create([{ Value: 'x' }]), 'InvalidTagsToAddException', /has no Key/)
  await refuses(create([{ Key: 'aws:x', Value: 'x' }]), 'InvalidTagsToAddException', /AWS keeps for itself/)
  await refuses(create([{ Key: 'k'.repeat(129) }]), 'InvalidTagsToAddException', /129 characters; 128 are allowed/)
  await refuses(create([{ Key: 'k', Value: 'v'.repeat(257) }]), 'InvalidTagsToAddException', /257 characters/)
  await refuses(create([{ Key: 'k' }, { Key: 'k' }]), 'InvalidTagsToAddException', /'k' is given twice/)
  const many = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}` }))
  await refuses(create(many), 'InvalidTagsToAddException', /would have 51 tags; 50 are allowed/)
})

test('an application that is not there is said to be so', async (t) => {
  const { client } = await openWorld(t)
  const missing = 'No application found for name: nobody'
  const applicationName = 'nobody'
  await refuses(
    client.send(new GetApplicationCommand({ applicationName })),
    'ApplicationDoesNotExistException',
    missing,
  )
  await refuses(
    client.send(new BatchGetApplicationsCommand({ applicationNames: ['nobody'] })),
    'ApplicationDoesNotExistException',
    missing,
  )
  await refuses(
    client.send(new UpdateApplicationCommand({ applicationName })),
    'ApplicationDoesNotExistException',
    missing,
  )
  await refuses(client.send(new UpdateApplicationCommand({})), 'ApplicationNameRequiredException', /missing/)
  await client.send(new DeleteApplicationCommand({ applicationName }))
})

test('applications are read in batches of up to one hundred', async (t) => {
  const { client } = await openWorld(t)
  for (const applicationName of ['one', 'two'])
    await client.send(new CreateApplicationCommand({ applicationName, ...ecs }))
  const { applicationsInfo } = await client.send(new BatchGetApplicationsCommand({ applicationNames: ['two', 'one'] }))
  assert.deepEqual(
    applicationsInfo?.map(({ applicationName }) => applicationName),
    ['two', 'one'],
  )
  await refuses(
    client.send(new BatchGetApplicationsCommand({ applicationNames: Array.from({ length: 101 }, () => 'one') })),
    'BatchLimitExceededException',
    /101 entries; 100 are allowed/,
  )
  await refuses(
    client.send(new BatchGetApplicationsCommand({ applicationNames: [] })),
    'ApplicationNameRequiredException',
    /missing/,
  )
})

test('the list of applications comes in pages and goes on where it was, whatever is deleted meanwhile', async (t) => {
  const { client } = await openWorld(t)
  const all = Array.from({ length: 205 }, (_, index) => `app-${index}`)
  for (const applicationName of all) await client.send(new CreateApplicationCommand({ applicationName, ...ecs }))
  const first = await client.send(new ListApplicationsCommand({}))
  assert.equal(first.applications?.length, 100)
  await client.send(new DeleteApplicationCommand({ applicationName: 'app-99' }))
  const second = await client.send(new ListApplicationsCommand({ nextToken: first.nextToken }))
  assert.equal(second.applications?.[0], 'app-100')
  const names: string[] = []
  for await (const page of paginateListApplications({ client }, {})) names.push(...(page.applications ?? []))
  assert.deepEqual(
    names,
    all.filter((name) => name !== 'app-99'),
  )
  for (const nextToken of [
    '',
    'nonsense',
    Buffer.from('{"list":"other","after":"","position":0}').toString('base64url'),
  ]) {
    await refuses(client.send(new ListApplicationsCommand({ nextToken })), 'InvalidNextTokenException', /nextToken/)
  }
})

test('one thousand applications are allowed', async (t) => {
  const { client, store } = await openWorld(t)
  const one = { applicationId: '', region: 'us-east-1', createTime: 0, tags: {}, ...ecs }
  store.transaction(() => {
    for (let n = 0; n < 1000; n += 1) store.applications.put(`us-east-1/${n}`, { ...one, applicationName: `${n}` })
  })
  await refuses(
    client.send(new CreateApplicationCommand({ applicationName: 'app', ...ecs })),
    'ApplicationLimitExceededException',
    /1000 applications in us-east-1 already/,
  )
})

test('each region has applications of its own', async (t) => {
  const { client, url } = await openWorld(t)
  await client.send(new CreateApplicationCommand({ applicationName: 'app', ...ecs }))
  const elsewhere = clientOf(url, 'eu-west-1')
  t.after(() => elsewhere.destroy())
  assert.deepEqual((await elsewhere.send(new ListApplicationsCommand({}))).applications, [])
  await elsewhere.send(new CreateApplicationCommand({ applicationName: 'app', ...ecs }))
})

test('a renamed application takes everything with it', async (t) => {
  const world = await openWorld(t)
  const { client } = world
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  await client.send(new CreateApplicationCommand({ applicationName: 'other', ...ecs }))
  await refuses(
    client.send(new UpdateApplicationCommand({ applicationName: 'app', newApplicationName: 'other' })),
    'ApplicationAlreadyExistsException',
    'The application other already exists with the user or AWS account.',
  )
  await client.send(new UpdateApplicationCommand({ applicationName: 'app', newApplicationName: 'new' }))
  const applicationName = 'new'
  const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId }))
  assert.equal(deploymentInfo?.applicationName, 'new')
  const { deploymentGroupInfo } = await client.send(
    new GetDeploymentGroupCommand({ applicationName, deploymentGroupName: 'group' }),
  )
  assert.equal(deploymentGroupInfo?.lastAttemptedDeployment?.deploymentId, deploymentId)
  const revision = { revisionType: 'AppSpecContent', appSpecContent: { sha256: sha256(appSpec) } } as const
  await client.send(new GetApplicationRevisionCommand({ applicationName, revision }))
  const { applications } = await client.send(new ListApplicationsCommand({}))
  assert.deepEqual(applications, ['other', 'new'])
})

test('a deleted application takes its groups and revisions with it, and its deployments can still be read', async (t) => {
  const world = await openWorld(t)
  const { client, store } = world
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  await client.send(new DeleteApplicationCommand({ applicationName: 'app' }))
  assert.deepEqual([store.applications.list(), store.deploymentGroups.list(), store.revisions.list()], [[], [], []])
  const { deploymentInfo } = await client.send(new GetDeploymentCommand({ deploymentId }))
  assert.equal(deploymentInfo?.applicationName, 'app')
})
