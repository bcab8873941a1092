import { blueGreenDeployment, rollbackDeployment } from '../domain/blue-green.ts'
import { isInterruptible, shouldRollBack, stepBegun, stepEnded } from '../domain/deployment-progress.ts'
import { DeploymentInterrupted, isTerminal } from '../domain/deployment.ts'
import type { Deployment, DeploymentWaitType, TaskSetInfo } from '../domain/deployment.ts'
import { journalKey } from '../domain/journal.ts'
import type { DeploymentStep, StepResult } from '../domain/step.ts'
import { awaitAlarm } from './alarm-stop.ts'
import { performStep } from './deployment-steps.ts'
import type { StepTools } from './deployment-steps.ts'
import type { DeploymentSupervisor } from './engine.ts'
import { recordVerdict } from './hook-execution.ts'
import type { HookVerdict } from './hook-execution.ts'
import type { Log } from './ports.ts'
import { linked, registerRevisionOf, rollbackOf } from './rollback.ts'
import { runProcedure } from './run-procedure.ts'
import { taskSetsOf } from './task-set-info.ts'

/** The engine's parts that deployments are made of. */
export type DeploymentTools = StepTools & { readonly log: Log }

/** Runs every deployment to its end. All it knows is in the store, so another one can go on where this one was killed. */
export class Deployments implements DeploymentSupervisor {
  readonly #tools: DeploymentTools
  readonly #startedAt: number
  readonly #running = new Map<string, AbortController>()
  #ended = false

  constructor(tools: DeploymentTools) {
    this.#tools = tools
    this.#startedAt = tools.clock.now()
  }

  /** Takes up every deployment that has not ended. */
  resume(): void {
    for (const deployment of this.#tools.store.deployments.list()) {
      if (!isTerminal(deployment.status)) this.#begin(deployment.deploymentId)
    }
  }

