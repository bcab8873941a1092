import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ecsStates } from '../../src/domain/ecs-event.ts'
import type { ServiceDeployment } from '../../src/domain/service-deployment.ts'

const revision = (digits: string) => `arn:aws:ecs:us-east-1:000000000000:service-revision/prod/web/${digits}`

const deployment: ServiceDeployment = {
  serviceDeploymentArn: 'arn:aws:ecs:us-east-1:000000000000:service-deployment/prod/web/abc',
  serviceArn: 'arn:aws:ecs:us-east-1:000000000000:service/prod/web',
  clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/prod',
  status: 'PENDING',
  targetServiceRevision: { arn: revision('2') },
  sourceServiceRevisions: [{ arn: revision('1') }],
  deploymentConfiguration: { strategy: 'ROLLING', maximumPercent: 200, minimumHealthyPercent: 100 },
  deploymentCircuitBreaker: { status: 'DISABLED', failureCount: 0, threshold: 3 },
  createdAt: 1,
  updatedAt: 1,
}

/** `IN_PROGRESS 2`, by the service's deployment ids. */
function told(changes: Partial<ServiceDeployment>): readonly string[] {
  return ecsStates({ ...deployment, ...changes }).map((state) =>
    'hookId' in state
      ? `${state.eventName} ${state.hookId}`
      : `${state.eventName.replace('SERVICE_DEPLOYMENT_', '')} ${state.deploymentId.split('/')[1]}`,
  )
}

describe('what EventBridge tells of a service deployment', () => {
  const rollback = { reason: 'because', startedAt: 2, serviceRevisionArn: revision('1') }
  const cases: readonly (readonly [string, Partial<ServiceDeployment>, readonly string[]])[] = [
    ['nothing before it begins', {}, []],
    ['that it runs', { status: 'IN_PROGRESS', startedAt: 1 }, ['IN_PROGRESS 2']],
    ['that it is completed', { status: 'SUCCESSFUL', startedAt: 1 }, ['IN_PROGRESS 2', 'COMPLETED 2']],
    ['that it failed', { status: 'STOPPED', startedAt: 1 }, ['IN_PROGRESS 2', 'FAILED 2']],
    [
      'that it is rolled back',
      { status: 'ROLLBACK_IN_PROGRESS', startedAt: 1, rollback },
      ['IN_PROGRESS 2', 'FAILED 2', 'IN_PROGRESS 1'],
    ],
    [
      'that it has been rolled back',
      { status: 'ROLLBACK_SUCCESSFUL', startedAt: 1, rollback },
      ['IN_PROGRESS 2', 'FAILED 2', 'IN_PROGRESS 1', 'COMPLETED 1'],
    ],
    [
      'that going back has failed, too',
      { status: 'ROLLBACK_FAILED', startedAt: 1, rollback },
      ['IN_PROGRESS 2', 'FAILED 2', 'IN_PROGRESS 1', 'FAILED 1'],
    ],
  ]
  const pause = { hookId: 'pause', targetType: 'PAUSE', lifecycleStage: 'POST_SCALE_UP', startedAt: 2 } as const
  const waiting = { ...deployment, status: 'IN_PROGRESS', startedAt: 1 } as const

  test('that a pause waits, and how it ended, in the order of what happened', () => {
    const awaiting = { ...waiting, lifecycleHookDetails: [{ ...pause, status: 'AWAITING_ACTION' as const }] }
    assert.deepEqual(told(awaiting), ['IN_PROGRESS 2', 'HOOK_AWAITING_ACTION pause'])
    const ended = { ...pause, status: 'TIMED_OUT', endedAt: 3 } as const
    const function_ = {
      ...pause,
      hookId: 'function',
      targetType: 'AWS_LAMBDA',
      status: 'SUCCEEDED',
      endedAt: 4,
    } as const
    const over = { status: 'SUCCESSFUL', finishedAt: 5, lifecycleHookDetails: [ended, function_] } as const
    assert.deepEqual(told({ ...waiting, ...over }), [
      'IN_PROGRESS 2',
      'HOOK_AWAITING_ACTION pause',
      'HOOK_TIMED_OUT pause',
      'HOOK_SUCCEEDED function',
      'COMPLETED 2',
    ])
  })

  for (const [name, changes, expected] of cases) test(name, () => assert.deepEqual(told(changes), expected))
})
