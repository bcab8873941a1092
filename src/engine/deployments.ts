import { blueGreenDeployment, rollbackDeployment } from '../domain/blue-green.ts'
import { isInterruptible, shouldRollBack, stepBegun, stepEnded } from '../domain/deployment-progress.ts'
import { DeploymentInterrupted, isTerminal } from '../domain/deployment.ts'
import type { Deployment, DeploymentWaitType, TaskSetInfo } from '../domain/deployment.ts'
import type { DeploymentStep, Procedure, StepResult } from '../domain/step.ts'
import { awaitAlarm } from './alarm-stop.ts'
import { awaitScalingTimeout } from './scaling-stop.ts'
import { performStep } from './deployment-steps.ts'
import type { StepTools } from './deployment-steps.ts'
import type { DeploymentSupervisor } from './engine.ts'
import { recordVerdict } from './hook-execution.ts'
import type { HookVerdict } from './hook-execution.ts'
import type { Log } from './ports.ts'
import { ProcedureRuns } from './procedure-runs.ts'
import type { BegunStep, ProcedureKind } from './procedure-runs.ts'
import { forgetOldDeployments } from './retention.ts'
import { linked, registerRevisionOf, rollbackOf } from './rollback.ts'
import { taskSetsOf } from './task-set-info.ts'

/** The engine's parts that deployments are made of. */
export type DeploymentTools = StepTools & { readonly log: Log }

/** Runs every deployment of CodeDeploy to its end, whatever happens to the engine. */
export class Deployments implements DeploymentSupervisor {
  readonly #tools: DeploymentTools
  readonly #runs: ProcedureRuns<DeploymentStep>

  constructor(tools: DeploymentTools) {
    this.#tools = tools
    this.#runs = new ProcedureRuns(tools, new CodeDeployKind(tools, (deploymentId) => this.#runs.begin(deploymentId)))
  }

  /** Takes up every deployment that has not ended. */
  resume(): void {
    for (const deployment of this.#tools.store.deployments.list()) {
      if (!isTerminal(deployment.status)) this.#runs.begin(deployment.deploymentId)
    }
  }

  /** Lets go of all deployments, wherever they are; the store says where. */
  close(): void {
    this.#runs.close()
  }

  create(deployment: Deployment): void {
    const { deploymentId, applicationName, deploymentGroupName } = deployment
    const { store } = this.#tools
    store.transaction(() => {
      store.deployments.put(deploymentId, deployment)
      forgetOldDeployments(store, deployment)
    })
    this.#tools.log.info(`Deployment ${deploymentId} of ${applicationName}/${deploymentGroupName} begins.`)
    this.#runs.begin(deployment.deploymentId)
  }

  stop(deploymentId: string, autoRollbackEnabled: boolean | undefined): void {
    const { clock } = this.#tools
    this.#change(deploymentId, (deployment) => ({
      ...deployment,
      stopRequest: { at: clock.now(), ...(autoRollbackEnabled === undefined ? {} : { autoRollbackEnabled }) },
    }))
    this.#runs.interrupt(deploymentId, stopped())
  }

  continueWait(deploymentId: string, waitType: DeploymentWaitType): void {
    this.#change(deploymentId, (deployment) => ({
      ...deployment,
      continued: [...new Set([...deployment.continued, waitType])],
    }))
  }

  recordHookVerdict(verdict: HookVerdict): 'recorded' | 'already-completed' | undefined {
    return recordVerdict(this.#tools, verdict)
  }

  running(group: {
    readonly region: string
    readonly applicationName: string
    readonly deploymentGroupName: string
  }): Deployment | undefined {
    return this.#tools.store.deployments
      .runningIn(group.region)
      .find(
        (deployment) =>
          deployment.applicationName === group.applicationName &&
          deployment.deploymentGroupName === group.deploymentGroupName,
      )
  }

  taskSets(deployment: Deployment): readonly TaskSetInfo[] {
    return deployment.finalTaskSets ?? taskSetsOf(this.#tools, deployment)
  }

  #change(deploymentId: string, change: (deployment: Deployment) => Deployment): void {
    const { store } = this.#tools
    store.deployments.put(deploymentId, change(deploymentOf(store, deploymentId)))
  }
}

