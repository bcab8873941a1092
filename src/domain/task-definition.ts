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
  /** Absent in definitions that older versions have registered. */
  readonly volumes?: readonly Volume[]
  /** Members that are kept and answered back as given: roles, runtimePlatform … */
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
  readonly dependsOn?: readonly ContainerDependency[]
  /** Seconds which those who depend on this container wait for it to come as far as they need. */
  readonly startTimeout?: number
  readonly healthCheck?: ContainerHealthCheck
  readonly secrets?: readonly Secret[]
  readonly environmentFiles?: readonly { readonly value: string; readonly type: 's3' }[]
  readonly logConfiguration?: LogConfiguration
  readonly mountPoints?: readonly MountPoint[]
  readonly user?: string
  readonly readonlyRootFilesystem?: boolean
  readonly linuxParameters?: LinuxParameters
  readonly ulimits?: readonly { readonly name: string; readonly softLimit: number; readonly hardLimit: number }[]
  /** The secret with the user name and password of the image's registry, by ARN or name. */
  readonly repositoryCredentials?: { readonly credentialsParameter: string }
  readonly dockerLabels?: Readonly<Record<string, string>>
  /** Members that are kept and answered back as given; `versionConsistency` is among them, and counts. */
  readonly recorded: Readonly<Record<string, unknown>>
}

export type PortMapping = {
  readonly containerPort: number
  readonly hostPort?: number
  readonly protocol: 'tcp' | 'udp'
  readonly name?: string
  readonly appProtocol?: string
}

export type ContainerDependency = {
  readonly containerName: string
  readonly condition: 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY'
}

/** Times in seconds; ECS's defaults where they are absent. */
export type ContainerHealthCheck = {
  /** `['CMD', …]` or `['CMD-SHELL', text]`. */
  readonly command: readonly string[]
  readonly interval?: number
  readonly timeout?: number
  readonly retries?: number
  readonly startPeriod?: number
}

/** A variable whose value is kept elsewhere: the ARN of a secret or a parameter, or a parameter's name. */
type Secret = { readonly name: string; readonly valueFrom: string }

export type LogConfiguration = {
  readonly logDriver: string
  readonly options?: Readonly<Record<string, string>>
}

type MountPoint = {
  readonly sourceVolume: string
  readonly containerPath: string
  readonly readOnly?: boolean
}

export type LinuxParameters = {
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly initProcessEnabled?: boolean
  /** MiB. */
  readonly sharedMemorySize?: number
  readonly tmpfs?: readonly {
    readonly containerPath: string
    /** MiB. */
    readonly size: number
    readonly mountOptions?: readonly string[]
  }[]
}

export type Volume = {
  readonly name: string
  readonly host?: { readonly sourcePath?: string }
  readonly dockerVolumeConfiguration?: {
    readonly scope?: 'task' | 'shared'
    readonly autoprovision?: boolean
    readonly driver?: string
    readonly driverOpts?: Readonly<Record<string, string>>
    readonly labels?: Readonly<Record<string, string>>
  }
}
