import type { AlarmState } from './alarm.ts'
import type { Deployment, DeploymentPlan, HookExecution, LifecycleEvent, TaskSetInfo } from './deployment.ts'
import type { JournalEntry } from './journal.ts'
import type { ServiceDeploymentPlan } from './service-deployment.ts'
import { stepSentence } from './step-sentences.ts'
import type { TargetHealth } from './target-health.ts'
import { sumOf, verdictOf } from './traffic-account.ts'
import type { TrafficCount, TrafficRow } from './traffic-account.ts'
import type { RecordedScaling } from './scaling.ts'
import type { RecordedNotification } from './notification.ts'

/** What was seen of the world around a deployment while it ran. */
export type DeploymentObservation =
  | ({ readonly kind: 'traffic' } & TrafficRow)
  | ({ readonly kind: 'targetHealth' } & TargetHealthChange)
  | ({ readonly kind: 'alarm' } & AlarmChange)

export type TargetHealthChange = {
  readonly at: number
  /** The target group's name. */
  readonly targetGroup: string
  /** `id:port` */
  readonly target: string
  /** Absent: the target is not in the group any more. */
  readonly health?: TargetHealth
  /** The last health check's answer in words. */
  readonly lastCheck?: string
}

export type AlarmChange = {
  readonly at: number
  readonly alarmName: string
  /** Absent: there is no alarm of this name. */
  readonly state?: AlarmState
  readonly reason?: string
}

/** Everything that is known about a deployment, for people and their tools. Times are ISO 8601, in UTC. */
export type DeploymentRecord = {
  /** Oldest first; added where the engine has them. */
  readonly notifications?: readonly RecordedNotification[]
  /** How Application Auto Scaling scaled the service meanwhile, oldest first; absent where it did nothing. */
  readonly scaling?: readonly Dated<RecordedScaling, 'at'>[]
  readonly deploymentId: string
  readonly applicationName: string
  readonly deploymentGroupName: string
  readonly deploymentConfigName: string
  readonly description?: string
  readonly creator: Deployment['creator']
  readonly status: Deployment['status']
  readonly createTime: string
  readonly startTime?: string
  readonly completeTime?: string
  readonly errorInformation?: Deployment['errorInformation']
  /** The deployment that rolls this one back, or that this one rolls back. */
  readonly rollbackInfo?: Deployment['rollbackInfo']
  readonly plan?: DeploymentPlan
  readonly lifecycleEvents: readonly RecordedEvent[]
  /** The journal: what was done, in order, and why. */
  readonly steps: readonly RecordedStep[]
  readonly taskSets: readonly TaskSetInfo[]
  readonly traffic: RecordedTraffic
  /** At most the last 200. */
  readonly targetHealth: readonly Dated<TargetHealthChange, 'at'>[]
  readonly hooks: readonly RecordedHook[]
  /** At most the last 100. */
  readonly alarms: readonly Dated<AlarmChange, 'at'>[]
}

export type RecordedObservations = Pick<DeploymentRecord, 'traffic' | 'targetHealth' | 'alarms'>

type RecordedEvent = Omit<LifecycleEvent, 'startTime' | 'endTime'> & {
  readonly startTime?: string
  readonly endTime?: string
}

export type RecordedStep = {
  readonly position: number
  readonly kind: JournalEntry['step']['kind']
  readonly begunAt: string
  /** Absent while it is being performed. */
  readonly endedAt?: string
  readonly sentence: string
}

type RecordedHook = {
  readonly event: HookExecution['event']
  readonly functionName: string
  readonly startedAt: string
  /** What PutLifecycleEventHookExecutionStatus reported; absent until it did. */
  readonly verdict?: { readonly status: 'Succeeded' | 'Failed'; readonly at: string }
  /** Why the function could not be invoked at all. */
  readonly cannotRun?: HookExecution['cannotRun']
  /** Absent until the function has ended. */
  readonly endedAt?: string
  readonly durationMilliseconds?: number
  readonly functionError?: string
  /** What it returned, which CodeDeploy ignores; or why it could not be invoked. */
  readonly result?: string
  /** The last lines it wrote. */
  readonly logLines: readonly string[]
}

type RecordedTraffic = {
  /** Whether requests were counted while the deployment ran; nothing is known of them otherwise. */
  readonly counted: boolean
  readonly answered: number
  readonly failed: number
  /** Requests whose clients went away before their answer was complete. */
  readonly givenUp: number
  /** In all, by listener, target group and outcome. */
  readonly totals: readonly RevisionCount[]
  /** Over time: the newest in steps of a second, the older ones in longer steps, and a row at each change of weights. */
  readonly rows: readonly Dated<TrafficRow, 'from' | 'to'>[]
}

/** `taskDefinition` is the ARN of what ran in the target group. */
type RevisionCount = TrafficCount & { readonly taskDefinition?: string }

type Dated<Type, Times extends keyof Type> = Omit<Type, Times> & { readonly [Name in Times]: string }

