import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { toldCause } from '../../src/view/told-cause.ts'

describe('the cause and what was seen of it', () => {
  test('stand apart where Teal tells more than AWS', () => {
    assert.deepEqual(
      toldCause(
        'The deployment timed out while waiting for the replacement task set to become healthy. This time out period is 60 minutes. ' +
          '19 of 21 tasks have stopped with exit code 0 (Task failed ELB health checks in (target-group ' +
          'arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web-green/e26c5c49c8166b7d)); the last health check: ' +
          'GET /health answered 404 in 2 ms; the last lines of container web: "starts. / told to end". 2 of 2 tasks are running.',
      ),
      {
        cause:
          'The deployment timed out while waiting for the replacement task set to become healthy. This time out period is 60 minutes.',
        details: [
          '19 of 21 tasks have stopped with exit code 0 (Task failed ELB health checks in (target-group web-green)); the last health check: GET /health answered 404 in 2 ms',
          '| starts.',
          '| told to end',
          '2 of 2 tasks are running',
        ],
      },
    )
  })

  test("and a hook's result stands apart from AWS's sentence about it", () => {
    const { cause, details } = toldCause(
      'The deployment timed out while waiting for a status callback. CodeDeploy expects a status callback within one hour after a ' +
        'deployment hook is invoked. check returned without calling PutLifecycleEventHookExecutionStatus: {"hookStatus":"SUCCEEDED"}. ' +
        'Its last lines: "asking / answered"',
    )
    assert.match(cause, /invoked\.$/)
    assert.deepEqual(details, [
      'check returned without calling PutLifecycleEventHookExecutionStatus: {"hookStatus":"SUCCEEDED"}',
      'Its last lines',
      '| asking',
      '| answered',
    ])
  })

  test('are one where AWS tells it', () => {
    const message =
      'One or more alarms have been activated according to the Amazon CloudWatch metrics. errors: 5.5 of 5.'
    assert.deepEqual(toldCause(message), { cause: message, details: [] })
  })
})
