import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Deployment, Service } from '@aws-sdk/client-ecs'
import { serviceStatusLines } from '../../src/view/service-status-lines.ts'
import { serviceStatus } from '../../src/view/service-status.ts'
import type { SeenProtectedTask } from '../../src/view/surroundings.ts'
import { textOf } from '../../src/view/styled.ts'

const definition = (revision: number): string => `arn:aws:ecs:us-east-1:000000000000:task-definition/web:${revision}`

function linesOf(
  deployments: readonly Deployment[],
  desiredCount = 3,
  protectedTasks: readonly SeenProtectedTask[] = [],
): readonly string[] {
  const service: Service = {
    serviceName: 'web',
    clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/shop',
    taskDefinition: definition(2),
    desiredCount,
    runningCount: deployments.reduce((sum, { runningCount = 0 }) => sum + runningCount, 0),
    pendingCount: 0,
    deployments: [...deployments],
  }
  return serviceStatusLines([serviceStatus({ service, groups: [], forwards: [], protectedTasks })], 200, 0).map(textOf)
}

describe('the status of a service that ECS itself deploys', () => {
  const old: Deployment = {
    status: 'ACTIVE',
    rolloutState: 'COMPLETED',
    taskDefinition: definition(1),
    runningCount: 3,
  }
  const reason = 'ECS deployment circuit breaker: tasks failed to start.'
  const failed: Deployment = {
    status: 'PRIMARY',
    rolloutState: 'FAILED',
    rolloutStateReason: reason,
    taskDefinition: definition(2),
    runningCount: 0,
  }

  test('names what runs where a deployment has failed, and says that it has', () => {
    const told = [`  deployed by ECS`, `  the deployment of web:2 has failed: ${reason}`]
    assert.deepEqual(linesOf([failed, old]), ['! shop/web  web:1  3 of 3 tasks running', ...told])
    const both = linesOf([
      { ...failed, runningCount: 2 },
      { ...old, runningCount: 1 },
    ])
    assert.deepEqual(both, ['! shop/web  web:2 and web:1  3 of 3 tasks running', ...told])
    assert.deepEqual(linesOf([failed]), ['! shop/web  web:2  0 of 3 tasks running', ...told])
  })

  test('is good when all tasks run that are wanted', () => {
    const completed: Deployment = { ...failed, rolloutState: 'COMPLETED', runningCount: 3 }
    assert.deepEqual(linesOf([completed]), ['✔ shop/web  web:2  3 of 3 tasks running', '  deployed by ECS'])
    const [one] = linesOf([{ ...completed, runningCount: 1 }], 1)
    assert.equal(one, '✔ shop/web  web:2  1 of 1 task running')
  })

  test('tells its last event to its end, in as many lines as that takes', () => {
    const at = new Date(1970, 0, 1, 14, 5, 9)
    const message =
      '(service web) was unable to place a task because the image web:2 is not known here: build it first.'
    const service: Service = { serviceName: 'web', desiredCount: 0, events: [{ createdAt: at, message }] }
    const status = serviceStatus({ service, groups: [], forwards: [], protectedTasks: [] })
    assert.deepEqual(serviceStatusLines([status], 60, 0).map(textOf).slice(2), [
      '  14:05:09  was unable to place a task because the image',
      '            web:2 is not known here: build it first.',
    ])
    assert.equal(serviceStatusLines([status], Number.POSITIVE_INFINITY, 0).length, 3)
  })

  test('names the tasks that it may not take away yet, because they are protected', () => {
    const taskId = '0123456789abcdef0123456789abcdef'
    const held = [{ taskId, startedBy: 'ecs-svc/1', until: new Date(1970, 0, 1, 14, 5, 9).getTime() }]
    const [, , told] = linesOf([{ ...failed, rolloutState: 'COMPLETED', runningCount: 1 }], 0, held)
    assert.equal(
      told,
      '  Task 01234567 is protected from scale-in until 14:05:09: it is waited for, without a time-out. ' +
        'UpdateTaskProtection can end that sooner.',
    )
  })
})
