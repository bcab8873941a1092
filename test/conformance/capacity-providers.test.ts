import { CreateDeploymentCommand } from '@aws-sdk/client-codedeploy'
import {
  DescribeServicesCommand,
  DescribeTaskSetsCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  PutClusterCapacityProvidersCommand,
} from '@aws-sdk/client-ecs'
import type { CapacityProviderStrategyItem, Service } from '@aws-sdk/client-ecs'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { name } from '../../demo/surroundings.ts'
import { teal } from '../cli/command-line.ts'
import { Theatre, until } from '../survival/theatre.ts'

describe('a service that CodeDeploy deploys by capacity providers', { timeout: 200_000 }, () => {
  let theatre: Theatre
  before(async () => {
    theatre = await Theatre.open('300ms')
  })
  after(() => theatre?.close())

  const strategy = [
    { CapacityProvider: 'FARGATE', Base: 1 },
    { CapacityProvider: 'FARGATE_SPOT', Weight: 1 },
  ]
  const asEcsAnswers: readonly CapacityProviderStrategyItem[] = [
    { capacityProvider: 'FARGATE', weight: 0, base: 1 },
    { capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 },
  ]

  async function deploy(image: string, properties: object = {}) {
    const { codeDeploy } = theatre.clients
    const content = JSON.stringify({
      version: 0,
      Resources: [
        {
          TargetService: {
            Type: 'AWS::ECS::Service',
            Properties: {
              TaskDefinition: await theatre.register(image),
              LoadBalancerInfo: { ContainerName: 'web', ContainerPort: 8080 },
              ...properties,
            },
          },
        },
      ],
    })
    const { deploymentId } = await codeDeploy.send(
      new CreateDeploymentCommand({
        applicationName: name,
        deploymentGroupName: name,
        revision: { revisionType: 'AppSpecContent', appSpecContent: { content } },
      }),
    )
    return theatre.ended(deploymentId ?? '')
  }

  function associate(...capacityProviders: string[]) {
    return theatre.clients.ecs.send(
      new PutClusterCapacityProvidersCommand({ cluster: name, capacityProviders, defaultCapacityProviderStrategy: [] }),
    )
  }

  async function describeService(): Promise<Service> {
    const { services } = await theatre.clients.ecs.send(
      new DescribeServicesCommand({ cluster: name, services: [name] }),
    )
    assert(services?.[0])
    return services[0]
  }

  /** Of the tasks that are to run: `FARGATE by FARGATE_SPOT`. */
  async function launched(): Promise<readonly string[]> {
    const { ecs } = theatre.clients
    const { taskArns } = await ecs.send(new ListTasksCommand({ cluster: name, serviceName: name }))
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: name, tasks: taskArns }))
    return tasks.map(({ launchType, capacityProviderName = 'none' }) => `${launchType} by ${capacityProviderName}`)
  }

  test('of which the cluster does not have one, fails in the words of ECS, and blue serves on', async () => {
    await associate('FARGATE')
    const { deploymentId, status, errorInformation } = await deploy('hello:2', { CapacityProviderStrategy: strategy })
    assert.equal(status, 'Failed')
    assert.equal(errorInformation?.code, 'ECS_UPDATE_ERROR')
    assert.match(errorInformation.message ?? '', /is not associated with the cluster\. .* InvalidParameterException/)
    assert.equal((await describeService()).launchType, 'FARGATE')
    // A group has one deployment at a time, and that is its rollback now.
    let rollback: string | undefined
    await until('it is rolled back', async () => {
      rollback = (await theatre.deployment(deploymentId ?? '')).rollbackInfo?.rollbackDeploymentId
      return rollback !== undefined
    })
    await theatre.ended(rollback ?? '')
  })

  test('has the strategy of the AppSpec, and its tasks their providers', async () => {
    await associate('FARGATE', 'FARGATE_SPOT')
    const { status } = await deploy('hello:2', { CapacityProviderStrategy: strategy })
    assert.equal(status, 'Succeeded')
    const service = await describeService()
    const { taskSets = [] } = await theatre.clients.ecs.send(
      new DescribeTaskSetsCommand({ cluster: name, service: name }),
    )
    for (const shown of [service, taskSets[0]]) {
      assert.deepEqual(shown?.capacityProviderStrategy, asEcsAnswers)
      assert.equal(shown.launchType, undefined)
    }
    assert.deepEqual((await launched()).toSorted(), ['FARGATE by FARGATE', 'FARGATE by FARGATE_SPOT'])
  })

  test('has a launch type again after an AppSpec without providers, of which teal deploy warns before it begins', async () => {
    const files = ['--appspec', 'examples/hello/appspec.yaml', '--task-definition', 'examples/hello/taskdef.json']
    const options = ['--image', 'web=hello:1', '--no-wait', '--endpoint-url', theatre.url, '--region', 'us-east-1']
    const { output, errors, exitCode } = await teal('deploy', ...files, ...options)
    assert.equal(exitCode, 0, errors)
    assert.match(
      errors,
      /^warning: The service hello has tasks by the capacity provider strategy of\s+FARGATE and FARGATE_SPOT, and the AppSpec has none\.[^]*\n {2}Write CapacityProviderStrategy: .*\nRegistered hello:\d+\.\n$/,
    )
    assert.equal((await theatre.ended(output.trim())).status, 'Succeeded')
    const { launchType, capacityProviderStrategy } = await describeService()
    assert.deepEqual([launchType, capacityProviderStrategy], ['FARGATE', undefined])
    assert.deepEqual(await launched(), ['FARGATE by none', 'FARGATE by none'])
  })
})
