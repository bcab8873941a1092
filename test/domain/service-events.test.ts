import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { serviceEvent, stoppedReason } from '../../src/domain/service-events.ts'
import type { Failures } from '../../src/domain/back-off.ts'
import { aService, aTask, aTaskSet, taskSetId } from '../world/a-service.ts'

const service = aService()

describe('the events of a service', () => {
  const cases: readonly (readonly [string, string])[] = [
    [serviceEvent.started(service, ['a'], 0), '(service web) has started 1 tasks: (task a).'],
    [serviceEvent.started(service, ['a', 'b'], 0), '(service web) has started 2 tasks: (task a) (task b).'],
    [
      serviceEvent.started(service, ['a'], 1),
      '(service web) has started 1 tasks: (task a). Amazon ECS replaced 1 tasks due to an unhealthy status.',
    ],
    [serviceEvent.registered(service, 'arn:tg', 1), '(service web) registered 1 targets in (target-group arn:tg)'],
    [serviceEvent.deregistered(service, 'arn:tg', 1), '(service web) deregistered 1 targets in (target-group arn:tg)'],
    [
      serviceEvent.begunDraining(service, taskSetId, 1),
      `(service web, taskSet ${taskSetId}) has begun draining connections on 1 tasks.`,
    ],
    [serviceEvent.stoppedRunning(service, ['a']), '(service web) has stopped 1 running tasks: (task a).'],
    [serviceEvent.stoppedPending(service, 2), '(service web) stopped 2 pending tasks.'],
    [
      serviceEvent.taskSetSteady(service, taskSetId),
      `(service web, taskSet ${taskSetId}) updated state to STEADY_STATE.`,
    ],
    [serviceEvent.serviceSteady(service), '(service web) has reached a steady state.'],
    [
      serviceEvent.unhealthy(service, 'a', { targetGroupArn: 'arn:tg', port: 8080, description: 'Request timed out' }),
      '(service web) (task a) (port 8080) is unhealthy in (target-group arn:tg) due to (reason Request timed out).',
    ],
  ]
  for (const [actual, expected] of cases) test(expected, () => assert.equal(actual, expected))

  test('say of a first failure how the task ended', () => {
    assert.equal(
      failed({ consecutive: 1, total: 1, nextStartAt: 1_000 }),
      `(service web, taskSet ${taskSetId}) (task a) has failed: exit code 1 (Essential container in task exited). ` +
        'A task in its place starts at once.',
    )
  })

  test('say of failures in a row how many there were, how the last one ended, and when the next try comes', () => {
    assert.equal(
      failed({ consecutive: 4, total: 7, nextStartAt: 5_000 }),
      `(service web, taskSet ${taskSetId}) is unable to consistently start tasks successfully: 7 tasks have failed, ` +
        'the last one, (task a), with exit code 1 (Essential container in task exited). The next one starts in 4 seconds.',
    )
  })

  test('name the task set as the deployment that stopped a task', () => {
    assert.equal(stoppedReason.scaling(taskSetId), `Scaling activity initiated by (deployment ${taskSetId})`)
  })
})

function failed(failures: Failures): string {
  const [container] = aTask('a').containers
  assert.ok(container)
  const task = aTask('a', {
    stoppedReason: stoppedReason.essentialContainerExited,
    containers: [{ ...container, lastStatus: 'STOPPED', exitCode: 1 }],
  })
  return serviceEvent.failed(service, aTaskSet({ failures }), task, 1_000)
}
