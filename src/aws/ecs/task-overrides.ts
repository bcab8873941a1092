import type * as sdk from '@aws-sdk/client-ecs'
import type { ContainerDefinition, TaskDefinition } from '../../domain/task-definition.ts'
import type { ContainerOverride, TaskOverride } from '../../domain/task.ts'
import type { Checked } from '../handlers.ts'
import { readEnvironmentFile } from './container-settings.ts'
import { defined } from './defined.ts'
import { checkEphemeralStorage } from './ephemeral-storage.ts'
import { invalidParameter, notSupported } from './errors.ts'
import { checkFargateSize, readTaskSize } from './fargate-sizes.ts'
import { containerOverrideMembers, refusedMember, taskOverrideMembers } from './members.ts'

/** ECS counts the characters of the overrides' JSON. */
const mostCharacters = 8_192

/**
 * What RunTask gives differently from the definition.
 * @throws InvalidParameterException, ClientException, UnsupportedFeatureException
 */
export function readOverrides(
  input: Checked<sdk.TaskOverride>,
  definition: TaskDefinition,
  launchType: string,
): TaskOverride {
  const refused = refusedMember(taskOverrideMembers, input)
  if (refused !== undefined) throw notSupported(`overrides.${refused.member}`, refused.advice)
  checkEphemeralStorage(input.ephemeralStorage, (message) => invalidParameter(`overrides.${message}`))
  if (JSON.stringify(input).length > mostCharacters) {
    throw invalidParameter(`Container Overrides length must be at most ${mostCharacters}`)
  }
  const size = readTaskSize({ cpu: input.cpu, memory: input.memory })
  if (launchType === 'FARGATE' && (size.cpu !== undefined || size.memory !== undefined)) {
    checkFargateSize(readTaskSize({ cpu: size.cpu ?? definition.cpu, memory: size.memory ?? definition.memory }))
  }
  const containerOverrides = (input.containerOverrides ?? []).map((each) => readContainerOverride(each, definition))
  return {
    ...size,
    ...defined({
      taskRoleArn: input.taskRoleArn,
      executionRoleArn: input.executionRoleArn,
      ephemeralStorage: input.ephemeralStorage,
    }),
    containerOverrides,
  }
}

function readContainerOverride(
  input: Checked<sdk.ContainerOverride>,
  { containerDefinitions }: TaskDefinition,
): ContainerOverride {
  const { name, command, cpu, memory, memoryReservation } = input
  if (!name) throw invalidParameter('Container override needs the name of a container.')
  const definition = containerDefinitions.find((container) => container.name === name)
  if (definition === undefined) {
    throw invalidParameter(`Override for container named ${name} is not a container in the TaskDefinition.`)
  }
  const refused = refusedMember(containerOverrideMembers, input)
  if (refused !== undefined) throw notSupported(`overrides of container ${name}: ${refused.member}`, refused.advice)
  checkLimits(name, input, definition)
  const environment = input.environment?.map((variable) => {
    if (!variable.name) throw invalidParameter(`Override for container ${name}: every variable needs a name.`)
    return { name: variable.name, value: variable.value ?? '' }
  })
  const environmentFiles = input.environmentFiles?.map((file) => readEnvironmentFile(name, file))
  return { name, ...defined({ command, environment, environmentFiles, cpu, memory, memoryReservation }) }
}

function checkLimits(
  name: string,
  { cpu, memory, memoryReservation }: Pick<sdk.ContainerOverride, 'cpu' | 'memory' | 'memoryReservation'>,
  definition: ContainerDefinition,
): void {
  const refuse = (rest: string) => invalidParameter(`Override for container ${name}: ${rest}`)
  for (const [member, value, least] of [
    ['cpu', cpu, 0],
    ['memory', memory, 6],
    ['memoryReservation', memoryReservation, 6],
  ] as const) {
    if (value !== undefined && value < least) throw refuse(`'${member}' must be at least ${least}.`)
  }
  const limit = memory ?? definition.memory ?? Infinity
  if (limit <= (memoryReservation ?? definition.memoryReservation ?? 0)) {
    throw refuse("'memory' must be greater than 'memoryReservation'.")
  }
}