/** What a record is made of. `observations` is undefined for a deployment that nobody watched. */
type RecordSources = {
  readonly deployment: Deployment
  /** In the order of positions. */
  readonly journal: readonly JournalEntry[]
  readonly taskSets: readonly TaskSetInfo[]
  readonly observations: readonly DeploymentObservation[] | undefined
  /** ARNs by the name of the target group. */
  readonly taskDefinitions: Readonly<Record<string, string>>
}

export function deploymentRecord(sources: RecordSources): DeploymentRecord {
  const { deployment, journal, taskSets } = sources
  const { plan, description, startTime, completeTime, errorInformation, rollbackInfo } = deployment
  return {
    deploymentId: deployment.deploymentId,
    applicationName: deployment.applicationName,
    deploymentGroupName: deployment.deploymentGroupName,
    deploymentConfigName: deployment.deploymentConfigName,
    ...(description === undefined ? {} : { description }),
    creator: deployment.creator,
    status: deployment.status,
    createTime: dated(deployment.createTime),
    ...(startTime === undefined ? {} : { startTime: dated(startTime) }),
    ...(completeTime === undefined ? {} : { completeTime: dated(completeTime) }),
    ...(errorInformation === undefined ? {} : { errorInformation }),
    ...(rollbackInfo === undefined ? {} : { rollbackInfo }),
    ...(plan === undefined ? {} : { plan }),
    lifecycleEvents: deployment.lifecycleEvents.map(recordedEvent),
    steps: recordedSteps(journal, plan),
    taskSets,
    ...recordedObservations(sources),
    hooks: (deployment.hookExecutions ?? []).map(recordedHook),
  }
}

/** What was seen around a deployment: alike for all who deploy. */
export function recordedObservations(
  sources: Pick<RecordSources, 'observations' | 'taskDefinitions'>,
): RecordedObservations {
  const { observations = [] } = sources
  return {
    traffic: recordedTraffic(sources),
    targetHealth: observations.flatMap((each) => (each.kind === 'targetHealth' ? [withDate(each)] : [])),
    alarms: observations.flatMap((each) => (each.kind === 'alarm' ? [withDate(each)] : [])),
  }
}

function recordedEvent({ startTime, endTime, ...event }: LifecycleEvent): RecordedEvent {
  return {
    ...event,
    ...(startTime === undefined ? {} : { startTime: dated(startTime) }),
    ...(endTime === undefined ? {} : { endTime: dated(endTime) }),
  }
}

/** What was done, each with its sentence: alike for all who deploy. */
export function recordedSteps(
  journal: readonly JournalEntry[],
  plan: DeploymentPlan | ServiceDeploymentPlan | undefined,
): readonly RecordedStep[] {
  return journal.map(({ position, step, begunAt, outcome }) => ({
    position,
    kind: step.kind,
    begunAt: dated(begunAt),
    ...(outcome === undefined ? {} : { endedAt: dated(outcome.at) }),
    sentence: stepSentence(step, { plan, result: outcome?.result }),
  }))
}

function recordedHook(execution: HookExecution): RecordedHook {
  const { event, functionName, startedAt, verdict, invocation, cannotRun } = execution
  const { endedAt, durationMilliseconds, functionError, result, logLines = [] } = invocation ?? {}
  return {
    event,
    functionName,
    startedAt: dated(startedAt),
    ...(verdict === undefined ? {} : { verdict: { status: verdict.status, at: dated(verdict.at) } }),
    ...(cannotRun === undefined ? {} : { cannotRun }),
    ...(endedAt === undefined ? {} : { endedAt: dated(endedAt) }),
    ...(durationMilliseconds === undefined ? {} : { durationMilliseconds }),
    ...(functionError === undefined ? {} : { functionError }),
    ...(result === undefined ? {} : { result }),
    logLines,
  }
}

function recordedTraffic({
  observations,
  taskDefinitions,
}: Pick<RecordSources, 'observations' | 'taskDefinitions'>): RecordedTraffic {
  const rows = (observations ?? []).flatMap((each) => (each.kind === 'traffic' ? [each] : []))
  const totals = sumOf(rows.flatMap(({ counts }) => counts))
  const those = (verdict: ReturnType<typeof verdictOf>): number =>
    totals.reduce((sum, { outcome, count }) => (verdictOf(outcome) === verdict ? sum + count : sum), 0)
  return {
    counted: observations !== undefined,
    answered: those('answered'),
    failed: those('failed'),
    givenUp: those('given up'),
    totals: totals.map((total) => {
      const taskDefinition = taskDefinitions[total.targetGroup ?? '']
      return taskDefinition === undefined ? total : { ...total, taskDefinition }
    }),
    rows: rows.map(recordedRow),
  }
}

function recordedRow({ from, to, weights, counts, responseTimes }: TrafficRow): Dated<TrafficRow, 'from' | 'to'> {
  const times = responseTimes === undefined ? {} : { responseTimes }
  return { from: dated(from), to: dated(to), weights, counts, ...times }
}

function withDate<Change extends { readonly at: number; readonly kind: string }>(
  change: Change,
): Omit<Change, 'at' | 'kind'> & { readonly at: string } {
  const { at, kind: _, ...rest } = change
  return { at: dated(at), ...rest }
}

function dated(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
