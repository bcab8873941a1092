import type * as sdk from '@aws-sdk/client-codedeploy'
import {
  isTerminal,
  type Deployment,
  type HookExecution,
  type LifecycleEvent,
  type TaskSetInfo,
} from '../../domain/deployment.ts'
import { lastPart } from '../../domain/identifiers.ts'
import { blueGreenConfig } from './blue-green-config.ts'
import { deploymentStyle } from './deployment-group-info.ts'
import { loadBalancerInfo } from './load-balancer-info.ts'
import { dateOf } from './lookups.ts'
import { revisionLocation } from './revision-location.ts'

/** A deployment as GetDeployment answers it: never with the AppSpec's text. */
export function deploymentInfo(deployment: Deployment) {
  const { revision, previousRevision } = deployment
  return {
    applicationName: deployment.applicationName,
    deploymentGroupName: deployment.deploymentGroupName,
    deploymentConfigName: deployment.deploymentConfigName,
    deploymentId: deployment.deploymentId,
    previousRevision: previousRevision && revisionLocation(previousRevision, { withContent: false }),
    revision: revisionLocation(revision, { withContent: false }),
    status: deployment.status,
    errorInformation: deployment.errorInformation,
    createTime: dateOf(deployment.createTime),
    startTime: dateOf(deployment.startTime),
    completeTime: dateOf(deployment.completeTime),
    deploymentOverview: deploymentOverview(deployment),
    description: deployment.description,
    creator: deployment.creator,
    ignoreApplicationStopFailures: false,
    autoRollbackConfiguration: deployment.autoRollbackConfiguration,
    updateOutdatedInstancesOnly: false,
    rollbackInfo: deployment.rollbackInfo,
    overrideAlarmConfiguration: deployment.overridesAlarms === true ? deployment.alarmConfiguration : undefined,
    deploymentStyle,
    instanceTerminationWaitTimeStarted: deployment.instanceTerminationWaitTimeStarted,
    blueGreenDeploymentConfiguration: blueGreenConfig(deployment.group),
    loadBalancerInfo: loadBalancerInfo(deployment.group.targetGroupPair),
    fileExistsBehavior: 'DISALLOW' as const,
    deploymentStatusMessages: statusMessages(deployment),
    computePlatform: 'ECS' as const,
  }
}

/** Without a rollback everything stays as it is when a deployment ends early: it says so, and what can be done. */
function statusMessages(deployment: Deployment): string[] {
  const { deploymentId, errorInformation, rollbackInfo, finalTaskSets = [], creator } = deployment
  if (errorInformation === undefined || rollbackInfo?.rollbackDeploymentId !== undefined) return []
  if (finalTaskSets.length < 2) return ['Nothing was changed: the original task set has all traffic.']
  const weights = finalTaskSets.map(({ targetGroupName, trafficWeight }) => `${targetGroupName} ${trafficWeight}%`)
  const why = creator === 'user' ? 'No rollback was configured for this' : 'A rollback is not rolled back'
  return [
    `${why}: task sets and traffic stay as they are (${weights.join(', ')}). Create another deployment to replace them; it ` +
      `removes what ${deploymentId} has left.`,
  ]
}

/** The one target of an ECS deployment, its service, as GetDeploymentTarget answers it. */
export function deploymentTarget(
  deployment: Deployment,
  { targetArn, taskSets }: { readonly targetArn: string; readonly taskSets: readonly TaskSetInfo[] },
) {
  return {
    deploymentTargetType: 'ECSTarget' as const,
    ecsTarget: {
      deploymentId: deployment.deploymentId,
      targetId: targetIdOf(deployment),
      targetArn,
      lastUpdatedAt: dateOf(deployment.lastUpdatedAt),
      lifecycleEvents: deployment.lifecycleEvents.map((event) =>
        lifecycleEvent(event, deployment.hookExecutions ?? []),
      ),
      status: targetStatus(deployment),
      taskSetsInfo: taskSets.map(taskSetInfo),
    },
  }
}

function lifecycleEvent(event: LifecycleEvent, executions: readonly HookExecution[]) {
  const { lifecycleEventName, status, startTime, endTime } = event
  const execution = executions.find((candidate) => candidate.event === lifecycleEventName)
  return {
    lifecycleEventName,
    status,
    startTime: dateOf(startTime),
    endTime: dateOf(endTime),
    diagnostics: diagnosticsOf(event, execution),
  }
}

/**
 * AWS leaves the diagnostics of ECS events mostly out. Here they hold the sentence that says what came of the event, and
 * the hook's function with the last lines it wrote: what everybody looks for first.
 */
function diagnosticsOf({ status, message }: LifecycleEvent, execution: HookExecution | undefined) {
  if (execution === undefined) {
    if (message === undefined) return undefined
    return { errorCode: status === 'Failed' ? ('UnknownError' as const) : ('Success' as const), message }
  }
  return {
    errorCode: hookErrorCode(status, execution),
    scriptName: execution.functionName,
    message,
    logTail: (execution.invocation?.logLines ?? []).join('\n'),
  }
}

function hookErrorCode(
  status: LifecycleEvent['status'],
  { cannotRun, verdict }: HookExecution,
): sdk.LifecycleErrorCode | undefined {
  if (status === 'InProgress') return undefined
  if (status !== 'Failed') return 'Success'
  if (cannotRun !== undefined) return 'ScriptMissing'
  return verdict === undefined ? 'ScriptTimedOut' : 'ScriptFailed'
}

/** `CLUSTER:SERVICE`, by name. */
export function targetIdOf({ group: { ecsService } }: Deployment): string {
  return `${lastPart(ecsService.clusterName)}:${lastPart(ecsService.serviceName)}`
}

/** A target has no status Stopped: what was stopped on it has failed. */
export function targetStatus({ status }: Deployment): sdk.TargetStatus {
  switch (status) {
    case 'Created':
    case 'Queued':
      return 'Pending'
    case 'Stopped':
      return 'Failed'
    case 'InProgress':
    case 'Ready':
    case 'Succeeded':
    case 'Failed':
      return status
  }
}

/** Only at the end, and then about the one target. */
function deploymentOverview(deployment: Deployment) {
  if (!isTerminal(deployment.status)) return undefined
  const none = { Pending: 0, InProgress: 0, Succeeded: 0, Failed: 0, Skipped: 0, Ready: 0 }
  return { ...none, [targetStatus(deployment)]: 1 }
}

/** `identifer` is how the API spells it. */
function taskSetInfo(info: TaskSetInfo) {
  return {
    identifer: info.taskSetId,
    desiredCount: info.desiredCount,
    pendingCount: info.pendingCount,
    runningCount: info.runningCount,
    status: info.status,
    trafficWeight: info.trafficWeight,
    targetGroup: { name: info.targetGroupName },
    taskSetLabel: info.taskSetLabel,
  }
}
