import type { DeploymentStep, ServiceDeploymentStep, StepResult } from './step.ts'

/**
 * What a deployment did, in order. A step is written down twice: what is about to happen, and what came of it.
 * After a crash the deployment runs again from the top and the journal answers every step that already happened.
 */
export type JournalEntry<Step = DeploymentStep | ServiceDeploymentStep> = {
  /** CodeDeploy's, or what stands after the last slash of a service deployment's ARN. */
  readonly deploymentId: string
  readonly position: number
  readonly step: Step
  /** When the step was begun, epoch milliseconds: waits count from here, whatever happens to the engine meanwhile. */
  readonly begunAt: number
  /** Absent while the step is being performed. */
  readonly outcome?: { readonly at: number; readonly result: StepResult }
}

export function journalKey(deploymentId: string, position: number): string {
  return `${deploymentId}/${String(position).padStart(6, '0')}`
}
