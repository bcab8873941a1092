import { trafficShifts } from '../domain/deployment-configs.ts'
import type { Deployment } from '../domain/deployment.ts'
import type { JournalEntry } from '../domain/journal.ts'
import { shiftsOf } from '../domain/service-blue-green.ts'
import type { ServiceDeployment } from '../domain/service-deployment.ts'
import { stepSentence } from '../domain/step-sentences.ts'
import { waitForProtected } from '../domain/task-protection.ts'
import type { HeldTask } from '../domain/task-protection.ts'
import type { AlarmView, NowView, StageView } from './views.ts'

type Shifts = ReturnType<typeof trafficShifts>

/** What it does now, for how long, and what comes next. */
export function nowOf(known: {
  readonly deployment: Deployment | ServiceDeployment
  readonly journal: readonly JournalEntry[]
  readonly stages: readonly StageView[]
  readonly alarms: readonly AlarmView[]
  /** Tasks that have to go and are protected. */
  readonly held: readonly HeldTask[]
  readonly minuteMilliseconds: number
  readonly now: number
}): NowView {
  const { deployment, journal, stages, minuteMilliseconds, now } = known
  const endedAt = endOf(deployment)
  const greenPercentage = lastPercentage(journal)
  if (endedAt !== undefined) return { ...over, sentence: lastSentence(deployment, journal), greenPercentage }
  const current = journal.findLast(({ outcome }) => outcome === undefined)
  const minutes = current === undefined ? undefined : minutesOf(current)
  const until =
    current === undefined || minutes === undefined ? undefined : current.begunAt + minutes * minuteMilliseconds
  const isWait = current?.step.kind === 'wait' || current?.step.kind === 'holdTraffic'
  const waits = remainingMinutes(deployment, journal, greenPercentage ?? 0)
  const earliest = (isWait && until !== undefined ? Math.max(until, now) : now) + waits * minuteMilliseconds
  const isBack =
    'creator' in deployment ? deployment.creator === 'codeDeployRollback' : deployment.rollback !== undefined
  const pause = pauseOf(deployment)
  return {
    sentence:
      pause?.sentence ??
      [underWay(deployment, current), waitForProtected(known.held)].filter((text) => text !== undefined).join(' '),
    next: pause?.next ?? nextOf(stages, deployment, greenPercentage),
    until: pause?.until ?? until,
    since: current?.begunAt,
    earliestEnd: isBack || pause !== undefined || isApproval(current) ? undefined : earliest,
    greenPercentage,
    wouldStop: isBack ? [] : wouldStop(deployment, known.alarms, current),
  }
}

/** A rolling update has no journal: from its beginning on it does the same all the time. */
function underWay(deployment: Deployment | ServiceDeployment, current: JournalEntry | undefined): string {
  if (current !== undefined) return stepSentence(current.step, { plan: deployment.plan, result: undefined })
  const isRolling = 'deploymentConfiguration' in deployment && deployment.deploymentConfiguration.strategy === 'ROLLING'
  if (!isRolling || deployment.startedAt === undefined) return 'It begins as soon as its turn has come.'
  return deployment.rollback === undefined
    ? 'Now replacing old tasks by new ones, some at a time.'
    : 'Now replacing the new tasks by those of the revision before, some at a time.'
}

/** Somebody has to say how a deployment of ECS itself goes on. */
function pauseOf(deployment: Deployment | ServiceDeployment) {
  const details = 'deploymentId' in deployment ? [] : (deployment.lifecycleHookDetails ?? [])
  const pause = details.find(
    ({ targetType, status, answer }) => targetType === 'PAUSE' && status === 'AWAITING_ACTION' && answer === undefined,
  )
  if (pause === undefined) return undefined
  const next = pause.timeoutAction === 'CONTINUE' ? 'Then it goes on by itself.' : 'Then it is rolled back.'
  return {
    sentence: `A pause at ${pause.lifecycleStage}: somebody has to say how it goes on.`,
    next: pause.expiresAt === undefined ? undefined : next,
    until: pause.expiresAt,
  }
}

const over = { next: undefined, until: undefined, since: undefined, earliestEnd: undefined, wouldStop: [] }

function endOf(deployment: Deployment | ServiceDeployment): number | undefined {
  return 'deploymentId' in deployment ? deployment.completeTime : deployment.finishedAt
}

function lastSentence(deployment: Deployment | ServiceDeployment, journal: readonly JournalEntry[]): string {
  const last = journal.at(-1)
  if (last !== undefined) return stepSentence(last.step, { plan: deployment.plan, result: last.outcome?.result })
  return 'statusReason' in deployment && deployment.statusReason !== undefined
    ? deployment.statusReason
    : `It ended: ${deployment.status}.`
}

