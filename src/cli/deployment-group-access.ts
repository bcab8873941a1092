import type { DeploymentGroupInfo } from '@aws-sdk/client-codedeploy'
import type { Command } from 'commander'
import type { AutoRollbackEvent } from '../domain/code-deploy.ts'
import type { GroupFacts, Looked } from '../domain/preflight/facts.ts'
import { awsCommand } from './aws-access.ts'
import { look } from './aws-clients.ts'
import type { AwsClients } from './aws-clients.ts'
import { CliError } from './exit-code.ts'
import type { PositionedDocument } from './positioned-document.ts'
import { serviceNamed } from './service-access.ts'
import type { ServiceName } from './service-access.ts'

export type GroupName = { readonly applicationName: string; readonly deploymentGroupName: string }

export type GroupOptions = {
  readonly application?: string
  readonly deploymentGroup?: string
  /** `CLUSTER/SERVICE` */
  readonly service?: string
}

/** A command that is about one deployment group, with the options that say which. */
export function groupCommand(name: string): Command {
  return awsCommand(name)
    .option('--application <name>', 'the CodeDeploy application')
    .option('--deployment-group <name>', 'the deployment group')
    .option('--service <cluster/service>', 'the service, if its deployment group is not named')
}

/**
 * The deployment group that is meant: the one that is named, the one of the project's file, the one of the service, or the
 * only one there is. Throws a `CliError` where several could be.
 */
export async function findGroupName(
  clients: AwsClients,
  { application, deploymentGroup, service }: GroupOptions,
  file: PositionedDocument | undefined,
): Promise<GroupName> {
  if (application !== undefined && deploymentGroup !== undefined) {
    return { applicationName: application, deploymentGroupName: deploymentGroup }
  }
  if (application !== undefined || deploymentGroup !== undefined) {
    throw new CliError('--application and --deployment-group belong together: name both.')
  }
  if (service === undefined && file !== undefined) return groupNameIn(file)
  const matching = service === undefined ? await ecsGroups(clients) : await groupsOfService(clients, service)
  const [only, second] = matching
  const which = service === undefined ? '' : ` for service ${service}`
  const where = `${await clients.region()} at ${clients.endpoint()}`
  if (only === undefined) {
    throw new CliError(
      `there is no ECS deployment group${which} in ${where}. Make one, or look elsewhere with --region.`,
    )
  }
  if (second !== undefined) {
    const names = matching.map((group) => `${group.applicationName}/${group.deploymentGroupName}`)
    throw new CliError(
      `there are ${matching.length} ECS deployment groups in ${where}: ${names.slice(0, 8).join(', ')}. ` +
        'Choose one with --application and --deployment-group, or --service CLUSTER/SERVICE.',
    )
  }
  return { applicationName: only.applicationName ?? '', deploymentGroupName: only.deploymentGroupName ?? '' }
}

/** Those that deploy the service `CLUSTER/SERVICE`; there should be one. */
export async function groupsOfService(clients: AwsClients, name: string): Promise<readonly DeploymentGroupInfo[]> {
  const wanted = serviceNamed(name)
  return (await ecsGroups(clients)).filter(({ ecsServices }) => isOf(ecsServices, wanted))
}

export function groupNameIn(file: PositionedDocument): GroupName {
  const { applicationName, deploymentGroupName } = file.json()
  if (typeof applicationName === 'string' && typeof deploymentGroupName === 'string') {
    return { applicationName, deploymentGroupName }
  }
  throw new CliError(`${file.file} needs applicationName and deploymentGroupName.`)
}

export async function lookAtGroup(clients: AwsClients, name: GroupName): Promise<Looked<DeploymentGroupInfo>> {
  const { GetDeploymentGroupCommand } = await import('@aws-sdk/client-codedeploy')
  return look(
    clients,
    async () => (await clients.codeDeploy.send(new GetDeploymentGroupCommand(name))).deploymentGroupInfo,
    ['ApplicationDoesNotExistException', 'DeploymentGroupDoesNotExistException'],
  )
}

