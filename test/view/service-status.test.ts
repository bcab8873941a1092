import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Deployment, Service } from '@aws-sdk/client-ecs'
import { serviceStatusLines } from '../../src/view/service-status-lines.ts'
import { serviceStatus } from '../../src/view/service-status.ts'
import { textOf } from '../../src/view/styled.ts'

const definition = (revision: number): string => `arn:aws:ecs:us-east-1:000000000000:task-definition/web:${revision}`

function linesOf(deployments: readonly Deployment[], desiredCount = 3): readonly string[] {
  const service: Service = {
    serviceName: 'web',
    clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/shop',
    taskDefinition: definition(2),
    desiredCount,
    runningCount: deployments.reduce((sum, { runningCount = 0 }) => sum + runningCount, 0),
    pendingCount: 0,
    deployments: [...deployments],
  }
  return serviceStatusLines([serviceStatus({ service, groups: [], forwards: [] })], 200).map(textOf)
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
})