/** What a deployment of CodeDeploy is to those who run procedures. */
class CodeDeployKind implements ProcedureKind<DeploymentStep> {
  readonly #tools: DeploymentTools
  readonly #begin: (deploymentId: string) => void

  constructor(tools: DeploymentTools, begin: (deploymentId: string) => void) {
    this.#tools = tools
    this.#begin = begin
  }

  nameOf(deploymentId: string): string {
    return `Deployment ${deploymentId}`
  }

  journalId(deploymentId: string): string {
    return deploymentId
  }

  procedure(deploymentId: string): Procedure | undefined {
    const deployment = this.#tools.store.deployments.get(deploymentId)
    if (deployment === undefined || isTerminal(deployment.status)) return undefined
    return deployment.creator === 'codeDeployRollback'
      ? rollbackDeployment(deployment)
      : blueGreenDeployment(deployment)
  }

  /** Nobody else ends one. */
  isOver(): boolean {
    return false
  }

  isInterruptible(step: DeploymentStep): boolean {
    return isInterruptible(step)
  }

  /** Once a task set is being deleted the deployment is finished, not stopped. */
  interruption(
    deploymentId: string,
    step: DeploymentStep,
    { hasBegun }: { readonly hasBegun: boolean },
  ): DeploymentInterrupted | undefined {
    if (!isInterruptible(step) || (hasBegun && step.kind === 'deleteTaskSet')) return undefined
    const { stopRequest, alarmStop, scalingStop } = this.#deployment(deploymentId)
    // What came first counts: a stop on request must not take away the rollback that an alarm before it brings.
    if (alarmStop !== undefined && alarmStop.at <= (stopRequest?.at ?? Infinity)) return alarmed(alarmStop.message)
    if (scalingStop !== undefined && scalingStop.at <= (stopRequest?.at ?? Infinity))
      return unsteady(scalingStop.message)
    return stopRequest === undefined ? undefined : stopped()
  }