  /** Lets go of all deployments, wherever they are; the store says where. */
  close(): void {
    this.#ended = true
    for (const controller of this.#running.values()) controller.abort(new EngineClosed())
  }

  create(deployment: Deployment): void {
    const { deploymentId, applicationName, deploymentGroupName } = deployment
    this.#tools.store.deployments.put(deploymentId, deployment)
    this.#tools.log.info(`Deployment ${deploymentId} of ${applicationName}/${deploymentGroupName} begins.`)
    this.#begin(deployment.deploymentId)
  }

  stop(deploymentId: string, autoRollbackEnabled: boolean | undefined): void {
    const { clock } = this.#tools
    this.#change(deploymentId, (deployment) => ({
      ...deployment,
      stopRequest: { at: clock.now(), ...(autoRollbackEnabled === undefined ? {} : { autoRollbackEnabled }) },
    }))
    this.#running.get(deploymentId)?.abort(stopped())
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
      .list()
      .find(
        (deployment) =>
          !isTerminal(deployment.status) &&
          deployment.region === group.region &&
          deployment.applicationName === group.applicationName &&
          deployment.deploymentGroupName === group.deploymentGroupName,
      )
  }

  taskSets(deployment: Deployment): readonly TaskSetInfo[] {
    return deployment.finalTaskSets ?? taskSetsOf(this.#tools, deployment)
  }

  #begin(deploymentId: string): void {
    if (this.#ended || this.#running.has(deploymentId)) return
    const controller = new AbortController()
    this.#running.set(deploymentId, controller)
    void this.#run(deploymentId, controller.signal)
    void this.#watchAlarms(deploymentId, controller)
  }

  /** An alarm that fires is written down before it stops the deployment, so that it also stops it after a crash. */
  async #watchAlarms(deploymentId: string, controller: AbortController): Promise<void> {
    const { clock } = this.#tools
    for (;;) {
      try {
        const message = await awaitAlarm(this.#tools, deploymentId, controller.signal)
        if (message === undefined) return
        const alarmStop = { at: clock.now(), message }
        this.#change(deploymentId, (deployment) => ({ ...deployment, alarmStop }))
        controller.abort(alarmed(message))
        return
      } catch {
        if (this.#ended || controller.signal.aborted) return
        await clock.sleep(1_000) // The disk is full: the deployment itself says so.
      }
    }
  }

  /** Never gives up: what cannot be written down now (a full disk) is tried again until it can. */
  async #run(deploymentId: string, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#tools
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#proceed(deploymentId, signal)
        break
      } catch (error) {
        if (this.#ended) return
        log.warn(`Deployment ${deploymentId} cannot go on at the moment: ${textOf(error)} It is tried again.`)
        await clock.sleep(Math.min(100 * 2 ** attempt, 5_000))
        if (this.#ended) return
      }
    }
    this.#running.delete(deploymentId)
    const next = this.#tools.store.deployments.get(deploymentId)?.rollbackInfo?.rollbackDeploymentId
    if (next !== undefined) this.#begin(next)
  }

  async #proceed(deploymentId: string, signal: AbortSignal): Promise<void> {
    const { store } = this.#tools
    const deployment = store.deployments.get(deploymentId)
    if (deployment === undefined || isTerminal(deployment.status)) return
    const procedure =
      deployment.creator === 'codeDeployRollback' ? rollbackDeployment(deployment) : blueGreenDeployment(deployment)
    await runProcedure(procedure, {
      entry: (position) => store.journal.get(journalKey(deploymentId, position)),
      settle: (position, step) => this.#settle({ deploymentId, position, step, signal }),
    })
  }

  async #settle(begun: BegunSettle): Promise<StepResult> {
    const { clock, store } = this.#tools
    const { deploymentId, position, step } = begun
    const before = store.journal.get(journalKey(deploymentId, position))
    const begunAt = before?.begunAt ?? clock.now()
    const stop = this.#stopOf(step, { hasBegun: before !== undefined }, deploymentId)
    if (stop !== undefined) return this.#note(begun, begunAt, interruptedBy(stop))
    // A step that only writes something down needs no note that it is about to.
    if (before === undefined && isInterruptible(step)) {
      store.transaction(() => {
        store.journal.put(journalKey(deploymentId, position), { deploymentId, position, step, begunAt })
        this.#change(deploymentId, (deployment) => stepBegun(deployment, step, begunAt))
      })
    }
    return this.#note(begun, begunAt, await this.#perform(begun, begunAt))
  }

  /** Once the original task set is being deleted the deployment is finished, not stopped. */
  #stopOf(
    step: DeploymentStep,
    { hasBegun }: { readonly hasBegun: boolean },
    deploymentId: string,
  ): DeploymentInterrupted | undefined {
    if (!isInterruptible(step) || (hasBegun && step.kind === 'deleteTaskSet' && step.taskSet === 'blue'))
      return undefined
    const { stopRequest, alarmStop } = this.#deployment(deploymentId)
    // What came first counts: a stop on request must not take away the rollback that an alarm before it brings.
    if (alarmStop !== undefined && alarmStop.at <= (stopRequest?.at ?? Infinity)) return alarmed(alarmStop.message)
    return stopRequest === undefined ? undefined : stopped()
  }

  async #perform({ deploymentId, step, signal }: BegunSettle, begunAt: number): Promise<StepResult> {
    const { clock, log } = this.#tools
    for (let attempt = 1; ; attempt++) {
      try {
        return await performStep(this.#tools, step, { deploymentId, begunAt, engineStartedAt: this.#startedAt, signal })
      } catch (error) {
        if (error instanceof DeploymentInterrupted) return interruptedBy(error)
        if (this.#ended) throw error
        log.warn(`Deployment ${deploymentId}, step ${step.kind}: ${textOf(error)}`)
        if (attempt === attemptsPerStep) return interruptedBy(internalError(step, error))
        await clock.sleep(Math.min(50 * 2 ** attempt, 5_000), signal).catch(() => undefined)
      }
    }
  }

  /** Writes down what came of a step, and with it, in the same transaction, what it means for the deployment. */
  #note({ deploymentId, position, step }: BegunSettle, begunAt: number, result: StepResult): StepResult {
    const { clock, store } = this.#tools
    const at = clock.now()
    if (this.#ended) throw new EngineClosed()
    store.transaction(() => {
      store.journal.put(journalKey(deploymentId, position), {
        deploymentId,
        position,
        step,
        begunAt,
        outcome: { at, result },
      })
      const deployment = stepEnded(this.#deployment(deploymentId), step, result, at)
      store.deployments.put(deploymentId, step.kind === 'end' ? this.#concluded(deployment, step, at) : deployment)
    })
    if (step.kind === 'end') this.#say(deploymentId)
    return result
  }

  #say(deploymentId: string): void {
    const { status, errorInformation, rollbackInfo } = this.#deployment(deploymentId)
    const rollback = rollbackInfo?.rollbackDeploymentId
    this.#tools.log.info(
      `Deployment ${deploymentId} has ended: ${status}${errorInformation === undefined ? '.' : `, ${errorInformation.code}. ${errorInformation.message}`}` +
        (rollback === undefined ? '' : ` It is rolled back by ${rollback}.`),
    )
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
    const deployment = this.#tools.store.deployments.get(deploymentId)
    if (deployment === undefined) throw new Error(`Deployment ${deploymentId} is not in the store.`)
    return deployment
  }

  #change(deploymentId: string, change: (deployment: Deployment) => Deployment): void {
    this.#tools.store.deployments.put(deploymentId, change(this.#deployment(deploymentId)))
  }
}

type BegunSettle = {
  readonly deploymentId: string
  readonly position: number
  readonly step: DeploymentStep
  readonly signal: AbortSignal
}

/** How often a step that fails for a reason of ours is tried before the deployment is failed. */
const attemptsPerStep = 8

class EngineClosed extends Error {
  constructor() {
    super('The engine is closing.')
    this.name = 'EngineClosed'
  }
}

function stopped(): DeploymentInterrupted {
  return new DeploymentInterrupted('DEPLOYMENT_STOP_ON_REQUEST', {
    code: 'MANUAL_STOP',
    message: 'The deployment was stopped on request (StopDeployment).',
  })
}

function alarmed(message: string): DeploymentInterrupted {
  return new DeploymentInterrupted('DEPLOYMENT_STOP_ON_ALARM', { code: 'ALARM_ACTIVE', message })
}

function internalError(step: DeploymentStep, error: unknown): DeploymentInterrupted {
  return new DeploymentInterrupted('DEPLOYMENT_FAILURE', {
    code: 'INTERNAL_ERROR',
    message: `Step ${step.kind} could not be performed in ${attemptsPerStep} attempts: ${textOf(error)}`,
  })
}

function interruptedBy({ event, errorInformation }: DeploymentInterrupted): StepResult {
  return { kind: 'interrupted', event, errorInformation }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
