import { arn, lastPart } from '../domain/identifiers.ts'
import type { Deployment, DeploymentPlan, PlannedTaskSet } from '../domain/deployment.ts'
import { computedDesiredCount } from '../domain/service.ts'
import type { Service, TaskSet } from '../domain/service.ts'
import type { DeploymentStep, StepResult } from '../domain/step.ts'
import type { Engine } from './engine.ts'
import type { FunctionInvoker } from './functions.ts'
import { executeHook } from './hook-execution.ts'
import { failed, refusedByEcs } from './deployment-failure.ts'
import { planDeployment } from './deployment-plan.ts'
import { checkListeners, requireListener, shiftTraffic, trafficWeight } from './traffic-route.ts'

/** What a step may use of the engine. */
export type StepTools = Pick<Engine, 'store' | 'clock' | 'changes' | 'settings' | 'loadBalancing' | 'services'> & {
  readonly functions: FunctionInvoker
}

/** A step that has begun: `begunAt` is the journal's, so that waits go on where they were after a restart. */
export type BegunStep = {
  readonly deploymentId: string
  readonly begunAt: number
  /** When this engine started: what happened while none was running has still to be found out. */
  readonly engineStartedAt: number
  readonly signal: AbortSignal
}

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
    case 'awaitSteadyState':
      return step.until === 'steady'
        ? awaitSteadyState(tools, planOf(deployment), step, begun)
        : awaitServing(tools, planOf(deployment), step, begun)
    case 'routeTestTraffic':
      return routeTestTraffic(tools, deployment, step.to, begun)
    case 'routeProductionTraffic':
      return routeProductionTraffic(tools, deployment, step.greenPercentage, begun)
    case 'makePrimary':
      return makePrimary(tools, planOf(deployment), step.taskSet)
    case 'invokeHook':
      return executeHook(tools, step, begun)
    case 'holdTraffic':
      return holdTraffic(tools, planOf(deployment), step, begun)
    case 'wait':
      return wait(tools, step, begun)
    case 'deleteTaskSet':
      return deleteTaskSet(tools, planOf(deployment), step.taskSet, begun)
    case 'recordStatus':
    case 'recordEvent':
    case 'end':
      return { kind: 'done' } // The note is the deed.
  }
}

/** The pair goes behind the production listener with all weight on blue; then green's group is checked before traffic. */
async function prepareTargetGroups(tools: StepTools, plan: DeploymentPlan, begun: BegunStep): Promise<StepResult> {
  const { store, services, changes } = tools
  checkListeners(store, plan)
  const listenerArn = plan.prodListenerArn
  // A deployment that was stopped without a rollback may have left some traffic, or all, on green's group: blue must be able to take it.
  const isShared = trafficWeight(store, listenerArn, plan.green.targetGroupArn) > 0
  if (isShared) await shiftToServing(tools, plan, { listenerArn, greenPercentage: 0, to: 'blue' }, begun)
  else await shiftTraffic(tools, { listenerArn, weights: weightsOf(plan, 0) })
  // What an earlier deployment left behind without a rollback holds green's target group: it makes room now.
  const leftovers = () => taskSetsIn(tools, plan).filter((taskSet) => taskSet.taskSetId !== plan.green.taskSetId)
  for (const taskSet of leftovers()) services.deleteTaskSet(taskSet.taskSetArn)
  await changes.until(() => (leftovers().length === 0 ? true : undefined), { signal: begun.signal })
  return { kind: 'done' }
}

