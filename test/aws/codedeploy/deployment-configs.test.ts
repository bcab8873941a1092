import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateDeploymentConfigCommand,
  DeleteDeploymentConfigCommand,
  GetDeploymentConfigCommand,
  ListDeploymentConfigsCommand,
  type CreateDeploymentConfigCommandInput,
  type TrafficRoutingConfig,
} from '@aws-sdk/client-codedeploy'
import { predefinedDeploymentConfigs } from '../../../src/domain/deployment-configs.ts'
import { clientOf, createGroup, openWorld, refuses } from './api-world.ts'

const canary: TrafficRoutingConfig = {
  type: 'TimeBasedCanary',
  timeBasedCanary: { canaryPercentage: 20, canaryInterval: 7 },
}
const linear: TrafficRoutingConfig = {
  type: 'TimeBasedLinear',
  timeBasedLinear: { linearPercentage: 25, linearInterval: 2 },
}
const input = (changes: Partial<CreateDeploymentConfigCommandInput> = {}): CreateDeploymentConfigCommandInput => ({
  deploymentConfigName: 'own',
  computePlatform: 'ECS',
  trafficRoutingConfig: canary,
  ...changes,
})

test('all predefined configurations are listed, and each can be read', async (t) => {
  const { client } = await openWorld(t)
  const { deploymentConfigsList = [] } = await client.send(new ListDeploymentConfigsCommand({}))
  assert.equal(deploymentConfigsList.length, 17)
  for (const [index, deploymentConfigName] of deploymentConfigsList.entries()) {
    const { deploymentConfigInfo } = await client.send(new GetDeploymentConfigCommand({ deploymentConfigName }))
    assert.equal(deploymentConfigInfo?.computePlatform, predefinedDeploymentConfigs[index]?.computePlatform)
  }
  const get = async (name: string) => {
    const answer = await client.send(
      new GetDeploymentConfigCommand({ deploymentConfigName: `CodeDeployDefault.${name}` }),
    )
    const { trafficRoutingConfig, minimumHealthyHosts } = answer.deploymentConfigInfo ?? {}
    return trafficRoutingConfig ?? minimumHealthyHosts
  }
  assert.deepEqual(await get('ECSAllAtOnce'), { type: 'AllAtOnce' })
  assert.deepEqual(await get('ECSCanary10Percent5Minutes'), {
    type: 'TimeBasedCanary',
    timeBasedCanary: { canaryPercentage: 10, canaryInterval: 5 },
  })
  assert.deepEqual(await get('ECSLinear10PercentEvery3Minutes'), {
    type: 'TimeBasedLinear',
    timeBasedLinear: { linearPercentage: 10, linearInterval: 3 },
  })
  assert.deepEqual(await get('OneAtATime'), { type: 'MOST_CONCURRENCY', value: 1 })
})

test("a configuration of one's own is created, read, listed and deleted", async (t) => {
  const { client, url } = await openWorld(t)
  for (const [name, routing] of Object.entries({ canary, linear, all: { type: 'AllAtOnce' } as const })) {
    const wanted = input({ deploymentConfigName: name, trafficRoutingConfig: routing })
    const { deploymentConfigId } = await client.send(new CreateDeploymentConfigCommand(wanted))
    const { deploymentConfigInfo } = await client.send(new GetDeploymentConfigCommand({ deploymentConfigName: name }))
    assert.deepEqual(deploymentConfigInfo, {
      deploymentConfigId,
      deploymentConfigName: name,
      computePlatform: 'ECS',
      createTime: new Date(1_700_000_000_123),
      trafficRoutingConfig: routing,
    })
  }
  const listed = async () => (await client.send(new ListDeploymentConfigsCommand({}))).deploymentConfigsList?.slice(17)
  assert.deepEqual(await listed(), ['canary', 'linear', 'all'])
  const elsewhere = clientOf(url, 'eu-west-1')
  t.after(() => elsewhere.destroy())
  assert.equal((await elsewhere.send(new ListDeploymentConfigsCommand({}))).deploymentConfigsList?.length, 17)
  await client.send(new DeleteDeploymentConfigCommand({ deploymentConfigName: 'linear' }))
  await client.send(new DeleteDeploymentConfigCommand({ deploymentConfigName: 'linear' }))
  assert.deepEqual(await listed(), ['canary', 'all'])
})

