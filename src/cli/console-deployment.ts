import type { ServiceDeployment } from '@aws-sdk/client-ecs'
import { rollBackToAction, runHookActions, continueNow, endTerminationWait } from '../console/deployment-actions.ts'
import { pauseActions, serviceRollBackTo, serviceStops, stopActions } from '../console/deployment-actions.ts'
import { shareOf, sign } from '../console/alarm-views.ts'
import { toneOf } from '../console/tones.ts'
import type * as page from '../console/views.ts'
import { codeDeployView } from '../view/code-deploy-view.ts'
import type { DeploymentView, SideView } from '../view/deployment-view.ts'
import { hookLines, type SeenCodeDeploy } from '../view/seen-code-deploy.ts'
import { serviceDeploymentView, type SeenServiceDeployment } from '../view/service-deployment-view.ts'
import type { SeenAlarm, Surroundings } from '../view/surroundings.ts'
import { counted, figure, shortArn, timeIn } from '../view/words.ts'

/** What AWS tells nobody; said on each page. */
const limits = [
  'Read through the AWS API: single requests, their exact account and the reason of each step are not told there. ' +
    'Requests, failures and latency are what CloudWatch has counted, and charts begin when the page was opened.',
]

/** What was counted, to which this look is added. */
type TrafficOf = (view: DeploymentView) => readonly page.TrafficPoint[]

/** The page of a deployment of CodeDeploy, from AWS's answers. */
export function codeDeployPage(seen: SeenCodeDeploy, region: string, trafficOf: TrafficOf): page.DeploymentView {
  const view = codeDeployView(seen)
  const { deployment, target } = seen
  const { applicationName, deploymentGroupName, deploymentConfigName = '', errorInformation } = deployment
  const facts: page.DeploymentHead['facts'] = [
    ['Service', view.service],
    ['Configuration', deploymentConfigName],
    ['Started by', view.isRollback ? 'CodeDeploy, to roll back' : (deployment.creator ?? 'a client of the API')],
    ...linked('Rolled back by', view.rollbackId),
    ...linked('Rolls back', deployment.rollbackInfo?.rollbackTriggeringDeploymentId),
  ]
  const hooks = (target?.lifecycleEvents ?? []).flatMap((event): readonly page.HookView[] => {
    const { lifecycleEventName = '', diagnostics, status = 'Unknown', startTime, endTime } = event
    if (diagnostics?.scriptName === undefined || diagnostics.scriptName === '') return []
    return [
      {
        event: lifecycleEventName,
        functionName: diagnostics.scriptName,
        status,
        tone: toneOf(status),
        startedAt: timeIn(startTime),
        endedAt: timeIn(endTime),
        detail: diagnostics.message ?? '',
        logLines: hookLines(diagnostics.logTail),
      },
    ]
  })
  const taskSetIds = (target?.taskSetsInfo ?? []).map((set) => [set.targetGroup?.name, set.identifer] as const)
  return {
    ...common(seen, view, trafficOf(view), (stage) => hooks.find(({ event }) => event === stage)?.functionName),
    head: {
      ...headOf(view, region),
      title: `${applicationName} / ${deploymentGroupName}`,
      facts,
      failure: failureOf(errorInformation?.code, errorInformation?.message),
    },
    taskSets: view.sides.map((side) => taskSetOf(side, new Map(taskSetIds).get(side.targetGroup))),
    hooks,
    actions: [...codeDeployActions(seen, view), ...runHookActions(hooks)],
  }
}

