import { nearestName } from '../nearest-name.ts'
import type { AppSpecFacts, ContainerFacts, TaskDefinitionFacts } from './facts.ts'
import { errorAt, listed, warningAt } from './finding.ts'
import type { Finding } from './finding.ts'

/** Whether the task definition has the container and the port to which the AppSpec sends the traffic. */
export function containerFindings(
  { containerName, containerPort }: Pick<AppSpecFacts, 'containerName' | 'containerPort'>,
  { name, containerDefinitions }: Pick<TaskDefinitionFacts, 'name' | 'containerDefinitions'>,
): readonly Finding[] {
  const container = containerDefinitions.find((candidate) => candidate.name === containerName)
  if (container === undefined) return [missingContainer(containerName, name, containerDefinitions)]
  return [...portFindings(container, containerPort, name), ...essentialFindings(container, name)]
}

function missingContainer(containerName: string, name: string, containers: readonly ContainerFacts[]): Finding {
  const names = containers.map((container) => container.name)
  const nearest = nearestName(containerName, names) ?? names[0]
  return errorAt(
    'container-missing',
    { subject: 'AppSpec', field: ['LoadBalancerInfo', 'ContainerName'] },
    {
      what: `The AppSpec sends traffic to the container ${containerName}; task definition ${name} has ${listed(names)}.`,
      why: 'ECS refuses the replacement task set: the deployment fails in Install.',
      how:
        nearest === undefined
          ? 'Give the task definition a container of that name.'
          : `Write ContainerName: ${nearest}, or rename the container.`,
    },
  )
}

function portFindings(container: ContainerFacts, containerPort: number, name: string): readonly Finding[] {
  const mappings = container.portMappings
  const mapping = mappings.find((candidate) => candidate.containerPort === containerPort)
  const where = { subject: 'AppSpec', field: ['LoadBalancerInfo', 'ContainerPort'] } as const
  const why = 'ECS refuses the replacement task set: the deployment fails in Install.'
  if (mapping === undefined) {
    const [first] = mappings
    const ports = mappings.map((candidate) => String(candidate.containerPort))
    return [
      errorAt('container-port-missing', where, {
        what: `The AppSpec sends traffic to port ${containerPort} of container ${container.name}; in task definition ${name} that has ${ports.length === 0 ? 'no port' : `port ${listed(ports)}`}.`,
        why,
        how:
          first === undefined
            ? `Add {"containerPort": ${containerPort}} to the container's portMappings.`
            : `Write ContainerPort: ${first.containerPort}, or add {"containerPort": ${containerPort}} to the container's portMappings.`,
      }),
    ]
  }
  if (mapping.protocol !== 'udp') return []
  return [
    errorAt('container-port-missing', where, {
      what: `Port ${containerPort} of container ${container.name} is a UDP port in task definition ${name}.`,
      why: 'An Application Load Balancer reaches its targets by TCP: no health check would be answered.',
      how: 'Write "protocol": "tcp" in the port mapping.',
    }),
  ]
}

function essentialFindings({ name, essential }: ContainerFacts, definition: string): readonly Finding[] {
  if (essential) return []
  return [
    warningAt(
      'container-not-essential',
      { subject: 'TaskDefinition', id: definition, field: ['containerDefinitions', name, 'essential'] },
      {
        what: `The container ${name}, which gets the traffic, is not essential.`,
        why: 'When it ends its task goes on without it, and is replaced only when health checks have failed.',
        how: 'Write "essential": true, or leave the member out.',
      },
    ),
  ]
}
