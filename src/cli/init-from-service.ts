import type { DeploymentGroupInfo } from '@aws-sdk/client-codedeploy'
import type { Service } from '@aws-sdk/client-ecs'
import { stringify } from 'yaml'
import { strategyText } from '../domain/preflight/capacity-provider-findings.ts'
import { thingOf } from '../domain/preflight/facts.ts'
import { registrable, withoutEmptyMembers } from '../domain/task-definition-file.ts'
import type { TaskDefinitionFile } from '../domain/task-definition-file.ts'
import { look } from './aws-clients.ts'
import type { AwsClients } from './aws-clients.ts'
import { groupsOfService } from './deployment-group-access.ts'
import { CliError } from './exit-code.ts'
import type { Made } from './init.ts'
import { PositionedDocument } from './positioned-document.ts'
import { describeService, describeTaskDefinition, serviceNamed, strategyInUse } from './service-access.ts'

/** The files of a live service, as its next deployment would have them. */
export async function filesFromService(clients: AwsClients, name: string): Promise<Made> {
  const service = await describeService(clients, serviceNamed(name))
  const primary = service.taskSets?.find(({ status }) => status === 'PRIMARY')
  const arn = primary?.taskDefinition ?? service.taskDefinition
  if (arn === undefined) throw new CliError(`the service ${name} has no task definition.`)
  const [definition, [group]] = await Promise.all([
    describeTaskDefinition(clients, arn),
    groupsOfService(clients, name),
  ])
  const deployed = group === undefined ? undefined : await deployedAppSpec(clients, group)
  return {
    files: [
      { name: 'taskdef.json', text: json(registrableOf(definition)), about: `of ${arn.split('/').at(-1)}` },
      {
        name: 'appspec.yaml',
        text: deployed ?? appSpecText(service),
        about: deployed === undefined ? 'container and port of the service' : 'of its last deployment',
      },
      {
        name: 'deployment-group.json',
        text: json(group === undefined ? newGroup(service) : groupInput(group)),
        about: group === undefined ? 'to be completed' : `of ${group.applicationName}/${group.deploymentGroupName}`,
      },
    ],
    notes: group === undefined ? completing(service) : ['Next: teal verify, teal diff'],
  }
}

function registrableOf(definition: TaskDefinitionFile): object {
  const { family, ...members } = withoutEmptyMembers(registrable(definition)) as TaskDefinitionFile
  return { family, ...members }
}

/** The AppSpec of the group's last deployment, hooks and all, where CodeDeploy can tell it: those in S3 it cannot. */
async function deployedAppSpec(
  clients: AwsClients,
  { applicationName, targetRevision }: DeploymentGroupInfo,
): Promise<string | undefined> {
  if (targetRevision?.appSpecContent === undefined) return undefined
  const { GetApplicationRevisionCommand } = await import('@aws-sdk/client-codedeploy')
  const looked = await look(clients, async () => {
    const get = new GetApplicationRevisionCommand({ applicationName, revision: targetRevision })
    return (await clients.codeDeploy.send(get)).revision?.appSpecContent?.content
  })
  const content = thingOf(looked)
  if (content === undefined) return undefined
  const document = new PositionedDocument('the AppSpec of the last deployment', content)
  const text = document.withValue(['Properties', 'TaskDefinition'], '<TASK_DEFINITION>')
  return text === undefined ? undefined : `${readable(text).trimEnd()}\n`
}

/** Clients send JSON in one line; people write YAML. The version is what CodeDeploy calls it: `0.0`, which as a number is 0. */
export function readable(text: string): string {
  if (!text.trimStart().startsWith('{')) return text
  return stringify(JSON.parse(text)).replace(/^(version): 0$/im, '$1: 0.0')
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

/** Settings which the AppSpec leaves out stay the service's own, but for its platform version and its capacity providers. */
export function appSpecText(service: Service): string {
  const primary = service.taskSets?.find(({ status }) => status === 'PRIMARY')
  const [balancer] = primary?.loadBalancers ?? service.loadBalancers ?? []
  if (balancer?.containerName === undefined || balancer.containerPort === undefined) {
    throw new CliError(
      `the service ${service.serviceName} has no load balancer: without one CodeDeploy cannot deploy it blue/green.`,
    )
  }
  return `version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: <TASK_DEFINITION>
        LoadBalancerInfo:
          ContainerName: ${JSON.stringify(balancer.containerName)}
          ContainerPort: ${balancer.containerPort}
${platformLine(service.platformVersion)}${strategyLine(service)}`
}

function platformLine(platformVersion = 'LATEST'): string {
  return platformVersion === 'LATEST' ? '' : `        PlatformVersion: ${JSON.stringify(platformVersion)}\n`
}

function strategyLine(service: Service): string {
  const strategy = strategyInUse(service)
  return strategy.length === 0 ? '' : `        CapacityProviderStrategy: ${strategyText(strategy)}\n`
}

/** Of GetDeploymentGroup's answer what CreateDeploymentGroup takes. */
function groupInput(group: DeploymentGroupInfo): object {
  const { applicationName, deploymentGroupName, serviceRoleArn, deploymentConfigName, deploymentStyle } = group
  const { ecsServices, loadBalancerInfo, blueGreenDeploymentConfiguration, autoRollbackConfiguration } = group
  const { alarmConfiguration, triggerConfigurations } = group
  return withoutEmptyMembers({
    applicationName,
    deploymentGroupName,
    serviceRoleArn,
    deploymentConfigName,
    deploymentStyle,
    ecsServices,
    loadBalancerInfo,
    blueGreenDeploymentConfiguration,
    autoRollbackConfiguration,
    alarmConfiguration,
    triggerConfigurations,
  }) as object
}

/** The names are those that the console and AWS's own clients give. */
function newGroup({ serviceName = '', clusterArn = '', loadBalancers = [] }: Service): object {
  const clusterName = clusterArn.split('/').at(-1) ?? 'default'
  const blue = loadBalancers[0]?.targetGroupArn?.split('/')[1] ?? '<TARGET_GROUP>'
  return {
    applicationName: `AppECS-${clusterName}-${serviceName}`,
    deploymentGroupName: `DgpECS-${clusterName}-${serviceName}`,
    serviceRoleArn: '<CODEDEPLOY_ROLE>',
    deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
    deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
    ecsServices: [{ clusterName, serviceName }],
    loadBalancerInfo: {
      targetGroupPairInfoList: [
        {
          targetGroups: [{ name: blue }, { name: '<SECOND_TARGET_GROUP>' }],
          prodTrafficRoute: { listenerArns: ['<PRODUCTION_LISTENER>'] },
        },
      ],
    },
    blueGreenDeploymentConfiguration: {
      deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT', waitTimeInMinutes: 0 },
      terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 5 },
    },
    autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE'] },
  }
}

function completing({ serviceName, deploymentController }: Service): readonly string[] {
  const isCodeDeploys = deploymentController?.type === 'CODE_DEPLOY'
  return [
    `No deployment group has ${serviceName}: complete deployment-group.json where it says <…>, then`,
    '  aws deploy create-application --compute-platform ECS --application-name …',
    '  aws deploy create-deployment-group --cli-input-json file://deployment-group.json',
    ...(isCodeDeploys
      ? []
      : [
          `The service's controller is ${deploymentController?.type ?? 'ECS'}: CodeDeploy deploys services of CODE_DEPLOY.`,
        ]),
  ]
}
