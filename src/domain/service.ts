import type { Tags } from './load-balancer.ts'

export type DeploymentController = 'CODE_DEPLOY' | 'EXTERNAL'

export type Service = {
  readonly serviceArn: string
  readonly serviceName: string
  readonly clusterArn: string
  readonly status: 'ACTIVE' | 'DRAINING' | 'INACTIVE'
  readonly deploymentController: DeploymentController
  readonly desiredCount: number
  /** The PRIMARY task set's, once there is one. */
  readonly taskDefinition?: string
  readonly loadBalancers: readonly ServiceLoadBalancer[]
  readonly networkConfiguration?: NetworkConfiguration
  readonly launchType: 'EC2' | 'FARGATE' | 'EXTERNAL'
  readonly platformVersion?: string
  readonly healthCheckGracePeriodSeconds: number
  readonly createdAt: number
  readonly createdBy: string
  /** When it became INACTIVE; an hour later nothing is left of it. */
  readonly inactiveAt?: number
  readonly tags: Tags
  /** Members that are kept and answered back as given: deploymentConfiguration, propagateTags … */
  readonly recorded: Readonly<Record<string, unknown>>
  /** The CreateService call it came of, as text: the same call made again answers this service. */
  readonly createdFrom?: string
}

export type ServiceLoadBalancer = {
  readonly targetGroupArn: string
  readonly containerName: string
  readonly containerPort: number
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
  readonly externalId?: string
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
  readonly failures: { readonly consecutive: number; readonly total: number; readonly nextStartAt: number }
  readonly tags: Tags
}

/** ECS: `ceil(desiredCount × scale / 100)`; nothing is wanted of a task set that is going away. */
export function computedDesiredCount(service: Service, taskSet: TaskSet): number {
  if (taskSet.status === 'DRAINING' || service.status !== 'ACTIVE') return 0
  return Math.ceil((service.desiredCount * taskSet.scalePercent) / 100)
}
