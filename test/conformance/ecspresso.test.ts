import * as codedeploy from '@aws-sdk/client-codedeploy'
import * as ecs from '@aws-sdk/client-ecs'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { name } from '../../demo/surroundings.ts'
import { everyStage } from '../survival/docker-stage.ts'
import { Theatre, until } from '../survival/theatre.ts'

const running = ['Created', 'Queued', 'InProgress', 'Ready'] as const

for (const { where, stage, skip } of everyStage) {
  describe(`the calls of ecspresso, as it makes them, for tasks ${where}`, { timeout: 100_000, skip }, () => {
    let theatre: Theatre
    before(async () => {
      theatre = await Theatre.open('300ms', stage)
    })
    after(() => theatre?.close())

    test('deploy and wait', async () => {
      const { clients } = theatre
      await updateService(theatre)
      const group = await findGroup(theatre)
      const deploymentId = await deploy(theatre, group, await theatre.secondImage())
      const { deployments = [] } = await clients.codeDeploy.send(
        new codedeploy.ListDeploymentsCommand({ ...group, includeOnlyStatuses: [...running] }),
      )
      assert.deepEqual(deployments, [deploymentId])
      await showTarget(theatre, deploymentId)
      await codedeploy.waitUntilDeploymentSuccessful(
        { client: clients.codeDeploy, maxWaitTime: 90, minDelay: 1, maxDelay: 1 },
        { deploymentId },
      )
      await until('the service has one PRIMARY task set in STEADY_STATE', async () => {
        const { services } = await clients.ecs.send(
          new ecs.DescribeServicesCommand({ cluster: name, services: [name], include: ['TAGS'] }),
        )
        const [first, ...others] = services?.[0]?.taskSets ?? []
        return first?.status === 'PRIMARY' && first.stabilityStatus === 'STEADY_STATE' && others.length === 0
      })
    })

    test('rollback of a deployment that runs', async () => {
      const { codeDeploy } = theatre.clients
      await theatre.configure({
        blueGreenDeploymentConfiguration: {
          deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT' },
          terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 2000 },
        },
      })
      const group = await findGroup(theatre)
      const created = await deploy(theatre, group, theatre.firstImage)
      await until('green has all traffic', async () => {
        return (await theatre.deployment(created)).instanceTerminationWaitTimeStarted === true
      })
      const { deployments: [deploymentId] = [] } = await codeDeploy.send(new codedeploy.ListDeploymentsCommand(group))
      assert.equal(deploymentId, created)
      const { deploymentInfo } = await codeDeploy.send(new codedeploy.GetDeploymentCommand({ deploymentId }))
      assert.equal(deploymentInfo?.status, 'InProgress')
      const { revision } = await codeDeploy.send(
        new codedeploy.GetApplicationRevisionCommand({ applicationName: name, revision: deploymentInfo.revision }),
      )
      const taskDefinition = /arn:aws:ecs:\S+:task-definition\/hello:\d+/.exec(
        revision?.appSpecContent?.content ?? '',
      )?.[0]
      await codeDeploy.send(new codedeploy.StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true }))

      // At most ten times, as it does: the rollback must be there soon.
      let rollbackId: string | undefined
      for (let attempt = 0; attempt < 10 && rollbackId === undefined; attempt++) {
        const { status, rollbackInfo } = await theatre.deployment(created)
        if (status === 'Stopped') rollbackId = rollbackInfo?.rollbackDeploymentId
        if (rollbackId === undefined) await new Promise((resolve) => setTimeout(resolve, 1_000))
      }
      assert.match(rollbackId ?? '', /^d-[0-9A-Z]{9}$/)
      await codedeploy.waitUntilDeploymentSuccessful(
        { client: codeDeploy, maxWaitTime: 90, minDelay: 1, maxDelay: 1 },
        { deploymentId: rollbackId },
      )
      await theatre.clients.ecs.send(new ecs.DeregisterTaskDefinitionCommand({ taskDefinition }))
      const answer = await fetch(theatre.loadBalancing?.productionUrl ?? '')
      assert.equal(answer.headers.get('x-hello-version'), '2', 'what served before serves again')
    })

    test('rollback after a deployment, with the revision before the current one', async () => {
      await theatre.configure({
        blueGreenDeploymentConfiguration: {
          deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT' },
          terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 0 },
        },
      })
      const { taskDefinitionArns = [] } = await theatre.clients.ecs.send(
        new ecs.ListTaskDefinitionsCommand({ familyPrefix: name, sort: 'DESC' }),
      )
      assert.deepEqual(
        taskDefinitionArns.map((arn) => arn.split('/').at(-1)),
        ['hello:2', 'hello:1'],
        'the deregistered one is not listed',
      )
      const group = await findGroup(theatre)
      const deploymentId = await create(theatre, group, taskDefinitionArns[1] ?? '')
      await codedeploy.waitUntilDeploymentSuccessful(
        { client: theatre.clients.codeDeploy, maxWaitTime: 90, minDelay: 1, maxDelay: 1 },
        { deploymentId },
      )
      const answer = await fetch(theatre.loadBalancing?.productionUrl ?? '')
      assert.equal(answer.headers.get('x-hello-version'), '1')
    })
  })
}

