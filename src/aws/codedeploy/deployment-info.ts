import type * as sdk from '@aws-sdk/client-codedeploy'
import {
  isTerminal,
  type Deployment,
  type ErrorInformation,
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

/** A deployment as GetDeployment answers it: never with the AppSpec's text. `waits`: what it waits for, in a sentence. */
export function deploymentInfo(deployment: Deployment, waits?: string) {
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
    deploymentStatusMessages: [...statusMessages(deployment), ...(waits === undefined ? [] : [waits])],
    computePlatform: 'ECS' as const,
  }
}

/** Without a rollback everything stays as it is when a deployment ends early: it says so, and what can be done. */
function statusMessages(deployment: Deployment): string[] {
  const { errorInformation, rollbackInfo, finalTaskSets = [] } = deployment
  if (errorInformation === undefined || rollbackInfo?.rollbackDeploymentId !== undefined) return []
  const left = finalTaskSets.filter(({ status }) => status !== 'DRAINING')
  return [whatIsLeft(deployment, left)]
}

function whatIsLeft({ deploymentId, creator }: Deployment, left: readonly TaskSetInfo[]): string {
  const [one, ...others] = left
  if (one === undefined) return 'The service has none of its task sets any more: nothing is left to give traffic to.'
  const weights = left.map(({ targetGroupName, trafficWeight }) => `${targetGroupName} ${trafficWeight}%`).join(', ')
  if (one.taskSetLabel === 'Blue' && others.length === 0) {
    const changed = creator === 'user' ? 'Nothing was changed: the' : 'The'
    if (one.trafficWeight === 100) return `${changed} original task set has all traffic.`
    return `${changed} original task set has the traffic it had before (${weights}).`
  }
  const why = creator === 'user' ? 'No rollback was configured for this' : 'A rollback is not rolled back'
  return (
    `${why}: task sets and traffic stay as they are (${weights}). Create another deployment to replace them; it removes ` +
    `what ${deploymentId} has left.`
  )
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
      lifecycleEvents: deployment.lifecycleEvents.map((event) => lifecycleEvent(event, deployment)),
      status: targetStatus(deployment),
      taskSetsInfo: taskSets.map(taskSetInfo),
    },
  }
}

function lifecycleEvent(event: LifecycleEvent, { hookExecutions = [], errorInformation }: Deployment) {
  const { lifecycleEventName, status, startTime, endTime } = event
  const execution = hookExecutions.find((candidate) => candidate.event === lifecycleEventName)
  return {
    lifecycleEventName,
    status,
    startTime: dateOf(startTime),
    endTime: dateOf(endTime),
    diagnostics: diagnosticsOf(event, execution, errorInformation),
  }
}

/**
 * AWS leaves the diagnostics of ECS events mostly out. Here they hold the sentence that says what came of the event, and
 * the hook's function with the last lines it wrote: what everybody looks for first.
 */
function diagnosticsOf(
  { status, message }: LifecycleEvent,
  execution: HookExecution | undefined,
  error: ErrorInformation | undefined,
) {
  if (execution === undefined) {
    if (message === undefined) return undefined
    return { errorCode: status === 'Failed' ? ('UnknownError' as const) : ('Success' as const), message }
  }
  return {
    errorCode: hookErrorCode(status, execution, error),
    scriptName: execution.functionName,
    message,
    logTail: (execution.invocation?.logLines ?? []).join('\n'),
  }
}

/** A function that an alarm or a stop was quicker than has not failed, and its time was not over. */
function hookErrorCode(
  status: LifecycleEvent['status'],
  { cannotRun, verdict }: HookExecution,
  error: ErrorInformation | undefined,
): sdk.LifecycleErrorCode | undefined {
  if (status === 'InProgress') return undefined
  if (status !== 'Failed') return 'Success'
  if (cannotRun !== undefined) return 'ScriptMissing'
  if (verdict?.status === 'Failed') return 'ScriptFailed'
  return error?.code === 'HOOK_EXECUTION_FAILURE' ? 'ScriptTimedOut' : 'UnknownError'
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
