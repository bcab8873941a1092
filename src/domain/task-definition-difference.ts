import { differences } from './difference.ts'
import type { Difference } from './difference.ts'
import { containersOf, isMapping, registrable, withoutEmptyMembers } from './task-definition-file.ts'
import type { TaskDefinitionFile } from './task-definition-file.ts'

/** What is different between two task definitions, once ECS's defaults are taken out of both. */
export function taskDefinitionDifferences(
  before: TaskDefinitionFile,
  after: TaskDefinitionFile,
): readonly Difference[] {
  return differences(withoutDefaults(before), withoutDefaults(after), listKeys)
}

const listKeys = {
  containerDefinitions: 'name',
  dependsOn: 'containerName',
  environment: 'name',
  environmentFiles: 'value',
  extraHosts: 'hostname',
  inferenceAccelerators: 'deviceName',
  mountPoints: 'containerPath',
  portMappings: 'containerPort',
  requiresCompatibilities: '',
  resourceRequirements: 'type',
  secrets: 'name',
  systemControls: 'namespace',
  ulimits: 'name',
  volumes: 'name',
  volumesFrom: 'sourceContainer',
}

/** Tags are not part of what is answered of a task definition. */
function withoutDefaults(file: TaskDefinitionFile): unknown {
  const { tags: _, ...members } = registrable(file)
  const { networkMode = 'bridge', cpu, memory } = members
  return withoutEmptyMembers({
    ...members,
    networkMode,
    cpu: sizeOf(cpu),
    memory: sizeOf(memory),
    containerDefinitions: containersOf(file).map(containerWithoutDefaults),
  })
}

function containerWithoutDefaults(container: Readonly<Record<string, unknown>>): unknown {
  const { essential, cpu, portMappings, healthCheck } = container
  return {
    ...container,
    essential: essential === true ? undefined : essential,
    cpu: cpu === 0 ? undefined : cpu,
    portMappings: Array.isArray(portMappings) ? portMappings.map(portWithoutDefaults) : portMappings,
    healthCheck: isMapping(healthCheck) ? { interval: 30, timeout: 5, retries: 3, ...healthCheck } : healthCheck,
  }
}

function portWithoutDefaults(mapping: unknown): unknown {
  if (!isMapping(mapping)) return mapping
  const { containerPort, hostPort, protocol } = mapping
  return {
    ...mapping,
    hostPort: hostPort === 0 || hostPort === containerPort ? undefined : hostPort,
    protocol: protocol === 'tcp' ? undefined : protocol,
  }
}

/** `256`, `.25 vCPU`, `512`, `0.5 GB`: units and MiB. */
function sizeOf(size: unknown): unknown {
  const [, amount] = /^(\d*\.?\d+) ?(?:vcpu|gb)$/i.exec(String(size)) ?? []
  if (amount !== undefined) return String(Number(amount) * 1024)
  return typeof size === 'number' ? String(size) : size
}
