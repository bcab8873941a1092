import type { DeploymentPlan } from './deployment.ts'
import type { ServiceDeploymentPlan } from './service-deployment.ts'
import { serviceStepDone, serviceStepUnderWay } from './service-step-sentences.ts'
import type { DeploymentStep, ServiceDeploymentStep, StepResult } from './step.ts'

type Step = DeploymentStep | ServiceDeploymentStep
type Plan = DeploymentPlan | ServiceDeploymentPlan

/**
 * What a step of a deployment did and why, in one sentence for people. `result` is undefined while it is being performed,
 * `plan` until it is made.
 */
export function stepSentence(
  step: Step,
  { plan, result }: { readonly plan: Plan | undefined; readonly result: StepResult | undefined },
): string {
  const names = namesOf(plan)
  if (result === undefined) return `Now ${underWay(step, names)}.`
  if (result.kind === 'interrupted') return `Ended while ${underWay(step, names)}: ${result.errorInformation.message}`
  // The message of a shift of test traffic says the same again.
  const hasMore = result.kind === 'done' && result.message !== undefined && step.kind !== 'routeTestTraffic'
  const more = hasMore ? ` ${result.message}` : ''
  return `${done(step, result, names)}${more}`
}

type Names = { readonly blue: string; readonly green: string; readonly install: string }

function namesOf(plan: Plan | undefined): Names {
  if (plan === undefined)
    return { blue: 'the original target group', green: 'the replacement target group', install: '' }
  const { blue, green } = plan
  const taskDefinition = 'install' in plan ? plan.install.taskDefinition : ''
  return {
    blue: blue.targetGroupName,
    green: green.targetGroupName,
    install: taskDefinition.slice(taskDefinition.lastIndexOf('/') + 1),
  }
}

/** What is being done, to stand behind "Now" and "Ended while". */
function underWay(step: Step, names: Names): string {
  switch (step.kind) {
    case 'plan':
      return 'reading the AppSpec, the service and the listeners'
    case 'recordStatus':
      return `becoming ${step.status}`
    case 'recordEvent':
      return `noting that ${step.event} is ${step.status}`
    case 'prepareTargetGroups':
      return `putting ${names.blue} and ${names.green} behind the production listener`
    case 'createTaskSet':
      return `creating the replacement task set in ${names.green}`
    case 'awaitSteadyState':
      return step.until === 'steady'
        ? `waiting up to ${minutes(step.timeoutInMinutes)} for every task in ${names[step.taskSet]} to be healthy`
        : `waiting up to ${minutes(step.timeoutInMinutes)} for a healthy task in ${names[step.taskSet]}`
    case 'routeTestTraffic':
      return `routing the test listener to ${names[step.to]}`
    case 'routeProductionTraffic':
      return `putting ${weights(step.greenPercentage, names)}`
    case 'makePrimary':
      return `making the task set in ${names[step.taskSet]} PRIMARY`
    case 'invokeHook':
      return `waiting for the verdict of function ${step.functionName} on ${step.event}`
    case 'wait':
      return `waiting for ${waitNames[step.waitFor]}, ${minutes(step.minutes)}`
    case 'holdTraffic':
      return `holding ${weights(step.greenPercentage, names)} for ${minutes(step.minutes)}`
    case 'deleteTaskSet':
      return `draining and stopping the task set in ${names[step.taskSet]}`
    case 'end':
      return `ending as ${step.status}`
    case 'awaitTurn':
    case 'decide':
    case 'enterStage':
    case 'restoreBlue':
    case 'removeOthers':
    case 'prepareRules':
    case 'scaleUp':
    case 'runHooks':
    case 'beginRollback':
    case 'conclude':
      return serviceStepUnderWay(step, names)
  }
}

function done(step: Step, result: StepResult, names: Names): string {
  switch (step.kind) {
    case 'plan':
      return result.kind === 'planned' ? planned(result.plan) : 'Decided what will be done.'
    case 'recordStatus':
      return step.status === 'Ready'
        ? 'The deployment is Ready: production traffic waits for ContinueDeployment.'
        : `The deployment is ${step.status}.`
    case 'recordEvent':
      return `${step.event}: ${step.status}.${step.message === undefined ? '' : ` ${step.message}`}`
    case 'prepareTargetGroups':
      return `All weight on ${names.blue}, 0 on ${names.green}: the pair is behind the production listener, so that ${names.green} is health-checked before it gets traffic.`
    case 'createTaskSet':
      return `Created the replacement task set of ${names.install} in ${names.green}.`
    case 'awaitSteadyState':
      return step.until === 'steady'
        ? `Traffic may go to ${names[step.taskSet]}: its task set is steady.`
        : `Traffic may go back to ${names[step.taskSet]}: it can serve.`
    case 'routeTestTraffic':
      return `Test traffic goes to ${names[step.to]}; production traffic is untouched by this.`
    case 'routeProductionTraffic':
      return `Production traffic: ${weights(step.greenPercentage, names)}; every new request follows it.`
    case 'makePrimary':
      return `The task set in ${names[step.taskSet]} is PRIMARY: the service is what it runs.`
    case 'invokeHook':
      return `The hook on ${step.event} allows the deployment to go on.`
    case 'wait':
      return `Waited ${minutes(step.minutes)} for ${waitNames[step.waitFor]}; ${ending(result)}.`
    case 'holdTraffic':
      return `Held ${weights(step.greenPercentage, names)} for ${minutes(step.minutes)}, so that what is wrong with ${names.green} meets few.`
    case 'deleteTaskSet':
      return `The task set in ${names[step.taskSet]} is gone: its requests were finished first, then its tasks stopped.`
    case 'end':
      return step.errorInformation === undefined
        ? `The deployment ended: ${step.status}.`
        : `The deployment ended: ${step.status}, ${step.errorInformation.code}.`
    case 'awaitTurn':
    case 'decide':
    case 'enterStage':
    case 'restoreBlue':
    case 'removeOthers':
    case 'prepareRules':
    case 'scaleUp':
    case 'runHooks':
    case 'beginRollback':
    case 'conclude':
      return serviceStepDone(step, result, names)
  }
}

function planned({ blue, green, install }: DeploymentPlan): string {
  const container = `${install.loadBalancer.containerName}:${install.loadBalancer.containerPort}`
  const taskDefinition = install.taskDefinition.slice(install.taskDefinition.lastIndexOf('/') + 1)
  return `Decided: ${taskDefinition} (${container}) goes to ${green.targetGroupName}, because ${blue.targetGroupName} serves the PRIMARY task set.`
}

/** Waits by what they are for. A deployment of an earlier version may have others. */
const waitNames: Readonly<Record<string, string>> = {
  READY_WAIT: 'somebody to allow production traffic (READY_WAIT)',
  TERMINATION_WAIT: 'the termination wait',
  TRAFFIC_SHIFT: 'the interval between two shifts',
}

function ending(result: StepResult): string {
  if (result.kind !== 'waited') return 'it is over'
  return result.ended === 'continued' ? 'ended by ContinueDeployment' : 'its time was over'
}

function weights(greenPercentage: number, { blue, green }: Names): string {
  if (greenPercentage === 100) return `all weight on ${green}, 0 on ${blue}`
  if (greenPercentage === 0) return `all weight on ${blue}, 0 on ${green}`
  return `${greenPercentage}% to ${green}, ${100 - greenPercentage}% to ${blue}`
}

function minutes(count: number): string {
  return count === 1 ? '1 minute' : `${count} minutes`
}
