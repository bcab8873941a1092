import type { Tags } from './load-balancer.ts'
import type { NetworkConfiguration } from './service.ts'

/** The statuses of a task in the order it passes them. */
type TaskStatus =
  'PROVISIONING' | 'PENDING' | 'ACTIVATING' | 'RUNNING' | 'DEACTIVATING' | 'STOPPING' | 'DEPROVISIONING' | 'STOPPED'

export type TaskStopCode =
  'TaskFailedToStart' | 'EssentialContainerExited' | 'UserInitiated' | 'ServiceSchedulerInitiated'

export type Task = {
  readonly taskArn: string
  /** 32 hexadecimal digits: the last part of the ARN. */
  readonly taskId: string
  readonly clusterArn: string
  /** Empty, like the task set's id, for a task of RunTask. */
  readonly serviceArn: string
  readonly taskSetId: string
  readonly taskDefinitionArn: string
  readonly desiredStatus: 'RUNNING' | 'STOPPED'
  readonly lastStatus: TaskStatus
  readonly containers: readonly TaskContainer[]
  /** Where the task's container ports are reached; known once it has started. */
  readonly endpoints: readonly TaskEndpoint[]
  /** The address the task has for itself, where it has one. */
  readonly address?: string
  /** When its images and addresses were there, and its first container could start. */
  readonly preparedAt?: number
  /** What its runtime does not do for it, a sentence each. */
  readonly notes?: readonly string[]
  /** What RunTask has given differently from the definition. */
  readonly overrides?: TaskOverride
  readonly networkConfiguration?: NetworkConfiguration
  readonly enableExecuteCommand?: boolean
  /** RunTask's, and what it was given with: the same token with something else is a conflict. */
  readonly request?: { readonly clientToken: string; readonly fingerprint: string }
  /** `service:<name>`, or `family:<family>`. */
  readonly group: string
  /** The task set's id, or what RunTask was told. */
  readonly startedBy: string
  readonly cpu?: string
  readonly memory?: string
  readonly launchType: 'EC2' | 'FARGATE' | 'EXTERNAL'
  /** Where a capacity provider strategy stands for the launch type: whose of them it is said to be. */
  readonly capacityProviderName?: string
  readonly platformVersion?: string
  readonly createdAt: number
  readonly pullStartedAt?: number
  readonly pullStoppedAt?: number
  readonly startedAt?: number
  readonly stoppingAt?: number
  readonly executionStoppedAt?: number
  readonly stoppedAt?: number
  readonly stopCode?: TaskStopCode
  readonly stoppedReason?: string
  /** When its targets were first seen healthy (or it ran, where there are none). The scheduler's, not ECS's. */
  readonly healthyAt?: number
  /** Since when its targets are unhealthy, the grace period being over. The scheduler's, not ECS's. */
  readonly unhealthyAt?: number
  /** The health check's answer at that moment, in words. */
  readonly unhealthyBecause?: string
  /** UpdateTaskProtection's: until then the service's scheduler takes it away for no scale-in. May be over. */
  readonly protectedUntil?: number
  /** Grows with each change of state. */
  readonly version: number
  readonly tags: Tags
}

export type TaskContainer = {
  readonly name: string
  readonly containerArn: string
  readonly image: string
  readonly essential: boolean
  readonly lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED'
  /** 137 after SIGKILL, 143 where SIGTERM ended it; absent when it never started. */
  readonly exitCode?: number
  readonly reason?: string
  readonly runtimeId?: string
  readonly imageDigest?: string
  readonly startedAt?: number
  readonly stoppedAt?: number
  /** Absent where the definition has no health check. */
  readonly healthStatus?: HealthStatus
  readonly cpu: number
  readonly memory?: number
}

export type HealthStatus = 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY'

export type TaskOverride = {
  readonly containerOverrides?: readonly ContainerOverride[]
  readonly cpu?: string
  readonly memory?: string
  readonly taskRoleArn?: string
  readonly executionRoleArn?: string
  /** Recorded: a task has the disks of this machine. */
  readonly ephemeralStorage?: { readonly sizeInGiB: number }
}

export type ContainerOverride = {
  readonly name: string
  readonly command?: readonly string[]
  readonly environment?: readonly { readonly name: string; readonly value: string }[]
  readonly environmentFiles?: readonly { readonly value: string; readonly type: 's3' }[]
  readonly cpu?: number
  readonly memory?: number
  readonly memoryReservation?: number
}

export type TaskEndpoint = {
  readonly containerName: string
  readonly containerPort: number
  readonly host: string
  readonly port: number
}
