import type * as sdk from '@aws-sdk/client-ecs'
import type { ContainerDefinition, PortMapping, TaskDefinition, Volume } from '../../domain/task-definition.ts'
import type { Checked } from '../handlers.ts'
import { checkReferences } from './container-dependencies.ts'
import { readContainerSettings } from './container-settings.ts'
import { defined } from './defined.ts'
import { clientError } from './errors.ts'
import type { TaskSize } from './fargate-sizes.ts'
import { containerMembers, isAsked, portMappingMembers, recordedMembers, refusedMember } from './members.ts'
import { namePattern } from './names.ts'

/** What the rest of the task definition means for its containers. */
export type TaskSetting = {
  readonly networkMode: TaskDefinition['networkMode']
  readonly size: TaskSize
  readonly fargate: boolean
  readonly volumes: readonly Volume[]
}

/**
 * Checks container definitions as RegisterTaskDefinition does and fills in ECS's defaults.
 * @throws ClientException naming the container and the parameter.
 */
export function readContainerDefinitions(
  inputs: readonly Checked<sdk.ContainerDefinition>[],
  task: TaskSetting,
): readonly ContainerDefinition[] {
  if (inputs.length === 0) throw clientError('Container list cannot be empty.')
  if (inputs.length > 10) throw clientError('A task definition can have at most 10 containers.')
  const containers = inputs.map((input) => readContainer(input, task))
  if (new Set(containers.map(({ name }) => name)).size < containers.length) {
    throw clientError('Container names must be unique within a Task Definition.')
  }
  if (!containers.some(({ essential }) => essential)) {
    throw clientError('A task definition must have at least one essential container.')
  }
  checkReferences(containers, task.volumes)
  checkPorts(containers, task)
  checkSum(containers, task.size)
  return containers
}

function readContainer(input: Checked<sdk.ContainerDefinition>, task: TaskSetting): ContainerDefinition {
  const { name, image } = input
  if (!name) throw clientError('Container.name should not be null or empty.')
  if (!namePattern.test(name)) throw clientError('Container.name contains invalid characters.')
  if (!image) throw clientError('Container.image should not be null or empty.')
  if (task.networkMode === 'awsvpc' && isAsked(input.links)) {
    throw clientError('Links are not supported when networkMode=awsvpc.')
  }
  const refused = refusedMember(containerMembers, input)
  if (refused !== undefined) {
    throw clientError(`Container '${name}': ${refused.member} is not supported by Teal yet. ${refused.advice}`)
  }
  checkNumbers(name, input, task)
  return {
    name,
    image,
    essential: input.essential ?? true,
    ...readContainerSettings(name, input, task),
    environment: readEnvironment(name, input.environment ?? []),
    portMappings: (input.portMappings ?? []).map((mapping) => readPortMapping(name, mapping, task)),
    cpu: input.cpu ?? 0,
    recorded: {
      volumesFrom: [],
      systemControls: [],
      ...recordedMembers(containerMembers, input),
      ...defined({ versionConsistency: input.versionConsistency }),
    },
  }
}

function checkNumbers(name: string, input: Checked<sdk.ContainerDefinition>, { size }: TaskSetting): void {
  const { cpu = 0, memory, memoryReservation } = input
  const invalid = (rest: string) => clientError(`Invalid setting for container '${name}'. ${rest}`)
  if (memory === undefined && memoryReservation === undefined && size.memory === undefined) {
    throw invalid("At least one of 'memory' or 'memoryReservation' must be specified.")
  }
  if (cpu < 0) throw invalid("'cpu' must not be negative.")
  if (memory !== undefined && memory < 6) throw invalid("'memory' must be at least 6.")
  if (memoryReservation !== undefined && memoryReservation < 6) throw invalid("'memoryReservation' must be at least 6.")
  if (memory !== undefined && memoryReservation !== undefined && memory <= memoryReservation) {
    throw invalid("'memory' must be greater than 'memoryReservation'.")
  }
}

function readEnvironment(
  container: string,
  environment: readonly sdk.KeyValuePair[],
): readonly { readonly name: string; readonly value: string }[] {
  return environment.map(({ name, value = '' }) => {
    if (!name) throw clientError(`Container '${container}': every entry of environment needs a name.`)
    return { name, value }
  })
}

function readPortMapping(container: string, mapping: sdk.PortMapping, { networkMode }: TaskSetting): PortMapping {
  const refused = refusedMember(portMappingMembers, mapping)
  if (refused !== undefined) {
    throw clientError(`Container '${container}': ${refused.member} is not supported by Teal yet. ${refused.advice}`)
  }
  const { containerPort, hostPort, protocol = 'tcp', name, appProtocol } = mapping
  if (containerPort === undefined || containerPort < 1 || containerPort > 65_535) {
    throw clientError(`Container '${container}': containerPort must be between 1 and 65535.`)
  }
  if (networkMode === 'awsvpc') {
    if (hostPort !== undefined && hostPort !== containerPort) {
      throw clientError('When networkMode=awsvpc, the host ports and container ports in port mappings must match.')
    }
  } else if (hostPort !== undefined && hostPort !== 0) {
    throw clientError(
      `Container '${container}': hostPort ${hostPort} is not supported by Teal yet. ` +
        'Leave it out or set it to 0 for a free port, or use networkMode awsvpc.',
    )
  }
  return {
    containerPort,
    hostPort: networkMode === 'awsvpc' ? containerPort : 0,
    protocol,
    ...defined({ name, appProtocol }),
  }
}

/** The containers of a task share its network interface under awsvpc; otherwise each has its own ports. */
function checkPorts(containers: readonly ContainerDefinition[], { networkMode }: TaskSetting): void {
  const scopes = networkMode === 'awsvpc' ? [containers] : containers.map((container) => [container])
  for (const scope of scopes) {
    const seen = new Set<string>()
    for (const { containerPort, protocol } of scope.flatMap(({ portMappings }) => portMappings)) {
      const port = `${containerPort}/${protocol}`
      if (seen.has(port)) throw clientError(`Container port ${port} is mapped more than once.`)
      seen.add(port)
    }
  }
  const names = containers.flatMap(({ portMappings }) => portMappings.flatMap(({ name }) => name ?? []))
  if (new Set(names).size < names.length)
    throw clientError('Names of port mappings must be unique in a task definition.')
}

function checkSum(containers: readonly ContainerDefinition[], size: TaskSize): void {
  const total = (of: (container: ContainerDefinition) => number | undefined): number =>
    containers.reduce((sum, container) => sum + (of(container) ?? 0), 0)
  const cpu = total((container) => container.cpu)
  if (size.cpu !== undefined && cpu > Number(size.cpu)) {
    throw clientError(`The containers' cpu, ${cpu} in all, is more than the task's, ${size.cpu}.`)
  }
  const memory = total(({ memory: limit, memoryReservation }) => memoryReservation ?? limit)
  if (size.memory !== undefined && memory > Number(size.memory)) {
    throw clientError(`The containers' memory, ${memory} MiB in all, is more than the task's, ${size.memory} MiB.`)
  }
}
