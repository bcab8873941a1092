import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BatchGetDeploymentsCommand,
  GetDeploymentCommand,
  ListDeploymentsCommand,
  paginateListDeployments,
  type ListDeploymentsCommandInput,
} from '@aws-sdk/client-codedeploy'
import {
  appSpec,
  clientOf,
  createDeployment,
  createGroup,
  groupInput,
  openWorld,
  refuses,
  sha256,
} from './api-world.ts'

const idOf = (n: number) => `d-${String(n).padStart(9, '0')}`

test('a running deployment is answered as AWS answers it, and without the text of its AppSpec', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  world.deployments.become(await createDeployment(world), { status: 'Succeeded' })
  world.time.now += 1000
  const deploymentId = await createDeployment(world, { description: 'two' })
  world.deployments.become(deploymentId, { status: 'InProgress', startTime: world.time.now + 5 })
  const { deploymentInfo } = await world.client.send(new GetDeploymentCommand({ deploymentId }))
  const revision = { revisionType: 'AppSpecContent', appSpecContent: { sha256: sha256(appSpec) } }
  assert.deepEqual(deploymentInfo, {
    applicationName: 'app',
    deploymentGroupName: 'group',
    deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
    deploymentId,
    previousRevision: revision,
    revision,
    status: 'InProgress',
    createTime: new Date(world.time.now),
    startTime: new Date(world.time.now + 5),
    description: 'two',
    creator: 'user',
    ignoreApplicationStopFailures: false,
    autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE'] },
    updateOutdatedInstancesOnly: false,
    deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
    instanceTerminationWaitTimeStarted: false,
    blueGreenDeploymentConfiguration: {
      terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 5 },
      deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT', waitTimeInMinutes: 0 },
    },
    loadBalancerInfo: groupInput.loadBalancerInfo,
    fileExistsBehavior: 'DISALLOW',
    deploymentStatusMessages: [],
    computePlatform: 'ECS',
  })
})

test('a deployment that has ended says how, with an overview of its one target', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const none = { Pending: 0, InProgress: 0, Succeeded: 0, Failed: 0, Skipped: 0, Ready: 0 }
  for (const [status, overview] of [
    ['Succeeded', { ...none, Succeeded: 1 }],
    ['Failed', { ...none, Failed: 1 }],
    ['Stopped', { ...none, Failed: 1 }],
  ] as const) {
    const deploymentId = await createDeployment(world)
    const rollbackInfo = { rollbackDeploymentId: 'd-BBBBBBBBB', rollbackMessage: 'Automatic rollback is triggered.' }
    const errorInformation = { code: 'TIMEOUT', message: 'It took too long.' } as const
    const completeTime = world.time.now + 10
    world.deployments.become(deploymentId, { status, completeTime, errorInformation, rollbackInfo })
    const { deploymentInfo } = await world.client.send(new GetDeploymentCommand({ deploymentId }))
    assert.deepEqual(deploymentInfo?.deploymentOverview, overview)
    assert.deepEqual(deploymentInfo?.rollbackInfo, rollbackInfo)
    assert.deepEqual(deploymentInfo?.errorInformation, errorInformation)
    assert.deepEqual(deploymentInfo?.completeTime, new Date(completeTime))
  }
})

test('a deployment that ended early without a rollback says what is left', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  const taskSet = { taskSetId: 'ecs-svc/1', desiredCount: 2, pendingCount: 0, runningCount: 2 }
  const set = (taskSetLabel: 'Blue' | 'Green', trafficWeight: number, status: 'PRIMARY' | 'ACTIVE' | 'DRAINING') => {
    return { ...taskSet, taskSetLabel, status, trafficWeight, targetGroupName: `web-${taskSetLabel.toLowerCase()}` }
  }
  const told = async (...finalTaskSets: readonly ReturnType<typeof set>[]) => {
    const errorInformation = { code: 'TIMEOUT', message: 'It took too long.' } as const
    world.deployments.become(deploymentId, { status: 'Failed', errorInformation, finalTaskSets })
    const { deploymentInfo } = await world.client.send(new GetDeploymentCommand({ deploymentId }))
    return deploymentInfo?.deploymentStatusMessages?.join()
  }
  assert.equal(await told(set('Blue', 100, 'PRIMARY')), 'Nothing was changed: the original task set has all traffic.')
  assert.equal(
    await told(set('Blue', 90, 'PRIMARY')),
    'Nothing was changed: the original task set has the traffic it had before (web-blue 90%).',
  )
  assert.match(
    (await told(set('Blue', 90, 'PRIMARY'), set('Green', 10, 'ACTIVE'))) ?? '',
    /^No rollback was configured for this: task sets and traffic stay as they are \(web-blue 90%, web-green 10%\)/,
  )
  assert.match(
    (await told(set('Blue', 0, 'DRAINING'), set('Green', 0, 'DRAINING'))) ?? '',
    /^The service has none of its/,
  )
  world.deployments.become(deploymentId, { creator: 'codeDeployRollback' })
  assert.equal(
    await told(set('Blue', 100, 'PRIMARY'), set('Green', 0, 'DRAINING')),
    'The original task set has all traffic.',
  )
})

