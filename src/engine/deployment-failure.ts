import { DeploymentInterrupted } from '../domain/deployment.ts'
import type { DeploymentErrorCode } from '../domain/deployment.ts'
import type { Finding } from '../domain/preflight/finding.ts'

/** Ends the deployment as `Failed` at the step it is thrown in. */
export function failed(code: DeploymentErrorCode, message: string): DeploymentInterrupted {
  return new DeploymentInterrupted('DEPLOYMENT_FAILURE', { code, message })
}

export function targetGroupGone(name: string): DeploymentInterrupted {
  return failed('ELASTIC_LOAD_BALANCING_INVALID', `Target group ${name} does not exist any more.`)
}

/** ECS's refusal as CodeDeploy passes it on, and then what `teal verify` would have said. */
export function refusedByEcs(
  message: string,
  findings: readonly Finding[] = [],
  code = 'InvalidParameterException',
): DeploymentInterrupted {
  return failed(
    'ECS_UPDATE_ERROR',
    `The ECS service cannot be updated due to an unexpected error: ${message} (Service: AmazonECS; Status Code: 400; ` +
      `Error Code: ${code}). Check your ECS service status.${explained(findings)}`,
  )
}

/** To follow the words of AWS: what is the matter, and how to mend it. */
export function explained([finding]: readonly Finding[]): string {
  return finding === undefined ? '' : ` ${finding.what} ${finding.how}`
}
