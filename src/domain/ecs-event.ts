import { lastPart, parseArn } from './identifiers.ts'
import type { ServiceDeployment } from './service-deployment.ts'

/** What EventBridge tells of a deployment that ECS itself does. */
export type EcsDeploymentEvent = {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': 'ECS Deployment State Change' | 'ECS Hook State Change'
  readonly source: 'aws.ecs'
  readonly account: string
  /** ISO 8601. */
  readonly time: string
  readonly region: string
  /** The service. */
  readonly resources: readonly string[]
  readonly detail: (EcsDeploymentState | EcsHookState) & { readonly updatedAt: string }
}

export type EcsDeploymentState = {
  readonly eventType: 'INFO' | 'ERROR'
  readonly eventName: 'SERVICE_DEPLOYMENT_IN_PROGRESS' | 'SERVICE_DEPLOYMENT_COMPLETED' | 'SERVICE_DEPLOYMENT_FAILED'
  /** `ecs-svc/` and digits, as in the service's `deployments`; of a rollback it is that of what comes back. */
  readonly deploymentId: string
  readonly reason: string
}

/** A pause that waits, a hook that has ended. */
export type EcsHookState = {
  readonly eventType: 'INFO' | 'ERROR'
  readonly eventName: 'HOOK_AWAITING_ACTION' | 'HOOK_SUCCEEDED' | 'HOOK_FAILED' | 'HOOK_TIMED_OUT'
  readonly serviceDeploymentArn: string
  readonly hookId: string
  readonly lifecycleStage: string
  readonly reason: string
}

/** All that is to be told of a deployment and its hooks, in its order, as far as its record shows: what comes is behind. */
export function ecsStates(deployment: ServiceDeployment): readonly (EcsDeploymentState | EcsHookState)[] {
  const states = ecsDeploymentStates(deployment)
  const hooks = hookStates(deployment)
  const { rollback, startedAt = 0 } = deployment
  // The states know no times of their own but these: begun, given up, over.
  const at = (index: number): number => {
    if (index === 0) return startedAt
    const isGivenUp = rollback !== undefined && index < 3
    return isGivenUp ? rollback.startedAt : Infinity
  }
  return [...states.map((state, index) => ({ at: at(index), state })), ...hooks]
    .toSorted((one, other) => one.at - other.at)
    .map(({ state }) => state)
}

function hookStates({ serviceDeploymentArn, lifecycleHookDetails = [] }: ServiceDeployment) {
  return lifecycleHookDetails.flatMap((detail): readonly { readonly at: number; readonly state: EcsHookState }[] => {
    const { hookId, lifecycleStage, status, targetType, startedAt = 0, endedAt, because = '' } = detail
    const told = (at: number, state: Pick<EcsHookState, 'eventType' | 'eventName' | 'reason'>) => ({
      at,
      state: { ...state, serviceDeploymentArn, hookId, lifecycleStage },
    })
    const reason = `${lifecycleStage} waits for ContinueServiceDeployment.`
    const begun =
      targetType === 'PAUSE' ? [told(startedAt, { eventType: 'INFO', eventName: 'HOOK_AWAITING_ACTION', reason })] : []
    if (status === 'AWAITING_ACTION' || status === 'IN_PROGRESS' || endedAt === undefined) return begun
    const eventType = status === 'SUCCEEDED' ? 'INFO' : 'ERROR'
    return [...begun, told(endedAt, { eventType, eventName: `HOOK_${status}`, reason: because })]
  })
}

/** All that is to be told of a deployment, in its order, as far as its record shows. */
function ecsDeploymentStates(deployment: ServiceDeployment): readonly EcsDeploymentState[] {
  const { startedAt, status, statusReason = '', rollback, targetServiceRevision } = deployment
  const id = idOf(targetServiceRevision.arn)
  const begun = startedAt === undefined ? [] : [inProgress(id)]
  if (status === 'SUCCESSFUL') return [...begun, completed(id)]
  if (rollback !== undefined) {
    const back = idOf(rollback.serviceRevisionArn)
    const givenUp = [...begun, failed(id, rollback.reason), inProgress(back)]
    if (status === 'ROLLBACK_SUCCESSFUL') return [...givenUp, completed(back)]
    return status === 'ROLLBACK_FAILED' ? [...givenUp, failed(back, statusReason)] : givenUp
  }
  return status === 'STOPPED' || status === 'ROLLBACK_FAILED' ? [...begun, failed(id, statusReason)] : begun
}

export function ecsDeploymentEvent(
  { serviceArn }: ServiceDeployment,
  state: EcsDeploymentState | EcsHookState,
  { at, id }: { readonly at: number; readonly id: string },
): EcsDeploymentEvent {
  const { region = '', accountId = '' } = parseArn(serviceArn) ?? {}
  const time = new Date(at).toISOString()
  return {
    version: '0',
    id,
    'detail-type': 'hookId' in state ? 'ECS Hook State Change' : 'ECS Deployment State Change',
    source: 'aws.ecs',
    account: accountId,
    time,
    region,
    resources: [serviceArn],
    detail: { ...state, updatedAt: time },
  }
}

function idOf(revisionArn: string): string {
  return `ecs-svc/${lastPart(revisionArn)}`
}

function inProgress(deploymentId: string): EcsDeploymentState {
  const reason = `ECS deployment ${deploymentId} in progress.`
  return { eventType: 'INFO', eventName: 'SERVICE_DEPLOYMENT_IN_PROGRESS', deploymentId, reason }
}

function completed(deploymentId: string): EcsDeploymentState {
  const reason = `ECS deployment ${deploymentId} completed.`
  return { eventType: 'INFO', eventName: 'SERVICE_DEPLOYMENT_COMPLETED', deploymentId, reason }
}

function failed(deploymentId: string, reason: string): EcsDeploymentState {
  return { eventType: 'ERROR', eventName: 'SERVICE_DEPLOYMENT_FAILED', deploymentId, reason }
}
