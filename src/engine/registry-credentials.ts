import { parseArn } from '../domain/identifiers.ts'
import { readSecretReference } from '../domain/secret.ts'
import type { TaskDefinition } from '../domain/task-definition.ts'
import type { Task } from '../domain/task.ts'
import { secretFailed, secretValue } from './container-values.ts'
import type { ContainerLaunch } from './ports.ts'
import type { SchedulerContext } from './scheduler-context.ts'

type Credentials = NonNullable<ContainerLaunch['registryCredentials']>

/**
 * By container name, what the registries of private images want to know (AWS: repositoryCredentials): a secret of Secrets
 * Manager, by ARN or name, whose value is `{"username": "…", "password": "…"}`. Throws TaskStartError in ECS's words.
 */
export function registryCredentials(
  context: SchedulerContext,
  task: Task,
  { containerDefinitions }: TaskDefinition,
): Readonly<Record<string, Credentials>> {
  const region = parseArn(task.taskArn)?.region ?? ''
  const found: Record<string, Credentials> = {}
  for (const { name, repositoryCredentials } of containerDefinitions) {
    if (repositoryCredentials === undefined) continue
    const { credentialsParameter } = repositoryCredentials
    const reference = readSecretReference(credentialsParameter)
    const secret =
      reference.kind === 'secret' ? reference : ({ kind: 'secret', region, secretId: reference.name } as const)
    const credentials = readCredentials(secretValue(context, secret))
    if (credentials === undefined) {
      throw secretFailed(`the value of ${credentialsParameter} is not {"username": "…", "password": "…"}`)
    }
    found[name] = credentials
  }
  return found
}

function readCredentials(text: string): Credentials | undefined {
  try {
    const value = JSON.parse(text) as { readonly username?: unknown; readonly password?: unknown } | null
    const { username, password } = value ?? {}
    return typeof username === 'string' && typeof password === 'string' ? { username, password } : undefined
  } catch {
    return undefined
  }
}
