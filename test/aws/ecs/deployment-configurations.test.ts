import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readDeploymentConfiguration } from '../../../src/aws/ecs/deployment-configurations.ts'

type Given = Parameters<typeof readDeploymentConfiguration>[0]

describe('the deployment configuration of a service under the ECS controller', () => {
  test('has ECS’s defaults, and keeps what an update does not give', () => {
    const defaults = { strategy: 'ROLLING', maximumPercent: 200, minimumHealthyPercent: 100 } as const
    assert.deepEqual(readDeploymentConfiguration(undefined), defaults)
    const deploymentCircuitBreaker = { enable: true, rollback: true }
    const first = readDeploymentConfiguration({ deploymentCircuitBreaker })
    assert.deepEqual(first, { ...defaults, deploymentCircuitBreaker })
    assert.deepEqual(readDeploymentConfiguration({ maximumPercent: 150 }, first), { ...first, maximumPercent: 150 })
  })

  const refused: readonly (readonly [Given, string | RegExp])[] = [
    [{ maximumPercent: 99 }, 'maximumPercent must be at least 100, and minimumHealthyPercent between 0 and 100.'],
    [
      { minimumHealthyPercent: 101 },
      'maximumPercent must be at least 100, and minimumHealthyPercent between 0 and 100.',
    ],
    [
      { maximumPercent: 100 },
      'Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.',
    ],
    [
      { deploymentCircuitBreaker: { enable: false, rollback: true } },
      'deploymentCircuitBreaker: rollback cannot be enabled while enable is false.',
    ],
    [
      {
        deploymentCircuitBreaker: { enable: true, rollback: true, thresholdConfiguration: { type: 'COUNT', value: 5 } },
      },
      /thresholdConfiguration is not supported by Teal yet/,
    ],
    [
      { deploymentCircuitBreaker: { enable: true, rollback: true, resetOnHealthyTask: false } },
      /resetOnHealthyTask false is not supported by Teal yet/,
    ],
    [
      { alarms: { alarmNames: [], enable: true, rollback: true } },
      'alarmNames cannot be empty while alarms are enabled.',
    ],
    [{ bakeTimeInMinutes: 1441 }, 'deploymentConfiguration.bakeTimeInMinutes must be between 0 and 1440.'],
    [{ earlySuccessCriteria: { enable: true } }, /earlySuccessCriteria is not supported by Teal yet/],
    [
      { lifecycleHooks: [{ lifecycleStages: ['PRE_SCALE_UP'] }] },
      'deploymentConfiguration.lifecycleHooks cannot be used with deployment strategy ROLLING. Remove it.',
    ],
  ]
  for (const [given, message] of refused) {
    test(`refuses ${JSON.stringify(given)}`, () => {
      assert.throws(
        () => readDeploymentConfiguration(given),
        (error: Error) => {
          if (typeof message === 'string') assert.equal(error.message, message)
          else assert.match(error.message, message)
          return true
        },
      )
    })
  }
})