/** The same of a deployment that ECS itself does. */
export function serviceDeploymentPage(
  seen: SeenServiceDeployment,
  region: string,
  trafficOf: TrafficOf,
): page.DeploymentView {
  const view = serviceDeploymentView(seen)
  const { deployment } = seen
  const { status = 'PENDING', statusReason, lifecycleHookDetails = [] } = deployment
  const stage = deployment.lifecycleStage ?? ''
  const hasFailed = view.phase === 'failed' || view.phase === 'stopped'
  const pauses = lifecycleHookDetails.filter((hook) => hook.status === 'AWAITING_ACTION')
  const isGoingBack = deployment.rollback !== undefined || status.startsWith('ROLLBACK') || status === 'STOP_REQUESTED'
  return {
    ...common(seen, view, trafficOf(view), (name) => hookNames(deployment, name)),
    head: {
      ...headOf(view, region),
      title: view.service.replace('/', ' / '),
      facts: [
        ['Strategy', deployment.deploymentConfiguration?.strategy ?? 'ROLLING'],
        ['Circuit breaker', deployment.deploymentCircuitBreaker?.status ?? 'DISABLED'],
      ],
      failure: hasFailed ? failureOf(status, statusReason) : undefined,
    },
    taskSets: view.sides.map((side) => taskSetOf(side, undefined)),
    hooks: lifecycleHookDetails.map((hook) => ({
      event: hook.status === 'AWAITING_ACTION' || hook.status === 'IN_PROGRESS' ? stage : '',
      functionName: hook.targetArn?.split(':').at(-1) ?? 'Pause',
      status: hook.status ?? '',
      tone: toneOf(hook.status ?? ''),
      startedAt: undefined,
      endedAt: undefined,
      detail: '',
      logLines: [],
    })),
    actions: isOver(view)
      ? view.phase === 'succeeded'
        ? [serviceRollBackTo]
        : []
      : [...pauses.flatMap(({ hookId = '' }) => pauseActions(hookId, stage)), ...(isGoingBack ? [] : serviceStops)],
  }
}

function hookNames({ deploymentConfiguration }: ServiceDeployment, stage: string): string | undefined {
  const names = (deploymentConfiguration?.lifecycleHooks ?? [])
    .filter(({ lifecycleStages = [] }) => lifecycleStages.some((each) => each === stage))
    .map(({ targetType, hookTargetArn }) =>
      targetType === 'PAUSE' ? 'pause' : (hookTargetArn?.split(':').at(-1) ?? ''),
    )
  return names.length === 0 ? undefined : names.join(', ')
}

