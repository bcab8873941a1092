import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CliError } from './exit-code.ts'
import { PositionedDocument } from './positioned-document.ts'

/** The files of a project that its deployments are made of. */
export type DeploymentFiles = {
  readonly appSpec?: PositionedDocument
  readonly taskDefinition?: PositionedDocument
  /** The input of CreateDeploymentGroup, or of CreateDeployment: both name the application and the group. */
  readonly group?: PositionedDocument
}

export type FileOptions = { readonly appspec?: string; readonly taskDefinition?: string }

const appSpecNames = ['appspec.yaml', 'appspec.yml', 'appspec.json']
const taskDefinitionNames = ['taskdef.json', 'task-definition.json']
const groupNames = ['deployment-group.json', 'deployment.json']

/** Files that are named must be there; the usual ones of the directory are taken where they are. */
export function readDeploymentFiles({ appspec, taskDefinition }: FileOptions, directory = '.'): DeploymentFiles {
  const found = {
    appSpec: appspec ?? usual(directory, appSpecNames),
    taskDefinition: isArn(taskDefinition) ? undefined : (taskDefinition ?? usual(directory, taskDefinitionNames)),
    group: usual(directory, groupNames),
  }
  return {
    ...(found.appSpec === undefined ? {} : { appSpec: PositionedDocument.read(found.appSpec) }),
    ...(found.taskDefinition === undefined ? {} : { taskDefinition: PositionedDocument.read(found.taskDefinition) }),
    ...(found.group === undefined ? {} : { group: PositionedDocument.read(found.group) }),
  }
}

/** An ARN, or `family:revision`, rather than a file. */
export function isArn(text: string | undefined): boolean {
  return text !== undefined && (text.startsWith('arn:') || (/^[\w-]+(:\d+)?$/.test(text) && !existsSync(text)))
}

export function requiredAppSpec({ appSpec }: DeploymentFiles): PositionedDocument {
  if (appSpec !== undefined) return appSpec
  throw new CliError(`there is no ${either(appSpecNames)} here. Name the AppSpec with --appspec FILE.`)
}

export function requiredTaskDefinition({ taskDefinition }: DeploymentFiles): PositionedDocument {
  if (taskDefinition !== undefined) return taskDefinition
  throw new CliError(
    `there is no ${either(taskDefinitionNames)} here. Name the task definition with --task-definition FILE.`,
  )
}

function usual(directory: string, names: readonly string[]): string | undefined {
  const name = names.find((candidate) => existsSync(join(directory, candidate)))
  return name === undefined ? undefined : join(directory, name)
}

function either(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}
