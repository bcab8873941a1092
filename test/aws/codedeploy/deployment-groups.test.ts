import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BatchGetDeploymentGroupsCommand,
  CreateApplicationCommand,
  CreateDeploymentGroupCommand,
  DeleteDeploymentGroupCommand,
  GetDeploymentGroupCommand,
  ListDeploymentGroupsCommand,
  UpdateDeploymentGroupCommand,
  type UpdateDeploymentGroupCommandInput,
} from '@aws-sdk/client-codedeploy'
import { names } from '../../world/furnished-world.ts'
import { createDeployment, createGroup, groupInput, openWorld, refuses, type ApiWorld } from './api-world.ts'

const applicationName = 'app'
const deploymentGroupName = 'group'

async function infoOf({ client }: ApiWorld, name = deploymentGroupName) {
  const answer = await client.send(new GetDeploymentGroupCommand({ applicationName, deploymentGroupName: name }))
  return answer.deploymentGroupInfo
}

function update({ client }: ApiWorld, changes: Partial<UpdateDeploymentGroupCommandInput>) {
  return client.send(
    new UpdateDeploymentGroupCommand({ applicationName, currentDeploymentGroupName: deploymentGroupName, ...changes }),
  )
}

test('a group is created, and answered with everything clients read unasked', async (t) => {
  const world = await openWorld(t)
  const deploymentGroupId = await createGroup(world)
  assert.deepEqual(await infoOf(world), {
    applicationName,
    deploymentGroupId,
    deploymentGroupName,
    deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
    ec2TagFilters: [],
    onPremisesInstanceTagFilters: [],
    autoScalingGroups: [],
    serviceRoleArn: groupInput.serviceRoleArn,
    triggerConfigurations: [],
    autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE'] },
    deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
    outdatedInstancesStrategy: 'UPDATE',
    blueGreenDeploymentConfiguration: {
      terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 5 },
      deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT', waitTimeInMinutes: 0 },
    },
    loadBalancerInfo: groupInput.loadBalancerInfo,
    computePlatform: 'ECS',
    ecsServices: [{ serviceName: 'web', clusterName: 'prod' }],
    terminationHookEnabled: false,
  })
})

test('what is not said has the defaults of AWS', async (t) => {
  const world = await openWorld(t)
  await createGroup(world, {
    deploymentConfigName: undefined,
    autoRollbackConfiguration: undefined,
    blueGreenDeploymentConfiguration: {
      deploymentReadyOption: {},
      terminateBlueInstancesOnDeploymentSuccess: {},
      greenFleetProvisioningOption: {},
    },
    // What Terraform and others send without meaning anything by it.
    autoScalingGroups: [],
    ec2TagFilters: [],
    onPremisesInstanceTagFilters: [],
    ec2TagSet: { ec2TagSetList: [] },
    triggerConfigurations: [],
    terminationHookEnabled: false,
    outdatedInstancesStrategy: 'IGNORE',
    alarmConfiguration: { enabled: false, alarms: [] },
  })
  const info = await infoOf(world)
  assert.equal(info?.deploymentConfigName, 'CodeDeployDefault.ECSAllAtOnce')
  assert.deepEqual(info?.autoRollbackConfiguration, { enabled: false, events: [] })
  assert.deepEqual(info?.blueGreenDeploymentConfiguration, {
    terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 0 },
    deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT', waitTimeInMinutes: 0 },
  })
  assert.deepEqual(info?.alarmConfiguration, { enabled: false, ignorePollAlarmFailure: false, alarms: [] })
  assert.equal(info?.outdatedInstancesStrategy, 'IGNORE')
})

test('the production listener becomes a weighted forward over the pair, the PRIMARY first', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const actionsOf = (listenerArn: string) => world.store.listeners.get(listenerArn)?.defaultActions
  assert.deepEqual(actionsOf(names.prodListenerArn), [
    {
      type: 'forward',
      targetGroups: [
        { targetGroupArn: names.blueArn, weight: 100 },
        { targetGroupArn: names.greenArn, weight: 0 },
      ],
    },
  ])
  assert.deepEqual(actionsOf(names.testListenerArn), [
    { type: 'forward', targetGroups: [{ targetGroupArn: names.blueArn, weight: 1 }] },
  ])
  assert.deepEqual(world.published, ['publish'])
})

