import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nowOf } from '../../src/console/deployment-now.ts'
import type { ServiceDeployment } from '../../src/domain/service-deployment.ts'

test('a pause is told as what somebody has to answer, until when, and what happens otherwise', () => {
  const pause = { targetType: 'PAUSE', status: 'AWAITING_ACTION', lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT' }
  const deployment = {
    lifecycleHookDetails: [{ ...pause, hookId: 'ecs-pause-1', expiresAt: 61_000, timeoutAction: 'ROLLBACK' }],
    deploymentConfiguration: { strategy: 'BLUE_GREEN' },
  } as unknown as ServiceDeployment
  const now = nowOf({ deployment, journal: [], stages: [], alarms: [], minuteMilliseconds: 60_000, now: 1_000 })
  assert.equal(now.sentence, 'A pause at POST_TEST_TRAFFIC_SHIFT: somebody has to say how it goes on.')
  assert.equal(now.next, 'Then it is rolled back.')
  assert.equal(now.until, 61_000)
  assert.equal(now.earliestEnd, undefined)
})
