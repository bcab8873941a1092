import { lastPart } from '../domain/identifiers.ts'
import type { Deployment, DeploymentPlan } from '../domain/deployment.ts'
import { listed } from '../domain/preflight/finding.ts'
import type { CapacityProviderStrategyItem, Service, TaskSet } from '../domain/service.ts'
import type { DeploymentStep, StepResult } from '../domain/step.ts'
import type { FunctionInvoker } from './functions.ts'
import { executeHook } from './hook-execution.ts'
import { refuseInstall } from './install-refusal.ts'
import { refusedByEcs } from './deployment-failure.ts'
import { planDeployment } from './deployment-plan.ts'
import type { BegunStep } from './procedure-runs.ts'
import { arnOf, deadlineOf, deletedUnderneath, performShiftStep, shiftToServing } from './shift-steps.ts'
import type { ShiftTools, Shifting, Traffic } from './shift-steps.ts'
import { checkListeners, pairWeights, requirePair, shiftTraffic, trafficWeight } from './traffic-route.ts'

/** What a step may use of the engine. */
export type StepTools = ShiftTools & { readonly functions: FunctionInvoker }

/**
 * Performs one step. Each may be performed twice, because the engine can be killed between the deed and the note of it:
 * everything is keyed by ids that the deployment's own id decides.
 */
export async function performStep(tools: StepTools, step: DeploymentStep, begun: BegunStep): Promise<StepResult> {
  const deployment = deploymentOf(tools, begun.deploymentId)
  switch (step.kind) {
    case 'plan':
      return { kind: 'planned', plan: planDeployment(tools, deployment) }
    case 'prepareTargetGroups':
      return prepareTargetGroups(tools, planOf(deployment), begun)
    case 'createTaskSet':
      return createGreen(tools, deployment, planOf(deployment))
    case 'makePrimary':
      return makePrimary(tools, planOf(deployment), step.taskSet)
    case 'invokeHook':
      return executeHook(tools, step, begun)
    case 'wait':
      return wait(tools, step, begun)
    case 'awaitSteadyState':
    case 'routeTestTraffic':
    case 'routeProductionTraffic':
    case 'holdTraffic':
    case 'deleteTaskSet':
      return performShiftStep(shifting(tools, planOf(deployment), begun), step)
    case 'recordStatus':
    case 'recordEvent':
    case 'end':
      return { kind: 'done' } // The note is the deed.
  }
}

function shifting(tools: StepTools, plan: DeploymentPlan, begun: BegunStep): Shifting {
  return { tools, plan, begun, traffic: listenerTraffic(tools, plan) }
}

/** CodeDeploy moves whole listeners: the default action and all rules that forward to the pair. */
function listenerTraffic(tools: StepTools, plan: DeploymentPlan): Traffic {
  return {
    require: (listenerArn) => requirePair(tools.store, plan, listenerArn),
    shift: (listenerArn, greenPercentage) =>
      shiftTraffic(tools, { listenerArn, weights: pairWeights(plan, greenPercentage) }),
  }
}

/** The pair goes behind the production listener with all weight on blue; then green's group is checked before traffic. */
async function prepareTargetGroups(tools: StepTools, plan: DeploymentPlan, begun: BegunStep): Promise<StepResult> {
  const { store, services, changes } = tools
  checkListeners(store, plan)
  const listenerArn = plan.prodListenerArn
  // A deployment that was stopped without a rollback may have left some traffic, or all, on green's group: blue must be able to take it.
  const isShared = trafficWeight(store, listenerArn, plan.green.targetGroupArn) > 0
  if (isShared) {
    await shiftToServing(shifting(tools, plan, begun), { routeArn: listenerArn, greenPercentage: 0, to: 'blue' })
  } else await shiftTraffic(tools, { listenerArn, weights: pairWeights(plan, 0) })
  // What an earlier deployment left behind without a rollback holds green's target group: it makes room now.
  const leftovers = () => taskSetsIn(tools, plan).filter((taskSet) => taskSet.taskSetId !== plan.green.taskSetId)
  for (const taskSet of leftovers()) services.deleteTaskSet(taskSet.taskSetArn)
  await changes.until(() => (leftovers().length === 0 ? true : undefined), { signal: begun.signal })
  return { kind: 'done' }
}

