import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
} from '@aws-sdk/client-codedeploy'
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs'
import type { ContainerDefinition, RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs'
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import type { CreateTargetGroupCommandInput } from '@aws-sdk/client-elastic-load-balancing-v2'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { freePorts } from './free-ports.ts'

export const name = 'hello'
export const desiredCount = 2
const example = new URL('../examples/hello/', import.meta.url)
export const network = {
  awsvpcConfiguration: { subnets: ['subnet-demo1', 'subnet-demo2'], securityGroups: ['sg-demo'] },
}

/** The official clients, pointed at Teal. */
export type Clients = {
  readonly codeDeploy: CodeDeployClient
  readonly ecs: ECSClient
  readonly elb: ElasticLoadBalancingV2Client
}

export type LoadBalancing = {
  readonly productionUrl: string
  readonly testUrl: string
  readonly productionListenerArn: string
  readonly testListenerArn: string
  readonly blueArn: string
  readonly greenArn: string
}

export function clientsOf(endpoint: string): Clients {
  const configuration = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'teal', secretAccessKey: 'teal' },
  }
  return {
    codeDeploy: new CodeDeployClient(configuration),
    ecs: new ECSClient(configuration),
    elb: new ElasticLoadBalancingV2Client(configuration),
  }
}

/** A load balancer with a production and a test listener, both on the first of two target groups. */
export async function createLoadBalancing(
  { elb }: Clients,
  groupSettings: Partial<CreateTargetGroupCommandInput> = {},
): Promise<LoadBalancing> {
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({ Name: name, Type: 'application', Subnets: ['subnet-demo1', 'subnet-demo2'] }),
  )
  const loadBalancerArn = given(LoadBalancers?.[0]?.LoadBalancerArn)
  const blueArn = await createTargetGroup(elb, { ...groupSettings, Name: `${name}-blue` })
  const greenArn = await createTargetGroup(elb, { ...groupSettings, Name: `${name}-green` })
  const [productionPort = 0, testPort = 0] = await freePorts(2)
  const listen = async (port: number): Promise<string> => {
    const { Listeners } = await elb.send(
      new CreateListenerCommand({
        LoadBalancerArn: loadBalancerArn,
        Protocol: 'HTTP',
        Port: port,
        DefaultActions: [{ Type: 'forward', TargetGroupArn: blueArn }],
      }),
    )
    return given(Listeners?.[0]?.ListenerArn)
  }
  return {
    productionUrl: `http://127.0.0.1:${productionPort}`,
    testUrl: `http://127.0.0.1:${testPort}`,
    productionListenerArn: await listen(productionPort),
    testListenerArn: await listen(testPort),
    blueArn,
    greenArn,
  }
}

async function createTargetGroup(
  elb: ElasticLoadBalancingV2Client,
  settings: Partial<CreateTargetGroupCommandInput> & { readonly Name: string },
): Promise<string> {
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({
      Protocol: 'HTTP',
      Port: 8080,
      VpcId: 'vpc-demo',
      TargetType: 'ip',
      HealthCheckPath: '/health',
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
      ...settings,
    }),
  )
  const targetGroupArn = given(TargetGroups?.[0]?.TargetGroupArn)
  await elb.send(
    new ModifyTargetGroupAttributesCommand({
      TargetGroupArn: targetGroupArn,
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '10' }],
    }),
  )
  return targetGroupArn
}

/** Registers the example's own `taskdef.json` with this image, and answers the definition's ARN. */
export async function registerTaskDefinition(
  { ecs }: Clients,
  image: string,
  changes: Partial<ContainerDefinition> = {},
): Promise<string> {
  const text = readFileSync(new URL('taskdef.json', example), 'utf8').replace('<IMAGE1_NAME>', image)
  const definition: RegisterTaskDefinitionCommandInput = JSON.parse(text)
  const containerDefinitions = definition.containerDefinitions?.map((container) => ({ ...container, ...changes }))
  const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand({ ...definition, containerDefinitions }))
  return given(taskDefinition?.taskDefinitionArn)
}

/** A cluster, and a service whose deployments are CodeDeploy's. */
export async function createService({ ecs }: Clients, taskDefinition: string, targetGroupArn: string): Promise<void> {
  await ecs.send(new CreateClusterCommand({ clusterName: name }))
  await ecs.send(
    new CreateServiceCommand({
      cluster: name,
      serviceName: name,
      taskDefinition,
      desiredCount,
      launchType: 'FARGATE',
      deploymentController: { type: 'CODE_DEPLOY' },
      loadBalancers: [{ targetGroupArn, containerName: 'web', containerPort: 8080 }],
      networkConfiguration: network,
    }),
  )
}

export async function healthyTargets({ elb }: Clients, targetGroupArn: string): Promise<number> {
  const { TargetHealthDescriptions } = await elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }),
  )
  return (TargetHealthDescriptions ?? []).filter(({ TargetHealth }) => TargetHealth?.State === 'healthy').length
}

/** A CodeDeploy application and a deployment group for the service. */
export async function createDeploymentGroup({ codeDeploy }: Clients, loadBalancing: LoadBalancing): Promise<void> {
  await codeDeploy.send(new CreateApplicationCommand({ applicationName: name, computePlatform: 'ECS' }))
  await codeDeploy.send(
    new CreateDeploymentGroupCommand({
      applicationName: name,
      deploymentGroupName: name,
      deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
      serviceRoleArn: 'arn:aws:iam::000000000000:role/CodeDeployServiceRole',
      deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
      ecsServices: [{ clusterName: name, serviceName: name }],
      loadBalancerInfo: {
        targetGroupPairInfoList: [
          {
            targetGroups: [{ name: `${name}-blue` }, { name: `${name}-green` }],
            prodTrafficRoute: { listenerArns: [loadBalancing.productionListenerArn] },
            testTrafficRoute: { listenerArns: [loadBalancing.testListenerArn] },
          },
        ],
      },
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT' },
        terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 1 },
      },
      autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE'] },
    }),
  )
}

/** Deploys a task definition with the example's own `appspec.yaml`, and answers the deployment's id. */
export async function createDeployment(
  { codeDeploy }: Clients,
  taskDefinitionArn: string,
  hooks: Readonly<Record<string, string>> = {},
): Promise<string> {
  const appSpec = readFileSync(new URL('appspec.yaml', example), 'utf8')
  const hookLines = Object.entries(hooks).map(([event, functionName]) => `  - ${event}: ${functionName}\n`)
  const content =
    appSpec.replace('<TASK_DEFINITION>', taskDefinitionArn) +
    (hookLines.length > 0 ? `Hooks:\n${hookLines.join('')}` : '')
  const { deploymentId } = await codeDeploy.send(
    new CreateDeploymentCommand({
      applicationName: name,
      deploymentGroupName: name,
      description: 'version 2 of examples/hello',
      revision: {
        revisionType: 'AppSpecContent',
        appSpecContent: { content, sha256: createHash('sha256').update(content).digest('hex') },
      },
    }),
  )
  return given(deploymentId)
}

function given(text: string | undefined): string {
  if (text === undefined) throw new Error('An answer lacks what AWS always answers')
  return text
}
