import { DeploymentInterrupted } from '../domain/deployment.ts'
import type { DeploymentErrorCode } from '../domain/deployment.ts'

/** Ends the deployment as `Failed` at the step it is thrown in. */
export function failed(code: DeploymentErrorCode, message: string): DeploymentInterrupted {
  return new DeploymentInterrupted('DEPLOYMENT_FAILURE', { code, message })
}

/** ECS's refusal as CodeDeploy passes it on. */
export function refusedByEcs(message: string): DeploymentInterrupted {
  return failed(
    'ECS_UPDATE_ERROR',
    `The ECS service cannot be updated due to an unexpected error: ${message} (Service: AmazonECS; Status Code: 400; ` +
      `Error Code: InvalidParameterException). Check your ECS service status.`,
  )
}
