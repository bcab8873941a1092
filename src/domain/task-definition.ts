import type { Tags } from './load-balancer.ts'

/** A task definition as registered, with ECS's defaults filled in: what DescribeTaskDefinition answers. */
export type TaskDefinition = {
  readonly taskDefinitionArn: string
  readonly family: string
  readonly revision: number
  /** DELETE_IN_PROGRESS: deleted, and kept for the task sets and tasks that are made of it. */
  readonly status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS'
  readonly registeredAt: number
  readonly deregisteredAt?: number
  readonly deleteRequestedAt?: number
  readonly registeredBy: string
  readonly networkMode: 'awsvpc' | 'bridge' | 'host' | 'none'
  readonly containerDefinitions: readonly ContainerDefinition[]
  readonly cpu?: string
  readonly memory?: string
  readonly requiresCompatibilities: readonly string[]
  readonly compatibilities: readonly string[]
  readonly tags: Tags
  /** Members that are kept and answered back as given: roles, volumes, runtimePlatform … */
  readonly recorded: Readonly<Record<string, unknown>>
}

export type ContainerDefinition = {
  readonly name: string
  readonly image: string
  readonly essential: boolean
  readonly entryPoint?: readonly string[]
  readonly command?: readonly string[]
  readonly workingDirectory?: string
  readonly environment: readonly { readonly name: string; readonly value: string }[]
  readonly portMappings: readonly PortMapping[]
  /** Seconds between SIGTERM and SIGKILL; 30 when absent. */
  readonly stopTimeout?: number
  readonly cpu: number
  readonly memory?: number
  readonly memoryReservation?: number
  /** Members that are kept and answered back as given: logConfiguration, mountPoints … */
  readonly recorded: Readonly<Record<string, unknown>>
}

export type PortMapping = {
  readonly containerPort: number
  readonly hostPort?: number
  readonly protocol: 'tcp' | 'udp'
  readonly name?: string
  readonly appProtocol?: string
}
