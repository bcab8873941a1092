import type { TaskSet } from './service.ts'
import type { Task } from './task.ts'

export type Failures = TaskSet['failures']

const longestDelaySeconds = 15 * 60
/** A task that was healthy for so long has shown that tasks can run: the next failure is a first one again. */
const provenAfterMilliseconds = 60_000

/**
 * Seconds to wait before the next start after so many failures in a row: 0, 1, 2, 4 … up to 15 minutes, as ECS's throttle
 * of services that cannot start tasks. These are real seconds: AWS does not let anyone configure this throttle in
 * minutes, so the clock setting that shortens minutes has no say in it.
 */
export function startDelaySeconds(consecutive: number): number {
  if (consecutive <= 1) return 0
  return Math.min(2 ** (consecutive - 2), longestDelaySeconds)
}

/**
 * The failures once `failed` has failed too. Tasks that were started before the last failure was known belong to the same
 * try, so ten tasks of one bad revision failing together are one failure in a row, not ten.
 */
export function afterFailure(failures: Failures, failed: Task, tasks: readonly Task[], now: number): Failures {
  const counts = { total: failures.total + 1, sinceHealthy: (failures.sinceHealthy ?? 0) + 1 }
  if (tasks.some((task) => hasProvenItself(task, failures, now))) return { ...counts, consecutive: 1, nextStartAt: now }
  if (failures.consecutive > 0 && failed.createdAt < failures.nextStartAt) return { ...failures, ...counts }
  const consecutive = failures.consecutive + 1
  return { ...counts, consecutive, nextStartAt: now + startDelaySeconds(consecutive) * 1000 }
}

function hasProvenItself(task: Task, failures: Failures, now: number): boolean {
  if (task.healthyAt === undefined || task.createdAt < failures.nextStartAt) return false
  return now - task.healthyAt >= provenAfterMilliseconds
}
