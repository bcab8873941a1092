import type { Deployment, DeploymentWaitType, TaskSetInfo } from '../domain/deployment.ts'
import type { NetworkConfiguration, ServiceLoadBalancer, TaskSet } from '../domain/service.ts'
import type { TargetHealth } from '../domain/target-health.ts'
import type { Task } from '../domain/task.ts'
import type { Changes } from './changes.ts'
import type { HookVerdict } from './hook-execution.ts'
import type { ObjectStore } from './object-store.ts'
import type { ObjectReader } from './objects.ts'
import type { AppliedTable, Chance, Clock, Durability, EngineSettings, Log, Router } from './ports.ts'
import type { Store } from './store.ts'

/** The engine as the AWS surface sees it. Reading goes to the store; whatever has an effect goes through these. */
export type Engine = {
  readonly store: Store
  readonly clock: Clock
  readonly chance: Chance
  readonly settings: EngineSettings
  readonly log: Log
  readonly router: Router
  /** Notified of every change of the store by its key, and of every change of targets' health by their group. */
  readonly changes: Changes
  readonly loadBalancing: LoadBalancing
  readonly services: ServiceScheduler
  readonly deployments: DeploymentSupervisor
  readonly serviceDeployments: ServiceDeploymentSupervisor
  readonly objects: ObjectReader & Pick<ObjectStore, 'put'>
}

/** Keeps the router's table and the store the same, and target groups' members in the state AWS would show. */
export interface LoadBalancing {
  /** Resolves once the router serves by a table at least as new as the store was at the call. */
  publish(): Promise<AppliedTable>
  /** Idempotent. Resolves when the router knows. Re-registering a draining target brings it back. */
  registerTargets(targetGroupArn: string, targets: readonly TargetAddress[], durability?: Durability): Promise<void>
  /** Idempotent. Resolves when the router sends the targets nothing new; they stay, draining, until `isDrained`. */
  deregisterTargets(targetGroupArn: string, targets: readonly TargetAddress[], durability?: Durability): Promise<void>
  /** True once the target is gone from the group: its last request is over, or the deregistration delay is. */
  isDrained(targetGroupArn: string, target: TargetAddress): boolean
  /** As DescribeTargetHealth answers. */
  health(targetGroupArn: string, target: TargetAddress): TargetHealth
  /** The last health check's answer in words, for people: `GET /health answered 503`. */
  lastCheck(targetGroupArn: string, target: TargetAddress): string | undefined
  healthyTargetCount(targetGroupArn: string): number
  /** Called with the groups whose targets' `health` or `lastCheck` may have changed without a change of the store. */
  onHealthChange(listener: (targetGroupArns: Iterable<string>) => void): void
}
export type TargetAddress = {
  readonly id: string
  readonly port: number
  /** Recorded when a target is registered; no part of its identity. */
  readonly availabilityZone?: string
}

/** Keeps every task set at its desired count. */
export interface ServiceScheduler {
  /** Idempotent by `taskSetId`. Tasks begin to start at once. */
  createTaskSet(input: NewTaskSet): TaskSet
  updateScale(taskSetArn: string, scalePercent: number): TaskSet
  /** Makes it PRIMARY, the former one ACTIVE, and copies its definition and load balancers to the service. */
  makePrimary(taskSetArn: string): TaskSet
  /** Marks it DRAINING: its tasks are drained and stopped, then it goes. Idempotent, also when it is gone. */
  deleteTaskSet(taskSetArn: string): void
  stopTask(taskArn: string, stop: { readonly reason: string; readonly stopCode: Task['stopCode'] & string }): Task
  counts(taskSetArn: string): TaskCounts
  /** What was seen of a task set that does not get steady, in sentences: exit codes, last log lines, health checks. */
  evidence(taskSetArn: string): Promise<string>
  /** What the last of its tasks that have failed wrote last, if it did. */
  lastWords(taskSetArn: string): Promise<LastWords | undefined>
  /** Adds to the service's events, newest first, 100 at most. */
  recordEvent(serviceArn: string, message: string): void
}

export type LastWords = { readonly taskId: string; readonly containerName: string; readonly text: string }

export type NewTaskSet = {
  readonly taskSetId: string
  readonly serviceArn: string
  readonly taskDefinition: string
  readonly loadBalancers: readonly ServiceLoadBalancer[]
  readonly scalePercent: number
  readonly status: 'PRIMARY' | 'ACTIVE'
  readonly launchType: TaskSet['launchType']
  readonly platformVersion?: string
  readonly capacityProviderStrategy?: NonNullable<TaskSet['capacityProviderStrategy']>
  readonly networkConfiguration?: NetworkConfiguration
  readonly externalId?: string
  readonly startedBy?: string
  readonly clientToken?: string
  readonly tags?: Readonly<Record<string, string>>
}

export type TaskCounts = { readonly desired: number; readonly pending: number; readonly running: number }

/** Runs deployments: one at a time per deployment group, each to its end, whatever happens to the engine. */
export interface DeploymentSupervisor {
  /** Keeps the deployment and begins it. The caller has checked that the group has no other one running. */
  create(deployment: Deployment): void
  stop(deploymentId: string, autoRollbackEnabled: boolean | undefined): void
  continueWait(deploymentId: string, waitType: DeploymentWaitType): void
  /** Undefined where the deployment has no such execution. */
  recordHookVerdict(verdict: HookVerdict): 'recorded' | 'already-completed' | undefined
  /** The deployment of the group that has not ended yet. */
  running(group: {
    readonly region: string
    readonly applicationName: string
    readonly deploymentGroupName: string
  }): Deployment | undefined
  /** Live while it runs, as last seen once it has ended. */
  taskSets(deployment: Deployment): readonly TaskSetInfo[]
}

/** Runs the deployments of ECS itself that shift traffic, one at a time per service. */
export interface ServiceDeploymentSupervisor {
  /** Begins what is written down in the store of deployments of the service, and has not been begun. */
  takeUp(serviceArn: string): void
}