function common(
  seen: Surroundings,
  view: DeploymentView,
  traffic: readonly page.TrafficPoint[],
  hookOf: (stage: string) => string | undefined,
) {
  const green = view.sides.find(({ colour }) => colour === 'green')
  return {
    now: {
      sentence: view.outlook.now,
      next: view.outlook.next,
      until: view.outlook.until,
      since: view.stages.find(({ state }) => state === 'running')?.begunAt,
      earliestEnd: view.outlook.endsAt,
      greenPercentage: green?.weight,
      wouldStop: view.dangers.map(({ name, text }) => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}: ${text}`),
    },
    stages: view.stages.map(({ name, state, begunAt, endedAt, note }) => ({
      name,
      status: state,
      startedAt: begunAt,
      endedAt,
      message: note,
      hook: hookOf(name),
    })),
    steps: [],
    targets: view.sides.flatMap((side) => targetsOf(seen, side)),
    alarms: seen.alarmNames.map((name) =>
      alarmOf(
        name,
        seen.alarms.find(({ alarm }) => alarm.AlarmName === name),
      ),
    ),
    account: accountOf(view),
    traffic,
    happenings: view.tidings.map(({ at, text }) => ({ at, text, tone: 'quiet' as const })),
  }
}

function headOf(view: DeploymentView, region: string) {
  const side = (colour: page.SideName): page.SideHead => {
    const found = view.sides.find((each) => each.colour === colour)
    return { targetGroup: found?.targetGroup ?? '', taskDefinition: found?.runs }
  }
  return {
    id: shortArn(view.id) ?? view.id,
    target: view.id,
    region,
    by: view.dialect,
    status: view.status,
    tone: toneOf(view.status),
    description: view.description,
    createdAt: view.begunAt ?? 0,
    startedAt: view.begunAt,
    endedAt: isOver(view) ? view.endedAt : undefined,
    sides: { blue: side('blue'), green: side('green') },
    minuteMilliseconds: view.minuteMilliseconds,
    limits,
    isExact: false,
  }
}

function isOver({ phase }: DeploymentView): boolean {
  return phase === 'succeeded' || phase === 'failed' || phase === 'stopped'
}

function linked(name: string, id: string | undefined): page.DeploymentHead['facts'] {
  return id === undefined ? [] : [[name, id, id]]
}

function failureOf(code: string | undefined, message: string | undefined): page.DeploymentHead['failure'] {
  return code === undefined ? undefined : { code, message: message ?? '' }
}

function taskSetOf(side: SideView, id: string | undefined): page.TaskSetView {
  const { colour, targetGroup, runs, taskSetStatus = '', desired, running, pending, weight = 0 } = side
  return {
    side: colour,
    id: id ?? targetGroup,
    status: taskSetStatus,
    targetGroup,
    taskDefinition: runs,
    desired,
    running,
    pending,
    weight,
  }
}

function targetsOf({ groups }: Surroundings, { colour, targetGroup }: SideView): readonly page.TargetView[] {
  return (groups[targetGroup]?.targets ?? []).map(({ Target, TargetHealth }) => ({
    side: colour,
    targetGroup,
    target: `${Target?.Id}:${Target?.Port}`,
    state: TargetHealth?.State ?? 'unknown',
    detail: TargetHealth?.Description ?? '',
    since: undefined,
    inFlight: undefined,
  }))
}

function alarmOf(name: string, seen: SeenAlarm | undefined): page.AlarmView {
  const { StateValue = 'missing', StateReason, MetricName, Statistic, ExtendedStatistic, Period } = seen?.alarm ?? {}
  const { Threshold: threshold, ComparisonOperator: operator } = seen?.alarm ?? {}
  const value = seen?.value
  const isComplete = value !== undefined && threshold !== undefined && operator !== undefined
  return {
    name,
    state: StateValue,
    reason: StateReason ?? (seen === undefined ? `There is no alarm ${name}: it is not watched.` : ''),
    metric:
      MetricName === undefined
        ? undefined
        : `${Statistic ?? ExtendedStatistic ?? ''} of ${MetricName} over ${Period} s`,
    comparison: operator !== undefined && operator in sign ? sign[operator as keyof typeof sign] : operator,
    threshold,
    value,
    share: isComplete ? shareOf(value, threshold, operator.startsWith('Greater')) : undefined,
  }
}

function accountOf({ sides }: DeploymentView): page.AccountView {
  const requests = sides.reduce((sum, { traffic }) => sum + (traffic?.requests ?? 0), 0)
  const failed = sides.reduce((sum, { traffic }) => sum + (traffic?.errors ?? 0), 0)
  const verdict =
    requests === 0
      ? 'CloudWatch has counted no requests yet.'
      : `CloudWatch has counted ${counted(requests, 'request', figure(requests))} and ${counted(failed, 'failure', figure(failed))} of targets. Whether every client ` +
        'got its answer is not told there.'
  return { isCounted: false, answered: Math.max(0, requests - failed), failed, givenUp: 0, rows: [], verdict }
}

function codeDeployActions({ deployment, group }: SeenCodeDeploy, view: DeploymentView): readonly page.ActionView[] {
  const green = view.sides.find(({ colour }) => colour === 'green')
  if (isOver(view)) {
    if (view.phase !== 'succeeded' || view.isRollback) return []
    return [rollBackToAction(green?.runs ?? 'as it was deployed', view.service)]
  }
  const { enabled = false, events = [] } = group?.autoRollbackConfiguration ?? {}
  const rollsBackOnStop = enabled && events.includes('DEPLOYMENT_STOP_ON_REQUEST')
  const isTerminating = view.stages.some(({ name, state }) => name === 'Terminate blue' && state === 'running')
  return [
    ...(view.phase === 'waiting' ? [continueNow] : []),
    ...(deployment.instanceTerminationWaitTimeStarted === true && !isTerminating ? [endTerminationWait] : []),
    ...(isTerminating ? [] : stopActions({ isRollback: view.isRollback, rollsBackOnStop })),
  ]
}
