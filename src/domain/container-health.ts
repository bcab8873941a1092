import type { ContainerHealthCheck } from './task-definition.ts'
import type { HealthStatus, Task, TaskContainer } from './task.ts'

/** How far a container's health check has come; `failures` are the consecutive ones that count. */
export type HealthProgress = { readonly status: HealthStatus; readonly failures: number }

/** A definition's health check with ECS's defaults, in seconds. */
export function healthCheckTimes(check: ContainerHealthCheck): Required<Omit<ContainerHealthCheck, 'command'>> {
  const { interval = 30, timeout = 5, retries = 3, startPeriod = 0 } = check
  return { interval, timeout, retries, startPeriod }
}

/** The command as it is run: `CMD` is run as it stands, `CMD-SHELL` by the container's shell. */
export function healthCheckArguments({ command }: ContainerHealthCheck): readonly string[] {
  const [kind, ...rest] = command
  if (kind === 'CMD-SHELL') return ['/bin/sh', '-c', rest.join(' ')]
  return kind === 'CMD' ? rest : command
}

/**
 * What a check's outcome makes of a container's health. A pass makes it healthy at once, also in the start period, which
 * it ends; failures in the start period do not count; so many failures in a row as there are retries make it unhealthy.
 */
export function afterCheck(
  { status, failures }: HealthProgress,
  passed: boolean,
  { retries, isInStartPeriod }: { readonly retries: number; readonly isInStartPeriod: boolean },
): HealthProgress {
  if (passed) return { status: 'HEALTHY', failures: 0 }
  if (isInStartPeriod && status === 'UNKNOWN') return { status, failures }
  return { status: failures + 1 >= retries ? 'UNHEALTHY' : status, failures: failures + 1 }
}

/** A task is as healthy as its essential containers; one without a health check is UNKNOWN. */
export function taskHealthStatus({ containers }: Task): HealthStatus {
  const statuses = containers.filter(({ essential }) => essential).map(healthStatusOf)
  if (statuses.includes('UNHEALTHY')) return 'UNHEALTHY'
  return statuses.length === 0 || statuses.includes('UNKNOWN') ? 'UNKNOWN' : 'HEALTHY'
}

/** What of its containers' health checks counts for a service: those that its essential containers have. */
export function checkedHealth({ containers }: Task): 'healthy' | 'unhealthy' | 'unknown' {
  const checked = containers.filter(({ essential, healthStatus }) => essential && healthStatus !== undefined)
  if (checked.some(({ healthStatus }) => healthStatus === 'UNHEALTHY')) return 'unhealthy'
  return checked.every(({ healthStatus }) => healthStatus === 'HEALTHY') ? 'healthy' : 'unknown'
}

function healthStatusOf({ healthStatus = 'UNKNOWN' }: TaskContainer): HealthStatus {
  return healthStatus
}
