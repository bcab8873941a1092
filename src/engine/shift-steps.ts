import { counted } from '../domain/counted.ts'
import { arn } from '../domain/identifiers.ts'
import type { PlannedTaskSet, ShiftPlan } from '../domain/deployment.ts'
import { computedDesiredCount } from '../domain/service.ts'
import type { ShiftStep, StepResult } from '../domain/step.ts'
import type { Engine } from './engine.ts'
import { failed, targetGroupGone } from './deployment-failure.ts'
import type { BegunStep } from './procedure-runs.ts'
import { trafficWeight } from './traffic-route.ts'

/** What a step that shifts traffic may use of the engine. */
export type ShiftTools = Pick<Engine, 'store' | 'clock' | 'changes' | 'settings' | 'loadBalancing' | 'services'>

/** Where the weights of a deployment are: at CodeDeploy's listeners, at the rules that ECS is given. */
export interface Traffic {
  /** Throws DeploymentInterrupted where what is to be changed is gone, or somebody else has changed it. */
  require(routeArn: string): void
  /** Resolves when every new request follows these weights. */
  shift(routeArn: string, greenPercentage: number): Promise<void>
}

/** A deployment in the middle of a step that shifts traffic. */
export type Shifting = {
  readonly tools: ShiftTools
  readonly plan: ShiftPlan
  readonly begun: BegunStep
  readonly traffic: Traffic
}

export function performShiftStep(shifting: Shifting, step: ShiftStep): Promise<StepResult> {
  switch (step.kind) {
    case 'awaitSteadyState':
      return step.until === 'steady' ? awaitSteadyState(shifting, step) : awaitServing(shifting, step)
    case 'routeTestTraffic':
      return routeTestTraffic(shifting, step.to)
    case 'routeProductionTraffic':
      return routeProductionTraffic(shifting, step.greenPercentage)
    case 'holdTraffic':
      return holdTraffic(shifting, step)
    case 'deleteTaskSet':
      return deleteTaskSet(shifting, step.taskSet)
  }
}

type AwaitStep = Extract<ShiftStep, { kind: 'awaitSteadyState' }>

async function awaitSteadyState({ tools, plan, begun }: Shifting, step: AwaitStep): Promise<StepResult> {
  const { store, services, changes } = tools
  const taskSetArn = arnOf(plan, step.taskSet)
  const steady = await changes.until(
    () => {
      requireThere(tools, plan, step.taskSet)
      const taskSet = store.taskSets.get(taskSetArn)
      if (taskSet?.status === 'DRAINING') throw deletedUnderneath(plan[step.taskSet])
      return taskSet?.stabilityStatus === 'STEADY_STATE' ? taskSet : undefined
    },
    {
      deadline: patienceOf(tools, step.timeoutInMinutes, begun),
      signal: begun.signal,
      about: [taskSetArn, plan[step.taskSet].targetGroupArn],
    },
  )
  if (steady === undefined) {
    const text = `The deployment timed out while waiting for the replacement task set to become healthy. This time out period is ${step.timeoutInMinutes} minutes.`
    throw failed('TIMEOUT', `${text} ${await services.evidence(taskSetArn)}`.trim())
  }
  const { running, desired } = services.counts(taskSetArn)
  return {
    kind: 'done',
    message: `${running} of ${counted(desired, 'task')} ${desired === 1 ? 'is' : 'are'} healthy in ${plan[step.taskSet].targetGroupName}.`,
  }
}

/** Going back needs one healthy task, not all of them: it must not wait for the last one to be replaced. */
async function awaitServing({ tools, plan, begun, traffic }: Shifting, step: AwaitStep): Promise<StepResult> {
  const { services, changes } = tools
  const side = plan[step.taskSet]
  const taskSetArn = arnOf(plan, step.taskSet)
  const serving = await changes.until(
    () => {
      requireThere(tools, plan, step.taskSet)
      traffic.require(plan.prodListenerArn)
      return canServe(tools, plan, side) ? true : undefined
    },
    {
      deadline: patienceOf(tools, step.timeoutInMinutes, begun),
      signal: begun.signal,
      about: [...servingOf(plan), plan.prodListenerArn],
    },
  )
  if (serving === undefined) {
    const text = `The original task set had no healthy task for ${step.timeoutInMinutes} minutes; traffic stays where it is.`
    throw failed('CUSTOMER_APPLICATION_UNHEALTHY', `${text} ${await services.evidence(taskSetArn)}`.trim())
  }
  return { kind: 'done', message: `The original task set is serving from ${side.targetGroupName}.` }
}

