import type { Tags } from './load-balancer.ts'

/** CodeDeploy's nouns, member for member as its API has them; times are epoch milliseconds. */
type ComputePlatform = 'Server' | 'Lambda' | 'ECS'

export type Application = {
  readonly applicationId: string
  readonly applicationName: string
  readonly region: string
  readonly computePlatform: ComputePlatform
  readonly createTime: number
  readonly tags: Tags
}

export type DeploymentGroup = DeploymentGroupSettings & {
  readonly deploymentGroupId: string
  readonly deploymentGroupName: string
  readonly applicationName: string
  readonly region: string
  readonly tags: Tags
  readonly lastAttemptedDeploymentId?: string
  readonly lastSuccessfulDeploymentId?: string
}

export type DeploymentGroupSettings = {
  readonly deploymentConfigName: string
  readonly serviceRoleArn: string
  readonly ecsService: EcsServiceName
  readonly targetGroupPair: TargetGroupPair
  readonly deploymentReadyOption: DeploymentReadyOption
  readonly terminateBlueInstances: TerminateBlueInstances
  readonly autoRollbackConfiguration: AutoRollbackConfiguration
  /** As it was given; alarms are not watched, so a configuration that names any is disabled. */
  readonly alarmConfiguration?: AlarmConfiguration
  readonly outdatedInstancesStrategy: 'UPDATE' | 'IGNORE'
}

/** Names as the caller gave them: a name or an ARN each. */
export type EcsServiceName = { readonly serviceName: string; readonly clusterName: string }

export type TargetGroupPair = {
  /** Two target group names. */
  readonly targetGroupNames: readonly [string, string]
  readonly prodListenerArn: string
  readonly testListenerArn?: string
}

export type DeploymentReadyOption = {
  readonly actionOnTimeout: 'CONTINUE_DEPLOYMENT' | 'STOP_DEPLOYMENT'
  readonly waitTimeInMinutes: number
}

export type TerminateBlueInstances = {
  readonly action: 'TERMINATE' | 'KEEP_ALIVE'
  readonly terminationWaitTimeInMinutes: number
}

export type AutoRollbackEvent = 'DEPLOYMENT_FAILURE' | 'DEPLOYMENT_STOP_ON_ALARM' | 'DEPLOYMENT_STOP_ON_REQUEST'
export type AutoRollbackConfiguration = { readonly enabled: boolean; readonly events: readonly AutoRollbackEvent[] }

export type AlarmConfiguration = {
  readonly enabled: boolean
  readonly ignorePollAlarmFailure: boolean
  readonly alarms: readonly { readonly name: string }[]
}

export type DeploymentConfig = {
  readonly deploymentConfigId: string
  readonly deploymentConfigName: string
  readonly computePlatform: ComputePlatform
  readonly createTime: number
  /** Absent for the Server platform, which has minimumHealthyHosts instead. */
  readonly trafficRouting?: TrafficRouting
  readonly minimumHealthyHosts?: {
    /** MOST_CONCURRENCY is answered for `CodeDeployDefault.OneAtATime` and cannot be asked for. */
    readonly type: 'HOST_COUNT' | 'FLEET_PERCENT' | 'MOST_CONCURRENCY'
    readonly value: number
  }
}

export type TrafficRouting =
  | { readonly type: 'AllAtOnce' }
  | { readonly type: 'TimeBasedCanary'; readonly canaryPercentage: number; readonly canaryInterval: number }
  | { readonly type: 'TimeBasedLinear'; readonly linearPercentage: number; readonly linearInterval: number }

/** A revision whose text the engine holds. `String` is the older name of `AppSpecContent`. */
export type Revision = {
  readonly revisionType: 'AppSpecContent' | 'String'
  readonly content: string
  /** Lower-case hexadecimal over the exact content. */
  readonly sha256: string
}

export type ApplicationRevision = {
  readonly applicationName: string
  readonly region: string
  readonly revision: Revision
  readonly description?: string
  readonly registerTime: number
  readonly firstUsedTime?: number
  readonly lastUsedTime?: number
}
