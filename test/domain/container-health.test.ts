import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { afterCheck, checkedHealth, healthCheckArguments, taskHealthStatus } from '../../src/domain/container-health.ts'
import type { HealthProgress } from '../../src/domain/container-health.ts'
import type { HealthStatus } from '../../src/domain/task.ts'
import { aTask } from '../world/a-service.ts'

/** What a row of checks makes of a container: `+` passes, `-` fails, in the start period as many as `startPeriod`. */
function after(checks: string, startPeriod = 0): HealthStatus {
  let progress: HealthProgress = { status: 'UNKNOWN', failures: 0 }
  for (const [index, check] of checks.split('').entries()) {
    progress = afterCheck(progress, check === '+', { retries: 3, isInStartPeriod: index < startPeriod })
  }
  return progress.status
}

describe("a container's health", () => {
  for (const [checks, startPeriod, expected] of [
    ['', 0, 'UNKNOWN'],
    ['+', 0, 'HEALTHY'],
    ['--', 0, 'UNKNOWN'],
    ['---', 0, 'UNHEALTHY'],
    ['+--', 0, 'HEALTHY'],
    ['+---', 0, 'UNHEALTHY'],
    ['---+', 0, 'HEALTHY'],
    ['-----', 5, 'UNKNOWN'],
    ['-----', 3, 'UNKNOWN'],
    ['------', 3, 'UNHEALTHY'],
    ['+---', 4, 'UNHEALTHY'],
  ] as const) {
    test(`after "${checks}", ${startPeriod} of them in the start period, is ${expected}`, () => {
      assert.equal(after(checks, startPeriod), expected)
    })
  }

  test('CMD runs as it stands, CMD-SHELL in a shell', () => {
    assert.deepEqual(healthCheckArguments({ command: ['CMD', 'curl', '-f'] }), ['curl', '-f'])
    assert.deepEqual(healthCheckArguments({ command: ['CMD-SHELL', 'a || b'] }), ['/bin/sh', '-c', 'a || b'])
  })
})

describe("a task's health", () => {
  const [web] = aTask('a').containers
  assert.ok(web)
  const task = (...statuses: readonly (HealthStatus | undefined)[]) =>
    aTask('a', {
      containers: statuses.map((healthStatus) => ({ ...web, ...(healthStatus === undefined ? {} : { healthStatus }) })),
    })

  test('is that of its essential containers, and UNKNOWN where one has no check', () => {
    assert.equal(taskHealthStatus(task('HEALTHY', 'UNHEALTHY')), 'UNHEALTHY')
    assert.equal(taskHealthStatus(task('HEALTHY', undefined)), 'UNKNOWN')
    assert.equal(taskHealthStatus(task('HEALTHY', 'HEALTHY')), 'HEALTHY')
  })

  test('counts for its service where there are checks', () => {
    assert.equal(checkedHealth(task(undefined)), 'healthy')
    assert.equal(checkedHealth(task(undefined, 'UNKNOWN')), 'unknown')
    assert.equal(checkedHealth(task(undefined, 'HEALTHY')), 'healthy')
    assert.equal(checkedHealth(task('HEALTHY', 'UNHEALTHY')), 'unhealthy')
  })
})
