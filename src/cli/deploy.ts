import type { DeploymentGroupInfo } from '@aws-sdk/client-codedeploy'
import type { RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs'
import type { Command } from 'commander'
import { createHash } from 'node:crypto'
import { AppSpecError, type AppSpec } from '../domain/app-spec.ts'
import { capacityProviderFindings } from '../domain/preflight/capacity-provider-findings.ts'
import { thingOf, type AppSpecFacts, type Looked } from '../domain/preflight/facts.ts'
import { placeholdersIn, registrable, type NamedImage } from '../domain/task-definition-file.ts'
import { awsHelp, forAwsUser, type AwsOptions } from './aws-access.ts'
import { awsClients, type AwsClients } from './aws-clients.ts'
import { isArn, readDeploymentFiles, requiredAppSpec, requiredTaskDefinition } from './deployment-files.ts'
import type { DeploymentFiles, FileOptions } from './deployment-files.ts'
import {
  findGroupName,
  groupCommand,
  lookAtGroup,
  type GroupName,
  type GroupOptions,
} from './deployment-group-access.ts'
import { CliError, exitCode } from './exit-code.ts'
import { appSpecOption, imageOption } from './options.ts'
import { lookAtService, runningDeployment } from './preflight-facts.ts'
import { appSpecErrorText, appSpecFacts, filledIn, readAppSpecOf } from './preflight-files.ts'
import { ecsServiceNamed, updateService } from './own-services.ts'
import type { Position } from './positioned-document.ts'
import type { ServiceName } from './service-access.ts'
import { wrapped } from './text.ts'
import { requireReachable } from './wait-until.ts'
import { misreadMemberFindings } from './task-definition-check.ts'
import { waitUntilOption, watchSettings } from './watch-settings.ts'
import { watch, type WaitUntil } from './watching.ts'

type DeployOptions = AwsOptions &
  FileOptions &
  GroupOptions & {
    readonly image: readonly NamedImage[]
    readonly description?: string
    readonly waitUntil: WaitUntil
    readonly wait: boolean
    readonly dryRun: boolean
    readonly json: boolean
  }

export function deployCommand(exitWith: (code: number) => void): Command {
  return groupCommand('deploy')
    .summary('deploy: register, create the deployment, watch it')
    .description(
      'Registers the task definition of the file, writes its ARN into the AppSpec, creates the CodeDeploy deployment, and ' +
        'watches it to its end. A service whose deployments are those of ECS itself is updated instead, and watched alike.',
    )
    .addOption(appSpecOption())
    .option('--task-definition <file or arn>', 'what to deploy (default: taskdef.json)')
    .addOption(imageOption())
    .option('--description <text>', 'what people read in lists of deployments')
    .addOption(waitUntilOption())
    .option('--no-wait', 'create the deployment, print its id, and end')
    .option('--dry-run', 'print what would be sent, and send nothing', false)
    .option('--json', 'print what happens as JSON, a line each; the last one has all of it', false)
    .addHelpText('after', help)
    .action(async (options: DeployOptions) => {
      exitWith(await deploy(options))
    })
}

const help = `
Without --application and --service it is the group of deployment-group.json or
deployment.json, else the only one there is.

Examples:
  $ teal deploy --image web=hello:2
  $ teal deploy --wait-until traffic        end when green has all traffic
  $ teal deploy --dry-run                   what would be sent
  $ teal deploy --task-definition web:41    one that is registered already
  $ teal deploy --service prod/web --image web=hello:2
  $ ID=$(teal deploy --no-wait)

In a terminal, Ctrl-C asks whether to stop and roll back, or to leave it
running.

Exit codes: 0 done · 1 not begun · 2 wrong usage · 3 it failed or was stopped ·
130 Ctrl-C; the deployment goes on
${awsHelp}`

/** What is to be deployed: a task definition to be registered, or one that is registered. */
type Wanted = { readonly input: RegisterTaskDefinitionCommandInput } | { readonly arn: string }

async function deploy(options: DeployOptions): Promise<number> {
  const files = readDeploymentFiles(options)
  const wanted = await wantedOf(files, options)
  const clients = await awsClients(options)
  try {
    const ecsService = await ecsServiceNamed(clients, options.service)
    requireReachable(options.waitUntil, ecsService === undefined ? 'CodeDeploy' : 'ECS')
    if (ecsService !== undefined) return await deployByEcs(clients, { options, wanted, service: ecsService })
    return await deployByCodeDeploy(clients, { options, wanted, files })
  } catch (error) {
    throw forAwsUser(error, clients)
  }
}

async function wantedOf(files: DeploymentFiles, { taskDefinition, image }: DeployOptions): Promise<Wanted> {
  if (taskDefinition !== undefined && isArn(taskDefinition)) {
    if (image.length > 0)
      throw new CliError('--image fills in a file; a task definition that is registered has its images.')
    return { arn: taskDefinition }
  }
  const document = requiredTaskDefinition(files)
  const filled = filledIn(document, image)
  const [left] = placeholdersIn(filled)
  if (left !== undefined) {
    throw new CliError(
      `${document.file} still holds ${left}: fill it in with --image ${left.replaceAll(/[<>]/g, '')}=NAME:TAG.`,
    )
  }
  const misread = await misreadMemberFindings(filled)
  const lines = misread.map(({ what, how, where }) => {
    return `${document.file}${placeOf(document.positionOf(where.field ?? []))}: ${what} ${how}`
  })
  if (lines.length > 0) throw new CliError(lines.join('\n'))
  return { input: registrable(filled) as unknown as RegisterTaskDefinitionCommandInput }
}

async function deployByCodeDeploy(
  clients: AwsClients,
  {
    options,
    wanted,
    files,
  }: { readonly options: DeployOptions; readonly wanted: Wanted; readonly files: DeploymentFiles },
): Promise<number> {
  const name = await findGroupName(clients, options, files.group)
  const write = (arn: string): string => completedAppSpec(files, arn)
  // Whatever is wrong with the AppSpec is found before anything is registered.
  const draft = write('input' in wanted ? '<ARN of the task definition>' : wanted.arn)
  if (options.dryRun) return showDryRun(wanted, createInput(name, draft, options))
  const group = await requireGroup(clients, name)
  await requireNoDeployment(clients, name)
  await warnOfDroppedProviders(clients, files, group)
  const arn = 'input' in wanted ? await register(clients, wanted.input, options) : wanted.arn
  const { CreateDeploymentCommand } = await import('@aws-sdk/client-codedeploy')
  const { deploymentId } = await clients.codeDeploy.send(
    new CreateDeploymentCommand(createInput(name, write(arn), options)),
  )
  if (deploymentId === undefined) throw new CliError(`${clients.endpoint()} answers no id for the deployment.`)
  return begun(clients, deploymentId, options)
}

/** A name that is mistyped is found before a task definition is registered for nothing. */
async function requireGroup(clients: AwsClients, name: GroupName): Promise<DeploymentGroupInfo | undefined> {
  const group = await lookAtGroup(clients, name)
  if (group.kind !== 'absent') return thingOf(group)
  const { applicationName, deploymentGroupName } = name
  throw new CliError(
    `there is no deployment group ${applicationName}/${deploymentGroupName} in ${await clients.region()} at ` +
      `${clients.endpoint()}: nothing was registered.`,
  )
}

/** A group has one at a time: a task definition would be registered, and nothing run it. */
async function requireNoDeployment(clients: AwsClients, name: GroupName): Promise<void> {
  const id = await runningDeployment(clients, name)
  if (id === undefined) return
  const { applicationName, deploymentGroupName } = name
  throw new CliError(
    `the deployment group ${applicationName}/${deploymentGroupName} has a deployment that is not over, ${id}: nothing was ` +
      `registered. \`teal deployment ${id}\` tells how it is, and what can be done with it.`,
  )
}

/** It may be meant, so the deployment is created all the same. */
async function warnOfDroppedProviders(
  clients: AwsClients,
  files: DeploymentFiles,
  group: DeploymentGroupInfo | undefined,
): Promise<void> {
  const appSpec: Looked<AppSpecFacts> = { kind: 'found', thing: appSpecFacts(validAppSpec(files)) }
  const service = await lookAtService(clients, group)
  const findings = capacityProviderFindings({ appSpec, service, capacityProviders: { kind: 'unasked' } })
  for (const { severity, what, why, how } of findings) {
    if (severity === 'warning') console.error(`${wrapped(`warning: ${what} ${why}`, 2)}\n  ${how}`)
  }
}

function validAppSpec(files: DeploymentFiles): AppSpec {
  const document = requiredAppSpec(files)
  const read = readAppSpecOf(document, true)
  if (read instanceof AppSpecError) throw new CliError(appSpecErrorText(document, read))
  return read
}

function completedAppSpec(files: DeploymentFiles, arn: string): string {
  validAppSpec(files)
  const document = requiredAppSpec(files)
  const text = document.withValue(['Properties', 'TaskDefinition'], arn)
  if (text !== undefined) return text
  throw new CliError(
    `${document.file} has no TaskDefinition under Properties: write TaskDefinition: <TASK_DEFINITION>.`,
  )
}

function placeOf(position: Position | undefined): string {
  return position === undefined ? '' : `:${position.line}:${position.column}`
}

function createInput(name: GroupName, content: string, { description }: DeployOptions) {
  const sha256 = createHash('sha256').update(content).digest('hex')
  return {
    ...name,
    ...(description === undefined ? {} : { description }),
    revision: { revisionType: 'AppSpecContent' as const, appSpecContent: { content, sha256 } },
  }
}

async function deployByEcs(
  clients: AwsClients,
  {
    options,
    wanted,
    service,
  }: { readonly options: DeployOptions; readonly wanted: Wanted; readonly service: ServiceName },
): Promise<number> {
  if (options.description !== undefined)
    throw new CliError('--description is for CodeDeploy; deployments of ECS itself have none.')
  if (options.dryRun) {
    const taskDefinition = 'input' in wanted ? '<ARN of the task definition>' : wanted.arn
    return showDryRun(wanted, { ...service, taskDefinition }, 'UpdateService')
  }
  const arn = 'input' in wanted ? await register(clients, wanted.input, options) : wanted.arn
  const id = await updateService(clients, service, arn)
  if (id !== undefined) return begun(clients, id, options)
  console.error('The service runs this already: nothing is deployed.')
  return exitCode.ok
}

async function register(
  { ecs }: AwsClients,
  input: RegisterTaskDefinitionCommandInput,
  { json }: DeployOptions,
): Promise<string> {
  const { RegisterTaskDefinitionCommand } = await import('@aws-sdk/client-ecs')
  const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand(input))
  const arn = taskDefinition?.taskDefinitionArn
  if (arn === undefined) throw new CliError('the task definition was registered, and its ARN was not answered.')
  if (!json) console.error(`Registered ${arn.split('/').at(-1)}.`)
  return arn
}

function showDryRun(wanted: Wanted, input: object, operation = 'CreateDeployment'): number {
  const calls = [
    ...('input' in wanted ? [{ operation: 'RegisterTaskDefinition', input: wanted.input }] : []),
    { operation, input },
  ]
  console.log(JSON.stringify(calls, undefined, 2))
  console.error('Nothing was sent.')
  return exitCode.ok
}

async function begun(clients: AwsClients, id: string, { wait, json, waitUntil }: DeployOptions): Promise<number> {
  // Ctrl-C before anything is shown of it leaves it running: whoever typed that has to know which one it is.
  if (wait && !json) console.error(`Created deployment ${id.split('/').at(-1)}.`)
  if (wait) return watch(id, watchSettings(clients, { json, until: waitUntil }))
  console.log(json ? JSON.stringify({ deploymentId: id }) : id)
  return exitCode.ok
}
