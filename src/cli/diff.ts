import type { Service } from '@aws-sdk/client-ecs'
import type { Command } from 'commander'
import type { AppSpec } from '../domain/app-spec.ts'
import { AppSpecError, strategyInAppSpec } from '../domain/app-spec.ts'
import { differences } from '../domain/difference.ts'
import type { Difference } from '../domain/difference.ts'
import { thingOf } from '../domain/preflight/facts.ts'
import type { CapacityProviderStrategyItem } from '../domain/service.ts'
import { taskDefinitionDifferences } from '../domain/task-definition-difference.ts'
import type { NamedImage, TaskDefinitionFile } from '../domain/task-definition-file.ts'
import { awsHelp } from './aws-access.ts'
import type { AwsOptions } from './aws-access.ts'
import { awsClients } from './aws-clients.ts'
import type { AwsClients } from './aws-clients.ts'
import { findGroupName, groupCommand, lookAtGroup } from './deployment-group-access.ts'
import type { GroupOptions } from './deployment-group-access.ts'
import { isArn, readDeploymentFiles, requiredTaskDefinition } from './deployment-files.ts'
import type { DeploymentFiles, FileOptions } from './deployment-files.ts'
import { diffText } from './diff-text.ts'
import { CliError, exitCode } from './exit-code.ts'
import { appSpecOption, imageOption } from './options.ts'
import { appSpecErrorText, filledIn, readAppSpecOf } from './preflight-files.ts'
import type { PositionedDocument } from './positioned-document.ts'
import { describeService, describeTaskDefinition, serviceNamed, strategyInUse } from './service-access.ts'

type DiffOptions = AwsOptions &
  FileOptions &
  GroupOptions & { readonly image: readonly NamedImage[]; readonly exitCode: boolean; readonly json: boolean }

/** Of --exit-code, where there are differences. */
const different = 3

export function diffCommand(exitWith: (code: number) => void): Command {
  return groupCommand('diff')
    .summary('show what a deployment would change')
    .description(
      'Compares the task definition, of the file or of an ARN, with the one the service runs now, member by member, and ' +
        "the AppSpec with the service's settings. What ECS fills in by default is no difference. Changes nothing.",
    )
    .addOption(appSpecOption())
    .option('--task-definition <file or arn>', 'what would be deployed (default: taskdef.json)')
    .addOption(imageOption())
    .option('--exit-code', 'end with exit code 3 where there are differences', false)
    .option('--json', 'print the differences as JSON', false)
    .addHelpText('after', help)
    .action(async (options: DiffOptions) => {
      exitWith(await diff(options))
    })
}

const help = `
Examples:
  $ teal diff
  $ teal diff --image web=hello:2
  $ teal diff --service prod/web --task-definition web:41
  $ teal diff --json | jq -r '.taskDefinition[].path'

Exit codes: 0 compared · 1 failed · 2 wrong usage · with --exit-code, 3 there
are differences
${awsHelp}`

/** What would be deployed, against what there is. */
export type Compared = {
  /** `hello:1` */
  readonly live: string
  /** `taskdef.json`, or `hello:2`. */
  readonly planned: string
  readonly service: string
  readonly taskDefinition: readonly Difference[]
  /** Undefined where there is no AppSpec. */
  readonly appSpec?: { readonly file: string; readonly differences: readonly Difference[] }
}

async function diff(options: DiffOptions): Promise<number> {
  const files = readDeploymentFiles(options)
  const clients = await awsClients(options)
  const compared = await compare(clients, files, options)
  console.log(options.json ? JSON.stringify(compared, undefined, 2) : diffText(compared))
  const count = compared.taskDefinition.length + (compared.appSpec?.differences.length ?? 0)
  return options.exitCode && count > 0 ? different : exitCode.ok
}

function validAppSpec(document: PositionedDocument, isDefinitionGiven: boolean): AppSpec {
  const read = readAppSpecOf(document, isDefinitionGiven)
  if (read instanceof AppSpecError) throw new CliError(appSpecErrorText(document, read))
  return read
}

