import type { DeploymentInfo, ECSTaskSet, LifecycleEvent } from '@aws-sdk/client-codedeploy'
import { alarmDangers } from './alarm-danger.ts'
import { codeDeployDangers } from './code-deploy-danger.ts'
import { codeDeployDiagnosis } from './code-deploy-diagnosis.ts'
import { codeDeployOutlook } from './code-deploy-outlook.ts'
import type {
  DeploymentPhase,
  DeploymentView,
  SideView,
  StageState,
  StageView,
  Suggestion,
  Tiding,
} from './deployment-view.ts'
import { endingProtection } from './protected-tasks.ts'
import { heldByDeletion, hookLines, type SeenCodeDeploy, type ViewParts } from './seen-code-deploy.ts'
import { healthOf, serviceTidings } from './surroundings.ts'
import { minutesInWords, shortArn, timeIn } from './words.ts'

/** A deployment of CodeDeploy as people see it. */
export function codeDeployView(seen: SeenCodeDeploy): DeploymentView {
  const { deployment, target, at } = seen
  const phase = phaseOf(deployment)
  const stages = stagesOf(seen)
  const sides = sidesOf(seen)
  const parts = { phase, stages, sides }
  const begunAt = timeIn(deployment.startTime ?? deployment.createTime)
  const isOver = phase !== 'running' && phase !== 'waiting'
  const tidings = tidingsOf(seen, begunAt ?? at)
  return {
    id: deployment.deploymentId ?? '',
    dialect: 'CodeDeploy',
    isRollback: deployment.creator === 'codeDeployRollback',
    status: deployment.status ?? 'Created',
    phase,
    service: target?.targetId?.replace(':', '/') ?? serviceOf(seen),
    manner: mannerOf(deployment),
    description: deployment.description,
    begunAt,
    endedAt: timeIn(deployment.completeTime),
    stages,
    sides,
    outlook: codeDeployOutlook(seen, parts),
    dangers: isOver ? [] : [...codeDeployDangers(seen, parts), ...alarmDangers(seen)],
    tidings,
    commands: commandsOf(seen, parts),
    rollbackId: deployment.rollbackInfo?.rollbackDeploymentId,
    diagnosis: phase === 'failed' || phase === 'stopped' ? codeDeployDiagnosis(seen, { ...parts, tidings }) : undefined,
    minuteMilliseconds: seen.minuteMilliseconds,
  }
}

function phaseOf({ status }: DeploymentInfo): DeploymentPhase {
  switch (status) {
    case 'Ready':
      return 'waiting'
    case 'Succeeded':
      return 'succeeded'
    case 'Failed':
      return 'failed'
    case 'Stopped':
      return 'stopped'
    case undefined:
    case 'Created':
    case 'Queued':
    case 'InProgress':
    case 'Baking':
      return 'running'
  }
}

function mannerOf({ applicationName, deploymentGroupName, deploymentConfigName }: DeploymentInfo): string {
  return `application ${applicationName}, group ${deploymentGroupName}, ${deploymentConfigName?.replace('CodeDeployDefault.', '')}`
}

function serviceOf({ group }: SeenCodeDeploy): string {
  const [service] = group?.ecsServices ?? []
  return service === undefined ? '' : `${shortArn(service.clusterName)}/${shortArn(service.serviceName)}`
}

/** CodeDeploy's lifecycle events, and between and behind them the waits, which have no event but take longest. */
function stagesOf(seen: SeenCodeDeploy): readonly StageView[] {
  const { target, deployment } = seen
  const events = (target?.lifecycleEvents ?? []).map(stageOf)
  if (deployment.creator === 'codeDeployRollback') return events
  const before = events.findIndex(({ name }) => name === 'BeforeAllowTraffic')
  const ready = readyWait(seen, events.slice(0, before))
  const all = before < 0 ? events : [...events.slice(0, before), ...ready, ...events.slice(before)]
  return [...all, ...ending(seen, events)]
}

function stageOf(event: LifecycleEvent): StageView {
  const { lifecycleEventName = '', status, startTime, endTime, diagnostics } = event
  return {
    name: lifecycleEventName,
    state: stageStates[status ?? 'Unknown'],
    begunAt: timeIn(startTime),
    endedAt: timeIn(endTime),
    note: diagnostics?.message || (diagnostics?.scriptName && `function ${diagnostics.scriptName}`),
  }
}

const stageStates = {
  Pending: 'pending',
  InProgress: 'running',
  Succeeded: 'done',
  Failed: 'failed',
  Skipped: 'skipped',
  Unknown: 'pending',
} as const satisfies Readonly<Record<string, StageState>>

function readyWait(
  { deployment, minuteMilliseconds }: SeenCodeDeploy,
  before: readonly StageView[],
): readonly StageView[] {
  const option = deployment.blueGreenDeploymentConfiguration?.deploymentReadyOption
  if (option?.actionOnTimeout !== 'STOP_DEPLOYMENT') return []
  const begunAt = before.every(({ state }) => state === 'done') ? before.at(-1)?.endedAt : undefined
  const length = minutesInWords(option.waitTimeInMinutes ?? 0, minuteMilliseconds)
  const note = `for somebody to allow production traffic, ${length} at most`
  if (deployment.status === 'Ready') return [{ name: 'READY_WAIT', state: 'running', begunAt, note }]
  if (begunAt === undefined) return [{ name: 'READY_WAIT', state: 'pending', note }]
  const isOver = deployment.status === 'Stopped' && deployment.errorInformation?.code === 'TIMEOUT'
  return [
    { name: 'READY_WAIT', state: isOver ? 'failed' : 'done', note: isOver ? note : 'production traffic is allowed' },
  ]
}