function createGreen(tools: StepTools, deployment: Deployment, plan: DeploymentPlan): StepResult {
  const { store, services } = tools
  const service = serviceOf(tools, plan)
  const { taskDefinition: taskDefinitionArn, loadBalancer, platformVersion, networkConfiguration } = plan.install
  const taskDefinition = store.taskDefinitions.get(taskDefinitionArn)
  if (taskDefinition === undefined) throw refusedByEcs('Unable to describe task definition.')
  if (taskDefinition.status !== 'ACTIVE') throw refusedByEcs('TaskDefinition is inactive')
  const container = taskDefinition.containerDefinitions.find(({ name }) => name === loadBalancer.containerName)
  if (container === undefined) throw refusedByEcs('The container does not exist in the task definition.')
  const { containerName, containerPort } = loadBalancer
  if (!container.portMappings.some((mapping) => mapping.containerPort === containerPort)) {
    throw refusedByEcs(`The container ${containerName} did not have a container port ${containerPort} defined.`)
  }
  services.createTaskSet({
    taskSetId: plan.green.taskSetId,
    serviceArn: plan.serviceArn,
    taskDefinition: taskDefinitionArn,
    loadBalancers: [loadBalancer],
    scalePercent: 100,
    status: 'ACTIVE',
    launchType: service.launchType,
    externalId: deployment.deploymentId,
    startedBy: 'CODE_DEPLOY',
    ...(platformVersion === undefined ? {} : { platformVersion }),
    ...(networkConfiguration === undefined ? {} : { networkConfiguration }),
  })
  return { kind: 'done' }
}

type AwaitStep = Extract<DeploymentStep, { kind: 'awaitSteadyState' }>

async function awaitSteadyState(
  tools: StepTools,
  plan: DeploymentPlan,
  step: AwaitStep,
  begun: BegunStep,
): Promise<StepResult> {
  const { store, services, changes } = tools
  const taskSetArn = arnOf(plan, step.taskSet)
  const steady = await changes.until(
    () => {
      const taskSet = store.taskSets.get(taskSetArn)
      if (taskSet === undefined || taskSet.status === 'DRAINING') throw deletedUnderneath(plan[step.taskSet])
      return taskSet.stabilityStatus === 'STEADY_STATE' ? taskSet : undefined
    },
    { deadline: patienceOf(tools, step.timeoutInMinutes, begun), signal: begun.signal },
  )
  if (steady === undefined) {
    const text = `The deployment timed out while waiting for the replacement task set to become healthy. This time out period is ${step.timeoutInMinutes} minutes.`
    throw failed('TIMEOUT', `${text} ${await services.evidence(taskSetArn)}`.trim())
  }
  const { running, desired } = services.counts(taskSetArn)
  return {
    kind: 'done',
    message: `${running} of ${desired} tasks are healthy in ${plan[step.taskSet].targetGroupName}.`,
  }
}

/** Going back needs one healthy task, not all of them: it must not wait for the last one to be replaced. */
async function awaitServing(
  tools: StepTools,
  plan: DeploymentPlan,
  step: AwaitStep,
  begun: BegunStep,
): Promise<StepResult> {
  const { store, services, changes } = tools
  const side = plan[step.taskSet]
  const taskSetArn = arnOf(plan, step.taskSet)
  const serving = await changes.until(
    () => {
      if (store.taskSets.get(taskSetArn) === undefined) throw deletedUnderneath(side)
      return canServe(tools, plan, side) ? true : undefined
    },
    { deadline: patienceOf(tools, step.timeoutInMinutes, begun), signal: begun.signal },
  )
  if (serving === undefined) {
    const text = `The original task set had no healthy task for ${step.timeoutInMinutes} minutes; traffic stays where it is.`
    throw failed('CUSTOMER_APPLICATION_UNHEALTHY', `${text} ${await services.evidence(taskSetArn)}`.trim())
  }
  return { kind: 'done', message: `The original task set is serving from ${side.targetGroupName}.` }
}

async function routeTestTraffic(
  tools: StepTools,
  deployment: Deployment,
  to: 'blue' | 'green',
  begun: BegunStep,
): Promise<StepResult> {
  const plan = planOf(deployment)
  if (plan.testListenerArn === undefined) return { kind: 'done' }
  const shift = { listenerArn: plan.testListenerArn, greenPercentage: to === 'green' ? 100 : 0 }
  await shiftToServing(tools, plan, { ...shift, to }, begun)
  return { kind: 'done', message: `The test listener forwards to ${plan[to].targetGroupName}.` }
}

async function routeProductionTraffic(
  tools: StepTools,
  deployment: Deployment,
  greenPercentage: number,
  begun: BegunStep,
): Promise<StepResult> {
  const plan = planOf(deployment)
  const to = greenPercentage === 0 ? 'blue' : 'green'
  await shiftToServing(tools, plan, { listenerArn: plan.prodListenerArn, greenPercentage, to }, begun)
  return { kind: 'done' }
}

