import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateDeploymentCommand,
  CreateDeploymentConfigCommand,
  RegisterApplicationRevisionCommand,
  type CreateDeploymentCommandInput,
  type RevisionLocation,
} from '@aws-sdk/client-codedeploy'
import { appSpec, createDeployment, createGroup, groupInput, openWorld, refuses, sha256 } from './api-world.ts'

type Changes = Partial<CreateDeploymentCommandInput>

const content = (text: string): Changes => ({
  revision: { revisionType: 'AppSpecContent', appSpecContent: { content: text } },
})
const not = (member: string) => `For Lambda, ECS and Kubernetes deployment, ${member} can not be specified`
const withoutTestListener = {
  loadBalancerInfo: {
    targetGroupPairInfoList: [
      { ...groupInput.loadBalancerInfo?.targetGroupPairInfoList?.[0], testTrafficRoute: { listenerArns: [] } },
    ],
  },
}

test('a deployment is made of what was asked and of the group as it is now', async (t) => {
  const world = await openWorld(t)
  const deploymentGroupId = await createGroup(world)
  const deploymentId = await createDeployment(world, { description: 'version 2' })
  assert.match(deploymentId, /^d-[A-Z0-9]{9}$/)
  assert.deepEqual(world.store.deployments.get(deploymentId), {
    deploymentId,
    region: 'us-east-1',
    applicationName: 'app',
    deploymentGroupName: 'group',
    deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
    trafficRouting: { type: 'AllAtOnce' },
    group: {
      deploymentGroupId,
      deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
      serviceRoleArn: groupInput.serviceRoleArn,
      ecsService: { serviceName: 'web', clusterName: 'prod' },
      targetGroupPair: {
        targetGroupNames: ['web-blue', 'web-green'],
        prodListenerArn: groupInput.loadBalancerInfo?.targetGroupPairInfoList?.[0]?.prodTrafficRoute?.listenerArns?.[0],
        testListenerArn: groupInput.loadBalancerInfo?.targetGroupPairInfoList?.[0]?.testTrafficRoute?.listenerArns?.[0],
      },
      deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT', waitTimeInMinutes: 0 },
      terminateBlueInstances: { action: 'TERMINATE', terminationWaitTimeInMinutes: 5 },
      autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE'] },
      outdatedInstancesStrategy: 'UPDATE',
    },
    autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE'] },
    revision: { revisionType: 'AppSpecContent', content: appSpec, sha256: sha256(appSpec) },
    description: 'version 2',
    creator: 'user',
    createTime: world.time.now,
    status: 'Created',
    instanceTerminationWaitTimeStarted: false,
    lifecycleEvents: [
      'BeforeInstall',
      'Install',
      'AfterInstall',
      'AllowTestTraffic',
      'AfterAllowTestTraffic',
      'BeforeAllowTraffic',
      'AllowTraffic',
      'AfterAllowTraffic',
    ].map((lifecycleEventName) => ({ lifecycleEventName, status: 'Pending' })),
    lastUpdatedAt: world.time.now,
    continued: [],
    pastPointOfNoReturn: false,
  })
})

test('without a test listener there are six lifecycle events', async (t) => {
  const world = await openWorld(t)
  await createGroup(world, withoutTestListener)
  const deployment = world.store.deployments.get(await createDeployment(world))
  assert.equal(deployment?.group.targetGroupPair.testListenerArn, undefined)
  assert.deepEqual(
    deployment?.lifecycleEvents.map(({ lifecycleEventName }) => lifecycleEventName),
    ['BeforeInstall', 'Install', 'AfterInstall', 'BeforeAllowTraffic', 'AllowTraffic', 'AfterAllowTraffic'],
  )
})

test('a revision comes as AppSpecContent or String, with or without its digest, or by the digest of a registered one', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const accepted: readonly RevisionLocation[] = [
    { revisionType: 'AppSpecContent', appSpecContent: { content: appSpec } },
    { revisionType: 'AppSpecContent', appSpecContent: { content: appSpec, sha256: sha256(appSpec) } },
    { revisionType: 'AppSpecContent', appSpecContent: { content: appSpec, sha256: sha256(appSpec).toUpperCase() } },
    { revisionType: 'String', string: { content: appSpec, sha256: sha256(appSpec) } },
    { revisionType: 'AppSpecContent', appSpecContent: { sha256: sha256(appSpec) } },
  ]
  for (const revision of accepted) {
    const id = await createDeployment(world, { revision })
    const deployment = world.store.deployments.get(id)
    assert.deepEqual(deployment?.revision, {
      revisionType: revision.revisionType,
      content: appSpec,
      sha256: sha256(appSpec),
    })
    world.deployments.become(id, { status: 'Failed' })
  }
})

