import type {
  AlarmConfiguration,
  AutoRollbackConfiguration,
  AutoRollbackEvent,
  DeploymentGroupSettings,
  Revision,
  TrafficRouting,
} from './code-deploy.ts'
import type { CapacityProviderStrategyItem, NetworkConfiguration, ServiceLoadBalancer, TaskSet } from './service.ts'

export type DeploymentStatus = 'Created' | 'Queued' | 'InProgress' | 'Ready' | 'Succeeded' | 'Failed' | 'Stopped'

export const lifecycleEventNames = [
  'BeforeInstall',
  'Install',
  'AfterInstall',
  'AllowTestTraffic',
  'AfterAllowTestTraffic',
  'BeforeAllowTraffic',
  'AllowTraffic',
  'AfterAllowTraffic',
] as const
export type LifecycleEventName = (typeof lifecycleEventNames)[number]

/** The events a function can be hooked on; the others belong to CodeDeploy. */
export const hookableEventNames = [
  'BeforeInstall',
  'AfterInstall',
  'AfterAllowTestTraffic',
  'BeforeAllowTraffic',
  'AfterAllowTraffic',
] as const satisfies readonly LifecycleEventName[]
export type HookableEventName = (typeof hookableEventNames)[number]

/** One run of the function hooked on an event: what it was asked, what it said, and what it wrote. */
export type HookExecution = {
  readonly event: HookableEventName
  readonly functionName: string
  /** Opaque to the function; the same when the invocation has to be repeated after a crash. */
  readonly executionId: string
  readonly startedAt: number
  /** What PutLifecycleEventHookExecutionStatus reported. */
  readonly verdict?: { readonly status: 'Succeeded' | 'Failed'; readonly at: number }
  /** How the invocation itself ended; CodeDeploy ignores what the function returned. */
  readonly invocation?: HookInvocation
  /** The function could not be invoked at all: nobody will report. */
  readonly cannotRun?: ErrorInformation
  /** No verdict is accepted any more: the deployment does not wait for it any longer. */
  readonly closed: boolean
}

export type HookInvocation = {
  readonly endedAt: number
  readonly requestId?: string
  readonly durationMilliseconds?: number
  readonly functionError?: string
  /** The payload it returned, cut to a readable length; or why it could not be invoked. */
  readonly result: string
  /** The last lines it wrote. */
  readonly logLines: readonly string[]
}
type LifecycleEventStatus = 'Pending' | 'InProgress' | 'Succeeded' | 'Failed' | 'Skipped'

export type LifecycleEvent = {
  readonly lifecycleEventName: LifecycleEventName
  readonly status: LifecycleEventStatus
  readonly startTime?: number
  readonly endTime?: number
  /** One sentence: what happened, the measured value, what comes next. */
  readonly message?: string
}

export type DeploymentErrorCode =
  | 'INVALID_REVISION'
  | 'REVISION_MISSING'
  | 'INVALID_ECS_SERVICE'
  | 'ECS_UPDATE_ERROR'
  | 'ELASTIC_LOAD_BALANCING_INVALID'
  | 'CUSTOMER_APPLICATION_UNHEALTHY'
  | 'DEPLOYMENT_GROUP_MISSING'
  | 'HOOK_EXECUTION_FAILURE'
  | 'INVALID_LAMBDA_FUNCTION'
  | 'ALARM_ACTIVE'
  | 'INTERNAL_ERROR'
  | 'MANUAL_STOP'
  | 'TIMEOUT'
export type ErrorInformation = { readonly code: DeploymentErrorCode; readonly message: string }