type Shift = { readonly listenerArn: string; readonly greenPercentage: number; readonly to: 'blue' | 'green' }

/**
 * No traffic goes to a group without a healthy task. A group can lose its last one while the weights are on their way:
 * then the other group gets everything, if it can serve, until the lost task has been replaced.
 */
async function shiftToServing(tools: StepTools, plan: DeploymentPlan, shift: Shift, begun: BegunStep): Promise<void> {
  const { listenerArn, greenPercentage, to } = shift
  const other = to === 'green' ? 'blue' : 'green'
  const weights = weightsOf(plan, greenPercentage)
  for (;;) {
    requireListener(tools.store, listenerArn)
    if (canServe(tools, plan, plan[to])) {
      await shiftTraffic(tools, { listenerArn, weights })
      if (canServe(tools, plan, plan[to])) return
    }
    const isStarved = trafficWeight(tools.store, listenerArn, plan[to].targetGroupArn) > 0
    if (isStarved && canServe(tools, plan, plan[other])) {
      await shiftTraffic(tools, { listenerArn, weights: weightsOf(plan, other === 'green' ? 100 : 0) })
    }
    await requireServing(tools, plan, to, begun)
  }
}

/**
 * How long a shift waits for a group that has lost its last healthy task since it was last looked at. The way back is
 * worth more patience: giving it up leaves the traffic with a version that somebody wanted to be rid of.
 */
const shiftPatienceInMinutes = { green: 5, blue: 60 } as const

async function requireServing(
  tools: StepTools,
  plan: DeploymentPlan,
  to: 'blue' | 'green',
  begun: BegunStep,
): Promise<void> {
  const side = plan[to]
  const minutes = shiftPatienceInMinutes[to]
  const serving = await tools.changes.until(() => (canServe(tools, plan, side) ? true : undefined), {
    deadline: patienceOf(tools, minutes, begun),
    signal: begun.signal,
  })
  if (serving !== undefined) return
  const text = `No traffic was sent to ${side.targetGroupName}: it has had no healthy target for ${minutes} minutes.`
  throw failed('CUSTOMER_APPLICATION_UNHEALTHY', `${text} ${await tools.services.evidence(arnOf(plan, to))}`.trim())
}

function makePrimary(tools: StepTools, plan: DeploymentPlan, side: 'blue' | 'green'): StepResult {
  if (tools.store.taskSets.get(arnOf(plan, side)) === undefined) throw deletedUnderneath(plan[side])
  tools.services.makePrimary(arnOf(plan, side))
  return { kind: 'done' }
}

/**
 * Keeps the weights of a shift for its time. A side that loses its last healthy task meanwhile gets no traffic until it
 * has been replaced, so that its failure costs no request that the other can answer; AWS leaves that to alarms.
 */
async function holdTraffic(
  tools: StepTools,
  plan: DeploymentPlan,
  { greenPercentage, minutes }: Extract<DeploymentStep, { kind: 'holdTraffic' }>,
  begun: BegunStep,
): Promise<StepResult> {
  const { prodListenerArn: listenerArn } = plan
  const deadline = deadlineOf(tools, minutes, begun)
  const [blueServes, greenServes] = [plan.blue, plan.green].map((side) => () => canServe(tools, plan, side)) as [Is, Is]
  const lost = (): 'blue' | 'green' | undefined => {
    if (blueServes() === greenServes()) return undefined
    return blueServes() ? 'green' : 'blue'
  }
  for (;;) {
    const side = await tools.changes.until(lost, { deadline, signal: begun.signal })
    if (side === undefined) return { kind: 'waited', ended: 'elapsed' }
    // Patience with green counts from now, when it was lost, not from the beginning of the hold.
    const sinceNow = { ...begun, begunAt: tools.clock.now() }
    if (side === 'green') await shiftToServing(tools, plan, { listenerArn, greenPercentage, to: 'green' }, sinceNow)
    else await withoutBlue(tools, plan, greenPercentage, { deadline, signal: begun.signal })
  }
}
type Is = () => boolean