async function routeTestTraffic(shifting: Shifting, to: 'blue' | 'green'): Promise<StepResult> {
  const { plan } = shifting
  if (plan.testListenerArn === undefined) return { kind: 'done' }
  await shiftToServing(shifting, { routeArn: plan.testListenerArn, greenPercentage: to === 'green' ? 100 : 0, to })
  return { kind: 'done', message: `The test listener forwards to ${plan[to].targetGroupName}.` }
}

/** What blue is to keep goes to green, too, while blue cannot serve; the hold gives it back. */
async function routeProductionTraffic(shifting: Shifting, greenPercentage: number): Promise<StepResult> {
  const { tools, plan } = shifting
  const to = greenPercentage === 0 ? 'blue' : 'green'
  const isAlone = to === 'green' && !canServe(tools, plan, plan.blue)
  await shiftToServing(shifting, {
    routeArn: plan.prodListenerArn,
    greenPercentage: isAlone ? 100 : greenPercentage,
    to,
  })
  return { kind: 'done' }
}

type Shift = { readonly routeArn: string; readonly greenPercentage: number; readonly to: 'blue' | 'green' }

/**
 * No traffic goes to a group without a healthy task. A group can lose its last one while the weights are on their way:
 * then the other group gets everything, if it can serve, until the lost task has been replaced.
 */
export async function shiftToServing(shifting: Shifting, shift: Shift): Promise<void> {
  const { tools, plan, traffic } = shifting
  const { routeArn, greenPercentage, to } = shift
  const other = to === 'green' ? 'blue' : 'green'
  for (;;) {
    traffic.require(routeArn)
    if (canServe(tools, plan, plan[to])) {
      await traffic.shift(routeArn, greenPercentage)
      if (canServe(tools, plan, plan[to])) return
    }
    const isStarved = trafficWeight(tools.store, routeArn, plan[to].targetGroupArn) > 0
    // One of which nothing is wanted yet takes no traffic from one that has lost its last task.
    const isOtherHealthy = tools.loadBalancing.healthyTargetCount(plan[other].targetGroupArn) > 0
    if (isStarved && isOtherHealthy && canServe(tools, plan, plan[other])) {
      await traffic.shift(routeArn, other === 'green' ? 100 : 0)
    }
    await requireServing(shifting, shift)
  }
}

/**
 * How long a shift waits for a group that has lost its last healthy task since it was last looked at. The way back is
 * worth more patience: giving it up leaves the traffic with a version that somebody wanted to be rid of.
 */
const shiftPatienceInMinutes = { green: 5, blue: 60 } as const

async function requireServing({ tools, plan, begun, traffic }: Shifting, { routeArn, to }: Shift): Promise<void> {
  const side = plan[to]
  const minutes = shiftPatienceInMinutes[to]
  const isServing = (): true | undefined => {
    // Behind no listener a group is not checked, and never healthy.
    for (const route of [routeArn, plan.prodListenerArn]) traffic.require(route)
    requireThere(tools, plan, to)
    return canServe(tools, plan, side) ? true : undefined
  }
  const serving = await tools.changes.until(isServing, {
    deadline: patienceOf(tools, minutes, begun),
    signal: begun.signal,
    about: [...servingOf(plan), routeArn, plan.prodListenerArn],
  })
  if (serving !== undefined) return
  const text = `No traffic was sent to ${side.targetGroupName}: it has had no healthy target for ${minutes} minutes.`
  throw failed('CUSTOMER_APPLICATION_UNHEALTHY', `${text} ${await tools.services.evidence(arnOf(plan, to))}`.trim())
}

/**
 * Keeps the weights of a shift for its time. A side that loses its last healthy task meanwhile gets no traffic until it
 * has been replaced, so that its failure costs no request that the other can answer; AWS leaves that to alarms.
 */
