import type * as sdk from '@aws-sdk/client-ecs'
import type { TaskDefinition } from '../../domain/task-definition.ts'
import type { Checked } from '../handlers.ts'
import { readContainerDefinitions } from './container-definitions.ts'
import { checkEphemeralStorage } from './ephemeral-storage.ts'
import { clientError } from './errors.ts'
import { checkFargateSize, isFargateSize, readTaskSize } from './fargate-sizes.ts'
import { recordedMembers, refusedMember, taskDefinitionMembers } from './members.ts'
import { namePattern } from './names.ts'
import { readTags } from './tags.ts'
import { readVolumes } from './volumes.ts'

type Input = Checked<sdk.RegisterTaskDefinitionRequest>

/** What registering adds. */
type Registration = Omit<TaskDefinition, 'taskDefinitionArn' | 'revision' | 'registeredAt' | 'registeredBy'>

/**
 * Checks a task definition as RegisterTaskDefinition does, and fills in ECS's defaults.
 * @throws ClientException naming the parameter.
 */
export function registration(input: Input): Registration {
  const { family, requiresCompatibilities = [] } = input
  if (!family) throw clientError('Family should not be null or empty.')
  if (!namePattern.test(family)) throw clientError('Family contains invalid characters.')
  checkLength(input)
  checkMembers(input)
  const networkMode = readNetworkMode(input)
  const fargate = requiresCompatibilities.includes('FARGATE')
  const size = readTaskSize({ cpu: input.cpu, memory: input.memory })
  if (fargate) {
    if (networkMode !== 'awsvpc') throw clientError('Fargate only supports network mode ‘awsvpc’.')
    checkFargateNamespaces(input)
    checkFargateSize(size)
    checkFargateLogs(input)
  }
  const volumes = readVolumes(input.volumes ?? [], { fargate })
  const containerDefinitions = readContainerDefinitions(input.containerDefinitions, {
    networkMode,
    size,
    fargate,
    volumes,
  })
  checkExecutionRole(input)
  return {
    family,
    status: 'ACTIVE',
    networkMode,
    containerDefinitions,
    volumes,
    ...size,
    requiresCompatibilities,
    compatibilities: [
      ...(networkMode === 'awsvpc' ? [] : ['EXTERNAL']),
      'EC2',
      ...(networkMode === 'awsvpc' && isFargateSize(size) ? ['FARGATE'] : []),
    ],
    tags: readTags(input.tags),
    recorded: { placementConstraints: [], ...recordedMembers(taskDefinitionMembers, input) },
  }
}

/** ECS's quota for a task definition. What exactly it counts is not known: here, the JSON of the request without tags. */
const mostBytes = 65_536

function checkLength({ tags: _tags, ...definition }: Input): void {
  const bytes = Buffer.byteLength(JSON.stringify(definition))
  if (bytes > mostBytes) throw clientError(`Actual length: '${bytes}'. Max allowed length is '${mostBytes}' bytes.`)
}

function checkMembers(input: Input): void {
  const refused = refusedMember(taskDefinitionMembers, input)
  if (refused !== undefined) throw clientError(`${refused.member} is not supported by Teal yet. ${refused.advice}`)
  const system = input.runtimePlatform?.operatingSystemFamily
  if (system !== undefined && system !== 'LINUX') {
    throw clientError(`runtimePlatform.operatingSystemFamily ${system} is not supported by Teal yet. Use LINUX.`)
  }
  checkEphemeralStorage(input.ephemeralStorage, clientError)
}

/** With networkMode host or none a container would be reached at its own port, or not at all: not done yet. */
function readNetworkMode({ networkMode = 'bridge' }: Input): TaskDefinition['networkMode'] {
  if (networkMode === 'awsvpc' || networkMode === 'bridge') return networkMode
  throw clientError(`networkMode ${networkMode} is not supported by Teal yet. Use awsvpc or bridge.`)
}

function checkExecutionRole({ containerDefinitions, executionRoleArn }: Input): void {
  if (executionRoleArn) return
  if (containerDefinitions.some(({ secrets = [] }) => secrets.length > 0)) {
    throw clientError(
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    )
  }
  if (containerDefinitions.some(({ environmentFiles = [] }) => environmentFiles.length > 0)) {
    throw clientError(
      "When you are specifying environment files, you must also specify a value for 'executionRoleArn'.",
    )
  }
}

function checkFargateNamespaces({ ipcMode, pidMode }: Input): void {
  const refused = 'Tasks using the Fargate launch type do not support'
  if (ipcMode !== undefined) throw clientError(`${refused} ipcMode.`)
  if (pidMode !== 'host') return
  throw clientError(`${refused} pidMode 'host'. The supported value for pidMode is 'task'.`)
}

const fargateLogDrivers = ['awslogs', 'splunk', 'awsfirelens']

function checkFargateLogs({ containerDefinitions, executionRoleArn }: Input): void {
  for (const { name, logConfiguration } of containerDefinitions) {
    if (logConfiguration === undefined) continue
    const { logDriver } = logConfiguration
    if (!fargateLogDrivers.includes(logDriver)) {
      throw clientError(`Container '${name}': Fargate does not have log driver ${logDriver}. Use awslogs.`)
    }
    if (logDriver === 'awslogs' && !executionRoleArn) {
      throw clientError('Fargate requires task definition to have execution role ARN to support log driver awslogs.')
    }
  }
}
