import type { ServiceDeploymentPlan } from './service-deployment.ts'
import type { ServiceDeploymentStep, ShiftStep, StepResult } from './step.ts'

/** The steps that only deployments of ECS itself have. */
export type OwnServiceStep = Exclude<ServiceDeploymentStep, ShiftStep>

/** What the two target groups are called. */
export type PairNames = { readonly blue: string; readonly green: string }

/** What is being done, to stand behind "Now" and "Ended while". */
export function serviceStepUnderWay(step: OwnServiceStep, { blue, green }: PairNames): string {
  switch (step.kind) {
    case 'awaitTurn':
      return "waiting for the service's earlier deployment to end"
    case 'decide':
      return 'reading the service, its load balancer and the listener rules'
    case 'enterStage':
      return `entering ${step.stage}`
    case 'restoreBlue':
      return `wanting all tasks of the revision in ${blue} again`
    case 'removeOthers':
      return `taking away every revision but the one in ${blue} and the new one`
    case 'prepareRules':
      return `putting ${blue} and ${green} behind the listener rules`
    case 'scaleUp':
      return `scaling the new revision in ${green} to 100%`
    case 'runHooks':
      return `running the hooks of ${step.stage}`
    case 'beginRollback':
      return 'beginning to roll back'
    case 'conclude':
      return `ending as ${step.status}`
  }
}

/** What was done, and why. */
export function serviceStepDone(step: OwnServiceStep, result: StepResult, names: PairNames): string {
  const { blue, green } = names
  switch (step.kind) {
    case 'awaitTurn':
      return 'No earlier deployment of the service is under way.'
    case 'decide':
      return result.kind === 'decided' ? decided(result.plan) : 'Decided what will be done.'
    case 'enterStage':
      return `Stage ${step.stage}.`
    case 'restoreBlue':
      return `The revision in ${blue} is the one that serves: all of its tasks are wanted again.`
    case 'removeOthers':
      return `Only the revision in ${blue} and the new one are left.`
    case 'prepareRules':
      return `Both groups are behind the production rule, so that ${green} is health-checked before it gets traffic.`
    case 'scaleUp':
      return `The new revision is wanted in full in ${green}.`
    case 'runHooks':
      return step.isRollback
        ? `The hooks of ${step.stage} were told of the way back.`
        : `The hooks of ${step.stage} allow the deployment to go on.`
    case 'beginRollback':
      return `Rolling back: the service is what it was before. ${step.reason}`
    case 'conclude':
      return `The deployment ended: ${step.status}.${step.statusReason === undefined ? '' : ` ${step.statusReason}`}`
  }
}

function decided({ isFirst, needsReconcile, blue, green }: ServiceDeploymentPlan): string {
  if (isFirst) return `Decided: the first revision goes to ${green.targetGroupName}; there is nothing to replace.`
  const reconcile = needsReconcile ? ' Other revisions that still run go first.' : ''
  return `Decided: the new revision goes to ${green.targetGroupName}, because ${blue.targetGroupName} serves.${reconcile}`
}