function createGreen(tools: StepTools, deployment: Deployment, plan: DeploymentPlan): StepResult {
  const { store, services } = tools
  const service = serviceOf(tools, plan)
  const { loadBalancer, ...install } = plan.install
  const launchType = install.launchType ?? service.launchType
  refuseInstall(plan.install, store.taskDefinitions.get(install.taskDefinition), {
    serviceArn: plan.serviceArn,
    launchType,
    cluster: store.clusters.get(service.clusterArn),
  })
  services.createTaskSet({
    ...install,
    taskSetId: plan.green.taskSetId,
    serviceArn: plan.serviceArn,
    loadBalancers: [loadBalancer],
    scalePercent: 100,
    status: 'ACTIVE',
    launchType,
    externalId: deployment.deploymentId,
    startedBy: 'CODE_DEPLOY',
  })
  const dropped = install.capacityProviderStrategy === undefined ? service.capacityProviderStrategy : undefined
  return { kind: 'done', ...(dropped === undefined ? {} : { message: droppedText(dropped, launchType) }) }
}

function droppedText(strategy: readonly CapacityProviderStrategyItem[], launchType: TaskSet['launchType']): string {
  return (
    `Its tasks have the launch type ${launchType}: the AppSpec has no CapacityProviderStrategy, and CodeDeploy does not take ` +
    `the service's, of ${listed(strategy.map(({ capacityProvider }) => capacityProvider))}.`
  )
}

function makePrimary(tools: StepTools, plan: DeploymentPlan, side: 'blue' | 'green'): StepResult {
  if (tools.store.taskSets.get(arnOf(plan, side)) === undefined) throw deletedUnderneath(plan[side])
  tools.services.makePrimary(arnOf(plan, side))
  return { kind: 'done' }
}

async function wait(
  { store, changes, settings }: StepTools,
  { waitFor, minutes }: Extract<DeploymentStep, { kind: 'wait' }>,
  begun: BegunStep,
): Promise<StepResult> {
  const continued = (): true | undefined => {
    return store.deployments.get(begun.deploymentId)?.continued.includes(waitFor) ? true : undefined
  }
  const deadline = deadlineOf({ settings }, minutes, begun)
  const answer = await changes.until(continued, { deadline, signal: begun.signal, about: [begun.deploymentId] })
  return { kind: 'waited', ended: answer === true ? 'continued' : 'elapsed' }
}

function taskSetsIn({ store }: StepTools, plan: DeploymentPlan): readonly TaskSet[] {
  return store.taskSets
    .list()
    .filter(
      ({ serviceArn, loadBalancers }) =>
        serviceArn === plan.serviceArn &&
        loadBalancers.some(({ targetGroupArn }) => targetGroupArn === plan.green.targetGroupArn),
    )
}

function deploymentOf({ store }: StepTools, deploymentId: string): Deployment {
  const deployment = store.deployments.get(deploymentId)
  if (deployment === undefined) throw new Error(`Deployment ${deploymentId} is not in the store.`)
  return deployment
}

function planOf({ deploymentId, plan }: Deployment): DeploymentPlan {
  if (plan === undefined) throw new Error(`Deployment ${deploymentId} has no plan yet.`)
  return plan
}

function serviceOf({ store }: StepTools, { serviceArn }: DeploymentPlan): Service {
  const service = store.services.get(serviceArn)
  if (service?.status !== 'ACTIVE') throw refusedByEcs(`Service ${lastPart(serviceArn)} was not ACTIVE.`)
  return service
}
