import { counted } from './counted.ts'
import type { Task } from './task.ts'

/** How long a task is protected where nobody says: two hours. */
export const defaultProtectionMinutes = 120
/** Two days. */
export const mostProtectionMinutes = 2_880

/** Until when the task is protected from scale-in; undefined where it is not, or not any more. */
export function protectedUntil(task: Task, now: number): number | undefined {
  return task.protectedUntil !== undefined && now < task.protectedUntil ? task.protectedUntil : undefined
}

/**
 * Until when neither fewer wanted tasks nor a deployment may take the task. One that is unhealthy is replaced all the
 * same: protection is from scale-in alone.
 */
export function sparedUntil(task: Task, now: number): number | undefined {
  return task.desiredStatus === 'RUNNING' && task.unhealthyAt === undefined ? protectedUntil(task, now) : undefined
}

/** The task with its protection; `until` undefined: without any. */
export function withProtection(task: Task, until: number | undefined): Task {
  const { protectedUntil: _before, ...unprotected } = task
  return until === undefined ? unprotected : { ...unprotected, protectedUntil: until }
}

/** A task that has to go and may not yet. */
export type HeldTask = { readonly taskId: string; readonly until: number }

const mostNamed = 3

/**
 * What whoever waits for protected tasks to go is told; undefined where there are none. AWS documents no time after which
 * ECS or CodeDeploy would not wait any longer, so there is none here.
 */
export function waitForProtected(held: readonly HeldTask[], timeInWords = isoTime): string | undefined {
  const sentence = protectionOf(held, timeInWords)
  if (sentence === undefined) return undefined
  const waited = held.length === 1 ? 'it is' : 'they are'
  return `${sentence}: ${waited} waited for, without a time-out. UpdateTaskProtection can end that sooner.`
}

/** `Task 0123 is protected from scale-in until …`, without a dot; those that are protected longest first. */
export function protectionOf(held: readonly HeldTask[], timeInWords = isoTime): string | undefined {
  const [last, ...others] = held.toSorted((one, other) => other.until - one.until)
  if (last === undefined) return undefined
  if (others.length === 0) return `Task ${last.taskId} is protected from scale-in until ${timeInWords(last.until)}`
  const named = [last, ...others]
    .slice(0, mostNamed)
    .map(({ taskId, until }) => `${taskId} (until ${timeInWords(until)})`)
  const all = held.length > mostNamed ? [...named, counted(held.length - mostNamed, 'other')] : named
  return `Tasks ${all.slice(0, -1).join(', ')} and ${all.at(-1)} are protected from scale-in`
}

function isoTime(time: number): string {
  return new Date(time).toISOString()
}

/** Why a task cannot be protected, as ECS answers it. */
export type ProtectionFailure = {
  readonly reason: 'MISSING' | 'TASK_NOT_VALID' | 'DEPLOYMENT_BLOCKED'
  readonly detail: string
}

export const unknownTask: ProtectionFailure = {
  reason: 'MISSING',
  detail: 'There is no such task in the cluster, or it is not remembered any more.',
}

/** Why a task has no protection to tell of or to change; undefined where it has. */
export function notProtectable(task: Task): ProtectionFailure | undefined {
  if (task.serviceArn === '') {
    return { reason: 'TASK_NOT_VALID', detail: 'The task belongs to no service: only tasks of services are protected.' }
  }
  if (task.desiredStatus === 'RUNNING') return undefined
  return { reason: 'TASK_NOT_VALID', detail: 'The task has stopped, or is about to: there is nothing left to protect.' }
}

/**
 * ECS protects no more tasks of a service than it wants: the others could never be taken away, and nothing that is being
 * deployed or scaled would come to its end. Undefined where the task may be protected.
 */
export function protectionBlocked(
  task: Task,
  {
    desiredCount,
    tasks,
    now,
  }: { readonly desiredCount: number; readonly tasks: readonly Task[]; readonly now: number },
): ProtectionFailure | undefined {
  const others = tasks.filter(
    (other) => other.taskArn !== task.taskArn && other.desiredStatus === 'RUNNING' && protectedUntil(other, now),
  ).length
  if (others < desiredCount) return undefined
  return {
    reason: 'DEPLOYMENT_BLOCKED',
    detail:
      `${others} other tasks of the service are protected, and its desired count is ${desiredCount}: end the protection ` +
      'of some, wait until it expires, or raise the desired count.',
  }
}
