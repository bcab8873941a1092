import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nowOf } from '../../src/console/deployment-now.ts'
import type { ServiceDeployment } from '../../src/domain/service-deployment.ts'

const clock = { minuteMilliseconds: 60_000, now: 1_000 }

test('a pause is told as what somebody has to answer, until when, and what happens otherwise', () => {
  const pause = { targetType: 'PAUSE', status: 'AWAITING_ACTION', lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT' }
  const deployment = {
    lifecycleHookDetails: [{ ...pause, hookId: 'ecs-pause-1', expiresAt: 61_000, timeoutAction: 'ROLLBACK' }],
    deploymentConfiguration: { strategy: 'BLUE_GREEN' },
  } as unknown as ServiceDeployment
  const now = nowOf({ deployment, journal: [], stages: [], alarms: [], held: [], ...clock })
  assert.equal(now.sentence, 'A pause at POST_TEST_TRAFFIC_SHIFT: somebody has to say how it goes on.')
  assert.equal(now.next, 'Then it is rolled back.')
  assert.equal(now.until, 61_000)
  assert.equal(now.earliestEnd, undefined)
})

describe('a rolling update', () => {
  const deployment = {
    startedAt: 900,
    deploymentConfiguration: { strategy: 'ROLLING' },
  } as unknown as ServiceDeployment
  const known = { deployment, journal: [], stages: [], alarms: [], ...clock }

  test('is told as what it does from its beginning to its end', () => {
    assert.equal(nowOf({ ...known, held: [] }).sentence, 'Now replacing old tasks by new ones, some at a time.')
    const { startedAt: _, ...waiting } = deployment
    const notBegun = nowOf({ ...known, deployment: waiting, held: [] })
    assert.equal(notBegun.sentence, 'It begins as soon as its turn has come.')
  })

  test('names the protected tasks that it waits for', () => {
    const { sentence } = nowOf({ ...known, held: [{ taskId: 'aaa', until: 61_000 }] })
    assert.match(
      sentence,
      /some at a time\. Task aaa is protected from scale-in until 1970-01-01T00:01:01\.000Z: it is/,
    )
  })
})