test('ids of deployments are checked, and unknown ones are said to be so', async (t) => {
  const { client, url } = await openWorld(t)
  const get = (deploymentId: string | undefined) => client.send(new GetDeploymentCommand({ deploymentId }))
  await refuses(get(undefined), 'DeploymentIdRequiredException', /missing/)
  await refuses(get(''), 'DeploymentIdRequiredException', /^Deployment ID is missing\./)
  for (const id of ['x', 'd-abc', 'd-ABCDEF12', 'd-ABCDEF1234']) {
    await refuses(get(id), 'InvalidDeploymentIdException', new RegExp(`'${id}' is not valid`))
  }
  const missing = 'The deployment d-ABCDEF123 does not exist with the user or AWS account.'
  await refuses(get('d-ABCDEF123'), 'DeploymentDoesNotExistException', missing)
  const elsewhere = clientOf(url, 'eu-west-1')
  t.after(() => elsewhere.destroy())
  const world = await openWorld(t)
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  await refuses(
    elsewhere.send(new GetDeploymentCommand({ deploymentId })),
    'DeploymentDoesNotExistException',
    /does not exist/,
  )
})

test('deployments are read in batches of up to twenty-five; unknown ones are left out', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  const batch = (deploymentIds: string[]) => world.client.send(new BatchGetDeploymentsCommand({ deploymentIds }))
  const { deploymentsInfo } = await batch(['d-ZZZZZZZZZ', deploymentId])
  assert.deepEqual(
    deploymentsInfo?.map((info) => info.deploymentId),
    [deploymentId],
  )
  assert.equal(deploymentsInfo?.[0]?.revision?.appSpecContent?.content, undefined)
  await refuses(batch(Array.from({ length: 26 }, () => deploymentId)), 'BatchLimitExceededException', /26 entries; 25/)
  await refuses(batch([]), 'DeploymentIdRequiredException', /missing/)
  await refuses(batch(['x']), 'InvalidDeploymentIdException', /'x'/)
})

test('deployments are listed newest first, by group, status and time', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const begin = world.time.now
  const ids: string[] = []
  for (const status of ['Succeeded', 'Failed', 'InProgress'] as const) {
    const id = await createDeployment(world)
    world.deployments.become(id, { status })
    ids.unshift(id)
    world.time.now += 1000
  }
  const [third, second, first] = ids
  const list = async (wishes: ListDeploymentsCommandInput) =>
    (await world.client.send(new ListDeploymentsCommand(wishes))).deployments
  const group = { applicationName: 'app', deploymentGroupName: 'group' }
  assert.deepEqual(await list({}), ids)
  assert.deepEqual(await list(group), ids)
  assert.deepEqual(await list({ ...group, includeOnlyStatuses: ['Created', 'Queued', 'InProgress', 'Ready'] }), [third])
  assert.deepEqual(await list({ includeOnlyStatuses: ['Succeeded', 'Failed'] }), [second, first])
  assert.deepEqual(await list({ includeOnlyStatuses: [] }), ids)
  assert.deepEqual(await list({ createTimeRange: { start: new Date(begin + 1000) } }), [third, second])
  assert.deepEqual(await list({ createTimeRange: { end: new Date(begin + 999) } }), [first])
  assert.deepEqual(await list({ externalId: 'stack' }), [])
  await refuses(
    list({ applicationName: 'app' }),
    'DeploymentGroupNameRequiredException',
    'Deployment Group name is missing',
  )
  await refuses(
    list({ deploymentGroupName: 'group' }),
    'ApplicationNameRequiredException',
    'Application name is missing',
  )
  await refuses(list({ ...group, applicationName: 'x' }), 'ApplicationDoesNotExistException', /x/)
  await refuses(list({ ...group, deploymentGroupName: 'x' }), 'DeploymentGroupDoesNotExistException', /x/)
  await refuses(list({ includeOnlyStatuses: ['Done' as 'Failed'] }), 'InvalidDeploymentStatusException', /'Done'/)
  await refuses(list({ nextToken: 'x' }), 'InvalidNextTokenException', /nextToken/)
  await refuses(
    list({ createTimeRange: { start: new Date(begin), end: new Date(begin - 1) } }),
    'InvalidTimeRangeException',
    /after its end/,
  )
})

test('a list that grows while it is read shows nothing twice', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const model = world.store.deployments.get(await createDeployment(world))
  assert.ok(model)
  const put = (n: number) =>
    world.store.deployments.put(idOf(n), { ...model, deploymentId: idOf(n), createTime: 1000 + n })
  world.store.deployments.delete(model.deploymentId)
  for (let n = 0; n < 250; n += 1) put(n)
  const seen: string[] = []
  for await (const page of paginateListDeployments({ client: world.client }, {})) {
    seen.push(...(page.deployments ?? []))
    put(1000 + seen.length)
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 250 }, (_, n) => idOf(249 - n)),
  )
})