async function holdTraffic(
  shifting: Shifting,
  { greenPercentage, minutes }: Extract<ShiftStep, { kind: 'holdTraffic' }>,
): Promise<StepResult> {
  const { tools, plan, begun, traffic } = shifting
  const { prodListenerArn: routeArn } = plan
  const deadline = deadlineOf(tools, minutes, begun)
  const [blueServes, greenServes] = [plan.blue, plan.green].map((side) => () => canServe(tools, plan, side)) as [Is, Is]
  const lost = (): 'blue' | 'green' | undefined => {
    requireThere(tools, plan, 'green')
    if (blueServes() === greenServes()) return undefined
    return blueServes() ? 'green' : 'blue'
  }
  if (
    blueServes() &&
    greenServes() &&
    trafficWeight(tools.store, routeArn, plan.green.targetGroupArn) !== greenPercentage
  ) {
    await traffic.shift(routeArn, greenPercentage)
  }
  for (;;) {
    const side = await tools.changes.until(lost, { deadline, signal: begun.signal, about: servingOf(plan) })
    // A side that is still lost then is a matter of what comes next.
    if (side === undefined || tools.clock.now() >= deadline) return { kind: 'waited', ended: 'elapsed' }
    // Patience with green counts from now, when it was lost, not from the beginning of the hold.
    const sinceNow = { ...begun, begunAt: tools.clock.now() }
    if (side === 'blue') await withoutBlue(shifting, greenPercentage, deadline)
    else await shiftToServing({ ...shifting, begun: sinceNow }, { routeArn, greenPercentage, to: 'green' })
  }
}
type Is = () => boolean

/** Green has everything while blue has no healthy task; the shares are as before once it has one again. */
async function withoutBlue(shifting: Shifting, greenPercentage: number, deadline: number): Promise<void> {
  const { tools, plan, begun, traffic } = shifting
  const { prodListenerArn: routeArn } = plan
  await traffic.shift(routeArn, 100)
  const isOver = (): true | undefined =>
    canServe(tools, plan, plan.blue) || !canServe(tools, plan, plan.green) ? true : undefined
  const until = { deadline, signal: begun.signal, about: servingOf(plan) }
  if ((await tools.changes.until(isOver, until)) === undefined) return
  if (!canServe(tools, plan, plan.blue)) return
  await traffic.shift(routeArn, greenPercentage)
}

async function deleteTaskSet({ tools, plan, begun }: Shifting, side: 'blue' | 'green'): Promise<StepResult> {
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
  await changes.until(() => (store.taskSets.has(arnOf(plan, side)) ? undefined : true), {
    signal: begun.signal,
    about: [arnOf(plan, side)],
  })
  return { kind: 'done' }
}

/** What somebody has deleted is not waited for. */
function requireThere({ store }: ShiftTools, plan: ShiftPlan, side: 'blue' | 'green'): void {
  if (!store.taskSets.has(arnOf(plan, side))) throw deletedUnderneath(plan[side])
  if (!store.targetGroups.has(plan[side].targetGroupArn)) throw targetGroupGone(plan[side].targetGroupName)
}

/** A group can serve when one of its targets is healthy, or when nothing is wanted of it at all. */
function canServe(tools: ShiftTools, plan: ShiftPlan, side: PlannedTaskSet): boolean {
  const service = tools.store.services.get(plan.serviceArn)
  const taskSet = tools.store.taskSets.get(arn.taskSet(plan.serviceArn, side.taskSetId))
  if (service === undefined || taskSet === undefined) return false
  if (computedDesiredCount(service, taskSet) === 0) return taskSet.status !== 'DRAINING'
  return tools.loadBalancing.healthyTargetCount(side.targetGroupArn) > 0
}

/** All that it follows from which side can serve. */
function servingOf(plan: ShiftPlan): readonly string[] {
  const sides = [plan.blue, plan.green].flatMap(({ targetGroupArn, taskSetId }) => [
    targetGroupArn,
    arn.taskSet(plan.serviceArn, taskSetId),
  ])
  return [plan.serviceArn, ...sides]
}

/** Minutes are what `--minute` says; they count from the step's beginning, whoever performs it in the end. */
export function deadlineOf(
  { settings }: Pick<ShiftTools, 'settings'>,
  minutes: number,
  { begunAt }: BegunStep,
): number {
  return begunAt + minutes * settings.minuteMilliseconds
}

/** How long an engine that has just started looks around before it says that something is not healthy. */
const lookingAroundMilliseconds = 10_000

/** The deadline of what is judged by health: an engine that was away meanwhile does not judge by what it last knew. */
function patienceOf(tools: ShiftTools, minutes: number, begun: BegunStep): number {
  const deadline = deadlineOf(tools, minutes, begun)
  if (begun.begunAt >= begun.engineStartedAt) return deadline
  return Math.max(deadline, begun.engineStartedAt + lookingAroundMilliseconds)
}

export function arnOf(plan: ShiftPlan, side: 'blue' | 'green'): string {
  return arn.taskSet(plan.serviceArn, plan[side].taskSetId)
}

export function deletedUnderneath({ taskSetId }: PlannedTaskSet): Error {
  return failed(
    'ECS_UPDATE_ERROR',
    `Task set ${taskSetId} was deleted by someone else while the deployment was running.`,
  )
}
