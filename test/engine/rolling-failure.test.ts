import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ServiceDeploymentConfiguration } from '../../src/domain/service-deployment-configuration.ts'
import { targetGroupArn } from '../world/a-service.ts'
import { metricAlarm } from '../world/an-alarm.ts'
import { RollingWorld } from '../world/rolling-world.ts'

const broken = { startError: 'CannotPullContainerError: no such image' }
const breaker = (rollback: boolean): Partial<ServiceDeploymentConfiguration> => ({
  deploymentCircuitBreaker: { enable: true, rollback },
})
const watched = (rollback: boolean): Partial<ServiceDeploymentConfiguration> => ({
  alarms: { alarmNames: ['errors'], enable: true, rollback },
})

function setAlarm(world: RollingWorld, stateValue: 'OK' | 'ALARM'): void {
  world.store.alarms.put('us-east-1/errors', { ...metricAlarm(), stateValue })
}

describe('the deployment circuit breaker', () => {
  test('after three failed tasks brings the last completed deployment back, with its id', async () => {
    const world = new RollingWorld(breaker(true))
    await world.begun()
    const before = world.service
    const good = world.store.taskSets.list()[0]?.taskSetId
    const bad = world.deploy(2, broken)
    const deployment = await world.over()
    assert.equal(deployment.status, 'ROLLBACK_SUCCESSFUL')
    const because = 'Service deployment rolled back because the circuit breaker threshold was exceeded.'
    assert.equal(deployment.statusReason, because)
    assert.equal(deployment.rollback?.reason, because)
    assert.equal(deployment.rollback.serviceRevisionArn, before.completedServiceRevision)
    const { status, failureCount, threshold } = deployment.deploymentCircuitBreaker
    assert.deepEqual([status, threshold], ['TRIGGERED', 3])
    assert(failureCount >= 3)
    assert.deepEqual(
      world.store.taskSets.list().map(({ taskSetId }) => taskSetId),
      [good],
    )
    assert.equal(world.service.taskDefinition, before.taskDefinition)
    assert.equal(world.running(1).length, 2)
    const told = world.events.filter((event) => /deployment failed|rolling back|deployment completed/.test(event))
    assert.deepEqual(told.slice(1), [
      `(service web) (deployment ${bad}) deployment failed: tasks failed to start.`,
      `(service web) rolling back to deployment ${good}.`,
      `(service web) (deployment ${good}) deployment completed.`,
    ])
    await world.scheduler.stop()
  })

  test('while it rolls back tells the reason on both entries', async () => {
    const world = new RollingWorld(breaker(true))
    await world.begun()
    const good = world.store.taskSets.list()[0]?.taskSetId
    world.deploy(2)
    world.loadBalancing.newTargets = { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' }
    world.loadBalancing.drainMilliseconds = 30_000
    await world.until(() => world.deployment.status === 'ROLLBACK_IN_PROGRESS')
    const rollouts = new Map(world.store.taskSets.list().map(({ status, rollout }) => [status, rollout]))
    assert.equal(
      rollouts.get('PRIMARY')?.stateReason,
      `ECS deployment circuit breaker: rolling back to deploymentId ${good}.`,
    )
    assert.equal(rollouts.get('PRIMARY')?.state, 'IN_PROGRESS')
    assert.equal(rollouts.get('ACTIVE')?.stateReason, 'ECS deployment circuit breaker: tasks failed to start.')
    assert.equal(rollouts.get('ACTIVE')?.state, 'FAILED')
    await world.scheduler.stop()
  })

  test('without rollback ends the deployment: no more tasks start, the old ones serve on', async () => {
    const world = new RollingWorld(breaker(false))
    await world.begun()
    world.deploy(2, broken)
    const deployment = await world.over()
    assert.equal(deployment.status, 'STOPPED')
    assert.equal(
      deployment.statusReason,
      'Service deployment stopped because the circuit breaker threshold was exceeded.',
    )
    assert.deepEqual(world.entries.toSorted(), ['ACTIVE COMPLETED web:1', 'PRIMARY FAILED web:2'])
    const started = world.tasks.length
    await world.pass(1_800)
    assert.equal(world.tasks.length - started, 0)
    assert.equal(world.running(1).length, 2)
    world.runtime.exit(world.running(1)[0]?.taskId ?? '', 1)
    await world.until(() => world.running(1).length === 1)
    await world.until(() => world.running(1).length === 2)
    world.deploy(3)
    assert.equal((await world.over()).status, 'SUCCESSFUL')
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:3'])
    await world.scheduler.stop()
  })

  test('is not over before an event has told what the failed tasks wrote last, of what came back, too', async () => {
    const world = new RollingWorld({ ...breaker(true), minimumHealthyPercent: 0, maximumPercent: 100 })
    await world.begun()
    world.loadBalancing.newTargets = { state: 'initial', reason: 'Elb.InitialHealthChecking' }
    const exit = { afterMilliseconds: 500, exitCode: 1 }
    world.runtime.images.set('web:1', { exit, log: ['the data base is gone'] })
    world.deploy(2, { exit, log: ['starting', 'DATABASE_URL is not set'] })
    const told = (words: string) => world.events.filter((event) => event.endsWith(`container web: "${words}".`)).length
    await world.until(() => world.deployment.status === 'ROLLBACK_IN_PROGRESS')
    assert.equal(told('starting / DATABASE_URL is not set'), 1)
    assert.equal((await world.over()).status, 'ROLLBACK_FAILED')
    assert.equal(told('the data base is gone'), 1)
    await world.scheduler.stop()
  })

  test('without rollback leaves a service whose desired count is still kept, by tasks of the old revision', async () => {
    const world = new RollingWorld(breaker(false))
    await world.begun()
    world.deploy(2, broken)
    assert.equal((await world.over()).status, 'STOPPED')
    const desire = (desiredCount: number) =>
      world.store.services.put(world.service.serviceArn, { ...world.service, desiredCount })
    desire(5)
    await world.until(() => world.running(1).length === 5)
    desire(3)
    await world.until(() => world.running(1).length === 3)
    assert.deepEqual(world.entries.toSorted(), ['ACTIVE COMPLETED web:1', 'PRIMARY FAILED web:2'])
    await world.scheduler.stop()
  })

  test('without rollback stops the tasks that never were healthy, and keeps one that was', async () => {
    const world = new RollingWorld(breaker(false), { desiredCount: 3 })
    await world.begun()
    world.loadBalancing.newTargets = { state: 'initial', reason: 'Elb.InitialHealthChecking' }
    world.deploy(2)
    await world.until(() => world.running(2).length === 3)
    const [one, ...others] = world.running(2)
    const sick = { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' } as const
    const report = (task: typeof one, health: Parameters<typeof world.loadBalancing.report>[2]): void => {
      const [{ host: id, port } = { host: '', port: 0 }] = task?.endpoints ?? []
      world.loadBalancing.report(targetGroupArn, { id, port }, health)
    }
    report(one, { state: 'healthy' })
    await world.until(() => world.running(1).length === 2)
    world.loadBalancing.newTargets = sick
    for (const task of others) report(task, sick)
    assert.equal((await world.over()).status, 'STOPPED')
    report(one, sick)
    await world.until(() => world.running(2).length === 1 && world.running(1).length === 3)
    assert.equal(world.running(2)[0]?.taskId, one?.taskId)
    await world.scheduler.stop()
  })

  test('of a service that never had a completed deployment has nothing to go back to', async () => {
    const world = new RollingWorld(breaker(true))
    world.runtime.images.set('web:1', broken)
    const deployment = await world.begun()
    assert.equal(deployment.status, 'ROLLBACK_FAILED')
    assert.equal(deployment.statusReason, 'No rollback candidate was found to run the rollback.')
    await world.scheduler.stop()
  })

  test('ends a rollback whose revision does not start any more, and leaves what still runs', async () => {
    const world = new RollingWorld({ ...breaker(true), minimumHealthyPercent: 50, maximumPercent: 100 })
    await world.begun()
    const good = world.store.taskSets.list()[0]?.taskSetId
    world.runtime.images.set('web:1', broken)
    world.deploy(2, broken)
    const deployment = await world.over()
    assert.equal(deployment.status, 'ROLLBACK_FAILED')
    const because = 'because the circuit breaker threshold was exceeded.'
    assert.equal(deployment.statusReason, `Service deployment rolled back ${because} The rollback failed ${because}`)
    assert(deployment.stoppedAt !== undefined && deployment.finishedAt !== undefined)
    const primary = world.store.taskSets.list().find(({ status }) => status === 'PRIMARY')
    assert.deepEqual(primary?.rollout, {
      state: 'FAILED',
      stateReason: 'ECS deployment circuit breaker: tasks failed to start.',
    })
    const told = world.events.filter((event) => event.includes('deployment failed'))
    assert.equal(told.at(-1), `(service web) (deployment ${good}) deployment failed: tasks failed to start.`)
    const started = world.tasks.length
    await world.pass(1_800)
    assert.equal(world.tasks.length, started)
    assert.equal(world.running(1).length, 1)
    world.runtime.images.set('web:1', {})
    world.deploy(3)
    assert.equal((await world.over()).status, 'SUCCESSFUL')
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:3'])
    await world.scheduler.stop()
  })

  test('ends also a rollback that an alarm has begun', async () => {
    const world = new RollingWorld({ ...breaker(true), ...watched(true) })
    setAlarm(world, 'OK')
    await world.begun()
    world.deploy(2)
    await world.until(() => world.deployment.bakeStartedAt !== undefined)
    world.runtime.images.set('web:1', broken)
    setAlarm(world, 'ALARM')
    const deployment = await world.over()
    assert.equal(deployment.status, 'ROLLBACK_FAILED')
    assert.match(
      deployment.statusReason ?? '',
      /^Service deployment rolled back because of alarms in ALARM: errors\. The /,
    )
    assert.equal(deployment.deploymentCircuitBreaker.status, 'TRIGGERED')
    assert.equal(world.running(2).length, 2)
    await world.scheduler.stop()
  })

  test('counts tasks without a health check that end soon after they began, also in a first deployment', async () => {
    const world = new RollingWorld(breaker(true), { loadBalancers: [] })
    world.runtime.images.set('web:1', { exit: { afterMilliseconds: 3_000, exitCode: 1 } })
    const deployment = await world.begun()
    assert.equal(deployment.status, 'ROLLBACK_FAILED')
    assert.equal(deployment.deploymentCircuitBreaker.status, 'TRIGGERED')
    assert(!world.events.some((event) => event.endsWith('has reached a steady state.')))
    await world.scheduler.stop()
  })

  test('begins to count anew when a task has become healthy', async () => {
    const world = new RollingWorld(breaker(true), { desiredCount: 1 })
    await world.begun()
    world.deploy(2, { exit: { afterMilliseconds: 500, exitCode: 1 } })
    world.loadBalancing.newTargets = { state: 'initial', reason: 'Elb.InitialHealthChecking' }
    await world.until(() => world.deployment.deploymentCircuitBreaker.failureCount === 2)
    world.runtime.images.set('web:2', {})
    world.loadBalancing.newTargets = { state: 'healthy' }
    const deployment = await world.over()
    assert.equal(deployment.status, 'SUCCESSFUL')
    assert.deepEqual(deployment.deploymentCircuitBreaker, {
      status: 'MONITORING_COMPLETE',
      failureCount: 0,
      threshold: 3,
    })
    await world.scheduler.stop()
  })
})

describe('deployment alarms', () => {
  test('bring the last completed deployment back, also after the last old task has gone', async () => {
    const world = new RollingWorld(watched(true))
    setAlarm(world, 'OK')
    await world.begun()
    world.deploy(2)
    await world.until(() => world.deployment.bakeStartedAt !== undefined)
    assert.deepEqual(world.entries, ['PRIMARY IN_PROGRESS web:2'])
    setAlarm(world, 'ALARM')
    const deployment = await world.over()
    assert.equal(deployment.status, 'ROLLBACK_SUCCESSFUL')
    assert.equal(deployment.statusReason, 'Service deployment rolled back because of alarms in ALARM: errors.')
    assert.deepEqual(deployment.alarms?.triggeredAlarmNames, ['errors'])
    assert.equal(deployment.alarms.status, 'TRIGGERED')
    assert.equal(world.running(1).length, 2)
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:1'])
    await world.scheduler.stop()
  })

  test('are watched for as long as they need to notice, or for the bake time', async () => {
    for (const [bakeTimeInMinutes, seconds] of [
      [undefined, 60],
      [3, 180],
    ] as const) {
      const world = new RollingWorld({
        ...watched(true),
        ...(bakeTimeInMinutes === undefined ? {} : { bakeTimeInMinutes }),
      })
      setAlarm(world, 'OK')
      const deployment = await world.begun()
      assert.equal(deployment.status, 'SUCCESSFUL')
      assert.equal(((deployment.finishedAt ?? 0) - (deployment.bakeStartedAt ?? 0)) / 1000, seconds)
      assert.equal(deployment.alarms?.status, 'MONITORING_COMPLETE')
      await world.scheduler.stop()
    }
  })

  test('that fired before say nothing about the deployment', async () => {
    const world = new RollingWorld(watched(true))
    setAlarm(world, 'ALARM')
    const deployment = await world.begun()
    assert.equal(deployment.status, 'SUCCESSFUL')
    assert.deepEqual(deployment.alarms?.ignoredAlarmNames, ['errors'])
    await world.scheduler.stop()
  })

  test('without rollback stop the deployment where it is', async () => {
    const world = new RollingWorld(watched(false))
    setAlarm(world, 'OK')
    await world.begun()
    world.deploy(2, { startMilliseconds: 60_000 })
    await world.pass(5)
    setAlarm(world, 'ALARM')
    const deployment = await world.over()
    assert.equal(deployment.status, 'STOPPED')
    assert(world.events.some((event) => event.endsWith('deployment failed: alarm detected: errors.')))
    assert.equal(world.running(1).length, 2)
    await world.scheduler.stop()
  })
})

describe('stopping a service deployment', () => {
  test('rolls it back', async () => {
    const world = new RollingWorld()
    await world.begun()
    world.deploy(2, { startMilliseconds: 60_000 })
    await world.pass(5)
    const { serviceDeploymentArn } = world.deployment
    world.store.serviceDeployments.put(serviceDeploymentArn, { ...world.deployment, status: 'ROLLBACK_REQUESTED' })
    const deployment = await world.over()
    assert.equal(deployment.status, 'ROLLBACK_SUCCESSFUL')
    assert.equal(
      deployment.statusReason,
      'Service deployment rolled back because it was stopped by StopServiceDeployment.',
    )
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:1'])
    await world.scheduler.stop()
  })

  test('with ABORT leaves everything as it is', async () => {
    const world = new RollingWorld()
    await world.begun()
    world.deploy(2, { startMilliseconds: 60_000 })
    await world.pass(5)
    const { serviceDeploymentArn } = world.deployment
    world.store.serviceDeployments.put(serviceDeploymentArn, { ...world.deployment, status: 'STOP_REQUESTED' })
    assert.equal((await world.over()).status, 'STOPPED')
    assert.deepEqual(world.entries.toSorted(), ['ACTIVE COMPLETED web:1', 'PRIMARY FAILED web:2'])
    await world.scheduler.stop()
  })

  test('with ABORT keeps the old tasks also where the new ones are healthy, or become so', async () => {
    const world = new RollingWorld()
    await world.begun()
    world.loadBalancing.newTargets = { state: 'initial', reason: 'Elb.InitialHealthChecking' }
    world.deploy(2)
    await world.pass(60)
    const { serviceDeploymentArn } = world.deployment
    world.store.serviceDeployments.put(serviceDeploymentArn, { ...world.deployment, status: 'STOP_REQUESTED' })
    assert.equal((await world.over()).status, 'STOPPED')
    for (const { endpoints } of world.running(2)) {
      const [{ host: id, port } = { host: '', port: 0 }] = endpoints
      world.loadBalancing.report(targetGroupArn, { id, port }, { state: 'healthy' })
    }
    await world.pass(60)
    assert.deepEqual([world.running(1).length, world.running(2).length], [2, 2])
    assert.deepEqual(world.entries.toSorted(), ['ACTIVE COMPLETED web:1', 'PRIMARY FAILED web:2'])
    world.store.services.put(world.service.serviceArn, { ...world.service, desiredCount: 1 })
    await world.until(() => world.running(1).length === 1 && world.running(2).length === 1)
    world.store.services.put(world.service.serviceArn, { ...world.service, desiredCount: 3 })
    await world.until(() => world.running(1).length === 2)
    world.runtime.exit(world.running(2)[0]?.taskId ?? '', 1)
    await world.until(() => world.running(1).length === 3 && world.running(2).length === 0)
    await world.scheduler.stop()
  })
})