/** The wait in which going back is still easy, and the end of blue. */
function ending(seen: SeenCodeDeploy, events: readonly StageView[]): readonly StageView[] {
  const { deployment, target, minuteMilliseconds } = seen
  const option = deployment.blueGreenDeploymentConfiguration?.terminateBlueInstancesOnDeploymentSuccess
  if (option?.action === 'KEEP_ALIVE') return []
  const last = events.at(-1)
  const begunAt = last?.state === 'done' ? last.endedAt : undefined
  const minutes = option?.terminationWaitTimeInMinutes ?? 0
  const wait = {
    name: 'TERMINATION_WAIT',
    begunAt,
    note: `blue is kept for ${minutesInWords(minutes, minuteMilliseconds)}`,
  }
  const end = { name: 'Terminate blue' }
  const endedAt = timeIn(deployment.completeTime)
  if (begunAt === undefined) {
    const state = endedAt === undefined ? 'pending' : 'skipped'
    return [
      { ...wait, state, note: endedAt === undefined ? wait.note : undefined },
      { ...end, state },
    ]
  }
  if (deployment.status === 'Succeeded')
    return [
      { ...wait, note: 'blue was kept', state: 'done' },
      { ...end, state: 'done', endedAt },
    ]
  const blue = target?.taskSetsInfo?.find(({ taskSetLabel }) => taskSetLabel === 'Blue')
  const isTerminating = blue === undefined || blue.status === 'DRAINING'
  if (endedAt !== undefined)
    return [
      { ...wait, state: 'failed', endedAt },
      { ...end, state: 'skipped' },
    ]
  if (!isTerminating)
    return [
      { ...wait, state: 'running' },
      { ...end, state: 'pending' },
    ]
  const isHeld = heldByDeletion(seen).length > 0
  const note = isHeld ? 'its protected tasks are waited for' : 'its last requests end, then its tasks stop'
  return [
    { ...wait, note: 'blue was kept', state: 'done' },
    { ...end, state: 'running', note },
  ]
}

function sidesOf(seen: SeenCodeDeploy): readonly SideView[] {
  const { target } = seen
  return (target?.taskSetsInfo ?? [])
    .map((taskSet) => sideOf(seen, taskSet))
    .toSorted((one, other) => one.colour.localeCompare(other.colour))
}

function sideOf({ service, groups, stoppedTasks }: SeenCodeDeploy, taskSet: ECSTaskSet): SideView {
  const targetGroup = taskSet.targetGroup?.name ?? ''
  // A task set that is gone is known by what is left of its tasks.
  const known = (service?.taskSets ?? []).map(({ id, taskDefinition }) => ({ of: id, taskDefinition }))
  const left = stoppedTasks.map(({ startedBy, taskDefinitionArn }) => ({
    of: startedBy,
    taskDefinition: taskDefinitionArn,
  }))
  const definition = [...known, ...left].find(({ of }) => of === taskSet.identifer)?.taskDefinition
  const group = groups[targetGroup]
  return {
    colour: taskSet.taskSetLabel === 'Green' ? 'green' : 'blue',
    targetGroup,
    runs: shortArn(definition),
    taskSetStatus: taskSet.status,
    desired: taskSet.desiredCount ?? 0,
    running: taskSet.runningCount ?? 0,
    pending: taskSet.pendingCount ?? 0,
    weight: taskSet.trafficWeight,
    health: group && healthOf(group.targets),
    traffic: group?.traffic,
  }
}

/** The service's events, and what hooks wrote. */
function tidingsOf({ service, target, deployment }: SeenCodeDeploy, begunAt: number): readonly Tiding[] {
  const written = (target?.lifecycleEvents ?? []).flatMap(({ lifecycleEventName, diagnostics, startTime, endTime }) => {
    // The same from the first look to the last: what has been told once is known by its time.
    const at = timeIn(startTime ?? endTime)
    if (at === undefined || diagnostics?.scriptName === undefined) return []
    return hookLines(diagnostics.logTail).map((line) => ({ at, text: `${lifecycleEventName} | ${line}` }))
  })
  return [...serviceTidings(service, { begunAt, endedAt: timeIn(deployment.completeTime) }), ...written].toSorted(
    (one, other) => one.at - other.at,
  )
}

function commandsOf(seen: SeenCodeDeploy, { phase, stages }: ViewParts): readonly Suggestion[] {
  const { deploymentId: id, instanceTerminationWaitTimeStarted, creator } = seen.deployment
  const back = { command: `teal stop ${id} --rollback`, effect: 'all traffic back to blue' }
  switch (phase) {
    case 'waiting':
      return [{ command: `teal continue ${id}`, effect: 'shift production traffic' }, back]
    case 'running': {
      const isTerminating = stages.some(({ name, state }) => name === 'Terminate blue' && state === 'running')
      // There is no way back from here, nor from a rollback.
      if (isTerminating || creator === 'codeDeployRollback') return endingProtection(seen, heldByDeletion(seen))
      return instanceTerminationWaitTimeStarted === true
        ? [{ command: `teal continue ${id}`, effect: 'terminate blue now' }, back]
        : [back]
    }
    case 'succeeded':
    case 'failed':
    case 'stopped':
      return [{ command: `teal deployment ${id}`, effect: 'the whole story' }]
  }
}
