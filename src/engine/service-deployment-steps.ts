import { arn } from '../domain/identifiers.ts'
import { noRollbackCandidate } from '../domain/service-blue-green.ts'
import { isOver } from '../domain/service-deployment.ts'
import type { ServiceDeployment, ServiceDeploymentPlan } from '../domain/service-deployment.ts'
import { serviceEvent } from '../domain/service-events.ts'
import { withMakeup } from '../domain/service.ts'
import type { TaskSet } from '../domain/service.ts'
import type { ServiceDeploymentStep, StepResult } from '../domain/step.ts'
import { failed } from './deployment-failure.ts'
import type { BegunStep } from './procedure-runs.ts'
import { ruleTraffic } from './rule-traffic.ts'
import { planServiceDeployment } from './service-deployment-plan.ts'
import { replacePrimary, rolloutsOf } from './service-deployments.ts'
import { runHooks } from './service-hooks.ts'
import type { ServiceHookTools } from './service-hooks.ts'
import { arnOf, performShiftStep } from './shift-steps.ts'
import type { ShiftTools } from './shift-steps.ts'
import type { Store } from './store.ts'

export type ServiceStepTools = ShiftTools & ServiceHookTools

/** Performs one step of a deployment that ECS itself does. Each may be performed twice. */
export async function performServiceStep(
  tools: ServiceStepTools,
  step: ServiceDeploymentStep,
  begun: BegunStep,
): Promise<StepResult> {
  const deployment = deploymentOf(tools, begun.deploymentId)
  switch (step.kind) {
    case 'awaitTurn':
      return awaitTurn(tools, deployment, begun)
    case 'decide':
      return { kind: 'decided', plan: planServiceDeployment(tools.store, deployment) }
    case 'restoreBlue':
      return restoreBlue(tools, planOf(deployment))
    case 'removeOthers':
      return removeOthers(tools, planOf(deployment), begun)
    case 'prepareRules':
      return prepareRules(tools, deployment, planOf(deployment), begun)
    case 'scaleUp':
      tools.services.updateScale(arnOf(planOf(deployment), 'green'), 100)
      return { kind: 'done' }
    case 'runHooks':
      return runHooks(tools, step, begun)
    case 'beginRollback':
      if (deployment.rollback === undefined) await tellLastWords(tools, deployment)
      return beginRollback(tools, deploymentOf(tools, deployment.serviceDeploymentArn), step.reason)
    case 'deleteTaskSet':
      if (deployment.plan === undefined) return deleteUnplanned(tools, deployment, begun)
      break
    case 'enterStage':
    case 'conclude':
      return { kind: 'done' } // The note is the deed.
    case 'awaitSteadyState':
    case 'routeTestTraffic':
    case 'routeProductionTraffic':
    case 'holdTraffic':
      break
  }
  const plan = planOf(deployment)
  return performShiftStep({ tools, plan, begun, traffic: ruleTraffic(tools, deployment, plan) }, step)
}

/** A newer deployment has told an older one to stop; it begins when that has come to its end. */
async function awaitTurn(
  { store, changes, services }: ServiceStepTools,
  deployment: ServiceDeployment,
  { signal }: BegunStep,
): Promise<StepResult> {
  const { serviceArn, serviceDeploymentArn, createdAt, targetServiceRevision } = deployment
  const isEarlier = (other: ServiceDeployment): boolean =>
    other.serviceDeploymentArn !== serviceDeploymentArn && other.createdAt <= createdAt && !isOver(other)
  await changes.until(() => (store.serviceDeployments.ofService(serviceArn).some(isEarlier) ? undefined : true), {
    signal,
  })
  // Of those that were replaced before they began there is nothing but their names.
  for (const taskSet of rolloutsOf(store, serviceArn)) {
    const isTarget = arn.serviceRevision(serviceArn, taskSet.taskSetId) === targetServiceRevision.arn
    if (taskSet.scalePercent === 0 && !isTarget) services.deleteTaskSet(taskSet.taskSetArn)
  }
  return { kind: 'done' }
}