/** A deployment as it is kept: what was asked, and what the journal says of it so far. */
export type Deployment = {
  readonly deploymentId: string
  readonly region: string
  readonly applicationName: string
  readonly deploymentGroupName: string
  readonly deploymentConfigName: string
  readonly trafficRouting: TrafficRouting
  /** The group's settings when the deployment was created; later changes of the group do not reach it. */
  readonly group: DeploymentGroupSettings & { readonly deploymentGroupId?: string }
  readonly autoRollbackConfiguration: AutoRollbackConfiguration
  readonly revision: Revision
  readonly previousRevision?: Revision
  readonly description?: string
  readonly creator: 'user' | 'codeDeployRollback'
  readonly createTime: number
  readonly status: DeploymentStatus
  readonly startTime?: number
  readonly completeTime?: number
  readonly errorInformation?: ErrorInformation
  readonly rollbackInfo?: RollbackInfo
  readonly instanceTerminationWaitTimeStarted: boolean
  readonly lifecycleEvents: readonly LifecycleEvent[]
  readonly lastUpdatedAt: number
  /** Resolved by the deployment's first step. A rollback carries the plan of the deployment it undoes from its creation. */
  readonly plan?: DeploymentPlan
  /** StopDeployment was called. */
  readonly stopRequest?: { readonly at: number; readonly autoRollbackEnabled?: boolean }
  /** An alarm of the deployment fired. */
  readonly alarmStop?: { readonly at: number; readonly message: string }
  /** The service was scaled while traffic was shifted, and has not come to rest. */
  readonly scalingStop?: { readonly at: number; readonly message: string }
  /** The group's alarms, or those the deployment was given instead. */
  readonly alarmConfiguration?: AlarmConfiguration
  /** Set where CreateDeployment gave the alarms. */
  readonly overridesAlarms?: boolean
  /** In the order the hooks were run. */
  readonly hookExecutions?: readonly HookExecution[]
  /** ContinueDeployment was called for these waits. */
  readonly continued: readonly DeploymentWaitType[]
  /** No way back any more: the original task set is being deleted; in a rollback, the replacement. */
  readonly pastPointOfNoReturn: boolean
  /** The task sets as last seen, kept when the deployment ends. */
  readonly finalTaskSets?: readonly TaskSetInfo[]
}

export type DeploymentWaitType = 'READY_WAIT' | 'TERMINATION_WAIT'

type RollbackInfo = {
  readonly rollbackDeploymentId?: string
  readonly rollbackTriggeringDeploymentId?: string
  readonly rollbackMessage: string
}

/** Between what traffic is shifted, and where. */
export type ShiftPlan = {
  readonly serviceArn: string
  readonly blue: PlannedTaskSet
  readonly green: PlannedTaskSet
  /** A listener's ARN; under ECS's own strategies that of the one rule, or default rule, whose traffic is shifted. */
  readonly prodListenerArn: string
  readonly testListenerArn?: string
}

/** Everything a deployment has decided before it changes anything. */
export type DeploymentPlan = ShiftPlan & {
  /** The functions hooked on events of this deployment. */
  readonly hooks: readonly PlannedHook[]
  /** What the new task set is made of. */
  readonly install: {
    readonly taskDefinition: string
    readonly loadBalancer: ServiceLoadBalancer
    /** The service's, where an earlier version has made the plan and says nothing of it. */
    readonly launchType?: TaskSet['launchType']
    readonly platformVersion?: string
    readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[]
    readonly networkConfiguration?: NetworkConfiguration
  }
}

export type PlannedHook = { readonly event: HookableEventName; readonly functionName: string }

export type PlannedTaskSet = {
  readonly taskSetId: string
  readonly targetGroupArn: string
  readonly targetGroupName: string
}

/** One entry of `taskSetsInfo`. */
export type TaskSetInfo = {
  readonly taskSetId: string
  readonly taskSetLabel: 'Blue' | 'Green'
  readonly status: 'PRIMARY' | 'ACTIVE' | 'DRAINING'
  readonly desiredCount: number
  readonly pendingCount: number
  readonly runningCount: number
  readonly trafficWeight: number
  readonly targetGroupName: string
}

export function isTerminal(status: DeploymentStatus): boolean {
  return status === 'Succeeded' || status === 'Failed' || status === 'Stopped'
}

/** Thrown into a procedure at the step it was waiting on: the deployment cannot go on. */
export class DeploymentInterrupted extends Error {
  readonly event: AutoRollbackEvent
  readonly errorInformation: ErrorInformation

  constructor(event: AutoRollbackEvent, errorInformation: ErrorInformation) {
    super(errorInformation.message)
    this.name = 'DeploymentInterrupted'
    this.event = event
    this.errorInformation = errorInformation
  }
}