async function compare(clients: AwsClients, files: DeploymentFiles, options: DiffOptions): Promise<Compared> {
  const service = await findService(clients, options, files)
  const primary = service.taskSets?.find(({ status }) => status === 'PRIMARY')
  const liveArn = primary?.taskDefinition ?? service.taskDefinition
  if (liveArn === undefined) throw new CliError(`the service ${service.serviceName} has no task definition yet.`)
  const isDefinitionGiven = files.taskDefinition !== undefined || isArn(options.taskDefinition)
  const appSpec = files.appSpec === undefined ? undefined : validAppSpec(files.appSpec, isDefinitionGiven)
  const [live, planned] = await Promise.all([
    describeTaskDefinition(clients, liveArn),
    plannedDefinition(clients, files, { ...options, appSpec }),
  ])
  return {
    live: liveArn.split('/').at(-1) ?? liveArn,
    planned: planned.name,
    service: service.serviceName ?? '',
    taskDefinition: taskDefinitionDifferences(live, planned.definition),
    ...(appSpec === undefined || files.appSpec === undefined
      ? {}
      : { appSpec: { file: files.appSpec.file, differences: appSpecDifferences(appSpec, service) } }),
  }
}

async function plannedDefinition(
  clients: AwsClients,
  files: DeploymentFiles,
  { taskDefinition: named, image, appSpec }: DiffOptions & { readonly appSpec: AppSpec | undefined },
): Promise<{ readonly name: string; readonly definition: TaskDefinitionFile }> {
  if (files.taskDefinition !== undefined) {
    return { name: files.taskDefinition.file, definition: filledIn(files.taskDefinition, image) }
  }
  const registered = isArn(named) ? named : appSpec?.taskDefinition
  if (registered === undefined) return { name: '', definition: requiredTaskDefinition(files).json() }
  return {
    name: registered.split('/').at(-1) ?? registered,
    definition: await describeTaskDefinition(clients, registered),
  }
}

/** With --service a service is found without a deployment group, too. */
async function findService(clients: AwsClients, options: DiffOptions, files: DeploymentFiles): Promise<Service> {
  if (options.service !== undefined) return describeService(clients, serviceNamed(options.service))
  const name = await findGroupName(clients, options, files.group)
  const group = await lookAtGroup(clients, name)
  const [named] = thingOf(group)?.ecsServices ?? []
  if (named?.serviceName === undefined) {
    const which = `deployment group ${name.applicationName}/${name.deploymentGroupName}`
    const why =
      group.kind === 'unknown'
        ? `the ${which} cannot be read: ${group.reason}`
        : `there is no ${which} in ${await clients.region()} at ${clients.endpoint()}`
    throw new CliError(`${why}. Name the service with --service CLUSTER/SERVICE.`)
  }
  return describeService(clients, { cluster: named.clusterName ?? 'default', service: named.serviceName })
}

/**
 * What the AppSpec says otherwise than the service has it. Its network configuration stays where the AppSpec does not
 * say; to CodeDeploy the AppSpec alone says which capacity providers there are, and its platform version is LATEST else.
 */
function appSpecDifferences(appSpec: AppSpec, service: Service): readonly Difference[] {
  const { containerName, containerPort, platformVersion, networkConfiguration, capacityProviderStrategy } = appSpec
  const primary = service.taskSets?.find(({ status }) => status === 'PRIMARY')
  const [balancer] = primary?.loadBalancers ?? service.loadBalancers ?? []
  // AWS answers the number behind LATEST in a task set.
  const livePlatform = service.platformVersion ?? primary?.platformVersion
  const live = {
    LoadBalancerInfo: { ContainerName: balancer?.containerName, ContainerPort: balancer?.containerPort },
    PlatformVersion: livePlatform,
    ...(networkConfiguration === undefined
      ? {}
      : { NetworkConfiguration: primary?.networkConfiguration ?? service.networkConfiguration }),
    CapacityProviderStrategy: appSpecStrategy(strategyInUse(service)),
  }
  const planned = {
    LoadBalancerInfo: { ContainerName: containerName, ContainerPort: containerPort },
    PlatformVersion: platformVersion ?? (livePlatform === undefined ? undefined : 'LATEST'),
    ...(networkConfiguration === undefined ? {} : { NetworkConfiguration: networkConfiguration }),
    CapacityProviderStrategy: appSpecStrategy(capacityProviderStrategy ?? []),
  }
  const keys = { subnets: '', securityGroups: '', CapacityProviderStrategy: 'CapacityProvider' }
  return differences(live, planned, keys)
}

/** Undefined for none. */
function appSpecStrategy(strategy: readonly CapacityProviderStrategyItem[]): readonly object[] | undefined {
  return strategy.length === 0 ? undefined : strategyInAppSpec(strategy)
}