test('revisions that cannot be deployed are refused', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const code = 'InvalidRevisionException'
  const digest = '0'.repeat(64)
  const refused: readonly (readonly [RevisionLocation | undefined, string, string | RegExp])[] = [
    [undefined, 'RevisionRequiredException', 'RevisionLocation must be specified'],
    [{}, 'RevisionRequiredException', 'RevisionLocation must be specified'],
    [{ appSpecContent: { content: appSpec } }, code, /no revisionType\. Pass the AppSpec itself/],
    [{ revisionType: 'Zip' as 'S3' }, code, /'Zip'/],
    [{ revisionType: 'AppSpecContent' }, code, /^appSpecContent\.content is missing/],
    [{ revisionType: 'AppSpecContent', string: { content: appSpec } }, code, /^appSpecContent\.content is missing/],
    [{ revisionType: 'String' }, code, /^string\.content is missing/],
    [
      { revisionType: 'AppSpecContent', appSpecContent: { content: appSpec, sha256: digest } },
      code,
      new RegExp(`'${digest}', but the SHA-256 .* is '${sha256(appSpec)}'`),
    ],
    [
      { revisionType: 'AppSpecContent', appSpecContent: { sha256: digest } },
      'RevisionDoesNotExistException',
      /has no revision with the sha256/,
    ],
    [{ revisionType: 'S3' }, code, /^s3Location\.bucket is missing/],
    [{ revisionType: 'S3', s3Location: { bucket: 'b', key: 'k' } }, code, /^s3Location\.bundleType is missing/],
    [{ revisionType: 'GitHub', gitHubLocation: { repository: 'a/b' } }, code, /GitHub revisions are for EC2/],
  ]
  for (const [revision, name, text] of refused) await refuses(createDeployment(world, { revision }), name, text)
})

test('a malformed AppSpec is not refused: it makes a deployment, which fails', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  for (const text of ['', 'not: [an, AppSpec', `${appSpec}Hooks:\n  - Install: x\n`]) {
    const id = await createDeployment(world, content(text))
    assert.deepEqual(world.store.deployments.get(id)?.revision, {
      revisionType: 'AppSpecContent',
      content: text,
      sha256: sha256(text),
    })
    world.deployments.become(id, { status: 'Failed' })
  }
})

test("the configuration is the call's, or else the group's", async (t) => {
  const world = await openWorld(t)
  await createGroup(world, { deploymentConfigName: 'CodeDeployDefault.ECSLinear10PercentEvery3Minutes' })
  await world.client.send(
    new CreateDeploymentConfigCommand({
      deploymentConfigName: 'own',
      computePlatform: 'ECS',
      trafficRoutingConfig: { type: 'TimeBasedCanary', timeBasedCanary: { canaryPercentage: 5, canaryInterval: 1 } },
    }),
  )
  const routingOf = async (deploymentConfigName?: string) => {
    const id = await createDeployment(world, { deploymentConfigName })
    world.deployments.become(id, { status: 'Failed' })
    return world.store.deployments.get(id)?.trafficRouting
  }
  assert.deepEqual(await routingOf(), { type: 'TimeBasedLinear', linearPercentage: 10, linearInterval: 3 })
  assert.deepEqual(await routingOf('own'), { type: 'TimeBasedCanary', canaryPercentage: 5, canaryInterval: 1 })
  assert.deepEqual(await routingOf('CodeDeployDefault.OneAtATime'), { type: 'AllAtOnce' })
  await refuses(
    routingOf('CodeDeployDefault.AllAtOnce'),
    'InvalidDeploymentConfigNameException',
    /for the Server compute/,
  )
  await refuses(
    routingOf('CodeDeployDefault.LambdaAllAtOnce'),
    'InvalidDeploymentConfigNameException',
    /for the Lambda/,
  )
  await refuses(routingOf('nobody'), 'DeploymentConfigDoesNotExistException', /nobody/)
  await refuses(routingOf('a b'), 'InvalidDeploymentConfigNameException', /not valid/)
})

test("the rollback configuration is the call's, or else the group's", async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const autoRollbackConfiguration = { enabled: true, events: ['DEPLOYMENT_STOP_ON_REQUEST' as const] }
  const deployment = world.store.deployments.get(await createDeployment(world, { autoRollbackConfiguration }))
  assert.deepEqual(deployment?.autoRollbackConfiguration, autoRollbackConfiguration)
  assert.deepEqual(deployment?.group.autoRollbackConfiguration, { enabled: true, events: ['DEPLOYMENT_FAILURE'] })
})

test('the previous revision is that of the last deployment which succeeded', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const deploy = async (text: string, status: 'Succeeded' | 'Failed') => {
    world.time.now += 1000
    const id = await createDeployment(world, content(text))
    world.deployments.become(id, { status })
    const previous = world.store.deployments.get(id)?.previousRevision
    return previous?.revisionType === 'AppSpecContent' ? previous.content : undefined
  }
  assert.equal(await deploy('one', 'Failed'), undefined)
  assert.equal(await deploy('two', 'Succeeded'), undefined)
  assert.equal(await deploy('three', 'Failed'), 'two')
  assert.equal(await deploy('four', 'Succeeded'), 'two')
  assert.equal(await deploy('five', 'Succeeded'), 'four')
})

