import type { HealthCheckSettings } from './routing-table.ts'
import type { TargetHealth } from './target-health.ts'

/** How one health check ended. */
export type CheckResult =
  | { readonly kind: 'answered'; readonly statusCode: number; readonly milliseconds: number }
  | { readonly kind: 'connect-timeout' }
  | { readonly kind: 'answer-timeout' }
  /** No connection, or no HTTP answer on it; the message is for people: `connection refused`. */
  | { readonly kind: 'failed'; readonly message: string }
  /** The check could not be made, for a reason that lies with the router. */
  | { readonly kind: 'internal-error'; readonly message: string }

/** What is remembered of a target between two checks. */
export type CheckedHealth = {
  readonly health: TargetHealth
  /** Passed, or failed, in a row up to now; those of a healthy target that pass as the one before are not counted on. */
  readonly successes: number
  readonly failures: number
  readonly lastCheck?: string
}

/** Of a target, by its key. */
export type KnownHealth = readonly [key: string, checked: CheckedHealth]

/** A passed check is slow when it takes half of its time-out: of each second so much. */
const slowMilliseconds = 500

export const registeredHealth: CheckedHealth = {
  health: {
    state: 'initial',
    reason: 'Elb.RegistrationInProgress',
    description: 'Target registration is in progress',
  },
  successes: 0,
  failures: 0,
}

export const unusedHealth: TargetHealth = {
  state: 'unused',
  reason: 'Target.NotInUse',
  description: 'Target group is not configured to receive traffic from the load balancer',
}

export const drainingHealth: TargetHealth = {
  state: 'draining',
  reason: 'Target.DeregistrationInProgress',
  description: 'Target deregistration is in progress',
}

export const uncheckedHealth: TargetHealth = {
  state: 'unavailable',
  reason: 'Target.HealthCheckDisabled',
  description: 'Health checks are disabled for this target',
}

const healthy: TargetHealth = { state: 'healthy' }

/**
 * The next state of a target. As the load balancer does it: one passed check makes a new target healthy; after that it
 * takes the thresholds to change; a new target that goes on failing becomes unhealthy at the unhealthy threshold. The
 * same object as before where the check has told nothing new.
 */
export function afterCheck(
  before: CheckedHealth,
  settings: Omit<HealthCheckSettings, 'enabled' | 'port' | 'intervalSeconds'>,
  result: CheckResult,
): CheckedHealth {
  const isPassed = passes(settings.matcher, result)
  const lastCheck = describeCheck(settings, result, isPassed)
  if (isPassed && before.health.state === 'healthy' && before.failures === 0 && before.lastCheck === lastCheck)
    return before
  if (result.kind === 'internal-error') return { ...before, health: healthWithoutCheck(before.health), lastCheck }
  if (isPassed) {
    const successes = before.successes + 1
    const isHealthy = before.health.state !== 'unhealthy' || successes >= settings.healthyThresholdCount
    return { health: isHealthy ? healthy : before.health, successes, failures: 0, lastCheck }
  }
  const failures = before.failures + 1
  return { health: healthAfterFailure(before.health, settings, failures, result), successes: 0, failures, lastCheck }
}

/**
 * A check made before its time, of a new target that refuses connections: an application often begins to listen a moment
 * after its process began. It can only make the target healthy; failures count at the interval alone.
 */
export function afterEarlyCheck(
  before: CheckedHealth,
  settings: Parameters<typeof afterCheck>[1],
  result: CheckResult,
): CheckedHealth {
  return passes(settings.matcher, result) ? afterCheck(before, settings, result) : before
}

/** True while the next check need not wait for the interval. */
export function isWorthAnEarlyCheck({ health }: CheckedHealth, last: CheckResult): boolean {
  return health.state === 'initial' && last.kind === 'failed'
}

function healthAfterFailure(
  before: TargetHealth,
  settings: Pick<HealthCheckSettings, 'unhealthyThresholdCount'>,
  failures: number,
  result: Parameters<typeof unhealthy>[0],
): TargetHealth {
  if (before.state === 'unhealthy' || failures >= settings.unhealthyThresholdCount) return unhealthy(result)
  if (before.state === 'healthy') return before
  return {
    state: 'initial',
    reason: 'Elb.InitialHealthChecking',
    description: 'Initial health checks in progress',
  }
}

/** A check that was not made says nothing about the target: what is known stays, and what is not known is said. */
function healthWithoutCheck(before: TargetHealth): TargetHealth {
  if (before.state !== 'initial') return before
  return {
    state: 'unavailable',
    reason: 'Elb.InternalError',
    description: 'Health checks failed due to an internal error',
  }
}

function unhealthy(result: Exclude<CheckResult, { kind: 'internal-error' }>): TargetHealth {
  switch (result.kind) {
    case 'answered':
      return {
        state: 'unhealthy',
        reason: 'Target.ResponseCodeMismatch',
        description: `Health checks failed with these codes: [${result.statusCode}]`,
      }
    case 'connect-timeout':
      return { state: 'unhealthy', reason: 'Target.Timeout', description: 'Connection to target timed out' }
    case 'answer-timeout':
      return { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' }
    case 'failed':
      return { state: 'unhealthy', reason: 'Target.FailedHealthChecks', description: 'Health checks failed' }
  }
}

function passes(matcher: string, result: CheckResult): boolean {
  return result.kind === 'answered' && matchesStatusCode(matcher, result.statusCode)
}

/** The matcher is a list of codes and ranges: `200`, `200-299,301`. */
export function matchesStatusCode(matcher: string, statusCode: number): boolean {
  return matcher.split(',').some((part) => {
    const [from, to = from] = part.split('-').map((code) => Number(code.trim()))
    return from !== undefined && to !== undefined && from <= statusCode && statusCode <= to
  })
}

/**
 * The check in words: `GET /health answered 503 in 3 ms`, `connection refused`, `no answer within 5 s`. One that passed as
 * usual is told without its time: it is news, to everybody who is told of changes, only when it is not as usual.
 */
function describeCheck(
  { path, timeoutSeconds }: Pick<HealthCheckSettings, 'path' | 'timeoutSeconds'>,
  result: CheckResult,
  isPassed: boolean,
): string {
  switch (result.kind) {
    case 'answered': {
      const answered = `GET ${path} answered ${result.statusCode}`
      const isAsUsual = isPassed && result.milliseconds < timeoutSeconds * slowMilliseconds
      return isAsUsual ? answered : `${answered} in ${Math.round(result.milliseconds)} ms`
    }
    case 'connect-timeout':
      return `GET ${path}: no connection within ${timeoutSeconds} s`
    case 'answer-timeout':
      return `GET ${path}: no answer within ${timeoutSeconds} s`
    case 'failed':
    case 'internal-error':
      return `GET ${path}: ${result.message}`
  }
}
