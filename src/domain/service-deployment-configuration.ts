/** A service's `deploymentConfiguration` under the ECS controller, with ECS's defaults filled in. */
export type ServiceDeploymentConfiguration = {
  readonly strategy: DeploymentStrategy
  /** Percent of the desired count, 100 and more; the count is rounded down. */
  readonly maximumPercent: number
  /** Percent of the desired count, 0 to 100; the count is rounded up. */
  readonly minimumHealthyPercent: number
  readonly deploymentCircuitBreaker?: { readonly enable: boolean; readonly rollback: boolean }
  readonly alarms?: { readonly alarmNames: readonly string[]; readonly enable: boolean; readonly rollback: boolean }
  /** 0 to 1440: how long both revisions run after the shift, or the alarms are watched after a rolling update. */
  readonly bakeTimeInMinutes?: number
  readonly lifecycleHooks?: readonly DeploymentLifecycleHook[]
  readonly linearConfiguration?: { readonly stepPercent?: number; readonly stepBakeTimeInMinutes?: number }
  readonly canaryConfiguration?: { readonly canaryPercent?: number; readonly canaryBakeTimeInMinutes?: number }
}

export type DeploymentStrategy = 'ROLLING' | 'BLUE_GREEN' | 'LINEAR' | 'CANARY'

export type DeploymentLifecycleHook = {
  readonly targetType: 'AWS_LAMBDA' | 'PAUSE'
  readonly hookTargetArn?: string
  readonly roleArn?: string
  readonly lifecycleStages: readonly DeploymentLifecycleHookStage[]
  /** A JSON document. */
  readonly hookDetails?: unknown
  readonly timeoutConfiguration?: { readonly timeoutInMinutes?: number; readonly action?: 'ROLLBACK' | 'CONTINUE' }
}

export type DeploymentLifecycleHookStage =
  | 'RECONCILE_SERVICE'
  | 'PRE_SCALE_UP'
  | 'POST_SCALE_UP'
  | 'TEST_TRAFFIC_SHIFT'
  | 'POST_TEST_TRAFFIC_SHIFT'
  | 'PRE_PRODUCTION_TRAFFIC_SHIFT'
  | 'PRODUCTION_TRAFFIC_SHIFT'
  | 'POST_PRODUCTION_TRAFFIC_SHIFT'

/** How few healthy tasks a deployment may leave, and how many it may have run or start. */
export function taskLimits(
  { minimumHealthyPercent, maximumPercent }: ServiceDeploymentConfiguration,
  desiredCount: number,
): { readonly minimumHealthy: number; readonly maximum: number } {
  return {
    minimumHealthy: Math.ceil((desiredCount * minimumHealthyPercent) / 100),
    maximum: Math.floor((desiredCount * maximumPercent) / 100),
  }
}

/** How many failed tasks in a row end a deployment: half of the desired count, 3 at least and 200 at most. */
export function failureThreshold(desiredCount: number): number {
  return Math.min(200, Math.max(3, Math.ceil(desiredCount / 2)))
}
