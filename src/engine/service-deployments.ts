import { arn, lastPart, parseArn } from '../domain/identifiers.ts'
import { failureThreshold } from '../domain/service-deployment-configuration.ts'
import type { DeploymentStrategy, ServiceDeploymentConfiguration } from '../domain/service-deployment-configuration.ts'
import { isOver } from '../domain/service-deployment.ts'
import type { RevisionInDeployment, ServiceDeployment } from '../domain/service-deployment.ts'
import type { ResolvedLoadBalancer, ServiceRevision } from '../domain/service-revision.ts'
import { computedDesiredCount } from '../domain/service.ts'
import type { ImageDigests, Rollout, Service, ServiceLoadBalancer, TaskSet } from '../domain/service.ts'
import { isPending } from '../domain/reconcile.ts'
import type { Chance, Clock } from './ports.ts'
import { forgetWatch } from './deployment-watch.ts'
import { forgetJournal } from './retention.ts'
import { servingGroupOf } from './rule-traffic.ts'
import type { Store } from './store.ts'

type Tools = { readonly store: Store; readonly clock: Clock; readonly chance: Chance }

/** AWS keeps deployments for 90 days. */
const keptMilliseconds = 90 * 86_400_000
/** Of one service: who deploys every minute would fill the disk in 90 days. */
const mostDeployments = 1_000

/** What ECS does where a service under its controller says nothing. */
export const defaultConfiguration: ServiceDeploymentConfiguration = {
  strategy: 'ROLLING',
  maximumPercent: 200,
  minimumHealthyPercent: 100,
}

/**
 * Keeps the service as it is given and begins a deployment of what it asks for now; one that is running is replaced.
 * The scheduler carries out a rolling update; a deployment that shifts traffic is taken up by its supervisor, and until it
 * comes to that nothing of the new revision runs.
 */
export function beginServiceDeployment(tools: Tools, service: Service): Service {
  const { store, clock, chance } = tools
  return store.transaction(() => {
    const now = clock.now()
    const revision = newRevision(tools, service)
    const before = rolloutsOf(store, service.serviceArn)
    stopReplaced(tools, service)
    forgetOld(tools, service)
    const configuration = service.deploymentConfiguration ?? defaultConfiguration
    const { completedServiceRevision } = service
    const deployment: ServiceDeployment = {
      serviceDeploymentArn: arn.serviceDeployment(service.serviceArn, chance.hex(21)),
      serviceArn: service.serviceArn,
      clusterArn: service.clusterArn,
      status: 'PENDING',
      targetServiceRevision: { arn: revision.serviceRevisionArn },
      sourceServiceRevisions: before.map(({ taskSetId }) => ({
        arn: arn.serviceRevision(service.serviceArn, taskSetId),
      })),
      ...(completedServiceRevision === undefined ? {} : { rollbackCandidateArn: completedServiceRevision }),
      deploymentConfiguration: configuration,
      ...monitors(store, service, configuration),
      createdAt: now,
      updatedAt: now,
    }
    const deployed = { ...service, currentServiceDeployment: deployment.serviceDeploymentArn }
    store.services.put(service.serviceArn, deployed)
    store.serviceRevisions.put(revision.serviceRevisionArn, revision)
    store.serviceDeployments.put(deployment.serviceDeploymentArn, deployment)
    const stateReason = `ECS deployment ${revision.taskSetId} in progress.`
    replacePrimary(tools, deployed, revision, { stateReason, strategy: configuration.strategy })
    return deployed
  })
}

/**
 * Makes the revision's task set the PRIMARY, IN_PROGRESS; it is made anew where it is gone. The former PRIMARY becomes
 * ACTIVE and keeps the number of tasks that is wanted of it, until a rolling update lowers it; where traffic is shifted it
 * goes on following the service's desired count.
 */
