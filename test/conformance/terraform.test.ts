import * as codedeploy from '@aws-sdk/client-codedeploy'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { name } from '../../demo/surroundings.ts'
import { Theatre } from '../survival/theatre.ts'

const place = 'arn:aws:codedeploy:us-east-1:000000000000'

describe('the calls of Terraform, as it makes them', { timeout: 100_000 }, () => {
  let theatre: Theatre
  before(async () => {
    theatre = await Theatre.open('300ms')
  })
  after(() => theatre?.close())

  test('an application is created, read, changed and read, and deleted', async () => {
    const { codeDeploy } = theatre.clients
    const applicationName = 'shop'
    await codeDeploy.send(
      new codedeploy.CreateApplicationCommand({
        applicationName,
        computePlatform: 'ECS',
        tags: [{ Key: 'team', Value: 'shop' }],
      }),
    )
    assert.deepEqual(await readApplication(theatre, applicationName), {
      computePlatform: 'ECS',
      tags: { team: 'shop' },
    })
    await codeDeploy.send(new codedeploy.UpdateApplicationCommand({ applicationName, newApplicationName: 'store' }))
    assert.deepEqual(await readApplication(theatre, 'store'), { computePlatform: 'ECS', tags: { team: 'shop' } })
    await codeDeploy.send(new codedeploy.DeleteApplicationCommand({ applicationName: 'store' }))
    await assert.rejects(
      codeDeploy.send(new codedeploy.GetApplicationCommand({ applicationName: 'store' })),
      codedeploy.ApplicationDoesNotExistException,
    )
  })

  test('a deployment configuration is created, read and deleted', async () => {
    const { codeDeploy } = theatre.clients
    const deploymentConfigName = 'half-then-all'
    const trafficRoutingConfig = {
      type: 'TimeBasedCanary',
      timeBasedCanary: { canaryPercentage: 50, canaryInterval: 2 },
    } as const
    await codeDeploy.send(
      new codedeploy.CreateDeploymentConfigCommand({
        deploymentConfigName,
        computePlatform: 'ECS',
        trafficRoutingConfig,
      }),
    )
    const { deploymentConfigInfo } = await codeDeploy.send(
      new codedeploy.GetDeploymentConfigCommand({ deploymentConfigName }),
    )
    assert.equal(deploymentConfigInfo?.computePlatform, 'ECS')
    assert.deepEqual(deploymentConfigInfo.trafficRoutingConfig, trafficRoutingConfig)
    await codeDeploy.send(new codedeploy.DeleteDeploymentConfigCommand({ deploymentConfigName }))
    await assert.rejects(
      codeDeploy.send(new codedeploy.GetDeploymentConfigCommand({ deploymentConfigName })),
      codedeploy.DeploymentConfigDoesNotExistException,
    )
  })

  test('a deployment group is read, changed by blocks, and a second read has no drift', async () => {
    const { codeDeploy } = theatre.clients
    const original = await readGroup(theatre)
    const blueGreenDeploymentConfiguration = {
      deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 60 },
      terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 5 },
    } as const
    await codeDeploy.send(
      new codedeploy.UpdateDeploymentGroupCommand({
        applicationName: name,
        currentDeploymentGroupName: name,
        serviceRoleArn: 'arn:aws:iam::000000000000:role/CodeDeployServiceRole',
        deploymentConfigName: 'CodeDeployDefault.ECSLinear10PercentEvery1Minutes',
        blueGreenDeploymentConfiguration,
        autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'] },
      }),
    )
    const changed = await readGroup(theatre)
    assert.deepEqual(changed.blueGreenDeploymentConfiguration, blueGreenDeploymentConfiguration)
    assert.equal(changed.deploymentConfigName, 'CodeDeployDefault.ECSLinear10PercentEvery1Minutes')
    assert.deepEqual(changed.loadBalancerInfo, original.loadBalancerInfo)
    assert.deepEqual(changed.ecsServices, original.ecsServices)
    assert.deepEqual(await readGroup(theatre), changed)
  })

  test('a deployment group is replaced by one without a configuration of its own, for which OneAtATime is named', async () => {
    const { codeDeploy } = theatre.clients
    const group = { applicationName: name, deploymentGroupName: name }
    const { ecsServices, loadBalancerInfo, blueGreenDeploymentConfiguration } = await readGroup(theatre)
    await codeDeploy.send(new codedeploy.DeleteDeploymentGroupCommand(group))
    await assert.rejects(
      codeDeploy.send(new codedeploy.GetDeploymentGroupCommand(group)),
      codedeploy.DeploymentGroupDoesNotExistException,
    )
    await codeDeploy.send(
      new codedeploy.CreateDeploymentGroupCommand({
        ...group,
        deploymentConfigName: 'CodeDeployDefault.OneAtATime',
        outdatedInstancesStrategy: 'UPDATE',
        serviceRoleArn: 'arn:aws:iam::000000000000:role/CodeDeployServiceRole',
        deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
        ecsServices,
        loadBalancerInfo,
        blueGreenDeploymentConfiguration,
        tags: [],
      }),
    )
    const created = await readGroup(theatre)
    assert.equal(created.deploymentConfigName, 'CodeDeployDefault.OneAtATime')
    assert.deepEqual(created.loadBalancerInfo, loadBalancerInfo)
  })
})

async function readApplication({ clients: { codeDeploy } }: Theatre, applicationName: string) {
  const { application } = await codeDeploy.send(new codedeploy.GetApplicationCommand({ applicationName }))
  assert.equal(application?.applicationName, applicationName)
  const { Tags = [] } = await codeDeploy.send(
    new codedeploy.ListTagsForResourceCommand({ ResourceArn: `${place}:application:${applicationName}` }),
  )
  const tags = Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]))
  return { computePlatform: application.computePlatform, tags }
}

async function readGroup({ clients: { codeDeploy } }: Theatre): Promise<codedeploy.DeploymentGroupInfo> {
  const { deploymentGroupInfo } = await codeDeploy.send(
    new codedeploy.GetDeploymentGroupCommand({ applicationName: name, deploymentGroupName: name }),
  )
  assert(deploymentGroupInfo)
  await codeDeploy.send(
    new codedeploy.ListTagsForResourceCommand({ ResourceArn: `${place}:deploymentgroup:${name}/${name}` }),
  )
  return deploymentGroupInfo
}
