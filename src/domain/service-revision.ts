import type { CapacityProviderStrategyItem, NetworkConfiguration, ServiceLoadBalancer } from './service.ts'

/**
 * What a service's tasks are made of, as one deployment of the ECS controller found it: written once and never changed.
 * Its tasks belong to the task set whose id has the same digits, which is also the `id` in the service's `deployments`.
 */
export type ServiceRevision = {
  /** `…:service-revision/CLUSTER/SERVICE/<19 digits>` */
  readonly serviceRevisionArn: string
  readonly serviceArn: string
  readonly clusterArn: string
  /** `ecs-svc/` and the digits of the ARN. */
  readonly taskSetId: string
  /** ARN. */
  readonly taskDefinition: string
  readonly launchType: 'EC2' | 'FARGATE' | 'EXTERNAL'
  readonly platformVersion?: string
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[]
  /** As the client gave them, with the alternate target group and the listener rules where it named some. */
  readonly loadBalancers: readonly ServiceLoadBalancer[]
  readonly networkConfiguration?: NetworkConfiguration
  readonly containerImages: readonly {
    readonly containerName: string
    readonly image: string
    readonly imageDigest?: string
  }[]
  readonly createdAt: number
  /** Which target group, of the pair of a strategy that shifts traffic, the revision's tasks are registered with. */
  readonly resolvedConfiguration?: { readonly loadBalancers: readonly ResolvedLoadBalancer[] }
}

export type ResolvedLoadBalancer = {
  readonly targetGroupArn: string
  readonly productionListenerRule?: string
}
