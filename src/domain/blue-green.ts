import type { AutoRollbackEvent, DeploymentReadyOption, TerminateBlueInstances } from './code-deploy.ts'
import { DeploymentInterrupted } from './deployment.ts'
import type {
  Deployment,
  DeploymentPlan,
  ErrorInformation,
  HookableEventName,
  LifecycleEventName,
} from './deployment.ts'
import type { DeploymentStep, Procedure, StepResult } from './step.ts'
import { trafficShifts } from './deployment-configs.ts'

/** CodeDeploy waits this long for a replacement task set. */
const installTimeoutInMinutes = 60

/**
 * One ECS blue/green deployment as CodeDeploy performs it, from created to done: the lifecycle events in the order the
 * AWS guide lists them. It asks for steps and performs nothing itself, so it can be run again from the journal.
 */
export function* blueGreenDeployment(deployment: Deployment): Procedure {
  const { group } = deployment
  const progress = { installBegan: false }
  yield { kind: 'recordStatus', status: 'InProgress' }
  try {
    const plan = yield* decide()
    yield* hookableEvent('BeforeInstall', plan)
    progress.installBegan = true
    yield* lifecycleEvent('Install', install())
    yield* hookableEvent('AfterInstall', plan)

    if (group.targetGroupPair.testListenerArn !== undefined) {
      yield* lifecycleEvent('AllowTestTraffic', only({ kind: 'routeTestTraffic', to: 'green' }))
      yield* hookableEvent('AfterAllowTestTraffic', plan)
    }
    yield* readyWait(group.deploymentReadyOption)

    yield* hookableEvent('BeforeAllowTraffic', plan)
    yield* lifecycleEvent('AllowTraffic', allowTraffic(deployment))
    yield* hookableEvent('AfterAllowTraffic', plan)

    yield* terminateBlue(group.terminateBlueInstances)
  } catch (error) {
    if (!(error instanceof DeploymentInterrupted)) throw error // A bug, not an outcome.
    yield ended(error, progress)
    return
  }
  yield { kind: 'end', status: 'Succeeded' }
}

/**
 * The deployment that undoes another one: no new task set; traffic goes back to blue, blue is PRIMARY again, green goes.
 * Its lifecycle events have the same names and, as on AWS, succeed within seconds when blue is still running.
 */
export function* rollbackDeployment(deployment: Deployment): Procedure {
  yield { kind: 'recordStatus', status: 'InProgress' }
  try {
    yield* lifecycleEvent('BeforeInstall')
    yield* lifecycleEvent('Install', awaitBlue())
    yield* lifecycleEvent('AfterInstall')
    if (deployment.group.targetGroupPair.testListenerArn !== undefined) {
      yield* lifecycleEvent('AllowTestTraffic', returnTestTraffic())
      yield* lifecycleEvent('AfterAllowTestTraffic')
    }
    yield* lifecycleEvent('BeforeAllowTraffic')
    yield* lifecycleEvent('AllowTraffic', returnTraffic())
    yield* lifecycleEvent('AfterAllowTraffic')
    yield { kind: 'deleteTaskSet', taskSet: 'green' }
  } catch (error) {
    if (!(error instanceof DeploymentInterrupted)) throw error
    yield ended(error, { installBegan: false }) // A rollback is not rolled back: blue and green stay as they are.
    return
  }
  yield { kind: 'end', status: 'Succeeded' }
}

/** Part of an event: its steps, and one sentence on what came of them. */
type Part = Generator<DeploymentStep, string | undefined, StepResult>

function* decide(): Generator<DeploymentStep, DeploymentPlan, StepResult> {
  const result = yield { kind: 'plan' }
  if (result.kind !== 'planned') throw new TypeError(`The plan step answered ${result.kind}.`)
  return result.plan
}

function* install(): Part {
  yield { kind: 'prepareTargetGroups' }
  yield { kind: 'createTaskSet' }
  return messageOf(
    yield { kind: 'awaitSteadyState', taskSet: 'green', until: 'steady', timeoutInMinutes: installTimeoutInMinutes },
  )
}

function* awaitBlue(): Part {
  return messageOf(
    yield { kind: 'awaitSteadyState', taskSet: 'blue', until: 'serving', timeoutInMinutes: installTimeoutInMinutes },
  )
}

