import type * as sdk from '@aws-sdk/client-ecs'
import type { ContainerDefinition, TaskDefinition } from '../../domain/task-definition.ts'
import type { Answer } from '../handlers.ts'

/** A task definition as every operation on one answers it. */
export function taskDefinitionAnswer(definition: TaskDefinition): Answer<sdk.TaskDefinition> {
  const recorded: Partial<sdk.TaskDefinition> = definition.recorded
  return {
    ...recorded,
    taskDefinitionArn: definition.taskDefinitionArn,
    family: definition.family,
    revision: definition.revision,
    status: definition.status,
    networkMode: definition.networkMode,
    containerDefinitions: definition.containerDefinitions.map(containerAnswer),
    ...(definition.volumes === undefined ? {} : { volumes: definition.volumes }),
    cpu: definition.cpu,
    memory: definition.memory,
    requiresCompatibilities: definition.requiresCompatibilities as readonly sdk.Compatibility[],
    compatibilities: definition.compatibilities as readonly sdk.Compatibility[],
    requiresAttributes: requiredAttributes(definition),
    registeredAt: new Date(definition.registeredAt),
    registeredBy: definition.registeredBy,
    deregisteredAt: optionalDate(definition.deregisteredAt),
    deleteRequestedAt: optionalDate(definition.deleteRequestedAt),
  }
}

const optionalDate = (time: number | undefined): Date | undefined => (time === undefined ? undefined : new Date(time))

function containerAnswer({
  recorded,
  portMappings,
  ...container
}: ContainerDefinition): Answer<sdk.ContainerDefinition> {
  return {
    ...(recorded as Partial<sdk.ContainerDefinition>),
    // Its members are AWS's own, checked when they were registered.
    ...(container as Answer<sdk.ContainerDefinition>),
    portMappings: portMappings.map((mapping) => ({
      ...mapping,
      appProtocol: mapping.appProtocol as sdk.ApplicationProtocol | undefined,
    })),
  }
}

/** What ECS works out that a container instance must be able to do. It places no task here: there is one machine. */
function requiredAttributes({ networkMode, recorded, containerDefinitions }: TaskDefinition): Answer<sdk.Attribute[]> {
  const logDrivers = containerDefinitions.flatMap(
    ({ logConfiguration, recorded: kept }) =>
      (logConfiguration ?? (kept as Partial<sdk.ContainerDefinition>).logConfiguration)?.logDriver ?? [],
  )
  const names = [
    ...[...new Set(logDrivers)].map((driver) => `com.amazonaws.ecs.capability.logging-driver.${driver}`),
    ...(recorded['taskRoleArn'] ? ['com.amazonaws.ecs.capability.task-iam-role'] : []),
    ...(recorded['executionRoleArn'] && logDrivers.includes('awslogs')
      ? ['ecs.capability.execution-role-awslogs']
      : []),
    ...(networkMode === 'awsvpc' ? ['ecs.capability.task-eni'] : []),
    'com.amazonaws.ecs.capability.docker-remote-api.1.18',
  ]
  return names.map((name) => ({ name }))
}