test('a listener that does not serve the PRIMARY, or that a deployment is working on, is left alone', async (t) => {
  const world = await openWorld(t)
  const { store } = world
  const listener = store.listeners.get(names.prodListenerArn)
  assert.ok(listener)
  const toGreen = [{ type: 'forward', targetGroups: [{ targetGroupArn: names.greenArn, weight: 1 }] }] as const
  store.listeners.put(names.prodListenerArn, { ...listener, defaultActions: toGreen })
  await createGroup(world)
  assert.deepEqual(store.listeners.get(names.prodListenerArn)?.defaultActions, toGreen)

  const pair = groupInput.loadBalancerInfo?.targetGroupPairInfoList?.[0]
  const otherPair = { targetGroupPairInfoList: [{ ...pair, testTrafficRoute: undefined }] }
  const deploymentId = await createDeployment(world)
  store.listeners.put(names.prodListenerArn, listener)
  await update(world, { loadBalancerInfo: otherPair })
  assert.deepEqual(store.listeners.get(names.prodListenerArn), listener, 'a deployment is working on it')
  world.deployments.become(deploymentId, { status: 'Stopped' })
  await update(world, { loadBalancerInfo: otherPair, deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce' })
  assert.deepEqual(store.listeners.get(names.prodListenerArn), listener, 'the update is not about traffic')
  await update(world, { loadBalancerInfo: groupInput.loadBalancerInfo })
  assert.notDeepEqual(store.listeners.get(names.prodListenerArn), listener)
})

test('services are named by name or ARN, in the default cluster unless the ARN says otherwise', async (t) => {
  for (const [given, kept] of [
    [{ serviceName: names.serviceArn }, { serviceName: names.serviceArn, clusterName: 'prod' }],
    [{ serviceName: 'web', clusterName: names.clusterArn }, undefined],
    [{ serviceName: names.serviceArn, clusterName: 'prod' }, undefined],
  ] as const) {
    const world = await openWorld(t)
    await createGroup(world, { ecsServices: [given] })
    assert.deepEqual((await infoOf(world))?.ecsServices, [kept ?? given])
  }
})

test('an update replaces what is given and keeps the rest', async (t) => {
  const world = await openWorld(t)
  await createGroup(world, { autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_STOP_ON_ALARM'] } })
  const before = await infoOf(world)
  const answer = await update(world, { deploymentConfigName: 'CodeDeployDefault.OneAtATime' })
  assert.deepEqual(answer.hooksNotCleanedUp, [])
  assert.deepEqual(await infoOf(world), { ...before, deploymentConfigName: 'CodeDeployDefault.OneAtATime' })
  const waits = {
    terminateBlueInstancesOnDeploymentSuccess: { action: 'KEEP_ALIVE' },
    deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 30 },
  } as const
  await update(world, {
    autoRollbackConfiguration: { enabled: false, events: [] },
    blueGreenDeploymentConfiguration: waits,
    serviceRoleArn: 'arn:aws:iam::000000000000:role/other',
    deploymentStyle: groupInput.deploymentStyle,
    ecsServices: groupInput.ecsServices,
    outdatedInstancesStrategy: 'IGNORE',
    alarmConfiguration: { enabled: false, ignorePollAlarmFailure: true, alarms: [{ name: 'a' }] },
  })
  const after = await infoOf(world)
  assert.deepEqual(after?.autoRollbackConfiguration, { enabled: false, events: [] })
  assert.deepEqual(after?.blueGreenDeploymentConfiguration?.deploymentReadyOption, waits.deploymentReadyOption)
  assert.deepEqual(after?.alarmConfiguration, { enabled: false, ignorePollAlarmFailure: true, alarms: [{ name: 'a' }] })
  assert.equal(after?.serviceRoleArn, 'arn:aws:iam::000000000000:role/other')
  assert.deepEqual(after?.loadBalancerInfo, groupInput.loadBalancerInfo)
})

test('a renamed group keeps its deployments', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  await update(world, { newDeploymentGroupName: 'renamed' })
  assert.equal((await infoOf(world, 'renamed'))?.lastAttemptedDeployment?.deploymentId, deploymentId)
  await refuses(infoOf(world), 'DeploymentGroupDoesNotExistException', 'No Deployment Group found for name: group')
  assert.equal(world.store.deployments.get(deploymentId)?.deploymentGroupName, 'renamed')
})

test('the last deployments are the last that was attempted, and the last that succeeded', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const first = await createDeployment(world)
  world.deployments.become(first, { status: 'Succeeded', completeTime: 1_700_000_100_000 })
  world.time.now += 60_000
  const second = await createDeployment(world)
  const info = await infoOf(world)
  assert.deepEqual(info?.lastSuccessfulDeployment, {
    deploymentId: first,
    status: 'Succeeded',
    createTime: new Date(1_700_000_000_123),
    endTime: new Date(1_700_000_100_000),
  })
  assert.deepEqual(info?.lastAttemptedDeployment, {
    deploymentId: second,
    status: 'Created',
    createTime: new Date(1_700_000_060_123),
  })
  assert.equal(info?.targetRevision?.revisionType, 'AppSpecContent')
  assert.equal(info?.targetRevision?.appSpecContent?.content, undefined)
})

test('a group of the same name as a deleted one begins without deployments', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  world.deployments.become(deploymentId, { status: 'Succeeded' })
  const remove = () => world.client.send(new DeleteDeploymentGroupCommand({ applicationName, deploymentGroupName }))
  assert.deepEqual((await remove()).hooksNotCleanedUp, [])
  assert.deepEqual((await remove()).hooksNotCleanedUp, [])
  await world.client.send(new CreateDeploymentGroupCommand(groupInput))
  const info = await infoOf(world)
  assert.equal(info?.lastAttemptedDeployment, undefined)
  assert.equal(info?.lastSuccessfulDeployment, undefined)
})