/** A rolling update that was replaced midway has given up some of its tasks. */
function restoreBlue({ store, clock, services }: ServiceStepTools, plan: ServiceDeploymentPlan): StepResult {
  const taskSetArn = arnOf(plan, 'blue')
  const blue = store.taskSets.get(taskSetArn)
  if (blue?.rollout?.desiredCount !== undefined) {
    const { desiredCount: _lowered, ...rollout } = blue.rollout
    const now = clock.now()
    store.taskSets.put(taskSetArn, { ...blue, rollout, stabilityStatus: 'STABILIZING', stabilityStatusAt: now })
  }
  services.updateScale(taskSetArn, 100)
  return { kind: 'done' }
}

async function removeOthers(
  { store, services, changes }: ServiceStepTools,
  plan: ServiceDeploymentPlan,
  { signal }: BegunStep,
): Promise<StepResult> {
  const kept = [plan.blue.taskSetId, plan.green.taskSetId]
  // A PRIMARY that is neither belongs to a deployment that has come since.
  const others = (): readonly TaskSet[] =>
    store.taskSets
      .ofService(plan.serviceArn)
      .filter(({ taskSetId, status }) => !kept.includes(taskSetId) && status !== 'PRIMARY')
  for (const taskSet of others()) services.deleteTaskSet(taskSet.taskSetArn)
  await changes.until(() => (others().length === 0 ? true : undefined), { signal })
  return { kind: 'done' }
}

/** Whoever serves goes on serving; the test rule starts where production is. */
async function prepareRules(
  tools: ServiceStepTools,
  deployment: ServiceDeployment,
  plan: ServiceDeploymentPlan,
  begun: BegunStep,
): Promise<StepResult> {
  const { prodListenerArn, testListenerArn, isFirst } = plan
  // What an earlier deployment was still taking away has to leave green's group first.
  await removeOthers(tools, plan, begun)
  const traffic = ruleTraffic(tools, deployment, plan)
  const now = deployment.routedPercentages ?? plan.foundPercentages
  if (!isFirst) restoreBlue(tools, plan)
  await traffic.shift(prodListenerArn, now[prodListenerArn] ?? 0)
  if (testListenerArn !== undefined) await traffic.shift(testListenerArn, isFirst ? (now[testListenerArn] ?? 0) : 0)
  return { kind: 'done' }
}

/** What tasks that have failed wrote: with no driver for it, nobody could read it when they are gone. */
async function tellLastWords(
  { store, services }: ServiceStepTools,
  { serviceArn, targetServiceRevision }: ServiceDeployment,
): Promise<void> {
  const service = store.services.get(serviceArn)
  const target = taskSetOfRevision(store, serviceArn, targetServiceRevision.arn)
  if (service === undefined || target === undefined) return
  const words = await services.lastWords(target.taskSetArn)
  if (words === undefined) return
  services.recordEvent(serviceArn, serviceEvent.lastWords(service, target.taskSetId, words))
}

function taskSetOfRevision(store: Store, serviceArn: string, revisionArn: string): TaskSet | undefined {
  return store.taskSets
    .ofService(serviceArn)
    .find(({ taskSetId }) => arn.serviceRevision(serviceArn, taskSetId) === revisionArn)
}

/**
 * The service is what it was before: blue is PRIMARY, and the new revision has failed. Where a newer deployment has come
 * already, that one has the PRIMARY.
 */