export function replacePrimary(
  { store, clock }: Pick<Tools, 'store' | 'clock'>,
  service: Service,
  revision: ServiceRevision,
  { stateReason, strategy, formerState }: PrimaryChange,
): TaskSet {
  const now = clock.now()
  const isShifting = strategy !== 'ROLLING'
  for (const taskSet of rolloutsOf(store, service.serviceArn)) {
    if (taskSet.status !== 'PRIMARY') continue
    const rollout: Rollout = {
      state: taskSet.rollout?.state ?? 'COMPLETED',
      stateReason: taskSet.rollout?.stateReason ?? '',
      ...formerState,
      ...(isShifting ? {} : { desiredCount: computedDesiredCount(service, taskSet) }),
    }
    store.taskSets.put(taskSet.taskSetArn, { ...taskSet, status: 'ACTIVE', rollout, updatedAt: now })
  }
  const taskSetArn = arn.taskSet(service.serviceArn, revision.taskSetId)
  const existing = store.taskSets.get(taskSetArn)
  const primary: TaskSet = {
    ...(existing ?? { ...taskSetOf(revision, taskSetArn, now), ...(isShifting ? { scalePercent: 0 } : {}) }),
    status: 'PRIMARY',
    rollout: { state: 'IN_PROGRESS', stateReason },
    failures: { consecutive: 0, total: 0, nextStartAt: 0, sinceHealthy: 0 },
    stabilityStatus: 'STABILIZING',
    stabilityStatusAt: now,
    updatedAt: now,
  }
  store.taskSets.put(taskSetArn, primary)
  return primary
}

type PrimaryChange = {
  readonly stateReason: string
  readonly strategy: DeploymentStrategy
  /** What becomes of the former PRIMARY's rollout. */
  readonly formerState?: Pick<Rollout, 'state' | 'stateReason'>
}

/**
 * Makes a PRIMARY task set that was there before the ECS controller the completed deployment of it.
 */
export function adoptPrimary(tools: Tools, service: Service, taskSet: TaskSet): Service {
  const { store, clock } = tools
  return store.transaction(() => {
    const revision = { ...revisionOf(store, service, taskSet.taskSetId), createdAt: clock.now() }
    const adopted = { ...service, completedServiceRevision: revision.serviceRevisionArn }
    store.serviceRevisions.put(revision.serviceRevisionArn, revision)
    store.services.put(service.serviceArn, adopted)
    store.taskSets.put(taskSet.taskSetArn, {
      ...taskSet,
      scalePercent: 100,
      rollout: { state: 'COMPLETED', stateReason: `ECS deployment ${taskSet.taskSetId} completed.` },
      updatedAt: clock.now(),
    })
    return adopted
  })
}

/** The deployment of the service that was made last, running or over. */
export function currentDeployment(store: Store, service: Service): ServiceDeployment | undefined {
  const { currentServiceDeployment } = service
  return currentServiceDeployment === undefined ? undefined : store.serviceDeployments.get(currentServiceDeployment)
}

/** The task sets that the service's `deployments` show. */
export function rolloutsOf(store: Store, serviceArn: string): readonly TaskSet[] {
  return store.taskSets.ofService(serviceArn).filter(({ status }) => status !== 'DRAINING')
}

/** How many tasks there are of a revision, now. */
export function revisionCounts(store: Store, service: Service, revisionArn: string) {
  const revision = store.serviceRevisions.get(revisionArn)
  const taskSetId = revision?.taskSetId ?? ''
  const taskSet = store.taskSets.get(arn.taskSet(service.serviceArn, taskSetId))
  const tasks = store.tasks.ofService(service.serviceArn).filter((task) => task.taskSetId === taskSetId)
  return {
    requested: taskSet === undefined ? 0 : computedDesiredCount(service, taskSet),
    running: tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
    pending: tasks.filter(isPending).length,
  }
}