type Group = { readonly applicationName: string; readonly deploymentGroupName: string }

/** The attributes of the service first, then its desired count, which may be absent. */
async function updateService({ clients }: Theatre): Promise<void> {
  const service = { cluster: name, service: name }
  await clients.ecs.send(
    new ecs.UpdateServiceCommand({ ...service, healthCheckGracePeriodSeconds: 0, enableExecuteCommand: false }),
  )
  await clients.ecs.send(new ecs.UpdateServiceCommand({ ...service, desiredCount: 2 }))
  await clients.ecs.send(new ecs.UpdateServiceCommand(service))
}

/** Through all applications and all of their groups to the one that deploys the service. */
async function findGroup({ clients: { codeDeploy } }: Theatre): Promise<Group> {
  const { applications } = await codeDeploy.send(new codedeploy.ListApplicationsCommand({}))
  const { applicationsInfo = [] } = await codeDeploy.send(
    new codedeploy.BatchGetApplicationsCommand({ applicationNames: applications }),
  )
  for (const { applicationName, computePlatform } of applicationsInfo) {
    if (computePlatform !== 'ECS') continue
    const { deploymentGroups } = await codeDeploy.send(new codedeploy.ListDeploymentGroupsCommand({ applicationName }))
    const { deploymentGroupsInfo = [] } = await codeDeploy.send(
      new codedeploy.BatchGetDeploymentGroupsCommand({ applicationName, deploymentGroupNames: deploymentGroups }),
    )
    for (const { ecsServices = [], deploymentGroupName = '' } of deploymentGroupsInfo) {
      const isIt = ecsServices.some(({ clusterName, serviceName }) => clusterName === name && serviceName === name)
      if (isIt) return { applicationName: applicationName ?? '', deploymentGroupName }
    }
  }
  throw new assert.AssertionError({ message: 'no deployment group of the service was found' })
}

async function deploy(theatre: Theatre, group: Group, image: string): Promise<string> {
  const { taskDefinition } = await theatre.clients.ecs.send(
    new ecs.RegisterTaskDefinitionCommand({
      family: name,
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      containerDefinitions: [
        {
          name: 'web',
          image,
          essential: true,
          portMappings: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp' }],
        },
      ],
    }),
  )
  return create(theatre, group, taskDefinition?.taskDefinitionArn ?? '')
}

/** YAML, and no sha256. */
async function create({ clients }: Theatre, group: Group, taskDefinitionArn: string): Promise<string> {
  const content = [
    'version: "0.0"',
    'Resources:',
    '- TargetService:',
    '    Type: AWS::ECS::Service',
    '    Properties:',
    `      TaskDefinition: ${taskDefinitionArn}`,
    '      LoadBalancerInfo:',
    '        ContainerName: web',
    '        ContainerPort: 8080',
    '',
  ].join('\n')
  const { deploymentId = '' } = await clients.codeDeploy.send(
    new codedeploy.CreateDeploymentCommand({
      ...group,
      deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
      autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE'] },
      revision: { revisionType: 'AppSpecContent', appSpecContent: { content } },
    }),
  )
  return deploymentId
}

/** It reads these members without asking whether they are there. */
async function showTarget({ clients }: Theatre, deploymentId: string): Promise<void> {
  const look = new codedeploy.GetDeploymentTargetCommand({ deploymentId, targetId: `${name}:${name}` })
  await until('the deployment has started', async () => {
    const answer = await clients.codeDeploy.send(look).catch((error: unknown) => {
      if (error instanceof codedeploy.DeploymentNotStartedException) return undefined
      throw error
    })
    const target = answer?.deploymentTarget?.ecsTarget
    if (target === undefined) return false
    assert(target.lastUpdatedAt instanceof Date)
    assert(target.taskSetsInfo?.every(({ status }) => status !== undefined))
    return true
  })
}
