import { DeploymentInterrupted } from './deployment.ts'
import type {
  DeploymentLifecycleHookStage,
  ServiceDeploymentConfiguration,
} from './service-deployment-configuration.ts'
import type { ServiceDeployment, ServiceDeploymentPlan } from './service-deployment.ts'
import { trafficShifts } from './deployment-configs.ts'
import type { TrafficShift } from './deployment-configs.ts'
import type { Procedure, ServiceDeploymentStep, StepResult } from './step.ts'

/** ECS gives each stage of a deployment 24 hours. */
const stageTimeoutInMinutes = 1440
/** How long a revision that serves may take to be whole again, or to serve again, before it is relied on. */
const blueTimeoutInMinutes = 60
/** How long one that is not whole may be without a healthy task. */
const servingTimeoutInMinutes = 5

/**
 * One blue/green, linear or canary deployment as ECS itself performs it, stage by stage. Unlike CodeDeploy's, a rollback is
 * a part of the deployment it undoes.
 */
export function* serviceBlueGreenDeployment(deployment: ServiceDeployment): Procedure<ServiceDeploymentStep> {
  const stages = new Stages(deployment.deploymentConfiguration)
  try {
    yield { kind: 'awaitTurn' }
    stages.plan = yield* decide()
    yield* stages.forward(stages.plan)
  } catch (error) {
    if (!(error instanceof DeploymentInterrupted)) throw error // A bug, not an outcome.
    yield* givenUp(stages, error)
    return
  }
  yield { kind: 'conclude', status: 'SUCCESSFUL' }
}

type Stage = Generator<ServiceDeploymentStep, void, StepResult>

function* decide(): Generator<ServiceDeploymentStep, ServiceDeploymentPlan, StepResult> {
  const result = yield { kind: 'decide' }
  if (result.kind !== 'decided') throw new TypeError(`The decide step answered ${result.kind}.`)
  return result.plan
}

/** The stages, and how far they have come: what a rollback has to undo. */
class Stages {
  readonly #configuration: ServiceDeploymentConfiguration
  #round = 0
  plan: ServiceDeploymentPlan | undefined
  reached: 'nothing' | 'green' | 'test traffic' | 'production traffic' = 'nothing'

  constructor(configuration: ServiceDeploymentConfiguration) {
    this.#configuration = configuration
  }

  *forward(plan: ServiceDeploymentPlan): Stage {
    if (plan.needsReconcile) yield* this.#reconcile(plan)
    yield { kind: 'enterStage', stage: 'PRE_SCALE_UP' }
    yield* this.hooks('PRE_SCALE_UP')
    yield* this.#scaleUp()
    yield { kind: 'enterStage', stage: 'POST_SCALE_UP' }
    yield* this.hooks('POST_SCALE_UP')
    if (plan.testListenerArn !== undefined) yield* this.#testTraffic()
    yield* this.#productionTraffic(plan)
    yield* this.#bake()
    yield { kind: 'enterStage', stage: 'CLEAN_UP' }
    if (!plan.isFirst) yield { kind: 'deleteTaskSet', taskSet: 'blue' } // The point of no return.
  }

  /** Production traffic first: the test listener can wait. Hooks hear of it where they heard of the way there. */
  *back({ testListenerArn }: ServiceDeploymentPlan): Stage {
    if (this.reached === 'nothing') return
    yield { kind: 'awaitSteadyState', taskSet: 'blue', until: 'serving', timeoutInMinutes: blueTimeoutInMinutes }
    yield { kind: 'enterStage', stage: 'PRODUCTION_TRAFFIC_SHIFT' }
    yield { kind: 'routeProductionTraffic', greenPercentage: 0 }
    if (this.reached === 'production traffic') yield* this.hooks('PRODUCTION_TRAFFIC_SHIFT', true)
    if (testListenerArn === undefined) return
    yield { kind: 'enterStage', stage: 'TEST_TRAFFIC_SHIFT' }
    yield { kind: 'routeTestTraffic', to: 'blue' }
    if (this.reached !== 'green') yield* this.hooks('TEST_TRAFFIC_SHIFT', true)
  }

  *hooks(stage: DeploymentLifecycleHookStage, isRollback = false): Stage {
    const { lifecycleHooks = [] } = this.#configuration
    if (!lifecycleHooks.some(({ lifecycleStages }) => lifecycleStages.includes(stage))) return
    this.#round += 1
    yield { kind: 'runHooks', stage, round: this.#round, isRollback }
  }

  /** Deployments that were stopped midway, or a rolling update, have left several revisions: the one that serves stays. */
  *#reconcile({ isFirst, testListenerArn }: ServiceDeploymentPlan): Stage {
    yield { kind: 'enterStage', stage: 'RECONCILE_SERVICE' }
    if (!isFirst) {
      yield { kind: 'restoreBlue' }
      yield* this.#wholeBlue()
      yield { kind: 'routeProductionTraffic', greenPercentage: 0 }
      if (testListenerArn !== undefined) yield { kind: 'routeTestTraffic', to: 'blue' }
    }
    yield { kind: 'removeOthers' }
    yield* this.hooks('RECONCILE_SERVICE')
  }

