import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import { isTerminal, type Deployment } from '../../domain/deployment.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Handlers } from '../handlers.ts'
import { begunDeployment } from './deployment-targets.ts'
import { deploymentWithId } from './lookups.ts'

/** What can be done to a deployment while it runs: stop it, or end a wait of it. */
export function deploymentControlHandlers({ store, deployments }: Engine) {
  return {
    StopDeployment({ deploymentId, autoRollbackEnabled }, call) {
      const deployment = deploymentWithId({ store, call }, deploymentId)
      refuseCompleted(deployment)
      if (deployment.pastPointOfNoReturn) {
        throw new AwsError(
          'DeploymentAlreadyCompletedException',
          `The deployment ${deployment.deploymentId} can not be stopped any more: ${whyPastReturn(deployment)}`,
        )
      }
      // A second stop changes nothing: what the first one said of the rollback counts.
      if (deployment.stopRequest === undefined) deployments.stop(deployment.deploymentId, autoRollbackEnabled)
      const asked =
        deployment.stopRequest === undefined ? autoRollbackEnabled : deployment.stopRequest.autoRollbackEnabled
      return { status: 'Pending', statusMessage: stopMessage(deployment, asked) }
    },

    ContinueDeployment({ deploymentId, deploymentWaitType = 'READY_WAIT' }, call) {
      const deployment = deploymentWithId({ store, call }, deploymentId)
      refuseCompleted(deployment)
      if (deploymentWaitType === 'READY_WAIT') checkReady(deployment)
      else checkTerminationWait(deployment)
      deployments.continueWait(deployment.deploymentId, deploymentWaitType)
      return {}
    },

    /** The older form of ContinueDeployment with TERMINATION_WAIT. */
    SkipWaitTimeForInstanceTermination({ deploymentId }, call) {
      refuseCompleted(deploymentWithId({ store, call }, deploymentId))
      const deployment = begunDeployment({ store, call }, deploymentId)
      checkTerminationWait(deployment)
      deployments.continueWait(deployment.deploymentId, 'TERMINATION_WAIT')
      return {}
    },
  } satisfies Handlers<typeof sdk>
}

function refuseCompleted({ deploymentId, status }: Deployment): void {
  if (!isTerminal(status)) return
  throw new AwsError(
    'DeploymentAlreadyCompletedException',
    `The deployment ${deploymentId} has already ended: it is ${status}.`,
  )
}

function stopMessage(deployment: Deployment, autoRollbackEnabled: boolean | undefined): string {
  const { enabled, events } = deployment.autoRollbackConfiguration
  const rollsBack = autoRollbackEnabled ?? (enabled && events.includes('DEPLOYMENT_STOP_ON_REQUEST'))
  const stopping = `The deployment ${deployment.deploymentId} is being stopped.`
  if (deployment.creator === 'codeDeployRollback')
    return `${stopping} It is a rollback; task sets and traffic stay as they are.`
  if (!hasBegunInstall(deployment)) return `${stopping} Nothing has been changed yet, so there is nothing to roll back.`
  if (rollsBack) return `${stopping} Then a rollback deployment returns the traffic to the original task set.`
  return `${stopping} No rollback is configured: task sets and traffic stay as they are.`
}

function whyPastReturn({ creator }: Deployment): string {
  return creator === 'codeDeployRollback'
    ? 'all traffic is back on the original task set, and the replacement task set is already being terminated.'
    : 'all traffic is on the replacement task set, and the original task set is already being terminated.'
}

function hasBegunInstall({ lifecycleEvents }: Deployment): boolean {
  return lifecycleEvents.some(
    ({ lifecycleEventName, status }) => lifecycleEventName === 'Install' && status !== 'Pending',
  )
}

function checkReady({ deploymentId, status }: Deployment): void {
  if (status === 'Ready') return
  throw new AwsError(
    'DeploymentIsNotInReadyStateException',
    `The deployment ${deploymentId} is ${status}, not Ready: it is not waiting for traffic to be rerouted. It waits there only ` +
      'when its group has deploymentReadyOption STOP_DEPLOYMENT; to end the termination wait pass deploymentWaitType TERMINATION_WAIT.',
  )
}

function checkTerminationWait(deployment: Deployment): void {
  if (deployment.instanceTerminationWaitTimeStarted && !deployment.pastPointOfNoReturn) return
  const reason = deployment.instanceTerminationWaitTimeStarted
    ? 'the wait is over, and the original task set is being terminated'
    : `it is ${deployment.status}, and the wait begins after AfterAllowTraffic`
  throw new AwsError(
    'InvalidDeploymentStatusException',
    `The deployment ${deployment.deploymentId} is not waiting to terminate the original task set: ${reason}.`,
  )
}
