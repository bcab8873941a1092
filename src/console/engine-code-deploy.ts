import { isTerminal } from '../domain/deployment.ts'
import type { Deployment, HookExecution } from '../domain/deployment.ts'
import { lastPart, parseArn } from '../domain/identifiers.ts'
import { journalOf } from '../engine/deployment-records.ts'
import { heldTasks } from '../engine/held-tasks.ts'
import { watchedDeployment } from '../engine/watched-deployment.ts'
import { codeDeployActions } from './deployment-actions.ts'
import { nowOf } from './deployment-now.ts'
import { codeDeployStages } from './deployment-stages.ts'
import { alarmViews, happenings, listenerUrl, observed, stepViews, targetViews } from './engine-view-parts.ts'
import type { ReadEngine } from './engine-view-parts.ts'
import { toneOf } from './tones.ts'
import { accountOf, trafficPoints } from './traffic-view.ts'
import type { SideNames } from './traffic-view.ts'
import type { DeploymentHead, DeploymentView, HookView, SideHead, SideName, TaskSetView } from './views.ts'

/** The page of a deployment of CodeDeploy, from what the engine keeps of it. */
export function codeDeployView(engine: ReadEngine, deployment: Deployment): DeploymentView {
  const { deploymentId, region, plan, status } = deployment
  const { store, clock, settings } = engine
  const journal = journalOf(store, deploymentId)
  const watched = watchedDeployment(store, deploymentId)
  const observations = observed(engine, deploymentId)
  const isOver = isTerminal(status)
  const sides = codeDeploySides(deployment)
  const stages = codeDeployStages(deployment, journal)
  const alarms = alarmViews(engine, region, watched?.alarmNames ?? [])
  const held = heldTasks(engine, deployment)
  const { minuteMilliseconds } = settings
  const counted = watched?.counted ?? { prodListenerArn: '', targetGroups: [] }
  return {
    head: headOf(engine, deployment, sides),
    now: nowOf({ deployment, journal, stages, alarms, held, minuteMilliseconds, now: clock.now() }),
    stages,
    steps: stepViews(journal, plan),
    taskSets: taskSetViews(engine, deployment),
    targets: targetViews(engine, { counted, sides, observations: observations ?? [], isOver }),
    hooks: (deployment.hookExecutions ?? []).map(hookView),
    alarms,
    account: accountOf(observations, sides, isOver),
    traffic: trafficPoints(observations ?? [], sides),
    happenings: happenings(observations ?? [], sides),
    actions: codeDeployActions(deployment, journal),
  }
}

/** Until it is decided: in the order of the group's pair. */
export function codeDeploySides({ plan, group }: Deployment): SideNames {
  const [first, second] = group.targetGroupPair.targetGroupNames
  return { blue: plan?.blue.targetGroupName ?? first, green: plan?.green.targetGroupName ?? second }
}

function headOf({ store, settings }: ReadEngine, deployment: Deployment, sides: SideNames): DeploymentHead {
  const { deploymentId, applicationName, deploymentGroupName, deploymentConfigName, creator, group, status } =
    deployment
  const isRollback = creator === 'codeDeployRollback'
  const { errorInformation, plan, startTime, completeTime } = deployment
  const running = store.deploymentWatches.get(deploymentId)?.taskDefinitions ?? {}
  const side = (name: SideName): SideHead => {
    const found = running[sides[name]] ?? (name === 'green' && !isRollback ? plan?.install.taskDefinition : undefined)
    return { targetGroup: sides[name], taskDefinition: found === undefined ? undefined : lastPart(found) }
  }
  const service = `${lastPart(group.ecsService.clusterName)} / ${lastPart(group.ecsService.serviceName)}`
  return {
    id: deploymentId,
    target: deploymentId,
    region: deployment.region,
    by: 'CodeDeploy',
    title: `${applicationName} / ${deploymentGroupName}`,
    facts: [
      ['Service', service],
      ['Configuration', deploymentConfigName],
      ['Started by', isRollback ? 'CodeDeploy, to roll back' : 'a client of the API'],
      ...rollbackFacts(deployment),
      ...listenerFacts(store, group.targetGroupPair, settings.listenHost),
    ],
    status,
    tone: toneOf(status),
    description: deployment.description,
    createdAt: deployment.createTime,
    startedAt: startTime,
    endedAt: isTerminal(status) ? completeTime : undefined,
    failure: errorInformation,
    sides: { blue: side('blue'), green: side('green') },
    minuteMilliseconds: settings.minuteMilliseconds,
    limits: [],
    isExact: true,
  }
}

type Fact = DeploymentHead['facts'][number]

function rollbackFacts({ rollbackInfo }: Deployment): readonly Fact[] {
  const { rollbackDeploymentId, rollbackTriggeringDeploymentId } = rollbackInfo ?? {}
  return [
    ...(rollbackDeploymentId === undefined
      ? []
      : [['Rolled back by', rollbackDeploymentId, rollbackDeploymentId] as const]),
    ...(rollbackTriggeringDeploymentId === undefined
      ? []
      : [['Rolls back', rollbackTriggeringDeploymentId, rollbackTriggeringDeploymentId] as const]),
  ]
}

function listenerFacts(
  store: ReadEngine['store'],
  { prodListenerArn, testListenerArn }: Deployment['group']['targetGroupPair'],
  host: string,
): readonly Fact[] {
  const urlOf = (name: string, arn: string | undefined): readonly Fact[] => {
    const listener = store.listeners.get(arn ?? '')
    return listener === undefined ? [] : [[name, listenerUrl(listener, host)]]
  }
  return [...urlOf('Production', prodListenerArn), ...urlOf('Test', testListenerArn)]
}

function taskSetViews({ deployments, store }: ReadEngine, deployment: Deployment): readonly TaskSetView[] {
  return deployments.taskSets(deployment).map((info) => {
    const taskSet = store.taskSets.ofTargetGroup(
      deployment.plan?.[info.taskSetLabel === 'Blue' ? 'blue' : 'green'].targetGroupArn ?? '',
    )
    const found = taskSet.find(({ taskSetId }) => taskSetId === info.taskSetId)
    const watched = store.deploymentWatches.get(deployment.deploymentId)?.taskDefinitions[info.targetGroupName]
    const taskDefinition = found?.taskDefinition ?? watched
    return {
      side: info.taskSetLabel === 'Blue' ? 'blue' : 'green',
      id: info.taskSetId,
      status: info.status,
      targetGroup: info.targetGroupName,
      taskDefinition: taskDefinition === undefined ? undefined : lastPart(taskDefinition),
      desired: info.desiredCount,
      running: info.runningCount,
      pending: info.pendingCount,
      weight: info.trafficWeight,
    }
  })
}

function hookView({ event, functionName, startedAt, verdict, invocation, cannotRun, closed }: HookExecution): HookView {
  const status = cannotRun === undefined ? (verdict?.status ?? (closed ? 'Given up' : 'InProgress')) : 'Failed'
  // A function that returns nothing answers `null`.
  const details = [cannotRun?.message, invocation?.functionError, invocation?.result].filter(
    (text) => text !== undefined && text !== 'null',
  )
  return {
    event,
    functionName: parseArn(functionName)?.resource.split(':')[1] ?? functionName,
    status,
    tone: toneOf(status),
    startedAt,
    endedAt: verdict?.at ?? invocation?.endedAt,
    detail: details.join(' '),
    logLines: invocation?.logLines ?? [],
  }
}
