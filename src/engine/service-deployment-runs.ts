import { DeploymentInterrupted } from '../domain/deployment.ts'
import { arn, lastPart, parseArn } from '../domain/identifiers.ts'
import { serviceBlueGreenDeployment } from '../domain/service-blue-green.ts'
import { isInterruptibleServiceStep, serviceStepEnded } from '../domain/service-deployment-progress.ts'
import { isOver } from '../domain/service-deployment.ts'
import type { ServiceDeployment, ServiceDeploymentPlan } from '../domain/service-deployment.ts'
import { serviceEvent } from '../domain/service-events.ts'
import type { Rollout, TaskSet } from '../domain/service.ts'
import type { Procedure, ServiceDeploymentStep, StepResult } from '../domain/step.ts'
import type { ServiceDeploymentSupervisor } from './engine.ts'
import type { Log } from './ports.ts'
import { ProcedureRuns } from './procedure-runs.ts'
import type { BegunStep, ProcedureKind } from './procedure-runs.ts'
import { rollingFailure } from './rolling-failure.ts'
import { listenerOfRule, ruleTrouble } from './rule-traffic.ts'
import { markFailed, performServiceStep } from './service-deployment-steps.ts'
import type { ServiceStepTools } from './service-deployment-steps.ts'
import { endServiceDeployment } from './service-deployments.ts'
import type { Store } from './store.ts'

type Tools = ServiceStepTools & { readonly log: Log }

/** Runs every deployment that ECS itself does and that shifts traffic; rolling updates are the scheduler's. */
export class ServiceDeploymentRuns implements ServiceDeploymentSupervisor {
  readonly #tools: Tools
  readonly #runs: ProcedureRuns<ServiceDeploymentStep>

  constructor(tools: Tools) {
    this.#tools = tools
    this.#runs = new ProcedureRuns(tools, new ServiceDeploymentKind(tools))
  }

  resume(): void {
    for (const deployment of this.#tools.store.serviceDeployments.list()) this.#takeUp(deployment)
  }

  takeUp(serviceArn: string): void {
    for (const deployment of this.#tools.store.serviceDeployments.ofService(serviceArn)) this.#takeUp(deployment)
  }

  close(): void {
    this.#runs.close()
  }

  #takeUp(deployment: ServiceDeployment): void {
    if (isOver(deployment) || deployment.deploymentConfiguration.strategy === 'ROLLING') return
    this.#runs.begin(deployment.serviceDeploymentArn)
  }
}

/** What a deployment that ECS itself does is to those who run procedures; its id is its ARN. */
class ServiceDeploymentKind implements ProcedureKind<ServiceDeploymentStep> {
  readonly #tools: Tools

  constructor(tools: Tools) {
    this.#tools = tools
  }

  nameOf(key: string): string {
    return `Service deployment ${lastPart(key)}`
  }

  journalId(key: string): string {
    return lastPart(key)
  }

  procedure(key: string): Procedure<ServiceDeploymentStep> | undefined {
    const deployment = this.#tools.store.serviceDeployments.get(key)
    return deployment === undefined || isOver(deployment) ? undefined : serviceBlueGreenDeployment(deployment)
  }

  /** The service was deleted. */
  isOver(key: string): boolean {
    const deployment = this.#tools.store.serviceDeployments.get(key)
    return deployment === undefined || isOver(deployment)
  }

  isInterruptible(step: ServiceDeploymentStep): boolean {
    return isInterruptibleServiceStep(step)
  }