test('a group deploys one revision at a time', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const id = await createDeployment(world)
  for (const status of ['Created', 'InProgress', 'Ready'] as const) {
    world.deployments.become(id, { status })
    await refuses(
      createDeployment(world),
      'DeploymentLimitExceededException',
      `The Deployment Group 'group' already has an active Deployment '${id}'`,
    )
  }
  world.deployments.become(id, { status: 'Stopped' })
  await createDeployment(world)
})

test('what is missing, unknown or meant for instances is refused', async (t) => {
  const world = await openWorld(t)
  const unknown = 'Applications not found for 000000000000: there is no application app in us-east-1.'
  await refuses(createDeployment(world), 'ApplicationDoesNotExistException', unknown)
  await createGroup(world)
  const refused: readonly (readonly [Changes, string, string | RegExp])[] = [
    [{ applicationName: undefined }, 'ApplicationNameRequiredException', /missing/],
    [{ applicationName: '#' }, 'InvalidApplicationNameException', /'#'/],
    [{ deploymentGroupName: undefined }, 'DeploymentGroupNameRequiredException', 'Deployment Group name is missing'],
    [{ deploymentGroupName: '#' }, 'InvalidDeploymentGroupNameException', /'#'/],
    [
      { deploymentGroupName: 'nobody' },
      'DeploymentGroupDoesNotExistException',
      'No Deployment Group found for name: nobody',
    ],
    [{ description: 'd'.repeat(513) }, 'DescriptionTooLongException', /513 characters; 512 are allowed/],
    [{ fileExistsBehavior: 'OVERWRITE' }, 'InvalidFileExistsBehaviorException', not('fileExistsBehavior')],
    [{ targetInstances: { autoScalingGroups: ['a'] } }, 'InvalidTargetInstancesException', not('targetInstances')],
    [{ targetInstances: { tagFilters: [{ Type: 'ANY' as 'KEY_ONLY' }] } }, 'InvalidTargetInstancesException', /'ANY'/],
    [
      { updateOutdatedInstancesOnly: true },
      'InvalidUpdateOutdatedInstancesOnlyValueException',
      not('updateOutdatedInstancesOnly'),
    ],
    [
      { ignoreApplicationStopFailures: true },
      'InvalidIgnoreApplicationStopFailuresValueException',
      not('ignoreApplicationStopFailures'),
    ],
    [{ deploymentMode: 'RESTART' }, 'InvalidInputException', not('deploymentMode RESTART')],
    [{ autoRollbackConfiguration: { enabled: true } }, 'InvalidAutoRollbackConfigException', /lists no events/],
    [{ overrideAlarmConfiguration: { enabled: true } }, 'InvalidAlarmConfigException', /lists no alarms/],
  ]
  for (const [changes, code, text] of refused) await refuses(createDeployment(world, changes), code, text)
  await createDeployment(world, {
    ignoreApplicationStopFailures: false,
    updateOutdatedInstancesOnly: false,
    targetInstances: { tagFilters: [], autoScalingGroups: [] },
    overrideAlarmConfiguration: { enabled: false, alarms: [] },
    deploymentMode: 'STANDARD',
    description: 'd'.repeat(512),
  })
})

test('a deployment registers its revision', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const revision = { revisionType: 'AppSpecContent', appSpecContent: { content: appSpec } } as const
  await world.client.send(
    new RegisterApplicationRevisionCommand({ applicationName: 'app', revision, description: 'from the pipeline' }),
  )
  const registerTime = world.time.now
  for (const after of [1000, 2000]) {
    world.time.now = registerTime + after
    world.deployments.become(await createDeployment(world), { status: 'Failed' })
  }
  const [registered, ...others] = world.store.revisions.list()
  assert.deepEqual(others, [])
  assert.deepEqual(registered, {
    applicationName: 'app',
    region: 'us-east-1',
    revision: { revisionType: 'AppSpecContent', content: appSpec, sha256: sha256(appSpec) },
    description: 'from the pipeline',
    registerTime,
    firstUsedTime: registerTime + 1000,
    lastUsedTime: registerTime + 2000,
  })
})

test('ids of deployments do not repeat', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const ids = new Set<string>()
  for (let n = 0; n < 30; n += 1) {
    const { deploymentId = '' } = await world.client.send(
      new CreateDeploymentCommand({ applicationName: 'app', deploymentGroupName: 'group', ...content(appSpec) }),
    )
    world.deployments.become(deploymentId, { status: 'Failed' })
    ids.add(deploymentId)
  }
  assert.equal(ids.size, 30)
})
