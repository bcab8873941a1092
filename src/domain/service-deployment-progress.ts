import { arn } from './identifiers.ts'
import type { RevisionInDeployment, ServiceDeployment, ServiceDeploymentPlan } from './service-deployment.ts'
import type { ServiceDeploymentStep, StepResult } from './step.ts'

/** The record of a deployment that shifts traffic once a step is over; how it ends is not a matter of its record alone. */
export function serviceStepEnded(
  deployment: ServiceDeployment,
  step: ServiceDeploymentStep,
  result: StepResult,
  at: number,
): ServiceDeployment {
  const updated = { ...deployment, updatedAt: at }
  switch (step.kind) {
    case 'awaitTurn':
      if (result.kind === 'interrupted') return updated
      return { ...updated, ...(deployment.status === 'PENDING' ? { status: 'IN_PROGRESS' } : {}), startedAt: at }
    case 'decide':
      return result.kind === 'decided' ? withPlan(updated, result.plan) : updated
    case 'enterStage':
      return { ...updated, lifecycleStage: step.stage }
    case 'holdTraffic':
    case 'restoreBlue':
    case 'removeOthers':
    case 'prepareRules':
    case 'scaleUp':
    case 'runHooks':
    case 'beginRollback':
    case 'conclude':
    case 'awaitSteadyState':
    case 'routeTestTraffic':
    case 'routeProductionTraffic':
    case 'deleteTaskSet':
      return updated
  }
}

/** What can be stopped. What merely writes down what happened cannot, and going back is the answer to being stopped. */
export function isInterruptibleServiceStep({ kind }: ServiceDeploymentStep): boolean {
  return kind !== 'enterStage' && kind !== 'beginRollback' && kind !== 'conclude'
}

/** From the plan on it is known what serves, and that is what a rollback returns to. */
function withPlan(deployment: ServiceDeployment, plan: ServiceDeploymentPlan): ServiceDeployment {
  const { rollbackCandidateArn: _former, ...others } = deployment
  const routedPercentages = plan.foundPercentages
  if (plan.isFirst) return { ...others, plan, routedPercentages }
  const blueArn = arn.serviceRevision(plan.serviceArn, plan.blue.taskSetId)
  const isBlue = (revision: RevisionInDeployment): boolean => revision.arn === blueArn
  const sources = deployment.sourceServiceRevisions
  return {
    ...others,
    plan,
    routedPercentages,
    rollbackCandidateArn: blueArn,
    sourceServiceRevisions: [
      ...(sources.some(isBlue) ? sources.filter(isBlue) : [{ arn: blueArn }]),
      ...sources.filter((revision) => !isBlue(revision)),
    ],
  }
}