/** Green has everything while blue has no healthy task; the shares are as before once it has one again. */
async function withoutBlue(
  tools: StepTools,
  plan: DeploymentPlan,
  greenPercentage: number,
  until: { readonly deadline: number; readonly signal: AbortSignal },
): Promise<void> {
  const { prodListenerArn: listenerArn } = plan
  await shiftTraffic(tools, { listenerArn, weights: weightsOf(plan, 100) })
  const isOver = (): true | undefined =>
    canServe(tools, plan, plan.blue) || !canServe(tools, plan, plan.green) ? true : undefined
  if ((await tools.changes.until(isOver, until)) === undefined) return
  if (!canServe(tools, plan, plan.blue)) return
  await shiftTraffic(tools, { listenerArn, weights: weightsOf(plan, greenPercentage) })
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
  const answer = await changes.until(continued, { deadline, signal: begun.signal })
  return { kind: 'waited', ended: answer === true ? 'continued' : 'elapsed' }
}

async function deleteTaskSet(
  tools: StepTools,
  plan: DeploymentPlan,
  side: 'blue' | 'green',
  begun: BegunStep,
): Promise<StepResult> {
  const { store, services, changes } = tools
  const weight = trafficWeight(store, plan.prodListenerArn, plan[side].targetGroupArn)
  if (weight > 0 && store.taskSets.has(arnOf(plan, side))) {
    throw failed(
      'ELASTIC_LOAD_BALANCING_INVALID',
      `Task set ${plan[side].taskSetId} was not terminated: listener ${plan.prodListenerArn} was changed meanwhile and ` +
        `sends ${weight}% of its traffic to ${plan[side].targetGroupName}.`,
    )
  }
  services.deleteTaskSet(arnOf(plan, side))
  await changes.until(() => (store.taskSets.has(arnOf(plan, side)) ? undefined : true), { signal: begun.signal })
  return { kind: 'done' }
}

/** A group can serve when one of its targets is healthy, or when nothing is wanted of it at all. */
function canServe(tools: StepTools, plan: DeploymentPlan, side: PlannedTaskSet): boolean {
  const service = tools.store.services.get(plan.serviceArn)
  const taskSet = tools.store.taskSets.get(arn.taskSet(plan.serviceArn, side.taskSetId))
  if (service === undefined || taskSet === undefined) return false
  if (computedDesiredCount(service, taskSet) === 0) return taskSet.status !== 'DRAINING'
  return tools.loadBalancing.healthyTargetCount(side.targetGroupArn) > 0
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

function weightsOf({ blue, green }: DeploymentPlan, greenPercentage: number) {
  return [
    { targetGroupArn: blue.targetGroupArn, weight: 100 - greenPercentage },
    { targetGroupArn: green.targetGroupArn, weight: greenPercentage },
  ] as const
}

/** Minutes are what `--minute` says; they count from the step's beginning, whoever performs it in the end. */
function deadlineOf({ settings }: Pick<StepTools, 'settings'>, minutes: number, { begunAt }: BegunStep): number {
  return begunAt + minutes * settings.minuteMilliseconds
}

/** How long an engine that has just started looks around before it says that something is not healthy. */
const lookingAroundMilliseconds = 10_000

/** The deadline of what is judged by health: an engine that was away meanwhile does not judge by what it last knew. */
function patienceOf(tools: StepTools, minutes: number, begun: BegunStep): number {
  const deadline = deadlineOf(tools, minutes, begun)
  if (begun.begunAt >= begun.engineStartedAt) return deadline
  return Math.max(deadline, begun.engineStartedAt + lookingAroundMilliseconds)
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

function arnOf(plan: DeploymentPlan, side: 'blue' | 'green'): string {
  return arn.taskSet(plan.serviceArn, plan[side].taskSetId)
}

function deletedUnderneath({ taskSetId }: PlannedTaskSet): Error {
  return failed(
    'ECS_UPDATE_ERROR',
    `Task set ${taskSetId} was deleted by someone else while the deployment was running.`,
  )
}
