import type * as sdk from '@aws-sdk/client-ecs'
import { isOver } from '../../domain/service-deployment.ts'
import type { RevisionInDeployment, ServiceDeployment } from '../../domain/service-deployment.ts'
import type { ServiceRevision } from '../../domain/service-revision.ts'
import { waitForProtected } from '../../domain/task-protection.ts'
import type { Engine } from '../../engine/engine.ts'
import { heldTasks } from '../../engine/held-tasks.ts'
import { revisionCounts } from '../../engine/service-deployments.ts'
import type { Answer } from '../handlers.ts'

/** A deployment as DescribeServiceDeployments answers it: counted now while it runs, as last seen once it is over. */
export function serviceDeploymentAnswer(engine: Engine, deployment: ServiceDeployment): Answer<sdk.ServiceDeployment> {
  const { rollback, alarms } = deployment
  const revision = (each: RevisionInDeployment) => revisionSummary(engine, deployment, each)
  return {
    serviceDeploymentArn: deployment.serviceDeploymentArn,
    serviceArn: deployment.serviceArn,
    clusterArn: deployment.clusterArn,
    createdAt: new Date(deployment.createdAt),
    startedAt: dateOf(deployment.startedAt),
    finishedAt: dateOf(deployment.finishedAt),
    stoppedAt: dateOf(deployment.stoppedAt),
    updatedAt: new Date(deployment.updatedAt),
    sourceServiceRevisions: deployment.sourceServiceRevisions.map(revision),
    targetServiceRevision: revision(deployment.targetServiceRevision),
    status: deployment.status,
    statusReason: statusReasonOf(engine, deployment),
    lifecycleStage: deployment.lifecycleStage,
    lifecycleHookDetails: deployment.lifecycleHookDetails?.map((detail) => ({
      hookId: detail.hookId,
      targetType: detail.targetType,
      targetArn: detail.targetArn,
      status: detail.status,
      expiresAt: dateOf(detail.expiresAt),
      timeoutAction: detail.timeoutAction,
    })),
    deploymentConfiguration: deployment.deploymentConfiguration as Answer<sdk.DeploymentConfiguration>,
    rollback: rollback && { ...rollback, startedAt: new Date(rollback.startedAt) },
    deploymentCircuitBreaker: deployment.deploymentCircuitBreaker,
    alarms: alarms && {
      status: alarms.status,
      alarmNames: alarms.alarmNames,
      triggeredAlarmNames: alarms.triggeredAlarmNames,
    },
  }
}

/** An entry of ListServiceDeployments. */
export function serviceDeploymentBrief(
  engine: Engine,
  deployment: ServiceDeployment,
): Answer<sdk.ServiceDeploymentBrief> {
  return {
    serviceDeploymentArn: deployment.serviceDeploymentArn,
    serviceArn: deployment.serviceArn,
    clusterArn: deployment.clusterArn,
    startedAt: dateOf(deployment.startedAt),
    createdAt: new Date(deployment.createdAt),
    finishedAt: dateOf(deployment.finishedAt),
    targetServiceRevisionArn: deployment.targetServiceRevision.arn,
    status: deployment.status,
    statusReason: statusReasonOf(engine, deployment),
  }
}

/** Why it is as it is; while protected tasks keep it from its end, also that. */
function statusReasonOf(engine: Engine, deployment: ServiceDeployment): string | undefined {
  const waits = waitForProtected(heldTasks(engine, deployment))
  const told = [deployment.statusReason, waits].filter((text) => text !== undefined)
  return told.length === 0 ? undefined : told.join(' ')
}

export function serviceRevisionAnswer(revision: ServiceRevision): Answer<sdk.ServiceRevision> {
  const { capacityProviderStrategy, launchType } = revision
  return {
    serviceRevisionArn: revision.serviceRevisionArn,
    serviceArn: revision.serviceArn,
    clusterArn: revision.clusterArn,
    taskDefinition: revision.taskDefinition,
    ...(capacityProviderStrategy === undefined ? { launchType } : { capacityProviderStrategy }),
    platformVersion: revision.platformVersion,
    platformFamily: launchType === 'FARGATE' ? 'Linux' : undefined,
    loadBalancers: revision.loadBalancers,
    networkConfiguration: revision.networkConfiguration,
    containerImages: revision.containerImages,
    guardDutyEnabled: false,
    createdAt: new Date(revision.createdAt),
    resolvedConfiguration: revision.resolvedConfiguration,
  }
}

function revisionSummary(
  { store }: Engine,
  deployment: ServiceDeployment,
  revision: RevisionInDeployment,
): Answer<sdk.ServiceRevisionSummary> {
  const service = store.services.get(deployment.serviceArn)
  const now = service === undefined || isOver(deployment) ? undefined : revisionCounts(store, service, revision.arn)
  const counts = revision.taskCounts ?? now
  return {
    arn: revision.arn,
    requestedTaskCount: counts?.requested ?? 0,
    runningTaskCount: counts?.running ?? 0,
    pendingTaskCount: counts?.pending ?? 0,
    requestedTestTrafficWeight: revision.requestedTestTrafficWeight,
    requestedProductionTrafficWeight: revision.requestedProductionTrafficWeight,
  }
}

function dateOf(milliseconds: number | undefined): Date | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds)
}