test('what cannot shift the traffic of an ECS service is refused', async (t) => {
  const { client } = await openWorld(t)
  const create = (changes: Partial<CreateDeploymentConfigCommandInput>) =>
    client.send(new CreateDeploymentConfigCommand(input(changes)))
  const name = 'InvalidDeploymentConfigNameException'
  await refuses(create({ deploymentConfigName: undefined }), 'DeploymentConfigNameRequiredException', /missing/)
  await refuses(create({ deploymentConfigName: 'a b' }), name, /'a b' is not valid/)
  await refuses(create({ deploymentConfigName: 'CodeDeployDefault.Mine' }), name, /CodeDeploy's own/)
  await refuses(create({ computePlatform: undefined }), 'InvalidComputePlatformException', /means Server, but only/)
  await refuses(create({ computePlatform: 'Lambda' }), 'InvalidComputePlatformException', /is Lambda, but only/)
  await refuses(
    create({ minimumHealthyHosts: { type: 'HOST_COUNT', value: 1 } }),
    'InvalidMinimumHealthyHostValueException',
    /minimumHealthyHosts can not be specified/,
  )
  await refuses(
    create({ minimumHealthyHosts: { type: 'MANY' as 'HOST_COUNT', value: 1 } }),
    'InvalidMinimumHealthyHostValueException',
    /'MANY'/,
  )
  await refuses(
    create({ zonalConfig: { monitorDurationInSeconds: 1 } }),
    'InvalidZonalDeploymentConfigurationException',
    /zonalConfig can not be specified/,
  )
  await create({})
  await refuses(
    create({}),
    'DeploymentConfigAlreadyExistsException',
    'The deployment configuration own already exists.',
  )
})

test('traffic routings that make no sense are refused', async (t) => {
  const { client } = await openWorld(t)
  const refused: readonly (readonly [TrafficRoutingConfig | undefined, RegExp])[] = [
    [undefined, /trafficRoutingConfig must be specified/],
    [{}, /type is missing/],
    [{ type: 'Sudden' as 'AllAtOnce' }, /'Sudden' of trafficRoutingConfig.type/],
    [{ ...canary, type: 'AllAtOnce' }, /timeBasedCanary can not be specified with type AllAtOnce/],
    [{ ...canary, ...linear }, /timeBasedCanary can not be specified with type TimeBasedLinear/],
    [{ ...linear, ...canary }, /timeBasedLinear can not be specified with type TimeBasedCanary/],
    [{ type: 'TimeBasedCanary' }, /canaryPercentage is missing/],
    [
      { type: 'TimeBasedCanary', timeBasedCanary: { canaryPercentage: 100, canaryInterval: 1 } },
      /is 100\. Pass a whole/,
    ],
    [{ type: 'TimeBasedCanary', timeBasedCanary: { canaryPercentage: 10.5, canaryInterval: 1 } }, /is 10\.5\. Pass a/],
    [{ type: 'TimeBasedCanary', timeBasedCanary: { canaryPercentage: 10, canaryInterval: 0 } }, /Interval is 0\. Pass/],
    [{ type: 'TimeBasedCanary', timeBasedCanary: { canaryPercentage: 10 } }, /canaryInterval is missing/],
    [
      { type: 'TimeBasedCanary', timeBasedCanary: { canaryPercentage: 10, canaryInterval: 2881 } },
      /2881 minutes to shift/,
    ],
    [
      { type: 'TimeBasedLinear', timeBasedLinear: { linearPercentage: 1, linearInterval: 30 } },
      /2970 minutes to shift/,
    ],
    [
      { type: 'TimeBasedLinear', timeBasedLinear: { linearPercentage: 0, linearInterval: 30 } },
      /Percentage is 0\. Pass/,
    ],
  ]
  for (const [trafficRoutingConfig, text] of refused) {
    await refuses(
      client.send(new CreateDeploymentConfigCommand(input({ trafficRoutingConfig }))),
      'InvalidTrafficRoutingConfigurationException',
      text,
    )
  }
})

test("configurations that are CodeDeploy's, or in use, are not deleted", async (t) => {
  const world = await openWorld(t)
  const { client } = world
  const remove = (deploymentConfigName: string) =>
    client.send(new DeleteDeploymentConfigCommand({ deploymentConfigName }))
  await refuses(remove('CodeDeployDefault.ECSAllAtOnce'), 'InvalidOperationException', /cannot be deleted/)
  await client.send(new CreateDeploymentConfigCommand(input()))
  await createGroup(world, { deploymentConfigName: 'own' })
  await refuses(
    remove('own'),
    'DeploymentConfigInUseException',
    "The deployment configuration own is in use by deployment group 'group' of application 'app'. Give the group another one first.",
  )
})

test("two hundred configurations of one's own are allowed", async (t) => {
  const { client, store } = await openWorld(t)
  const one = {
    deploymentConfigId: '',
    computePlatform: 'ECS',
    createTime: 0,
    trafficRouting: { type: 'AllAtOnce' },
  } as const
  store.transaction(() => {
    for (let n = 0; n < 200; n += 1)
      store.deploymentConfigs.put(`us-east-1/${n}`, { ...one, deploymentConfigName: `${n}` })
  })
  await refuses(
    client.send(new CreateDeploymentConfigCommand(input())),
    'DeploymentConfigLimitExceededException',
    /200 custom deployment configurations in us-east-1 already/,
  )
  const { deploymentConfigsList, nextToken } = await client.send(new ListDeploymentConfigsCommand({}))
  assert.equal(deploymentConfigsList?.length, 100)
  assert.equal((await client.send(new ListDeploymentConfigsCommand({ nextToken }))).deploymentConfigsList?.length, 100)
})

test('a configuration that is not there is said to be so', async (t) => {
  const { client } = await openWorld(t)
  await refuses(
    client.send(new GetDeploymentConfigCommand({ deploymentConfigName: 'nobody' })),
    'DeploymentConfigDoesNotExistException',
    'No Deployment Configuration found for name: nobody',
  )
})