/** The deployment at its end, with the counts of tasks as they are at that moment. */
export function endServiceDeployment(
  { store, clock }: Pick<Tools, 'store' | 'clock'>,
  service: Service,
  deployment: ServiceDeployment,
  end: Pick<ServiceDeployment, 'status' | 'statusReason' | 'stoppedAt'>,
): ServiceDeployment {
  const now = clock.now()
  const counted = (revision: RevisionInDeployment): RevisionInDeployment => ({
    ...revision,
    taskCounts: revisionCounts(store, service, revision.arn),
  })
  const { alarms, deploymentCircuitBreaker } = deployment
  const ended: ServiceDeployment = {
    ...deployment,
    ...end,
    targetServiceRevision: counted(deployment.targetServiceRevision),
    sourceServiceRevisions: deployment.sourceServiceRevisions.map(counted),
    deploymentCircuitBreaker: watchedNoMore(deploymentCircuitBreaker),
    ...(alarms === undefined ? {} : { alarms: watchedNoMore(alarms) }),
    finishedAt: now,
    updatedAt: now,
  }
  store.serviceDeployments.put(deployment.serviceDeploymentArn, ended)
  return ended
}

/** Of a service that is gone. */
export function forgetServiceDeployments(store: Store, serviceArn: string): void {
  store.toldServiceDeployments.delete(serviceArn)
  for (const deployment of store.serviceDeployments.ofService(serviceArn)) forget(store, deployment)
  for (const { serviceRevisionArn } of store.serviceRevisions.ofService(serviceArn)) {
    store.serviceRevisions.delete(serviceRevisionArn)
  }
}

/** With its journal and what was seen around it. */
function forget(store: Store, { serviceDeploymentArn }: ServiceDeployment): void {
  const watch = store.deploymentWatches.get(serviceDeploymentArn)
  if (watch !== undefined) forgetWatch(store, watch)
  forgetJournal(store, lastPart(serviceDeploymentArn))
  store.serviceDeployments.delete(serviceDeploymentArn)
}

function watchedNoMore<Monitor extends { readonly status: ServiceDeployment['deploymentCircuitBreaker']['status'] }>(
  monitor: Monitor,
): Monitor {
  return monitor.status === 'MONITORING' ? { ...monitor, status: 'MONITORING_COMPLETE' } : monitor
}

function monitors(
  store: Store,
  service: Service,
  { deploymentCircuitBreaker: breaker, alarms }: ServiceDeploymentConfiguration,
): Pick<ServiceDeployment, 'deploymentCircuitBreaker' | 'alarms'> {
  const region = parseArn(service.serviceArn)?.region ?? ''
  const deploymentCircuitBreaker = {
    status: breaker?.enable === true ? 'MONITORING' : 'DISABLED',
    failureCount: 0,
    threshold: failureThreshold(service.desiredCount),
  } as const
  if (alarms?.enable !== true) return { deploymentCircuitBreaker }
  const { alarmNames } = alarms
  const ignoredAlarmNames = alarmNames.filter((name) => store.alarms.get(`${region}/${name}`)?.stateValue === 'ALARM')
  return {
    deploymentCircuitBreaker,
    alarms: { status: 'MONITORING', alarmNames, triggeredAlarmNames: [], ignoredAlarmNames },
  }
}

/** A newer deployment stops the one that runs: a rolling update at once, another one as its procedure gets to it. */
function stopReplaced(tools: Tools, service: Service): void {
  const { store, clock } = tools
  const running = currentDeployment(store, service)
  if (running === undefined || isOver(running)) return
  const stop = { statusReason: 'Service deployment was replaced by a newer one.', stoppedAt: clock.now() }
  if (running.deploymentConfiguration.strategy === 'ROLLING') {
    endServiceDeployment(tools, service, running, { ...stop, status: 'STOPPED' })
    return
  }
  store.serviceDeployments.put(running.serviceDeploymentArn, {
    ...running,
    status: 'STOP_REQUESTED',
    updatedAt: clock.now(),
  })
}

