import { readAppSpecText } from '../adapters/app-spec-reader.ts'
import { AppSpecError } from '../domain/app-spec.ts'
import type { AppSpec } from '../domain/app-spec.ts'
import type { AppSpecFacts, ContainerFacts, Looked, TaskDefinitionFacts } from '../domain/preflight/facts.ts'
import { errorAt } from '../domain/preflight/finding.ts'
import type { Finding } from '../domain/preflight/finding.ts'
import { containersOf, placeholdersIn, readOnlyMembers, withImages } from '../domain/task-definition-file.ts'
import type { NamedImage, TaskDefinitionFile } from '../domain/task-definition-file.ts'
import type { DeploymentFiles } from './deployment-files.ts'
import { requiredAppSpec } from './deployment-files.ts'
import { CliError } from './exit-code.ts'
import type { PositionedDocument } from './positioned-document.ts'
import { taskDefinitionFileFindings } from './task-definition-check.ts'

/** What the files say, and what is wrong with them alone. */
export type FileFacts = {
  readonly appSpec: Looked<AppSpecFacts>
  /** Not asked for where the definition is not in a file. */
  readonly taskDefinition: Looked<TaskDefinitionFacts>
  readonly findings: readonly Finding[]
}

export async function readFileFacts(files: DeploymentFiles, images: readonly NamedImage[]): Promise<FileFacts> {
  const document = requiredAppSpec(files)
  const { taskDefinition: definitionFile } = files
  const read = readAppSpecOf(document, definitionFile !== undefined)
  const filled = definitionFile === undefined ? undefined : filledIn(definitionFile, images)
  const taskDefinition: Looked<TaskDefinitionFacts> =
    filled === undefined ? { kind: 'unasked' } : { kind: 'found', thing: taskDefinitionFacts(filled) }
  const findings = filled === undefined ? [] : await taskDefinitionFileFindings(filled)
  if (read instanceof AppSpecError) {
    return { appSpec: { kind: 'unasked' }, taskDefinition, findings: [...read.all().map(invalidAppSpec), ...findings] }
  }
  return { appSpec: { kind: 'found', thing: appSpecFacts(read) }, taskDefinition, findings }
}

/** The AppSpec, or what is wrong with it. */
export function readAppSpecOf(document: PositionedDocument, isDefinitionInFile: boolean): AppSpec | AppSpecError {
  return readAppSpecText(withTaskDefinition(document, isDefinitionInFile))
}

/** All that is wrong with it, a line each: `appspec.yaml:9:11: …` */
export function appSpecErrorText({ file }: PositionedDocument, error: AppSpecError): string {
  const lines = error.all().map(({ position, detail }) => {
    const at = position === undefined ? '' : `:${position.line}:${position.column}`
    return `${file}${at}: ${detail}.`
  })
  return lines.join('\n')
}

/** Whoever deploys a task definition from a file puts its ARN into the AppSpec: a placeholder there is all right. */
function withTaskDefinition({ text }: PositionedDocument, isFromFile: boolean): string {
  return isFromFile ? text.replace(/(taskdefinition"?\s*:\s*"?)<[A-Za-z0-9_-]+>/i, '$1to-be-registered') : text
}

/** Throws a `CliError` where an image is for nothing in the file. */
export function filledIn(document: PositionedDocument, images: readonly NamedImage[]): TaskDefinitionFile {
  const file = document.json()
  const { filled, unknown } = withImages(file, images)
  const [first] = unknown
  if (first === undefined) return filled
  const known = [...containersOf(file).map((container) => String(container['name'])), ...placeholdersIn(file)]
  throw new CliError(
    `--image ${first}: ${document.file} has no such container or placeholder; it has ${known.join(', ')}.`,
  )
}

function invalidAppSpec(error: AppSpecError): Finding {
  return errorAt(
    'app-spec-invalid',
    { subject: 'AppSpec', field: error.path },
    {
      what: `${error.detail}.`,
      why: 'The deployment fails at once (INVALID_REVISION).',
      how: 'Mend the AppSpec: `teal init DIRECTORY` writes a whole one to look at.',
    },
  )
}

export function appSpecFacts(appSpec: AppSpec): AppSpecFacts {
  const { networkConfiguration, platformVersion: _version, ...facts } = appSpec
  return { ...facts, hasNetworkConfiguration: networkConfiguration !== undefined }
}

/** Of a file, or of DescribeTaskDefinition's answer; with ECS's defaults. */
export function taskDefinitionFacts(file: TaskDefinitionFile): TaskDefinitionFacts {
  const family = textIn(file, 'family') ?? '(no family)'
  const compatibilities = file['requiresCompatibilities']
  const [cpu, memory, executionRoleArn] = ['cpu', 'memory', 'executionRoleArn'].map((member) => textIn(file, member))
  return {
    name: family,
    family,
    networkMode: textIn(file, 'networkMode') ?? 'bridge',
    requiresCompatibilities: Array.isArray(compatibilities) ? compatibilities.map(String) : [],
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    ...(executionRoleArn === undefined ? {} : { executionRoleArn }),
    containerDefinitions: containersOf(file).map(containerFacts),
    readOnlyMembers: readOnlyMembers(file),
    placeholders: placeholdersIn(file),
  }
}

function containerFacts(container: Readonly<Record<string, unknown>>): ContainerFacts {
  const { secrets, logConfiguration } = container as Pick<ContainerFacts, 'secrets' | 'logConfiguration'>
  return {
    name: textIn(container, 'name') ?? '(no name)',
    image: textIn(container, 'image') ?? '',
    essential: container['essential'] !== false,
    portMappings: portMappings(container['portMappings']),
    ...(Array.isArray(secrets) ? { secrets } : {}),
    ...(logConfiguration == null ? {} : { logConfiguration }),
  }
}

function portMappings(mappings: unknown): ContainerFacts['portMappings'] {
  if (!Array.isArray(mappings)) return []
  return (mappings as readonly { readonly containerPort?: unknown; readonly protocol?: unknown }[]).map(
    ({ containerPort, protocol }) => ({
      containerPort: Number(containerPort),
      protocol: protocol === 'udp' ? 'udp' : 'tcp',
    }),
  )
}

function textIn(file: Readonly<Record<string, unknown>>, member: string): string | undefined {
  const value = file[member]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}
