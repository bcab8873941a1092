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
  readonly triggerConfigurations?: readonly TriggerConfiguration[]
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

/** Whom a group tells of its deployments. */
export type TriggerConfiguration = {
  readonly triggerName: string
  /** An SNS topic's ARN. */
  readonly triggerTargetArn: string
  readonly triggerEvents: readonly TriggerEvent[]
}

/** Those of instances are allowed on ECS groups, and never happen there. */
export type TriggerEvent =
  | 'DeploymentStart'
  | 'DeploymentSuccess'
  | 'DeploymentFailure'
  | 'DeploymentStop'
  | 'DeploymentRollback'
  | 'DeploymentReady'
  | 'InstanceStart'
  | 'InstanceSuccess'
  | 'InstanceFailure'
  | 'InstanceReady'

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

export type Revision = ContentRevision | S3Revision

/** A revision whose text came with the call. `String` is the older name of `AppSpecContent`. */
export type ContentRevision = {
  readonly revisionType: 'AppSpecContent' | 'String'
  readonly content: string
  /** Lower-case hexadecimal over the exact content. */
  readonly sha256: string
}

export type S3Revision = {
  readonly revisionType: 'S3'
  readonly s3Location: S3Location
  /** What stood there when the deployment was created: a deployment has it, a registered revision does not. */
  readonly appSpec?: StoredAppSpec
}

export type S3Location = {
  readonly bucket: string
  readonly key: string
  readonly bundleType: 'YAML' | 'JSON' | 'zip' | 'tar' | 'tgz'
  readonly version?: string
  /** Without quotes. */
  readonly eTag?: string
}

/** An AppSpec's text, or why there is none: then the deployment fails with it. */
export type StoredAppSpec =
  | { readonly kind: 'text'; readonly content: string }
  | {
      readonly kind: 'unusable'
      readonly code: 'INVALID_REVISION' | 'REVISION_MISSING'
      readonly message: string
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

/** What tells an application's revisions apart: the digest of a text, or the place in S3 with all that was said of it. */
export function revisionId(revision: Pick<ContentRevision, 'revisionType' | 'sha256'> | S3Revision): string {
  if (revision.revisionType !== 'S3') return revision.sha256
  const { bucket, key, bundleType, version = '', eTag = '' } = revision.s3Location
  return `s3://${bucket}/${key}?${[bundleType, version, eTag].join('&')}`
}

/** The text a deployment is made of. */
export function appSpecOfRevision(revision: Revision): StoredAppSpec {
  if (revision.revisionType !== 'S3') return { kind: 'text', content: revision.content }
  const message = 'The AppSpec was not read from S3 when the deployment was created.'
  return revision.appSpec ?? { kind: 'unusable', code: 'REVISION_MISSING', message }
}

/** The key an application is kept under. */
export function applicationKey(region: string, applicationName: string): string {
  return `${region}/${applicationName}`
}

/** The key a revision of an application is kept under. */
export function revisionKey(
  region: string,
  applicationName: string,
  revision: Parameters<typeof revisionId>[0],
): string {
  return `${region}/${applicationName}/${revisionId(revision)}`
}