  perform(step: DeploymentStep, begun: BegunStep): Promise<StepResult> {
    return performStep(this.#tools, step, begun)
  }

  begun(deploymentId: string, step: DeploymentStep, at: number): void {
    this.#tools.store.deployments.put(deploymentId, stepBegun(this.#deployment(deploymentId), step, at))
  }

  ended(deploymentId: string, step: DeploymentStep, result: StepResult, at: number): void {
    const deployment = stepEnded(this.#deployment(deploymentId), step, result, at)
    const kept = step.kind === 'end' ? this.#concluded(deployment, step, at) : deployment
    this.#tools.store.deployments.put(deploymentId, kept)
  }

  /**
   * An alarm that fires, and a scaling that does not come to rest, are written down before they stop the deployment, so that
   * they also stop it after a crash.
   */
  async watch(deploymentId: string, signal: AbortSignal): Promise<DeploymentInterrupted | undefined> {
    if (this.#isBeingStopped(deploymentId)) return undefined
    const over = new AbortController()
    const watching = AbortSignal.any([signal, over.signal])
    const watches = [this.#watchAlarms(deploymentId, watching), this.#watchScaling(deploymentId, watching)]
    try {
      return await firstOf(watches)
    } finally {
      over.abort(new Error('Nothing more is watched for.'))
    }
  }

  async #watchAlarms(deploymentId: string, signal: AbortSignal): Promise<DeploymentInterrupted | undefined> {
    const { store, clock } = this.#tools
    const message = await awaitAlarm(this.#tools, deploymentId, signal)
    if (message === undefined || this.#isBeingStopped(deploymentId)) return undefined
    const alarmStop = { at: clock.now(), message }
    store.deployments.put(deploymentId, { ...this.#deployment(deploymentId), alarmStop })
    return alarmed(message)
  }

  async #watchScaling(deploymentId: string, signal: AbortSignal): Promise<DeploymentInterrupted | undefined> {
    const { store, clock } = this.#tools
    const message = await awaitScalingTimeout(this.#tools, deploymentId, signal)
    if (message === undefined || this.#isBeingStopped(deploymentId)) return undefined
    const scalingStop = { at: clock.now(), message }
    store.deployments.put(deploymentId, { ...this.#deployment(deploymentId), scalingStop })
    return unsteady(message)
  }

  #isBeingStopped(deploymentId: string): boolean {
    const { alarmStop, scalingStop } = this.#deployment(deploymentId)
    return alarmStop !== undefined || scalingStop !== undefined
  }

  /** The deployment that rolls it back begins. */
  left(deploymentId: string): void {
    const deployment = this.#tools.store.deployments.get(deploymentId)
    if (deployment === undefined) return
    const { status, errorInformation, rollbackInfo } = deployment
    const rollback = rollbackInfo?.rollbackDeploymentId
    this.#tools.log.info(
      `Deployment ${deploymentId} has ended: ${status}${errorInformation === undefined ? '.' : `, ${errorInformation.code}. ${errorInformation.message}`}` +
        (rollback === undefined ? '' : ` It is rolled back by ${rollback}.`),
    )
    if (rollback !== undefined) this.#begin(rollback)
  }

  /** The last note of a deployment also creates the one that rolls it back: there is no moment in between. */
  #concluded(deployment: Deployment, step: Extract<DeploymentStep, { kind: 'end' }>, at: number): Deployment {
    const { store } = this.#tools
    const concluded = { ...deployment, finalTaskSets: taskSetsOf(this.#tools, deployment) }
    if (!shouldRollBack(deployment, step.rollbackEvent)) return concluded
    const rollback = rollbackOf(this.#tools, concluded, at)
    store.deployments.put(rollback.deploymentId, rollback)
    registerRevisionOf({ store }, rollback)
    return linked(concluded, rollback)
  }

  #deployment(deploymentId: string): Deployment {
    return deploymentOf(this.#tools.store, deploymentId)
  }
}

function deploymentOf(store: StepTools['store'], deploymentId: string): Deployment {
  const deployment = store.deployments.get(deploymentId)
  if (deployment === undefined) throw new Error(`Deployment ${deploymentId} is not in the store.`)
  return deployment
}

function stopped(): DeploymentInterrupted {
  return new DeploymentInterrupted('DEPLOYMENT_STOP_ON_REQUEST', {
    code: 'MANUAL_STOP',
    message: 'The deployment was stopped on request (StopDeployment).',
  })
}

/** The first reason there is; undefined when none of them has any. Rejects as soon as one of them does. */
async function firstOf(
  watches: readonly Promise<DeploymentInterrupted | undefined>[],
): Promise<DeploymentInterrupted | undefined> {
  const all = lastOf(watches)
  const firsts = watches.map(async (watch) => (await watch) ?? all)
  return Promise.race([...firsts, all])
}

async function lastOf(
  watches: readonly Promise<DeploymentInterrupted | undefined>[],
): Promise<DeploymentInterrupted | undefined> {
  const reasons = await Promise.all(watches)
  return reasons.find((reason) => reason !== undefined)
}

function unsteady(message: string): DeploymentInterrupted {
  return new DeploymentInterrupted('DEPLOYMENT_FAILURE', { code: 'ECS_UPDATE_ERROR', message })
}

function alarmed(message: string): DeploymentInterrupted {
  return new DeploymentInterrupted('DEPLOYMENT_STOP_ON_ALARM', { code: 'ALARM_ACTIVE', message })
}
