import type { MetricAlarm } from '@aws-sdk/client-cloudwatch'
import type { Service, Task } from '@aws-sdk/client-ecs'
import type { TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { HeldTask } from '../domain/task-protection.ts'
import type { HealthView, SideView, Tiding, TrafficView } from './deployment-view.ts'
import { shortArn, timeIn } from './words.ts'

/** What was seen around a deployment, whoever deploys: AWS's answers, as the official clients give them. */
export type Surroundings = {
  readonly at: number
  readonly minuteMilliseconds: number
  readonly service?: Service | undefined
  /** By the target group's name. */
  readonly groups: Readonly<Record<string, SeenGroup>>
  readonly alarms: readonly SeenAlarm[]
  /** Names of the alarms that can end the deployment; those there are none of included. */
  readonly alarmNames: readonly string[]
  /** Of the replacement; asked for once it is over without success. */
  readonly stoppedTasks: readonly Task[]
  /** The last lines of the containers that failed, as CloudWatch Logs has them. */
  readonly logLines: readonly string[]
  /** What keeps the service from taking tasks away that it has to. */
  readonly protectedTasks: readonly SeenProtectedTask[]
}

/** `startedBy`: its task set, or deployment of ECS itself. */
export type SeenProtectedTask = HeldTask & { readonly startedBy: string }

export type SeenGroup = {
  readonly targets: readonly TargetHealthDescription[]
  readonly traffic?: TrafficView | undefined
}

export type SeenAlarm = {
  readonly alarm: MetricAlarm
  /** The newest datapoint of its metric. */
  readonly value?: number | undefined
}

export function healthOf(targets: readonly TargetHealthDescription[]): HealthView {
  const counts = new Map<string, number>()
  for (const { TargetHealth } of targets) {
    const state = TargetHealth?.State ?? 'unknown'
    counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  const sick = targets.find(({ TargetHealth }) => TargetHealth?.State === 'unhealthy')
  const beginning = targets.find(({ TargetHealth }) => TargetHealth?.State === 'initial')
  return {
    counts: [...counts]
      .map(([state, count]) => ({ state, count }))
      .toSorted((one, other) => stateRank(one.state) - stateRank(other.state)),
    reason: (sick ?? beginning)?.TargetHealth?.Description,
  }
}

export function healthyCount({ health }: Pick<SideView, 'health'>): number {
  return health?.counts.find(({ state }) => state === 'healthy')?.count ?? 0
}

const states = ['healthy', 'initial', 'unhealthy', 'draining', 'unused', 'unavailable']

function stateRank(state: string): number {
  const rank = states.indexOf(state)
  return rank < 0 ? states.length : rank
}

/** Its clean-up is told within so long; what comes later is of whatever came after it. */
const afterEndMilliseconds = 1_000

/** The service's own events while the deployment ran, with short names in place of ARNs. */
export function serviceTidings(
  service: Service | undefined,
  { begunAt, endedAt = Number.POSITIVE_INFINITY }: { readonly begunAt: number; readonly endedAt?: number | undefined },
): readonly Tiding[] {
  return (service?.events ?? [])
    .flatMap(({ createdAt, message }) => {
      const at = timeIn(createdAt)
      if (at === undefined || message === undefined) return []
      return at < begunAt || at > endedAt + afterEndMilliseconds ? [] : [{ at, text: shortenedArns(message) }]
    })
    .toReversed()
}

/** The task sets and deployments of which the service tells that they are not scaled in because of protected tasks. */
export function heldByProtection(service: Service | undefined): readonly string[] {
  const messages = (service?.events ?? []).map(({ message = '' }) => message)
  const steady = messages.findIndex((message) => message.endsWith('has reached a steady state.'))
  const news = steady < 0 ? messages : messages.slice(0, steady)
  return [...new Set(news.flatMap((message) => /task set \(([^)]+)\) was unable to scale in/.exec(message)?.[1] ?? []))]
}

/** `(target-group arn:aws:…:targetgroup/web-green/0123)` is `(target-group web-green)` to people. */
export function shortenedArns(text: string): string {
  return text
    .replaceAll(/arn:aws[\w-]*:elasticloadbalancing:[^\s)]*:targetgroup\/([\w-]+)\/\w+/g, '$1')
    .replaceAll(/arn:aws[\w-]*:\w+:[\w-]*:\d*:[\w-]+\/[^\s,;)]+/g, (arn) => shortArn(arn) ?? arn)
    .replaceAll(/arn:aws[\w-]*:lambda:[\w-]*:\d*:function:([\w-]+)(?::[\w$-]+)?/g, '$1')
    .replaceAll(/\b([0-9a-f]{8})[0-9a-f]{24}\b/g, '$1')
    .replace(/^\(service [^,)]+\) /, '')
    .replace(/^\(service [^,)]+, taskSet ([^)]+)\) /, '(taskSet $1) ')
}

/** It stopped because of itself: not because somebody said so, and not because there were too many. */
export function hasFailed({ stopCode, stoppedReason = '' }: Task): boolean {
  if (stopCode === 'UserInitiated') return false
  return stopCode !== 'ServiceSchedulerInitiated' || !stoppedReason.startsWith('Scaling activity')
}

/** `exit code 1: Essential container in task exited`, of a task that has ended. */
export function endOfTask({ stoppedReason, containers = [] }: Task): string {
  const ended = containers.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0) ?? containers[0]
  const code = ended?.exitCode === undefined ? '' : `container ${ended.name} ended with exit code ${ended.exitCode}: `
  const why = ended?.reason === undefined || ended.reason === stoppedReason ? '' : ` (${ended.reason})`
  return `${code}${stoppedReason ?? 'no reason is known'}${why}`
}
