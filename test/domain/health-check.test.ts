import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  afterCheck,
  afterEarlyCheck,
  isWorthAnEarlyCheck,
  matchesStatusCode,
  registeredHealth,
  type CheckResult,
} from '../../src/domain/health-check.ts'

const settings = {
  path: '/health',
  timeoutSeconds: 5,
  healthyThresholdCount: 3,
  unhealthyThresholdCount: 2,
  matcher: '200',
}
const passed: CheckResult = { kind: 'answered', statusCode: 200, milliseconds: 1 }
const failed: CheckResult = { kind: 'answered', statusCode: 503, milliseconds: 3.2 }

function after(...results: readonly CheckResult[]) {
  return results.reduce((known, result) => afterCheck(known, settings, result), registeredHealth)
}

function passedIn(milliseconds: number): string | undefined {
  return after({ kind: 'answered', statusCode: 200, milliseconds }).lastCheck
}

test('one passed check makes a new target healthy, whatever the threshold', () => {
  assert.equal(registeredHealth.health.reason, 'Elb.RegistrationInProgress')
  assert.deepEqual(after(passed).health, { state: 'healthy' })
  assert.deepEqual(after(failed, passed).health, { state: 'healthy' })
})

test('a new target that fails stays initial up to the unhealthy threshold', () => {
  assert.deepEqual(after(failed).health, {
    state: 'initial',
    reason: 'Elb.InitialHealthChecking',
    description: 'Initial health checks in progress',
  })
  assert.equal(after(failed, failed).health.state, 'unhealthy')
})

test('a healthy target becomes unhealthy after failures in a row only', () => {
  assert.equal(after(passed, failed).health.state, 'healthy')
  assert.equal(after(passed, failed, passed, failed).health.state, 'healthy')
  assert.equal(after(passed, failed, failed).health.state, 'unhealthy')
})

test('a check that passes as the one before it leaves what is known as it is, and the next failures count from one', () => {
  const known = after(passed)
  assert.equal(afterCheck(known, settings, passed), known)
  assert.equal(afterCheck(afterCheck(known, settings, passed), settings, failed).health.state, 'healthy')
  assert.notEqual(afterCheck(after(passed, failed), settings, passed), known)
})

test('an unhealthy target needs the full number of passed checks in a row', () => {
  assert.equal(after(failed, failed, passed, passed).health.state, 'unhealthy')
  assert.equal(after(failed, failed, passed, passed, failed, passed, passed).health.state, 'unhealthy')
  assert.deepEqual(after(failed, failed, passed, passed, passed).health, { state: 'healthy' })
})

test('an unhealthy target says why, in the words of the API', () => {
  const reasonAfter = (result: CheckResult) => {
    const { reason, description } = after(failed, result).health
    return [reason, description]
  }
  assert.deepEqual(reasonAfter(failed), ['Target.ResponseCodeMismatch', 'Health checks failed with these codes: [503]'])
  assert.deepEqual(reasonAfter({ kind: 'answer-timeout' }), ['Target.Timeout', 'Request timed out'])
  assert.deepEqual(reasonAfter({ kind: 'connect-timeout' }), ['Target.Timeout', 'Connection to target timed out'])
  assert.deepEqual(reasonAfter({ kind: 'failed', message: 'connection refused' }), [
    'Target.FailedHealthChecks',
    'Health checks failed',
  ])
})

test('the last check is told in words', () => {
  assert.equal(after(failed).lastCheck, 'GET /health answered 503 in 3 ms')
  assert.equal(after({ kind: 'failed', message: 'connection refused' }).lastCheck, 'GET /health: connection refused')
  assert.equal(after({ kind: 'answer-timeout' }).lastCheck, 'GET /health: no answer within 5 s')
})

test('a passed check is told in the same words however long it took, until it comes near its time-out', () => {
  assert.equal(passedIn(3), 'GET /health answered 200')
  assert.equal(passedIn(2_000), 'GET /health answered 200')
  assert.equal(passedIn(2_600), 'GET /health answered 200 in 2600 ms')
})

test('a matcher is a list of codes and ranges', () => {
  assert.ok(matchesStatusCode('200', 200))
  assert.ok(!matchesStatusCode('200', 201))
  assert.ok(matchesStatusCode('200-299,301', 204))
  assert.ok(matchesStatusCode('200-299, 301', 301))
  assert.ok(!matchesStatusCode('200-299,301', 302))
})

test('an early check can make a new target healthy, but its failures do not count', () => {
  const refused: CheckResult = { kind: 'failed', message: 'connection refused' }
  const waiting = after(refused)
  assert(isWorthAnEarlyCheck(waiting, refused), 'a refused connection is worth asking again soon')
  assert(!isWorthAnEarlyCheck(waiting, failed), 'an answer is an answer')
  assert(!isWorthAnEarlyCheck(after(passed, refused), refused), 'a target that was healthy is not new')
  assert.equal(afterEarlyCheck(waiting, settings, refused), waiting)
  assert.equal(afterEarlyCheck(waiting, settings, passed).health.state, 'healthy')
})

test('a check that the router could not make says nothing about the target', () => {
  const notMade: CheckResult = { kind: 'internal-error', message: 'the router is short of resources (EMFILE)' }
  assert.deepEqual(after(passed, notMade).health, { state: 'healthy' })
  assert.equal(after(passed, failed, notMade, notMade).health.state, 'healthy')
  assert.equal(after(failed, failed, notMade).health.state, 'unhealthy')
  assert.deepEqual(after(notMade).health, {
    state: 'unavailable',
    reason: 'Elb.InternalError',
    description: 'Health checks failed due to an internal error',
  })
  assert.deepEqual(after(notMade, passed).health, { state: 'healthy' })
  assert.equal(after(notMade, failed).health.reason, 'Elb.InitialHealthChecking')
  assert.match(after(notMade).lastCheck ?? '', /short of resources/)
})
