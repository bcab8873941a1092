import type { Deployment, PlannedTaskSet, TaskSetInfo } from '../domain/deployment.ts'
import { arn } from '../domain/identifiers.ts'
import type { TaskSet } from '../domain/service.ts'
import { findService, primaryTaskSet } from './deployment-plan.ts'
import type { Engine } from './engine.ts'
import { trafficWeight } from './traffic-route.ts'

type Tools = Pick<Engine, 'store' | 'services' | 'settings'>

/** What GetDeploymentTarget shows as `taskSetsInfo`, as things are now. */
export function taskSetsOf(tools: Tools, deployment: Deployment): readonly TaskSetInfo[] {
  const { plan } = deployment
  if (plan === undefined) return beforePlan(tools, deployment)
  const info = (side: PlannedTaskSet, taskSetLabel: 'Blue' | 'Green'): readonly TaskSetInfo[] => {
    const taskSet = tools.store.taskSets.get(arn.taskSet(plan.serviceArn, side.taskSetId))
    if (taskSet !== undefined) return [present(tools, deployment, taskSet, { taskSetLabel, ...side })]
    return wasThere(tools, deployment, taskSetLabel) ? [gone(side, taskSetLabel)] : []
  }
  return [...info(plan.blue, 'Blue'), ...info(plan.green, 'Green')]
}

/** Before anything is decided there is only what serves now. */
function beforePlan(tools: Tools, deployment: Deployment): readonly TaskSetInfo[] {
  const { store, settings } = tools
  const place = { region: deployment.region, accountId: settings.accountId }
  const service = findService(store, place, deployment.group.ecsService)
  const taskSet = service && primaryTaskSet(store, service.serviceArn)
  if (taskSet === undefined) return []
  const targetGroupArn = taskSet.loadBalancers[0]?.targetGroupArn ?? ''
  const targetGroupName = store.targetGroups.get(targetGroupArn)?.name ?? ''
  return [present(tools, deployment, taskSet, { taskSetLabel: 'Blue', targetGroupArn, targetGroupName })]
}

function present(
  { store, services }: Tools,
  { group }: Deployment,
  taskSet: TaskSet,
  as: { readonly taskSetLabel: 'Blue' | 'Green'; readonly targetGroupArn: string; readonly targetGroupName: string },
): TaskSetInfo {
  const { desired, pending, running } = services.counts(taskSet.taskSetArn)
  return {
    taskSetId: taskSet.taskSetId,
    taskSetLabel: as.taskSetLabel,
    status: taskSet.status,
    desiredCount: desired,
    pendingCount: pending,
    runningCount: running,
    trafficWeight: trafficWeight(store, group.targetGroupPair.prodListenerArn, as.targetGroupArn),
    targetGroupName: as.targetGroupName,
  }
}

/** A task set that is deleted is still part of the deployment's story: drained, without tasks and traffic. */
function gone({ taskSetId, targetGroupName }: PlannedTaskSet, taskSetLabel: 'Blue' | 'Green'): TaskSetInfo {
  const nothing = { desiredCount: 0, pendingCount: 0, runningCount: 0, trafficWeight: 0 }
  return { taskSetId, taskSetLabel, status: 'DRAINING', ...nothing, targetGroupName }
}

/** A rollback may begin before there is a green: then the deployment it undoes has ended without one. */
function wasThere({ store }: Tools, deployment: Deployment, taskSetLabel: 'Blue' | 'Green'): boolean {
  const { creator, lifecycleEvents, rollbackInfo } = deployment
  if (taskSetLabel === 'Blue') return true
  if (creator === 'codeDeployRollback') {
    const undone = store.deployments.get(rollbackInfo?.rollbackTriggeringDeploymentId ?? '')
    return undone?.finalTaskSets?.some((taskSet) => taskSet.taskSetLabel === 'Green') ?? true
  }
  return lifecycleEvents.some(
    ({ lifecycleEventName, status }) => lifecycleEventName === 'Install' && status === 'Succeeded',
  )
}