  interruption(key: string, step: ServiceDeploymentStep): DeploymentInterrupted | undefined {
    if (!isInterruptibleServiceStep(step)) return undefined
    return interruptionOf(this.#tools.store, this.#deployment(key))
  }

  perform(step: ServiceDeploymentStep, begun: BegunStep): Promise<StepResult> {
    return performServiceStep(this.#tools, step, begun)
  }

  begun(): void {
    // Nothing is to be seen of a step that has only begun.
  }

  ended(key: string, step: ServiceDeploymentStep, result: StepResult, at: number): void {
    const { store } = this.#tools
    const deployment = serviceStepEnded(this.#deployment(key), step, result, at)
    store.serviceDeployments.put(key, deployment)
    if (result.kind === 'decided') bindGreen(store, deployment, result.plan)
    if (step.kind === 'conclude') conclude(this.#tools, deployment, step)
  }

  async watch(
    key: string,
    signal: AbortSignal,
    reported: DeploymentInterrupted | undefined,
  ): Promise<DeploymentInterrupted | undefined> {
    const { store, changes } = this.#tools
    const isPlanned = store.serviceDeployments.get(key)?.plan !== undefined
    const look = (): { readonly asked: DeploymentInterrupted | undefined } | 'news' | undefined => {
      const deployment = store.serviceDeployments.get(key)
      if (deployment === undefined || isOver(deployment)) return { asked: stopped('The service was deleted.') }
      const asked = interruptionOf(store, deployment)
      if (asked !== undefined) return asked.message === reported?.message ? undefined : { asked }
      // With the plan it is known what else there is to watch.
      if (!isPlanned && deployment.plan !== undefined) return { asked: undefined }
      return this.#news(deployment) === undefined ? undefined : 'news'
    }
    const seen = await changes.until(look, { signal, about: this.#watched(key), ...this.#deadline(key) })
    if (seen === undefined) return this.watch(key, signal, reported)
    if (seen !== 'news') return seen.asked ?? this.watch(key, signal, reported)
    // The record has gone on since it was looked at: what is written is of the record as it is now.
    const current = store.serviceDeployments.get(key)
    const noted = current && this.#news(current)
    if (noted === undefined) return this.watch(key, signal, reported)
    // Written down first, so that it also counts after a crash.
    store.serviceDeployments.put(key, noted)
    return interruptionOf(store, noted) ?? this.watch(key, signal, reported)
  }

  /** Until when there is something to watch for, as long as that is still to come. */
  #deadline(key: string): { readonly deadline?: number } {
    const deployment = this.#tools.store.serviceDeployments.get(key)
    const deadline = deployment && this.#overdueAt(deployment)
    return deadline === undefined || deadline <= this.#tools.clock.now() ? {} : { deadline }
  }

  #overdueAt({ startedAt }: ServiceDeployment): number | undefined {
    return startedAt === undefined ? undefined : startedAt + mostMinutes * this.#tools.settings.minuteMilliseconds
  }

  left(key: string): void {
    const deployment = this.#tools.store.serviceDeployments.get(key)
    if (deployment === undefined) return
    const { status, statusReason } = deployment
    this.#tools.log.info(`${this.nameOf(key)} has ended: ${status}. ${statusReason ?? ''}`.trimEnd())
  }

  /** The keys of all in the store that can speak against a deployment. */
  #watched(key: string): readonly string[] {
    const { store } = this.#tools
    const deployment = store.serviceDeployments.get(key)
    if (deployment === undefined) return [key]
    const { plan, alarms, serviceArn } = deployment
    const region = parseArn(serviceArn)?.region ?? ''
    const alarmKeys = (alarms?.alarmNames ?? []).map((name) => `${region}/${name}`)
    if (plan === undefined) return [key, serviceArn, ...alarmKeys]
    const rules = [plan.prodListenerArn, ...(plan.testListenerArn === undefined ? [] : [plan.testListenerArn])]
    const listeners = rules.flatMap((rule) => listenerOfRule(store, rule) ?? [])
    return [key, serviceArn, arn.taskSet(serviceArn, plan.green.taskSetId), ...rules, ...listeners, ...alarmKeys]
  }

  /**
   * What was found, as it is to be written down: how many tasks have failed; and against going on too many of them, alarms,
   * rules somebody changed, a deployment that takes longer than ECS lets one.
   */
  #news(deployment: ServiceDeployment): ServiceDeployment | undefined {
    const { store } = this.#tools
    const { plan, rollback, status, lifecycleStage } = deployment
    if (status !== 'IN_PROGRESS' || rollback !== undefined || plan === undefined) return undefined
    if (lifecycleStage === 'CLEAN_UP') return undefined
    const changed = ruleTrouble(store, deployment)
    if (changed !== undefined) return failing(deployment, 'ELASTIC_LOAD_BALANCING_INVALID', changed)
    if (this.#tools.clock.now() >= (this.#overdueAt(deployment) ?? Infinity)) {
      return failing(deployment, 'TIMEOUT', 'it was not over after 30 days, and ECS lets no deployment last longer.')
    }
    const green = store.taskSets.get(arn.taskSet(plan.serviceArn, plan.green.taskSetId))
    if (green === undefined) return undefined
    const failure = rollingFailure(store, deployment, green)
    if (failure === undefined) return countingFailures(deployment, green)
    const code = failure.monitors.alarms === undefined ? 'CUSTOMER_APPLICATION_UNHEALTHY' : 'ALARM_ACTIVE'
    const event = failure.rollback ? 'DEPLOYMENT_FAILURE' : 'DEPLOYMENT_STOP_ON_REQUEST'
    const message = failure.rollback ? failure.because : `Service deployment stopped because ${failure.because}`
    return { ...deployment, ...failure.monitors, interruption: { event, errorInformation: { code, message } } }
  }

  #deployment(key: string): ServiceDeployment {
    const deployment = this.#tools.store.serviceDeployments.get(key)
    if (deployment === undefined) throw new Error(`Service deployment ${key} is not in the store.`)
    return deployment
  }
}

/**
 * ECS's limit for a whole deployment, from its start. What a stage takes, a day at most on AWS, is bounded by its steps:
 * the patience with tasks, the time-outs of hooks, the bake times.
 */
const mostMinutes = 30 * 24 * 60

function failing(
  deployment: ServiceDeployment,
  code: 'ELASTIC_LOAD_BALANCING_INVALID' | 'TIMEOUT',
  message: string,
): ServiceDeployment {
  return { ...deployment, interruption: { event: 'DEPLOYMENT_FAILURE', errorInformation: { code, message } } }
}

/** The circuit breaker's count of failed tasks as it is now; undefined where the record says it already. */
function countingFailures(deployment: ServiceDeployment, { failures }: TaskSet): ServiceDeployment | undefined {
  const { deploymentCircuitBreaker: breaker } = deployment
  const failureCount = failures.sinceHealthy ?? 0
  if (breaker.status !== 'MONITORING' || breaker.failureCount === failureCount) return undefined
  return { ...deployment, deploymentCircuitBreaker: { ...breaker, failureCount } }
}

/**
 * Why a deployment is not to go on, by what its record says. A rollback is stopped by nothing but a newer deployment; one
 * that takes blue away is finished, not stopped.
 */
function interruptionOf(store: Store, deployment: ServiceDeployment): DeploymentInterrupted | undefined {
  const { status, startedAt, rollback, interruption, lifecycleStage, serviceArn, serviceDeploymentArn } = deployment
  if (lifecycleStage === 'CLEAN_UP' && rollback === undefined) return undefined
  if (status === 'STOP_REQUESTED') {
    const isReplaced = store.services.get(serviceArn)?.currentServiceDeployment !== serviceDeploymentArn
    return stopped(
      isReplaced
        ? 'Service deployment was replaced by a newer one.'
        : 'Service deployment was stopped by StopServiceDeployment; both revisions and their traffic stay as they are.',
    )
  }
  if (rollback !== undefined) return undefined
  if (interruption !== undefined) return new DeploymentInterrupted(interruption.event, interruption.errorInformation)
  // What has not begun is not rolled back before it is its turn.
  if (status !== 'ROLLBACK_REQUESTED' || startedAt === undefined) return undefined
  const message = 'it was stopped by StopServiceDeployment.'
  return new DeploymentInterrupted('DEPLOYMENT_FAILURE', { code: 'MANUAL_STOP', message })
}

function stopped(message: string): DeploymentInterrupted {
  return new DeploymentInterrupted('DEPLOYMENT_STOP_ON_REQUEST', { code: 'MANUAL_STOP', message })
}

/** The new revision's tasks will be registered with green's group, whichever the client named first. */
function bindGreen(store: Store, { targetServiceRevision }: ServiceDeployment, { green }: ServiceDeploymentPlan): void {
  const { targetGroupArn } = green
  const revision = store.serviceRevisions.get(targetServiceRevision.arn)
  if (revision === undefined) return
  const loadBalancers = (revision.resolvedConfiguration?.loadBalancers ?? []).map((entry) => ({
    ...entry,
    targetGroupArn,
  }))
  store.serviceRevisions.put(revision.serviceRevisionArn, { ...revision, resolvedConfiguration: { loadBalancers } })
  const taskSet = store.taskSets.get(arn.taskSet(revision.serviceArn, revision.taskSetId))
  if (taskSet === undefined) return
  const bound = taskSet.loadBalancers.map((entry) => ({ ...entry, targetGroupArn }))
  store.taskSets.put(taskSet.taskSetArn, { ...taskSet, loadBalancers: bound })
}

/** The end of a deployment, and what it makes of the service and its revisions. */
function conclude(
  tools: Tools,
  deployment: ServiceDeployment,
  { status, statusReason }: Extract<ServiceDeploymentStep, { kind: 'conclude' }>,
): void {
  const { store, clock, services } = tools
  const service = store.services.get(deployment.serviceArn)
  if (service === undefined) return
  const stop = status === 'SUCCESSFUL' ? {} : { stoppedAt: clock.now() }
  endServiceDeployment(tools, service, deployment, {
    status,
    ...(statusReason === undefined ? {} : { statusReason }),
    ...stop,
  })
  const completed =
    status === 'SUCCESSFUL' ? deployment.targetServiceRevision.arn : deployment.rollback?.serviceRevisionArn
  if (status === 'STOPPED' || status === 'ROLLBACK_FAILED' || completed === undefined) {
    if (service.currentServiceDeployment === deployment.serviceDeploymentArn) markFailed(tools, deployment)
    return
  }
  const { taskSetId = '' } = store.serviceRevisions.get(completed) ?? {}
  const taskSet = store.taskSets.get(arn.taskSet(service.serviceArn, taskSetId))
  if (taskSet !== undefined) {
    const rollout: Rollout = { state: 'COMPLETED', stateReason: `ECS deployment ${taskSetId} completed.` }
    store.taskSets.put(taskSet.taskSetArn, { ...taskSet, rollout, updatedAt: clock.now() })
  }
  store.services.put(service.serviceArn, { ...service, completedServiceRevision: completed })
  services.recordEvent(service.serviceArn, serviceEvent.deploymentCompleted(service, taskSetId))
  services.recordEvent(service.serviceArn, serviceEvent.serviceSteady(service))
}