function forgetOld({ store, clock }: Tools, { serviceArn, completedServiceRevision }: Service): void {
  const oldest = clock.now() - keptMilliseconds
  const needed = new Set([completedServiceRevision])
  const deployments = store.serviceDeployments.ofService(serviceArn)
  const surplus = deployments.length - mostDeployments
  for (const [index, deployment] of deployments.entries()) {
    if (isOver(deployment) && (deployment.createdAt < oldest || index < surplus)) {
      forget(store, deployment)
    } else {
      for (const { arn: key } of [deployment.targetServiceRevision, ...deployment.sourceServiceRevisions])
        needed.add(key)
    }
  }
  for (const { serviceRevisionArn, createdAt } of store.serviceRevisions.ofService(serviceArn)) {
    if ((createdAt >= oldest && surplus <= 0) || needed.has(serviceRevisionArn)) continue
    store.serviceRevisions.delete(serviceRevisionArn)
  }
}

function newRevision({ store, clock, chance }: Tools, service: Service): ServiceRevision {
  return { ...revisionOf(store, service, `ecs-svc/${chance.digits(19)}`), createdAt: clock.now() }
}

function revisionOf(store: Store, service: Service, taskSetId: string): Omit<ServiceRevision, 'createdAt'> {
  const { taskDefinition = '', launchType, platformVersion, capacityProviderStrategy, networkConfiguration } = service
  const containers = store.taskDefinitions.get(taskDefinition)?.containerDefinitions ?? []
  return {
    serviceRevisionArn: arn.serviceRevision(service.serviceArn, taskSetId),
    serviceArn: service.serviceArn,
    clusterArn: service.clusterArn,
    taskSetId,
    taskDefinition,
    launchType,
    ...(platformVersion === undefined ? {} : { platformVersion }),
    ...(capacityProviderStrategy === undefined ? {} : { capacityProviderStrategy }),
    loadBalancers: service.loadBalancers,
    ...(networkConfiguration === undefined ? {} : { networkConfiguration }),
    containerImages: containers.map(({ name, image }) => ({ containerName: name, image })),
    resolvedConfiguration: { loadBalancers: service.loadBalancers.map((entry) => resolved(store, entry)) },
  }
}

/** A rolling update stays in the group of a pair that serves; a deployment that shifts traffic decides it later. */
function resolved(store: Store, entry: ServiceLoadBalancer): ResolvedLoadBalancer {
  const productionListenerRule = entry.advancedConfiguration?.productionListenerRule
  return {
    targetGroupArn: servingGroupOf(store, entry),
    ...(productionListenerRule === undefined ? {} : { productionListenerRule }),
  }
}

function taskSetOf(revision: ServiceRevision, taskSetArn: string, now: number): TaskSet {
  const { launchType, platformVersion, capacityProviderStrategy, networkConfiguration } = revision
  const imageDigests = imageDigestsOf(revision)
  return {
    taskSetId: revision.taskSetId,
    taskSetArn,
    serviceArn: revision.serviceArn,
    clusterArn: revision.clusterArn,
    status: 'ACTIVE',
    taskDefinition: revision.taskDefinition,
    scalePercent: 100,
    loadBalancers: revision.loadBalancers.map(({ targetGroupArn, containerName, containerPort }, index) => ({
      targetGroupArn: revision.resolvedConfiguration?.loadBalancers[index]?.targetGroupArn ?? targetGroupArn,
      containerName,
      containerPort,
    })),
    ...(networkConfiguration === undefined ? {} : { networkConfiguration }),
    launchType,
    ...(platformVersion === undefined ? {} : { platformVersion }),
    ...(capacityProviderStrategy === undefined ? {} : { capacityProviderStrategy }),
    ...(imageDigests === undefined ? {} : { imageDigests }),
    createdAt: now,
    updatedAt: now,
    stabilityStatus: 'STABILIZING',
    stabilityStatusAt: now,
    failures: { consecutive: 0, total: 0, nextStartAt: 0, sinceHealthy: 0 },
    tags: {},
  }
}

/** A revision that comes back starts from the images that it had. */
function imageDigestsOf({ containerImages }: ServiceRevision): ImageDigests | undefined {
  const known = containerImages.flatMap(({ containerName, imageDigest }): [string, string][] =>
    imageDigest === undefined ? [] : [[containerName, imageDigest]],
  )
  return known.length === 0 ? undefined : Object.fromEntries(known)
}
