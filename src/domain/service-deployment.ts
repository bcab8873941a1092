import type { AutoRollbackEvent } from './code-deploy.ts'
import type { ErrorInformation, ShiftPlan } from './deployment.ts'
import type { ServiceDeploymentConfiguration } from './service-deployment-configuration.ts'

type ServiceDeploymentStatus =
  | 'PENDING'
  | 'IN_PROGRESS'
  | 'STOP_REQUESTED'
  | 'STOPPED'
  | 'ROLLBACK_REQUESTED'
  | 'ROLLBACK_IN_PROGRESS'
  | 'ROLLBACK_SUCCESSFUL'
  | 'ROLLBACK_FAILED'
  | 'SUCCESSFUL'

/** Of the strategies that shift traffic; a rolling update has no stages. */
export type ServiceDeploymentLifecycleStage =
  | 'RECONCILE_SERVICE'
  | 'PRE_SCALE_UP'
  | 'SCALE_UP'
  | 'POST_SCALE_UP'
  | 'TEST_TRAFFIC_SHIFT'
  | 'POST_TEST_TRAFFIC_SHIFT'
  | 'PRODUCTION_TRAFFIC_SHIFT'
  | 'POST_PRODUCTION_TRAFFIC_SHIFT'
  | 'BAKE_TIME'
  | 'CLEAN_UP'

/** What watches over a deployment: its circuit breaker, its alarms. */
type MonitorStatus = 'TRIGGERED' | 'MONITORING' | 'MONITORING_COMPLETE' | 'DISABLED'

/** One deployment of a service under the ECS controller: from the revisions it had to the one it is to have. */
export type ServiceDeployment = {
  /** `…:service-deployment/CLUSTER/SERVICE/<id>` */
  readonly serviceDeploymentArn: string
  readonly serviceArn: string
  readonly clusterArn: string
  readonly status: ServiceDeploymentStatus
  readonly statusReason?: string
  readonly lifecycleStage?: ServiceDeploymentLifecycleStage
  readonly targetServiceRevision: RevisionInDeployment
  readonly sourceServiceRevisions: readonly RevisionInDeployment[]
  /** What a rollback returns to: the revision of the last deployment that completed. Absent: there is none. */
  readonly rollbackCandidateArn?: string
  /** The service's configuration when the deployment began. */
  readonly deploymentConfiguration: ServiceDeploymentConfiguration
  readonly rollback?: { readonly reason: string; readonly startedAt: number; readonly serviceRevisionArn: string }
  readonly deploymentCircuitBreaker: {
    readonly status: MonitorStatus
    readonly failureCount: number
    readonly threshold: number
  }
  readonly alarms?: {
    readonly status: MonitorStatus
    readonly alarmNames: readonly string[]
    readonly triggeredAlarmNames: readonly string[]
    /** Those that were in ALARM when the deployment began: ECS ignores them for its whole length. */
    readonly ignoredAlarmNames: readonly string[]
  }
  readonly lifecycleHookDetails?: readonly LifecycleHookDetail[]
  /** Of a strategy that shifts traffic, once it is decided. */
  readonly plan?: ServiceDeploymentPlan
  /**
   * Green's share of each rule's traffic in percent, by the rule's ARN, as this deployment set it last, in one transaction
   * with the rule: a rule that says something else was changed by somebody else.
   */
  readonly routedPercentages?: Readonly<Record<string, number>>
  /**
   * Why it does not go on, written down before that ends it. DEPLOYMENT_STOP_ON_REQUEST leaves everything as it is; for
   * the others it is rolled back.
   */
  readonly interruption?: { readonly event: AutoRollbackEvent; readonly errorInformation: ErrorInformation }
  /** When the time began in which both revisions run, or the alarms are watched after the last old task has gone. */
  readonly bakeStartedAt?: number
  readonly createdAt: number
  readonly startedAt?: number
  readonly finishedAt?: number
  /** When it was stopped by a client, by a newer deployment or by what watched over it. */
  readonly stoppedAt?: number
  readonly updatedAt: number
}

/** The weights are of the strategies that shift traffic. */
export type RevisionInDeployment = {
  readonly arn: string
  readonly requestedTestTrafficWeight?: number
  readonly requestedProductionTrafficWeight?: number
  /** As last seen when the deployment ended; until then they are counted when asked for. */
  readonly taskCounts?: { readonly requested: number; readonly running: number; readonly pending: number }
}

export type LifecycleHookDetail = {
  /** `ecs-pause-` and 43 characters, or `ecs-lambda-` and as many. */
  readonly hookId: string
  readonly targetType: 'AWS_LAMBDA' | 'PAUSE'
  readonly targetArn?: string
  readonly lifecycleStage: string
  readonly status: 'AWAITING_ACTION' | 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT'
  readonly expiresAt?: number
  readonly timeoutAction?: 'ROLLBACK' | 'CONTINUE'
  /** What a function that said IN_PROGRESS is called with again, and when. */
  readonly nextCall?: { readonly at: number; readonly hookDetails?: unknown }
  /** ContinueServiceDeployment. */
  readonly answer?: 'CONTINUE' | 'ROLLBACK'
  /** Why it failed: what `statusReason` says after `Service deployment rolled back because `. */
  readonly because?: string
  readonly startedAt?: number
  readonly endedAt?: number
  /** What the function returned last, cut to a readable length, and its last lines. */
  readonly result?: string
  readonly logLines?: readonly string[]
}

/** What a deployment that shifts traffic has decided before it changes anything. */
export type ServiceDeploymentPlan = ShiftPlan & {
  /** Nothing runs yet that traffic could be with: blue is the alternate group without tasks. */
  readonly isFirst: boolean
  /** More than one revision runs: all but blue go before anything else. */
  readonly needsReconcile: boolean
  /** Green's share of the rules' traffic as it was found, in percent. */
  readonly foundPercentages: Readonly<Record<string, number>>
}

/** Nothing more happens to it. */
export function isOver({ status }: ServiceDeployment): boolean {
  switch (status) {
    case 'PENDING':
    case 'IN_PROGRESS':
    case 'STOP_REQUESTED':
    case 'ROLLBACK_REQUESTED':
    case 'ROLLBACK_IN_PROGRESS':
      return false
    case 'STOPPED':
    case 'ROLLBACK_SUCCESSFUL':
    case 'ROLLBACK_FAILED':
    case 'SUCCESSFUL':
      return true
  }
}
