import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentConfigCommand,
  CreateDeploymentGroupCommand,
  UpdateDeploymentGroupCommand,
} from '@aws-sdk/client-codedeploy'
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs'
import type { RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs'
import { ElasticLoadBalancingV2Client, waitUntilTargetInService } from '@aws-sdk/client-elastic-load-balancing-v2'
import { readFileSync } from 'node:fs'
import type { LoadBalancer } from './load-balancer.ts'
import { given, unlessThere } from './place.ts'
import type { Place } from './place.ts'

const ecs = new ECSClient({})
const codeDeploy = new CodeDeployClient({})

/**
 * Registers the `taskdef.json` of a directory with these images for `<IMAGE1_NAME>`, `<IMAGE2_NAME>`, and the roles of this
 * place; answers its ARN.
 */
export async function registerTaskDefinition(directory: URL, images: readonly string[], place: Place): Promise<string> {
  const template = readFileSync(new URL('taskdef.json', directory), 'utf8')
  const text = template.replaceAll(/<IMAGE(\d)_NAME>/g, (_, number) => given(images[Number(number) - 1]))
  const definition: RegisterTaskDefinitionCommandInput = JSON.parse(text)
  const roles = { executionRoleArn: place.executionRole, taskRoleArn: place.taskRole }
  const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand({ ...definition, ...roles }))
  return given(taskDefinition?.taskDefinitionArn)
}

/** A service of two tasks whose deployments are CodeDeploy's. Resolves when the first ones serve. */
export async function createService(
  service: {
    readonly name: string
    readonly taskDefinition: string
    readonly containerName: string
    readonly containerPort: number
    readonly loadBalancer: LoadBalancer
  },
  { subnets, securityGroups }: Place,
): Promise<void> {
  const { name, taskDefinition, containerName, containerPort, loadBalancer } = service
  await ecs.send(new CreateClusterCommand({ clusterName: name }))
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster: name, services: [name] }))
  if (services.some(({ status }) => status === 'ACTIVE')) return
  await ecs.send(
    new CreateServiceCommand({
      cluster: name,
      serviceName: name,
      taskDefinition,
      desiredCount: 2,
      launchType: 'FARGATE',
      deploymentController: { type: 'CODE_DEPLOY' },
      loadBalancers: [{ targetGroupArn: loadBalancer.blue, containerName, containerPort }],
      networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups, assignPublicIp: 'ENABLED' } },
    }),
  )
  const client = new ElasticLoadBalancingV2Client({})
  await waitUntilTargetInService({ client, maxWaitTime: 300, minDelay: 1 }, { TargetGroupArn: loadBalancer.blue })
}

/** A configuration that gives green this share first, and the rest after so many minutes. */
export async function createCanary(name: string, canary: { percentage: number; minutes: number }): Promise<void> {
  const { percentage: canaryPercentage, minutes: canaryInterval } = canary
  await unlessThere(
    codeDeploy.send(
      new CreateDeploymentConfigCommand({
        deploymentConfigName: name,
        computePlatform: 'ECS',
        trafficRoutingConfig: { type: 'TimeBasedCanary', timeBasedCanary: { canaryPercentage, canaryInterval } },
      }),
    ),
    'DeploymentConfigAlreadyExistsException',
  )
}

/** The CodeDeploy application of a service, and its deployment group. What fails, or is stopped, is rolled back. */
export async function createDeploymentGroup(
  group: {
    readonly name: string
    readonly deploymentConfigName: string
    readonly keepBlueMinutes: number
    readonly loadBalancer: LoadBalancer
  },
  place: Place,
): Promise<void> {
  const { name, loadBalancer } = group
  const application = new CreateApplicationCommand({ applicationName: name, computePlatform: 'ECS' })
  await unlessThere(codeDeploy.send(application), 'ApplicationAlreadyExistsException')
  const settings = {
    applicationName: name,
    deploymentConfigName: group.deploymentConfigName,
    serviceRoleArn: place.codeDeployRole,
    deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' } as const,
    ecsServices: [{ clusterName: name, serviceName: name }],
    loadBalancerInfo: {
      targetGroupPairInfoList: [
        {
          targetGroups: [{ name: `${name}-blue` }, { name: `${name}-green` }],
          prodTrafficRoute: { listenerArns: [loadBalancer.productionListener] },
          testTrafficRoute: { listenerArns: [loadBalancer.testListener] },
        },
      ],
    },
    blueGreenDeploymentConfiguration: {
      deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT' as const },
      terminateBlueInstancesOnDeploymentSuccess: {
        action: 'TERMINATE' as const,
        terminationWaitTimeInMinutes: group.keepBlueMinutes,
      },
    },
    autoRollbackConfiguration: {
      enabled: true,
      events: ['DEPLOYMENT_FAILURE' as const, 'DEPLOYMENT_STOP_ON_REQUEST' as const],
    },
  }
  const create = new CreateDeploymentGroupCommand({ ...settings, deploymentGroupName: name })
  if (await unlessThere(codeDeploy.send(create), 'DeploymentGroupAlreadyExistsException')) return
  await codeDeploy.send(new UpdateDeploymentGroupCommand({ ...settings, currentDeploymentGroupName: name }))
}