test('groups are listed and read in batches; unknown ones are named', async (t) => {
  const world = await openWorld(t)
  const { client } = world
  await createGroup(world)
  const listed = await client.send(new ListDeploymentGroupsCommand({ applicationName }))
  assert.deepEqual([listed.applicationName, listed.deploymentGroups, listed.nextToken], ['app', ['group'], undefined])
  const batch = await client.send(
    new BatchGetDeploymentGroupsCommand({ applicationName, deploymentGroupNames: ['group', 'nobody'] }),
  )
  assert.deepEqual(
    batch.deploymentGroupsInfo?.map((info) => info.deploymentGroupName),
    ['group'],
  )
  assert.equal(batch.errorMessage, 'No Deployment Group found for name: nobody')
  const tooMany = Array.from({ length: 101 }, () => 'group')
  await refuses(
    client.send(new BatchGetDeploymentGroupsCommand({ applicationName, deploymentGroupNames: tooMany })),
    'BatchLimitExceededException',
    /101 entries/,
  )
  await refuses(
    client.send(new BatchGetDeploymentGroupsCommand({ applicationName, deploymentGroupNames: [] })),
    'DeploymentGroupNameRequiredException',
    'Deployment Group name is missing',
  )
  await refuses(
    client.send(new ListDeploymentGroupsCommand({ applicationName, nextToken: 'x' })),
    'InvalidNextTokenException',
    /nextToken/,
  )
})

test('names of groups are checked, and taken once', async (t) => {
  const world = await openWorld(t)
  const { client } = world
  const create = (changes: object) => client.send(new CreateDeploymentGroupCommand({ ...groupInput, ...changes }))
  await refuses(create({}), 'ApplicationDoesNotExistException', 'No application found for name: app')
  await createGroup(world)
  await refuses(create({}), 'DeploymentGroupAlreadyExistsException', /group already exists in application app/)
  await refuses(create({ deploymentGroupName: undefined }), 'DeploymentGroupNameRequiredException', /missing/)
  await refuses(create({ deploymentGroupName: 'a b' }), 'InvalidDeploymentGroupNameException', /'a b' is not valid/)
  await refuses(
    update(world, { currentDeploymentGroupName: undefined }),
    'DeploymentGroupNameRequiredException',
    /missing/,
  )
  await refuses(
    update(world, { currentDeploymentGroupName: 'nobody' }),
    'DeploymentGroupDoesNotExistException',
    'No Deployment Group found for name: nobody',
  )
  const group = world.store.deploymentGroups.list()[0]
  assert.ok(group)
  world.store.deploymentGroups.put('us-east-1/app/taken', {
    ...group,
    deploymentGroupName: 'taken',
    deploymentGroupId: 'x',
  })
  await refuses(update(world, { newDeploymentGroupName: 'taken' }), 'DeploymentGroupAlreadyExistsException', /taken/)
  await refuses(update(world, { newDeploymentGroupName: '/' }), 'InvalidDeploymentGroupNameException', /'\/' is not/)
})

test('one thousand groups are allowed in an application, and one for a service', async (t) => {
  const world = await openWorld(t)
  const { client, store } = world
  await createGroup(world)
  const create = () =>
    client.send(new CreateDeploymentGroupCommand({ ...groupInput, deploymentGroupName: 'other', tags: [{ Key: 'k' }] }))
  await client.send(new CreateApplicationCommand({ applicationName: 'two', computePlatform: 'ECS' }))
  await refuses(
    client.send(new CreateDeploymentGroupCommand({ ...groupInput, applicationName: 'two' })),
    'ECSServiceMappingLimitExceededException',
    "The ECS service web is in deployment group 'group' of application 'app' already. A service can be in one deployment " +
      'group: update or delete that one.',
  )
  const group = store.deploymentGroups.list()[0]
  assert.ok(group)
  await client.send(new DeleteDeploymentGroupCommand({ applicationName, deploymentGroupName }))
  store.transaction(() => {
    for (let n = 0; n < 1000; n += 1) {
      const ecsService = { serviceName: `s${n}`, clusterName: 'prod' }
      store.deploymentGroups.put(`us-east-1/app/${n}`, { ...group, deploymentGroupName: `${n}`, ecsService })
    }
  })
  await refuses(create(), 'DeploymentGroupLimitExceededException', /1000 deployment groups already/)
})