/** READY_WAIT stands after test traffic was validated and before production traffic is touched. */
function* readyWait({ actionOnTimeout, waitTimeInMinutes }: DeploymentReadyOption): Procedure {
  if (actionOnTimeout === 'CONTINUE_DEPLOYMENT') return
  yield { kind: 'recordStatus', status: 'Ready' }
  const result = yield { kind: 'wait', waitFor: 'READY_WAIT', minutes: waitTimeInMinutes }
  if (result.kind === 'waited' && result.ended === 'elapsed') {
    throw new DeploymentInterrupted('DEPLOYMENT_STOP_ON_REQUEST', {
      code: 'TIMEOUT',
      message: `The deployment timed out while waiting for a notification to continue. This time out period is ${waitTimeInMinutes} minutes.`,
    })
  }
  yield { kind: 'recordStatus', status: 'InProgress' }
}

function* allowTraffic({ trafficRouting }: Deployment): Part {
  const shifts = trafficShifts(trafficRouting)
  for (const { greenPercentage, waitMinutes } of shifts) {
    yield { kind: 'routeProductionTraffic', greenPercentage }
    if (waitMinutes > 0) yield { kind: 'holdTraffic', greenPercentage, minutes: waitMinutes }
  }
  yield { kind: 'makePrimary', taskSet: 'green' }
  return shifts.length === 1
    ? 'All production traffic goes to the replacement task set.'
    : `All production traffic goes to the replacement task set, after ${shifts.length} shifts.`
}

/** A test listener that is gone, or turned to others, must not keep production traffic with the version it is taken from. */
function* returnTestTraffic(): Part {
  try {
    return messageOf(yield { kind: 'routeTestTraffic', to: 'blue' })
  } catch (error) {
    if (!(error instanceof DeploymentInterrupted)) throw error
    const { code, message } = error.errorInformation
    if (code !== 'ELASTIC_LOAD_BALANCING_INVALID') throw error
    return `The test listener is left as it is. ${message}`
  }
}

function* returnTraffic(): Part {
  yield { kind: 'routeProductionTraffic', greenPercentage: 0 }
  yield { kind: 'makePrimary', taskSet: 'blue' }
  return 'All production traffic goes to the original task set.'
}

function* terminateBlue({ action, terminationWaitTimeInMinutes }: TerminateBlueInstances): Procedure {
  if (action === 'KEEP_ALIVE') return
  yield { kind: 'wait', waitFor: 'TERMINATION_WAIT', minutes: terminationWaitTimeInMinutes }
  yield { kind: 'deleteTaskSet', taskSet: 'blue' } // The point of no return: no rollback after this.
}

function* only(step: DeploymentStep): Part {
  return messageOf(yield step)
}

/** An event on which the AppSpec may have hooked a function. Its verdict decides whether the deployment goes on. */
function hookableEvent(event: HookableEventName, { hooks }: DeploymentPlan): Procedure {
  const hook = hooks.find((candidate) => candidate.event === event)
  if (hook === undefined) return lifecycleEvent(event)
  return lifecycleEvent(event, only({ kind: 'invokeHook', event, functionName: hook.functionName }))
}

/** Every event is seen to begin and to end, also those in which nothing happens because no hook is configured. */
function* lifecycleEvent(event: LifecycleEventName, part?: Part): Procedure {
  yield { kind: 'recordEvent', event, status: 'InProgress' }
  try {
    const message = part === undefined ? undefined : yield* part
    yield { kind: 'recordEvent', event, status: 'Succeeded', ...(message === undefined ? {} : { message }) }
  } catch (error) {
    if (error instanceof DeploymentInterrupted) {
      yield { kind: 'recordEvent', event, status: 'Failed', message: error.message }
    }
    throw error
  }
}

function ended({ event, errorInformation }: Interruption, { installBegan }: { installBegan: boolean }): DeploymentStep {
  const status = event === 'DEPLOYMENT_FAILURE' ? 'Failed' : 'Stopped'
  // Before Install there is nothing that a rollback could undo.
  return { kind: 'end', status, errorInformation, ...(installBegan ? { rollbackEvent: event } : {}) }
}
type Interruption = { readonly event: AutoRollbackEvent; readonly errorInformation: ErrorInformation }

function messageOf(result: StepResult): string | undefined {
  return result.kind === 'done' ? result.message : undefined
}
