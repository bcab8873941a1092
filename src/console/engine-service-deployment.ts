import { lastPart, parseArn } from '../domain/identifiers.ts'
import { isOver as isServiceDeploymentOver } from '../domain/service-deployment.ts'
import type { LifecycleHookDetail, ServiceDeployment } from '../domain/service-deployment.ts'
import type { TaskSet } from '../domain/service.ts'
import { journalOf } from '../engine/deployment-records.ts'
import { heldTasks } from '../engine/held-tasks.ts'
import { trafficWeight } from '../engine/traffic-route.ts'
import { watchedDeployment } from '../engine/watched-deployment.ts'
import { serviceActions } from './deployment-actions.ts'
import { nowOf } from './deployment-now.ts'
import { serviceStages } from './deployment-stages.ts'
import { alarmViews, happenings, observed, stepViews, targetViews } from './engine-view-parts.ts'
import type { ReadEngine } from './engine-view-parts.ts'
import { toneOf } from './tones.ts'
import { accountOf, trafficPoints } from './traffic-view.ts'
import type { SideNames } from './traffic-view.ts'
import type { DeploymentHead, DeploymentView, HookView, SideHead, SideName, TaskSetView } from './views.ts'

/** The page of a deployment that ECS itself does, from what the engine keeps of it. */
export function serviceDeploymentView(engine: ReadEngine, deployment: ServiceDeployment): DeploymentView {
  const { serviceDeploymentArn, serviceArn, plan } = deployment
  const { store, clock, settings } = engine
  const journal = journalOf(store, lastPart(serviceDeploymentArn))
  const watched = watchedDeployment(store, serviceDeploymentArn)
  const observations = observed(engine, serviceDeploymentArn)
  const isOver = isServiceDeploymentOver(deployment)
  const sides = serviceSides(engine, deployment)
  const stages = serviceStages(deployment, journal)
  const region = parseArn(serviceArn)?.region ?? ''
  const alarms = alarmViews(engine, region, deployment.alarms?.alarmNames ?? [])
  const held = heldTasks(engine, deployment)
  const { minuteMilliseconds } = settings
  const counted = watched?.counted ?? rollingTargets(engine, deployment)
  return {
    head: headOf(engine, deployment, sides),
    now: nowOf({ deployment, journal, stages, alarms, held, minuteMilliseconds, now: clock.now() }),
    stages,
    steps: stepViews(journal, plan),
    taskSets: taskSetViews(engine, deployment, sides),
    targets: targetViews(engine, { counted, sides, observations: observations ?? [], isOver }),
    hooks: (deployment.lifecycleHookDetails ?? []).map(hookView),
    alarms,
    account: accountOf(observations, sides, isOver),
    traffic: trafficPoints(observations ?? [], sides),
    happenings: happenings(observations ?? [], sides),
    actions: serviceActions(deployment),
  }
}

/** A rolling update has one target group, which both revisions share. */
export function serviceSides({ store }: ReadEngine, { plan, serviceArn }: ServiceDeployment): SideNames {
  if (plan !== undefined) return { blue: plan.blue.targetGroupName, green: plan.green.targetGroupName }
  const [balancer] = store.services.get(serviceArn)?.loadBalancers ?? []
  const name = (arn: string | undefined): string => store.targetGroups.get(arn ?? '')?.name ?? ''
  return { blue: name(balancer?.targetGroupArn), green: name(balancer?.advancedConfiguration?.alternateTargetGroupArn) }
}

function rollingTargets({ store }: ReadEngine, { serviceArn }: ServiceDeployment) {
  const groups = (store.services.get(serviceArn)?.loadBalancers ?? []).flatMap(({ targetGroupArn }) => {
    const group = store.targetGroups.get(targetGroupArn)
    return group === undefined ? [] : [{ name: group.name, targetGroupArn }]
  })
  return { prodListenerArn: '', targetGroups: groups }
}

function headOf({ store, settings }: ReadEngine, deployment: ServiceDeployment, sides: SideNames): DeploymentHead {
  const { serviceDeploymentArn, serviceArn, clusterArn, status, statusReason, deploymentConfiguration } = deployment
  const definitionOf = (revisionArn: string | undefined): string | undefined => {
    const found = store.serviceRevisions.get(revisionArn ?? '')?.taskDefinition
    return found === undefined ? undefined : lastPart(found)
  }
  const side = (name: SideName, revisionArn: string | undefined): SideHead => ({
    targetGroup: sides[name],
    taskDefinition: definitionOf(revisionArn),
  })
  const hasFailed = status === 'ROLLBACK_FAILED' || status === 'ROLLBACK_SUCCESSFUL' || status === 'STOPPED'
  return {
    id: lastPart(serviceDeploymentArn),
    target: serviceDeploymentArn,
    region: parseArn(serviceArn)?.region ?? '',
    by: 'ECS',
    title: `${lastPart(clusterArn)} / ${lastPart(serviceArn)}`,
    facts: [
      ['Strategy', deploymentConfiguration.strategy],
      ['Circuit breaker', deployment.deploymentCircuitBreaker.status],
      ...(deployment.rollback === undefined ? [] : [['Goes back because', deployment.rollback.reason] as const]),
    ],
    status,
    tone: toneOf(status),
    description: undefined,
    createdAt: deployment.createdAt,
    startedAt: deployment.startedAt,
    endedAt: deployment.finishedAt,
    failure: hasFailed && statusReason !== undefined ? { code: status, message: statusReason } : undefined,
    sides: {
      blue: side('blue', deployment.sourceServiceRevisions[0]?.arn),
      green: side('green', deployment.targetServiceRevision.arn),
    },
    minuteMilliseconds: settings.minuteMilliseconds,
    limits:
      deploymentConfiguration.strategy === 'ROLLING'
        ? [
            'A rolling update shifts no weights, and its two revisions share a target group: requests are not told apart by them.',
          ]
        : [],
    isExact: true,
  }
}

function taskSetViews(
  { store, services }: ReadEngine,
  deployment: ServiceDeployment,
  sides: SideNames,
): readonly TaskSetView[] {
  const { serviceArn, plan, targetServiceRevision } = deployment
  const greenId = `ecs-svc/${lastPart(targetServiceRevision.arn)}`
  return store.taskSets.ofService(serviceArn).map((taskSet: TaskSet): TaskSetView => {
    const { desired, running, pending } = services.counts(taskSet.taskSetArn)
    const side = taskSet.taskSetId === greenId ? 'green' : 'blue'
    const group = plan?.[side].targetGroupArn
    return {
      side,
      id: taskSet.taskSetId,
      status: taskSet.status,
      targetGroup: sides[side],
      taskDefinition: lastPart(taskSet.taskDefinition),
      desired,
      running,
      pending,
      weight: plan === undefined || group === undefined ? 0 : trafficWeight(store, plan.prodListenerArn, group),
    }
  })
}

function hookView(detail: LifecycleHookDetail): HookView {
  const { lifecycleStage, targetType, targetArn, status, startedAt, endedAt, because, result, logLines } = detail
  const until =
    detail.expiresAt === undefined || endedAt !== undefined
      ? ''
      : `It is waited for until ${new Date(detail.expiresAt).toISOString()}.`
  return {
    event: lifecycleStage,
    functionName: targetType === 'PAUSE' ? 'Pause' : (targetArn?.split(':').at(-1) ?? ''),
    status,
    tone: toneOf(status),
    startedAt,
    endedAt,
    detail: [because, result, until].filter((text) => text !== undefined && text !== '').join(' '),
    logLines: logLines ?? [],
  }
}