/** The same of GetDeploymentGroup's answer and of CreateDeploymentGroup's input. */
export function groupFacts(group: DeploymentGroupInfo): GroupFacts {
  const { blueGreenDeploymentConfiguration: blueGreen, alarmConfiguration: alarms, autoRollbackConfiguration } = group
  const pair = group.loadBalancerInfo?.targetGroupPairInfoList?.[0]
  const [production] = pair?.prodTrafficRoute?.listenerArns ?? []
  const [test] = pair?.testTrafficRoute?.listenerArns ?? []
  const { deploymentReadyOption: ready, terminateBlueInstancesOnDeploymentSuccess: termination } = blueGreen ?? {}
  return {
    applicationName: group.applicationName ?? '',
    deploymentGroupName: group.deploymentGroupName ?? '',
    deploymentConfigName: group.deploymentConfigName ?? '',
    serviceRoleArn: group.serviceRoleArn ?? '',
    targetGroupNames: (pair?.targetGroups ?? []).flatMap(({ name }) => (name === undefined ? [] : [name])),
    ...(production === undefined ? {} : { prodListenerArn: production }),
    ...(test === undefined ? {} : { testListenerArn: test }),
    deploymentReadyOption: {
      actionOnTimeout: ready?.actionOnTimeout ?? 'CONTINUE_DEPLOYMENT',
      waitTimeInMinutes: ready?.waitTimeInMinutes ?? 0,
    },
    terminateBlueInstances: {
      action: termination?.action ?? 'TERMINATE',
      terminationWaitTimeInMinutes: termination?.terminationWaitTimeInMinutes ?? 0,
    },
    autoRollbackEvents: autoRollbackConfiguration?.enabled ? rollbackEvents(autoRollbackConfiguration.events) : [],
    alarmNames: alarms?.enabled ? (alarms.alarms ?? []).flatMap(({ name }) => (name === undefined ? [] : [name])) : [],
    ignorePollAlarmFailure: alarms?.ignorePollAlarmFailure ?? false,
  }
}

function rollbackEvents(events: readonly string[] | undefined): readonly AutoRollbackEvent[] {
  const known: readonly AutoRollbackEvent[] = [
    'DEPLOYMENT_FAILURE',
    'DEPLOYMENT_STOP_ON_ALARM',
    'DEPLOYMENT_STOP_ON_REQUEST',
  ]
  return known.filter((event) => events?.includes(event))
}

/** What BatchGetDeploymentGroups takes at once. */
const mostPerCall = 100

async function ecsGroups(clients: AwsClients): Promise<readonly DeploymentGroupInfo[]> {
  const { codeDeploy } = clients
  const sdk = await import('@aws-sdk/client-codedeploy')
  const looked = await look(clients, async () => {
    const groups: DeploymentGroupInfo[] = []
    for await (const page of sdk.paginateListApplications({ client: codeDeploy }, {})) {
      for (const applicationName of page.applications ?? []) {
        const names: string[] = []
        for await (const list of sdk.paginateListDeploymentGroups({ client: codeDeploy }, { applicationName })) {
          names.push(...(list.deploymentGroups ?? []))
        }
        for (let at = 0; at < names.length; at += mostPerCall) {
          const deploymentGroupNames = names.slice(at, at + mostPerCall)
          const { deploymentGroupsInfo = [] } = await codeDeploy.send(
            new sdk.BatchGetDeploymentGroupsCommand({ applicationName, deploymentGroupNames }),
          )
          groups.push(...deploymentGroupsInfo.filter(({ computePlatform }) => computePlatform === 'ECS'))
        }
      }
    }
    return groups
  })
  if (looked.kind === 'found') return looked.thing
  const why = looked.kind === 'unknown' ? `: ${looked.reason}` : ''
  throw new CliError(
    `the deployment groups could not be listed${why}. Name one with --application and --deployment-group.`,
  )
}

function isOf(services: DeploymentGroupInfo['ecsServices'], { cluster, service }: ServiceName): boolean {
  return (services ?? []).some(
    ({ clusterName, serviceName }) =>
      clusterName?.split('/').at(-1) === cluster && serviceName?.split('/').at(-1) === service,
  )
}