function beginRollback(tools: ServiceStepTools, deployment: ServiceDeployment, reason: string): StepResult {
  const { store, clock, services } = tools
  const { serviceArn, serviceDeploymentArn, targetServiceRevision, plan, status } = deployment
  const service = store.services.get(serviceArn)
  // Before there is a plan, an earlier deployment may have come to its end meanwhile.
  const candidateArn = plan === undefined ? service?.completedServiceRevision : deployment.rollbackCandidateArn
  const candidate = candidateArn === undefined ? undefined : store.serviceRevisions.get(candidateArn)
  if (service === undefined || candidate === undefined || candidate.serviceRevisionArn === targetServiceRevision.arn) {
    tellFailure(tools, deployment, reason.replace('rolled back because', 'failed because'))
    throw failed('INVALID_ECS_SERVICE', noRollbackCandidate)
  }
  store.transaction(() => {
    const isCurrent = service.currentServiceDeployment === serviceDeploymentArn
    const isThere = rolloutsOf(store, serviceArn).some(({ taskSetId }) => taskSetId === candidate.taskSetId)
    if (isCurrent && isThere) {
      const restored = withMakeup(service, candidate)
      store.services.put(serviceArn, restored)
      const change = { stateReason: `ECS deployment rolling back to deploymentId ${candidate.taskSetId}.` }
      const strategy = deployment.deploymentConfiguration.strategy
      const formerState = { state: 'FAILED', stateReason: reason } as const
      replacePrimary({ store, clock }, restored, candidate, { ...change, strategy, formerState })
    }
    const { interruption: _answered, ...answered } = deploymentOf(tools, serviceDeploymentArn)
    store.serviceDeployments.put(serviceDeploymentArn, {
      ...answered,
      status: status === 'STOP_REQUESTED' ? status : 'ROLLBACK_IN_PROGRESS',
      statusReason: reason,
      rollback: { reason, startedAt: clock.now(), serviceRevisionArn: candidate.serviceRevisionArn },
    })
  })
  if (deployment.rollback === undefined) {
    services.recordEvent(serviceArn, serviceEvent.rolledBack(service, reason))
    services.recordEvent(serviceArn, serviceEvent.rollingBack(service, candidate.taskSetId))
  }
  return { kind: 'done' }
}

/** No traffic was ever near it. */
async function deleteUnplanned(
  { store, services, changes }: ServiceStepTools,
  deployment: ServiceDeployment,
  { signal }: BegunStep,
): Promise<StepResult> {
  const { serviceArn, targetServiceRevision } = deployment
  const target = taskSetOfRevision(store, serviceArn, targetServiceRevision.arn)
  if (target === undefined) return { kind: 'done' }
  services.deleteTaskSet(target.taskSetArn)
  await changes.until(() => (store.taskSets.has(target.taskSetArn) ? undefined : true), { signal })
  return { kind: 'done' }
}

/** Its statusReason will be that there is nothing to go back to, so that nothing else would tell what went wrong. */
function tellFailure(tools: ServiceStepTools, deployment: ServiceDeployment, reason: string): void {
  const { store, services } = tools
  const { serviceArn, targetServiceRevision } = deployment
  const { taskSetId = '' } = store.serviceRevisions.get(targetServiceRevision.arn) ?? {}
  const service = store.services.get(serviceArn)
  const isTold = store.taskSets.get(arn.taskSet(serviceArn, taskSetId))?.rollout?.state === 'FAILED'
  store.transaction(() => {
    if (service !== undefined && !isTold) services.recordEvent(serviceArn, serviceEvent.rolledBack(service, reason))
    markFailed(tools, deployment, reason)
  })
}

/** What a deployment that failed leaves stays, FAILED: its revision, and the one that a rollback did not come back to. */
export function markFailed(
  { store, clock }: Pick<ServiceStepTools, 'store' | 'clock'>,
  deployment: ServiceDeployment,
  reason?: string,
): void {
  const { serviceArn, targetServiceRevision, rollback } = deployment
  for (const taskSet of rolloutsOf(store, serviceArn)) {
    const { taskSetId } = taskSet
    const revisionArn = arn.serviceRevision(serviceArn, taskSetId)
    const isTarget = revisionArn === targetServiceRevision.arn
    if (!isTarget && revisionArn !== rollback?.serviceRevisionArn) continue
    if (taskSet.rollout?.state === 'FAILED') continue // It says already why.
    const rollout = {
      ...taskSet.rollout,
      state: 'FAILED',
      stateReason: reason ?? `ECS deployment ${isTarget ? '' : 'rolling back to deploymentId '}${taskSetId} failed.`,
    } as const
    store.taskSets.put(taskSet.taskSetArn, { ...taskSet, rollout, updatedAt: clock.now() })
  }
}

function planOf({ plan, serviceDeploymentArn }: ServiceDeployment): ServiceDeploymentPlan {
  if (plan === undefined) throw new Error(`Service deployment ${serviceDeploymentArn} has no plan yet.`)
  return plan
}

function deploymentOf({ store }: Pick<ServiceStepTools, 'store'>, deploymentId: string): ServiceDeployment {
  const deployment = store.serviceDeployments.get(deploymentId)
  if (deployment === undefined) throw new Error(`Service deployment ${deploymentId} is not in the store.`)
  return deployment
}