  /** One that serves, but is not whole in time, is what a new revision is wanted for: it must not keep it away. */
  *#wholeBlue(): Stage {
    const blue = { kind: 'awaitSteadyState', taskSet: 'blue' } as const
    try {
      yield { ...blue, until: 'steady', timeoutInMinutes: blueTimeoutInMinutes }
    } catch (error) {
      if (!(error instanceof DeploymentInterrupted) || error.errorInformation.code !== 'TIMEOUT') throw error
      yield { ...blue, until: 'serving', timeoutInMinutes: servingTimeoutInMinutes }
    }
  }

  *#scaleUp(): Stage {
    yield { kind: 'enterStage', stage: 'SCALE_UP' }
    yield { kind: 'prepareRules' }
    this.reached = 'green'
    yield { kind: 'scaleUp' }
    yield { kind: 'awaitSteadyState', taskSet: 'green', until: 'steady', timeoutInMinutes: stageTimeoutInMinutes }
  }

  *#testTraffic(): Stage {
    yield { kind: 'enterStage', stage: 'TEST_TRAFFIC_SHIFT' }
    this.reached = 'test traffic'
    yield { kind: 'routeTestTraffic', to: 'green' }
    yield* this.hooks('TEST_TRAFFIC_SHIFT')
    yield { kind: 'enterStage', stage: 'POST_TEST_TRAFFIC_SHIFT' }
    yield* this.hooks('POST_TEST_TRAFFIC_SHIFT')
  }

  /** PRE_PRODUCTION_TRAFFIC_SHIFT is a stage of hooks only: the deployment shows the one that it stands before. */
  *#productionTraffic({ isFirst }: ServiceDeploymentPlan): Stage {
    yield { kind: 'enterStage', stage: 'PRODUCTION_TRAFFIC_SHIFT' }
    const whole = { greenPercentage: 100, waitMinutes: 0 }
    // With nobody to share it with, the first revision gets all traffic at once.
    for (const { greenPercentage, waitMinutes } of isFirst ? [whole] : shiftsOf(this.#configuration)) {
      yield* this.hooks('PRE_PRODUCTION_TRAFFIC_SHIFT')
      this.reached = 'production traffic'
      yield { kind: 'routeProductionTraffic', greenPercentage }
      yield* this.hooks('PRODUCTION_TRAFFIC_SHIFT')
      if (waitMinutes > 0) yield { kind: 'holdTraffic', greenPercentage, minutes: waitMinutes }
    }
    yield { kind: 'enterStage', stage: 'POST_PRODUCTION_TRAFFIC_SHIFT' }
    yield* this.hooks('POST_PRODUCTION_TRAFFIC_SHIFT')
  }

  *#bake(): Stage {
    const { bakeTimeInMinutes = 0 } = this.#configuration
    yield { kind: 'enterStage', stage: 'BAKE_TIME' }
    if (bakeTimeInMinutes > 0) yield { kind: 'holdTraffic', greenPercentage: 100, minutes: bakeTimeInMinutes }
  }
}

/** How production traffic goes to green: LINEAR and CANARY hold each share for its bake time. Ends at 100. */
export function shiftsOf({
  strategy,
  linearConfiguration,
  canaryConfiguration,
}: ServiceDeploymentConfiguration): readonly TrafficShift[] {
  switch (strategy) {
    case 'LINEAR': {
      const { stepPercent = 10, stepBakeTimeInMinutes = 6 } = linearConfiguration ?? {}
      const routing = { linearPercentage: stepPercent, linearInterval: stepBakeTimeInMinutes }
      return trafficShifts({ type: 'TimeBasedLinear', ...routing }).map((shift) => ({
        ...shift,
        greenPercentage: Math.round(shift.greenPercentage * 10) / 10,
      }))
    }
    case 'CANARY': {
      const { canaryPercent = 5, canaryBakeTimeInMinutes = 10 } = canaryConfiguration ?? {}
      if (canaryPercent === 100) return trafficShifts({ type: 'AllAtOnce' })
      const routing = { canaryPercentage: canaryPercent, canaryInterval: canaryBakeTimeInMinutes }
      return trafficShifts({ type: 'TimeBasedCanary', ...routing })
    }
    case 'BLUE_GREEN':
    case 'ROLLING':
      return trafficShifts({ type: 'AllAtOnce' })
  }
}

/** A deployment that is stopped leaves everything as it is; any other that cannot go on goes back where there is a way. */
function* givenUp(stages: Stages, { event, message }: DeploymentInterrupted): Stage {
  if (event === 'DEPLOYMENT_STOP_ON_REQUEST') {
    yield { kind: 'conclude', status: 'STOPPED', statusReason: message }
    return
  }
  const reason = `Service deployment rolled back because ${message}`
  try {
    yield { kind: 'beginRollback', reason }
    if (stages.plan !== undefined) yield* stages.back(stages.plan)
    yield { kind: 'deleteTaskSet', taskSet: 'green' }
  } catch (error) {
    if (!(error instanceof DeploymentInterrupted)) throw error
    yield notRolledBack(error, reason)
    return
  }
  yield { kind: 'conclude', status: 'ROLLBACK_SUCCESSFUL', statusReason: reason }
}

function notRolledBack({ event, message }: DeploymentInterrupted, reason: string): ServiceDeploymentStep {
  if (event === 'DEPLOYMENT_STOP_ON_REQUEST') return { kind: 'conclude', status: 'STOPPED', statusReason: message }
  const statusReason = message === noRollbackCandidate ? message : `${reason} The rollback failed: ${message}`
  return { kind: 'conclude', status: 'ROLLBACK_FAILED', statusReason }
}

/** As ECS says it of a first deployment that fails. */
export const noRollbackCandidate = 'No rollback candidate was found to run the rollback.'
