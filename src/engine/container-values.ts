import { parseArn } from '../domain/identifiers.ts'
import { readSecretReference } from '../domain/secret.ts'
import type { SecretReference } from '../domain/secret.ts'
import type { ContainerDefinition, TaskDefinition } from '../domain/task-definition.ts'
import type { Task } from '../domain/task.ts'
import { TaskStartError } from './ports.ts'
import type { SchedulerContext } from './scheduler-context.ts'
import { findParameter, findSecret, secretVersion } from './secret-values.ts'

/** By container name, the variables whose values are kept elsewhere. */
export type ContainerValues = Readonly<Record<string, Readonly<Record<string, string>>>>

const mostFileBytes = 1024 * 1024

/**
 * Reads environment files and secrets; of a name in both, and in several files, the first counts, but the secret before the
 * files (AWS: environment wins over environmentFiles). Rejects with TaskStartError in ECS's words where one cannot be read.
 */
export async function containerValues(
  context: SchedulerContext,
  task: Task,
  { containerDefinitions }: TaskDefinition,
): Promise<ContainerValues> {
  const values: Record<string, Readonly<Record<string, string>>> = {}
  for (const container of containerDefinitions) {
    const override = task.overrides?.containerOverrides?.find(({ name }) => name === container.name)
    const files = override?.environmentFiles ?? container.environmentFiles ?? []
    const read: Record<string, string> = {}
    for (const { value } of files.toReversed()) Object.assign(read, await environmentFile(context, value))
    values[container.name] = { ...read, ...secretsOf(context, task, container) }
  }
  return values
}

async function environmentFile({ objects }: SchedulerContext, arn: string): Promise<Readonly<Record<string, string>>> {
  const location = (parseArn(arn)?.resource ?? '').split('/')
  const [bucket = '', key] = [location[0], location.slice(1).join('/')]
  const object = await objects?.read({ bucket, key })
  const failed = (because: string): TaskStartError =>
    new TaskStartError(`ResourceInitializationError: failed to download env files: ${arn}: ${because}`)
  if (object === undefined) throw failed('there is no such object in S3')
  if (object.content.length > mostFileBytes) throw failed('it is larger than 1 MiB')
  return readVariables(Buffer.from(object.content).toString('utf8'))
}

/** One `NAME=VALUE` a line, taken as it stands; lines that are empty or begin with # say nothing, as on ECS. */
function readVariables(text: string): Readonly<Record<string, string>> {
  const variables = text.split(/\r?\n/).flatMap((line) => {
    const equals = line.indexOf('=')
    if (line.startsWith('#') || equals <= 0) return []
    return [[line.slice(0, equals).trim(), line.slice(equals + 1)]]
  })
  return Object.fromEntries(variables) as Record<string, string>
}

function secretsOf(
  context: SchedulerContext,
  task: Task,
  { secrets = [] }: ContainerDefinition,
): Readonly<Record<string, string>> {
  const region = parseArn(task.taskArn)?.region ?? ''
  return Object.fromEntries(
    secrets.map(({ name, valueFrom }) => {
      const reference = readSecretReference(valueFrom)
      const value =
        reference.kind === 'parameter'
          ? parameterValue(context, reference.region ?? region, reference.name)
          : secretValue(context, reference)
      return [name, value]
    }),
  )
}

const failedPrefix =
  'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: '

function parameterValue({ store }: SchedulerContext, region: string, name: string): string {
  const value = findParameter(store, region, name)?.versions.at(-1)?.value
  if (value !== undefined) return value
  throw new TaskStartError(
    `${failedPrefix}unable to retrieve secrets from ssm: service call has been retried 1 time(s): ` +
      `invalid ssm parameters: ${name}`,
  )
}

/** Throws TaskStartError in ECS's words. */
export function secretValue(
  { store, clock }: SchedulerContext,
  reference: Extract<SecretReference, { kind: 'secret' }>,
): string {
  const { secretId, region, jsonKey } = reference
  const notFetched = (problem: string): TaskStartError =>
    secretFailed(`failed to fetch secret ${secretId} from secrets manager: ${problem}`)
  const secret = findSecret(store, region, secretId, clock.now())
  if (secret === undefined) {
    throw notFetched("ResourceNotFoundException: Secrets Manager can't find the specified secret.")
  }
  if (secret.deletesAt !== undefined) {
    throw notFetched(
      "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.",
    )
  }
  const version = secretVersion(secret, reference)
  if (version === undefined) {
    throw notFetched("ResourceNotFoundException: Secrets Manager can't find the specified secret value.")
  }
  if (jsonKey === undefined) return version.value
  const member = jsonMember(version.value, jsonKey)
  if (member !== undefined) return member
  throw secretFailed(`retrieved secret from Secrets Manager did not contain json key ${jsonKey}`)
}

export function secretFailed(because: string): TaskStartError {
  return new TaskStartError(
    `${failedPrefix}unable to retrieve secret from asm: service call has been retried 1 time(s): ${because}`,
  )
}

/** Texts as they are, everything else as JSON. */
function jsonMember(text: string, key: string): string | undefined {
  try {
    const value = (JSON.parse(text) as Record<string, unknown> | null)?.[key]
    if (value === undefined) return undefined
    return typeof value === 'string' ? value : JSON.stringify(value)
  } catch {
    return undefined
  }
}
