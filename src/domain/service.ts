import { asDecimal } from './decimal.ts'
import type { Tags } from './load-balancer.ts'
import type { ServiceDeploymentConfiguration } from './service-deployment-configuration.ts'

/** ECS's quota of tasks of a service, and of its desired count. */
export const mostTasksOfService = 5_000

export type DeploymentController = 'ECS' | 'CODE_DEPLOY' | 'EXTERNAL'

/** Fargate's, on Linux. */
export const platformVersions: readonly string[] = ['LATEST', '1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0']

/** Of what runs there is a number, where what it is made of says LATEST. */
export function numberedPlatformVersion(platformVersion: string): string {
  return platformVersion === 'LATEST' ? '1.4.0' : platformVersion
}

export type Service = {
  readonly serviceArn: string
  readonly serviceName: string
  readonly clusterArn: string
  readonly status: 'ACTIVE' | 'DRAINING' | 'INACTIVE'
  readonly deploymentController: DeploymentController
  readonly desiredCount: number
  /** The PRIMARY task set's, once there is one; under the ECS controller what the last deployment was asked for. */
  readonly taskDefinition?: string
  readonly loadBalancers: readonly ServiceLoadBalancer[]
  readonly networkConfiguration?: NetworkConfiguration
  readonly launchType: 'EC2' | 'FARGATE' | 'EXTERNAL'
  readonly platformVersion?: string
  /** Its tasks are said to be of these providers; one machine has nothing to choose from. */
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[]
  readonly healthCheckGracePeriodSeconds: number
  readonly createdAt: number
  readonly createdBy: string
  /** When it became INACTIVE; an hour later nothing is left of it. */
  readonly inactiveAt?: number
  readonly tags: Tags
  /** Members that are kept and answered back as given: deploymentConfiguration, propagateTags … */
  readonly recorded: Readonly<Record<string, unknown>>
  /** Under the ECS controller; the others' is in `recorded`. */
  readonly deploymentConfiguration?: ServiceDeploymentConfiguration
  /** Under the ECS controller: the ARN of the last service deployment, running or over. */
  readonly currentServiceDeployment?: string
  /** Under the ECS controller: the revision of the last deployment that completed, which a rollback returns to. */
  readonly completedServiceRevision?: string
  /** The CreateService call it came of, as text: the same call made again answers this service. */
  readonly createdFrom?: string
}

export type ServiceLoadBalancer = {
  readonly targetGroupArn: string
  readonly containerName: string
  readonly containerPort: number
  /** For the strategies that shift traffic: the other group of the pair, and the rules that forward to the two. */
  readonly advancedConfiguration?: {
    readonly alternateTargetGroupArn?: string
    readonly productionListenerRule?: string
    readonly testListenerRule?: string
    readonly roleArn?: string
  }
}

export type CapacityProviderStrategyItem = {
  readonly capacityProvider: string
  readonly weight?: number
  readonly base?: number
}

export type NetworkConfiguration = {
  readonly awsvpcConfiguration: {
    readonly subnets: readonly string[]
    readonly securityGroups: readonly string[]
    readonly assignPublicIp: 'ENABLED' | 'DISABLED'
  }
}

export type ServiceEvent = {
  readonly serviceArn: string
  readonly id: string
  readonly createdAt: number
  readonly message: string
}

export type TaskSet = {
  /** `ecs-svc/` and 19 digits. */
  readonly taskSetId: string
  readonly taskSetArn: string
  readonly serviceArn: string
  readonly clusterArn: string
  readonly status: 'PRIMARY' | 'ACTIVE' | 'DRAINING'
  readonly taskDefinition: string
  /** Percent of the service's desired count, 0 to 100. */
  readonly scalePercent: number
  readonly loadBalancers: readonly ServiceLoadBalancer[]
  readonly networkConfiguration?: NetworkConfiguration
  readonly launchType: 'EC2' | 'FARGATE' | 'EXTERNAL'
  readonly platformVersion?: string
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[]
  readonly externalId?: string
  /**
   * By container name, what its first task found the images' tags to mean (`sha256:…`): later tasks start from the same.
   * Absent before there was one; without a container whose image has no digest, or that wants no version consistency.
   */
  readonly imageDigests?: ImageDigests
  /** `CODE_DEPLOY` for task sets which a deployment made. */
  readonly startedBy?: string
  readonly clientToken?: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly stabilityStatus: 'STEADY_STATE' | 'STABILIZING'
  readonly stabilityStatusAt: number
  /**
   * The scheduler's back-off: how often in a row tasks failed (those that started together count once), how many failed
   * since the task set was made, and when the next may start.
   */
  readonly failures: {
    readonly consecutive: number
    readonly total: number
    readonly nextStartAt: number
    /** Failed tasks, each counted, since one was healthy: what the deployment circuit breaker counts. */
    readonly sinceHealthy?: number
  }
  /** Under the ECS controller, where the task set is an entry of the service's `deployments`. */
  readonly rollout?: Rollout
  readonly tags: Tags
}

/** By container name, `sha256:…` of its image; without those whose image has none. */
export type ImageDigests = Readonly<Record<string, string>>

export type Rollout = {
  readonly state: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  readonly stateReason: string
  /**
   * How many tasks are still wanted of one that a rolling update replaces; it only falls, unless the update has failed.
   * Absent: by its scale.
   */
  readonly desiredCount?: number
}

/**
 * ECS: `ceil(desiredCount × scale / 100)`; nothing is wanted of a task set that is going away, and of one that is being
 * replaced step by step what its rollout says.
 */
export function computedDesiredCount(service: Service, taskSet: TaskSet): number {
  if (taskSet.status === 'DRAINING' || service.status !== 'ACTIVE') return 0
  if (taskSet.rollout?.desiredCount !== undefined) return taskSet.rollout.desiredCount
  return Math.ceil(asDecimal((service.desiredCount * taskSet.scalePercent) / 100))
}

/** The service showing what a task set or a revision is made of, as DescribeServices shows it of the PRIMARY one. */
export function withMakeup(
  service: Service,
  made: Pick<
    TaskSet,
    | 'taskDefinition'
    | 'loadBalancers'
    | 'launchType'
    | 'platformVersion'
    | 'capacityProviderStrategy'
    | 'networkConfiguration'
  >,
): Service {
  const {
    platformVersion: _version,
    capacityProviderStrategy: _strategy,
    networkConfiguration: _net,
    ...rest
  } = service
  const { taskDefinition, loadBalancers, launchType, platformVersion, capacityProviderStrategy, networkConfiguration } =
    made
  return {
    ...rest,
    taskDefinition,
    loadBalancers,
    launchType,
    ...(platformVersion === undefined ? {} : { platformVersion }),
    ...(capacityProviderStrategy === undefined ? {} : { capacityProviderStrategy }),
    ...(networkConfiguration === undefined ? {} : { networkConfiguration }),
  }
}
