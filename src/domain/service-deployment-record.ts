import { recordedObservations, recordedSteps } from './deployment-record.ts'
import type { DeploymentObservation, RecordedObservations, RecordedStep } from './deployment-record.ts'
import { lastPart } from './identifiers.ts'
import type { JournalEntry } from './journal.ts'
import type { RecordedNotification } from './notification.ts'
import type { LifecycleHookDetail, ServiceDeployment, ServiceDeploymentPlan } from './service-deployment.ts'

/** Everything that is known about a deployment that ECS itself did, and AWS has no operation for. Times are ISO 8601. */
export type ServiceDeploymentRecord = RecordedObservations & {
  /** What stands after the last slash of the ARN. */
  readonly deploymentId: string
  readonly serviceDeploymentArn: string
  readonly strategy: ServiceDeployment['deploymentConfiguration']['strategy']
  readonly status: ServiceDeployment['status']
  readonly statusReason?: string
  readonly createdAt: string
  readonly startedAt?: string
  readonly finishedAt?: string
  readonly plan?: ServiceDeploymentPlan
  /** The journal: what was done, in order, and why; empty for a rolling update, which has none. */
  readonly steps: readonly RecordedStep[]
  readonly hooks: readonly RecordedServiceHook[]
  /** Oldest first. */
  readonly notifications: readonly RecordedNotification[]
}

type RecordedServiceHook = Pick<
  LifecycleHookDetail,
  'hookId' | 'targetType' | 'targetArn' | 'lifecycleStage' | 'status' | 'because' | 'result' | 'logLines'
> & { readonly startedAt?: string; readonly endedAt?: string }

type Sources = {
  readonly deployment: ServiceDeployment
  /** In the order of positions. */
  readonly journal: readonly JournalEntry[]
  readonly notifications: readonly RecordedNotification[]
  /** Undefined for a deployment that nobody watched: a rolling update. */
  readonly observations: readonly DeploymentObservation[] | undefined
  /** ARNs by the name of the target group. */
  readonly taskDefinitions: Readonly<Record<string, string>>
}

export function serviceDeploymentRecord(sources: Sources): ServiceDeploymentRecord {
  const { deployment, journal, notifications } = sources
  const { serviceDeploymentArn, deploymentConfiguration, status, statusReason, plan, lifecycleHookDetails } = deployment
  return {
    deploymentId: lastPart(serviceDeploymentArn),
    serviceDeploymentArn,
    strategy: deploymentConfiguration.strategy,
    status,
    ...(statusReason === undefined ? {} : { statusReason }),
    createdAt: new Date(deployment.createdAt).toISOString(),
    ...times({ startedAt: deployment.startedAt, finishedAt: deployment.finishedAt }),
    ...(plan === undefined ? {} : { plan }),
    steps: recordedSteps(journal, plan),
    ...recordedObservations(sources),
    hooks: (lifecycleHookDetails ?? []).map(recordedHook),
    notifications,
  }
}

function recordedHook(detail: LifecycleHookDetail): RecordedServiceHook {
  const { startedAt, endedAt, hookId, targetType, targetArn, lifecycleStage, status, because, result, logLines } =
    detail
  return {
    hookId,
    targetType,
    ...(targetArn === undefined ? {} : { targetArn }),
    lifecycleStage,
    status,
    ...(because === undefined ? {} : { because }),
    ...(result === undefined ? {} : { result }),
    ...(logLines === undefined ? {} : { logLines }),
    ...times({ startedAt, endedAt }),
  }
}

/** ISO 8601; without those that are not known yet. */
function times<Name extends string>(
  all: Readonly<Record<Name, number | undefined>>,
): { readonly [Key in Name]?: string } {
  const known = Object.entries<number | undefined>(all).flatMap(([name, at]) =>
    at === undefined ? [] : [[name, new Date(at).toISOString()] as const],
  )
  return Object.fromEntries(known) as { readonly [Key in Name]?: string }
}
