import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { targetGroupArn, taskSetArn } from '../world/a-service.ts'
import { SchedulerWorld } from '../world/scheduler-world.ts'

describe('the tasks of a task set with a capacity provider strategy', () => {
  test('are dealt out to its providers, and replaced by those of the same one', async () => {
    const world = new SchedulerWorld({ desiredCount: 4 })
    const capacityProviderStrategy = [
      { capacityProvider: 'FARGATE', base: 1, weight: 0 },
      { capacityProvider: 'FARGATE_SPOT', base: 0, weight: 1 },
    ]
    world.createTaskSet({ capacityProviderStrategy })
    await world.steady()
    const providers = () => world.withStatus('RUNNING').map(({ capacityProviderName = 'none' }) => capacityProviderName)
    const expected = ['FARGATE', 'FARGATE_SPOT', 'FARGATE_SPOT', 'FARGATE_SPOT']
    assert.deepEqual(providers().toSorted(), expected)
    const onDemand = world.tasks.find(({ capacityProviderName }) => capacityProviderName === 'FARGATE')
    world.runtime.exit(onDemand?.taskId ?? '', 1)
    await world.until(() => world.withStatus('STOPPED').length === 1 && world.isSteady())
    assert.deepEqual(providers().toSorted(), expected)
    await world.scheduler.stop()
  })
})

describe('an unhealthy task', () => {
  const unhealthy = {
    state: 'unhealthy',
    reason: 'Target.ResponseCodeMismatch',
    description: 'Health checks failed with these codes: [503]',
  } as const

  test('is stopped only when its replacement runs, and both are told in the events', async () => {
    const world = new SchedulerWorld({ desiredCount: 2 })
    world.createTaskSet()
    await world.steady()
    const [sick] = world.tasks
    const [endpoint] = sick?.endpoints ?? []
    assert.ok(sick && endpoint)
    world.runtime.images.set('web:1', { startMilliseconds: 3_000 })
    world.runtime.calls.length = 0
    world.loadBalancing.report(targetGroupArn, { id: endpoint.host, port: endpoint.port }, unhealthy)
    await world.until(() => world.withStatus('STOPPED').length === 1 && world.isSteady())
    const replacement = world.tasks[2]
    assert.deepEqual(world.runtime.calls, [
      `start ${replacement?.taskId}`,
      `register ${replacement?.endpoints[0]?.port}`,
      `deregister ${endpoint.port}`,
      `drained ${endpoint.port}`,
      `SIGTERM ${sick.taskId}`,
    ])
    assert.equal(
      world.withStatus('STOPPED')[0]?.stoppedReason,
      `Task failed ELB health checks in (target-group ${targetGroupArn})`,
    )
    assert.deepEqual(world.events.slice(5, 8), [
      `(service web) (task ${sick.taskId}) (port ${endpoint.port}) is unhealthy in (target-group ${targetGroupArn}) due to (reason Health checks failed with these codes: [503]).`,
      `(service web) has started 1 tasks: (task ${replacement?.taskId}). Amazon ECS replaced 1 tasks due to an unhealthy status.`,
      `(service web) registered 1 targets in (target-group ${targetGroupArn})`,
    ])
    assert.equal(world.store.taskSets.get(taskSetArn)?.failures.total, 0)
    await world.scheduler.stop()
  })

  test('is left alone for the grace period', async () => {
    const world = new SchedulerWorld({ desiredCount: 1, healthCheckGracePeriodSeconds: 60 })
    world.loadBalancing.newTargets = unhealthy
    world.createTaskSet()
    await world.pass(59)
    assert.equal(world.tasks.length, 1)
    await world.pass(2)
    assert.equal(world.tasks.length, 2)
    await world.scheduler.stop()
  })

  test('that never was healthy counts as failed, and there are never more than twice the desired count', async () => {
    const world = new SchedulerWorld({ desiredCount: 2, healthCheckGracePeriodSeconds: 5 })
    world.loadBalancing.newTargets = unhealthy
    world.createTaskSet()
    let most = 0
    await world.until(() => {
      most = Math.max(most, world.tasks.filter(({ desiredStatus }) => desiredStatus === 'RUNNING').length)
      return world.tasks.length === 12
    })
    assert.equal(most, 4)
    assert.ok((world.store.taskSets.get(taskSetArn)?.failures.consecutive ?? 0) >= 2)
    assert.equal(world.isSteady(), false)
    await world.scheduler.stop()
  })
})
