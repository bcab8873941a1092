import type { AutoRollbackEvent } from './code-deploy.ts'
import type { Deployment, LifecycleEvent, LifecycleEventName } from './deployment.ts'
import { lifecycleEventNames } from './deployment.ts'
import type { DeploymentStep, StepResult } from './step.ts'

/** Six events without a test listener, eight with one: what GetDeploymentTarget lists from the start. */
export function pendingLifecycleEvents({
  withTestListener,
}: {
  readonly withTestListener: boolean
}): readonly LifecycleEvent[] {
  return lifecycleEventNames
    .filter((name) => withTestListener || (name !== 'AllowTestTraffic' && name !== 'AfterAllowTestTraffic'))
    .map((lifecycleEventName) => ({ lifecycleEventName, status: 'Pending' }))
}

/** The deployment once a step has begun. */
export function stepBegun(deployment: Deployment, step: DeploymentStep, at: number): Deployment {
  if (step.kind === 'wait' && step.waitFor === 'TERMINATION_WAIT') {
    return { ...deployment, instanceTerminationWaitTimeStarted: true, lastUpdatedAt: at }
  }
  if (step.kind === 'deleteTaskSet') {
    return { ...deployment, pastPointOfNoReturn: true, lastUpdatedAt: at }
  }
  return deployment
}

/** The deployment once a step is over. A pure fold: the journal alone gives the same deployment again. */
export function stepEnded(deployment: Deployment, step: DeploymentStep, result: StepResult, at: number): Deployment {
  const updated = { ...deployment, lastUpdatedAt: at }
  switch (step.kind) {
    case 'plan':
      return result.kind === 'planned' ? { ...updated, plan: result.plan } : updated
    case 'recordStatus':
      return { ...updated, status: step.status, startTime: deployment.startTime ?? at }
    case 'recordEvent':
      return { ...updated, lifecycleEvents: deployment.lifecycleEvents.map((event) => recorded(event, step, at)) }
    case 'end':
      return {
        ...updated,
        status: step.status,
        completeTime: at,
        lifecycleEvents: deployment.lifecycleEvents.map(skipped),
        ...(step.errorInformation === undefined ? {} : { errorInformation: step.errorInformation }),
      }
    case 'prepareTargetGroups':
    case 'createTaskSet':
    case 'awaitSteadyState':
    case 'routeTestTraffic':
    case 'routeProductionTraffic':
    case 'makePrimary':
    case 'invokeHook':
    case 'holdTraffic':
    case 'wait':
    case 'deleteTaskSet':
      return updated
  }
}

/**
 * Whether a deployment that ended so is followed by one that rolls it back. What StopDeployment was told goes before the
 * configuration; `false` there means none (not documented by AWS; it is what a caller would expect).
 */
export function shouldRollBack(deployment: Deployment, event: AutoRollbackEvent | undefined): boolean {
  if (event === undefined || deployment.creator === 'codeDeployRollback' || deployment.plan === undefined) return false
  const { enabled, events } = deployment.autoRollbackConfiguration
  // A caller who was promised a rollback gets it, whatever ended the deployment in that moment.
  if (deployment.stopRequest?.autoRollbackEnabled === true) return true
  if (event === 'DEPLOYMENT_STOP_ON_REQUEST' && deployment.stopRequest?.autoRollbackEnabled !== undefined)
    return deployment.stopRequest.autoRollbackEnabled
  if (!enabled) return false
  // A READY_WAIT that ran out is no request to stop and no failure to the letter: either setting covers it.
  if (deployment.errorInformation?.code === 'TIMEOUT' && deployment.status === 'Stopped') return events.length > 0
  return events.includes(event)
}

/** What stops at once when StopDeployment is called. What merely writes down what happened is never stopped. */
export function isInterruptible(step: DeploymentStep): boolean {
  return step.kind !== 'recordEvent' && step.kind !== 'recordStatus' && step.kind !== 'end'
}

/** The order of things is the deployment's own; times are the journal's. */
function recorded(
  event: LifecycleEvent,
  step: { readonly event: LifecycleEventName; readonly status: LifecycleEvent['status']; readonly message?: string },
  at: number,
): LifecycleEvent {
  if (event.lifecycleEventName !== step.event) return event
  const message = step.message === undefined ? {} : { message: step.message }
  if (step.status === 'InProgress') return { ...event, status: step.status, startTime: at, ...message }
  return { ...event, status: step.status, endTime: at, ...message }
}

function skipped(event: LifecycleEvent): LifecycleEvent {
  return event.status === 'Pending' ? { ...event, status: 'Skipped' } : event
}