function isApproval(entry: JournalEntry | undefined): boolean {
  return entry?.step.kind === 'wait' && entry.step.waitFor === 'READY_WAIT'
}

/** How long it may take at the most, or lasts. */
function minutesOf({ step }: JournalEntry): number | undefined {
  if (step.kind === 'wait' || step.kind === 'holdTraffic') return step.minutes
  if (step.kind === 'awaitSteadyState') return step.timeoutInMinutes
  return step.kind === 'invokeHook' ? 60 : undefined
}

function lastPercentage(journal: readonly JournalEntry[]): number | undefined {
  const last = journal.findLast(({ step, outcome }) => step.kind === 'routeProductionTraffic' && outcome !== undefined)
  return last?.step.kind === 'routeProductionTraffic' ? last.step.greenPercentage : undefined
}

/** Of the waits that have not begun. */
function remainingMinutes(
  deployment: Deployment | ServiceDeployment,
  journal: readonly JournalEntry[],
  greenPercentage: number,
): number {
  const begun = journal.filter(({ step }) => step.kind === 'holdTraffic').length
  const sum = (shifts: Shifts): number =>
    shifts
      .filter(({ waitMinutes }) => waitMinutes > 0)
      .slice(begun)
      .reduce((total, { waitMinutes }) => total + waitMinutes, 0)
  if ('trafficRouting' in deployment) {
    const { action, terminationWaitTimeInMinutes } = deployment.group.terminateBlueInstances
    const isBegun = journal.some(({ step }) => step.kind === 'wait' && step.waitFor === 'TERMINATION_WAIT')
    const termination = action === 'KEEP_ALIVE' || isBegun ? 0 : terminationWaitTimeInMinutes
    return (greenPercentage === 100 ? 0 : sum(trafficShifts(deployment.trafficRouting))) + termination
  }
  const { deploymentConfiguration, lifecycleStage } = deployment
  const isBaking = lifecycleStage === 'BAKE_TIME' || lifecycleStage === 'CLEAN_UP'
  const bake = isBaking ? 0 : (deploymentConfiguration.bakeTimeInMinutes ?? 0)
  return (greenPercentage === 100 ? 0 : sum(shiftsOf(deploymentConfiguration))) + bake
}

function nextOf(
  stages: readonly StageView[],
  deployment: Deployment | ServiceDeployment,
  greenPercentage: number | undefined,
): string | undefined {
  const shifts =
    'trafficRouting' in deployment
      ? trafficShifts(deployment.trafficRouting)
      : shiftsOf(deployment.deploymentConfiguration)
  const isShifting = stages.some(
    ({ name, status }) => status === 'running' && (name === 'AllowTraffic' || name === 'PRODUCTION_TRAFFIC_SHIFT'),
  )
  const shift = isShifting ? shifts.find((each) => each.greenPercentage > (greenPercentage ?? 0)) : undefined
  if (shift !== undefined) return `Then green gets ${shift.greenPercentage}% of production traffic.`
  const next = stages.find(({ status }) => status === 'pending')
  if (next === undefined) return undefined
  return `Then ${next.name}${next.hook === undefined ? '' : `, judged by ${next.hook}`}.`
}

function wouldStop(
  deployment: Deployment | ServiceDeployment,
  alarms: readonly AlarmView[],
  current: JournalEntry | undefined,
): readonly string[] {
  const events = 'autoRollbackConfiguration' in deployment ? deployment.autoRollbackConfiguration : undefined
  const then =
    events === undefined || (events.enabled && events.events.includes('DEPLOYMENT_STOP_ON_ALARM'))
      ? 'stop it and roll it back'
      : 'stop it'
  const watched = alarms.map(({ name, value, threshold, comparison }) =>
    value === undefined || threshold === undefined
      ? `Alarm ${name} would ${then}; nothing is measured yet.`
      : `Alarm ${name} would ${then}: ${round(value)} now, ${comparison} ${round(threshold)} fires.`,
  )
  if (current?.step.kind === 'invokeHook')
    return [...watched, `Function ${current.step.functionName} saying Failed would end it.`]
  if (current?.step.kind === 'awaitSteadyState')
    return [...watched, `Green not getting healthy in ${current.step.timeoutInMinutes} minutes would end it.`]
  return watched
}

function round(value: number): string {
  return String(Math.round(value * 1000) / 1000)
}
