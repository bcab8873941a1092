import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aTargetGroup, targetGroupArn } from '../world/a-service.ts'
import { RollingWorld } from '../world/rolling-world.ts'

describe('a rolling update', () => {
  test('is told from its begin to its end in the service’s events and its deployment', async () => {
    const world = new RollingWorld({}, { desiredCount: 1 })
    const first = await world.begun()
    assert.equal(first.status, 'SUCCESSFUL')
    const [old] = world.tasks
    assert(old)
    const id = world.deploy(2)
    assert.equal(world.deployment.status, 'PENDING')
    assert.deepEqual(world.entries.toSorted(), ['ACTIVE COMPLETED web:1', 'PRIMARY IN_PROGRESS web:2'])
    const deployment = await world.over()
    assert.equal(deployment.status, 'SUCCESSFUL')
    assert.deepEqual(deployment.targetServiceRevision.taskCounts, { requested: 1, running: 1, pending: 0 })
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:2'])
    assert.equal(world.store.taskSets.list()[0]?.rollout?.stateReason, `ECS deployment ${id} completed.`)
    const fresh = world.tasks[1]
    const former = old.taskSetId
    assert.deepEqual(world.events.slice(4), [
      `(service web) has started 1 tasks: (task ${fresh?.taskId}).`,
      `(service web) registered 1 targets in (target-group ${targetGroupArn})`,
      `(service web) has stopped 1 running tasks: (task ${old.taskId}).`,
      `(service web) deregistered 1 targets in (target-group ${targetGroupArn})`,
      `(service web, taskSet ${former}) has begun draining connections on 1 tasks.`,
      '(service web) has reached a steady state.',
      `(service web) (deployment ${id}) deployment completed.`,
    ])
    assert.equal(world.withStatus('STOPPED')[0]?.stoppedReason, `Scaling activity initiated by (deployment ${former})`)
    await world.scheduler.stop()
  })

  test('takes away no task before a new one is healthy, and drains it before it stops', async () => {
    const world = new RollingWorld()
    await world.begun()
    world.loadBalancing.drainMilliseconds = 5_000
    world.loadBalancing.newTargets = { state: 'initial', reason: 'Elb.InitialHealthChecking' }
    world.deploy(2)
    await world.pass(60)
    assert.deepEqual([world.running(1).length, world.running(2).length], [2, 2])
    world.runtime.calls.length = 0
    const [endpoint] = world.running(2)[0]?.endpoints ?? []
    assert(endpoint)
    world.loadBalancing.report(targetGroupArn, { id: endpoint.host, port: endpoint.port }, { state: 'healthy' })
    await world.until(() => world.withStatus('STOPPED').length === 1)
    assert.deepEqual(
      world.runtime.calls.map((call) => call.split(' ')[0]),
      ['deregister', 'drained', 'SIGTERM'],
    )
    await world.pass(60)
    assert.equal(world.running(1).length, 1)
    await world.scheduler.stop()
  })

  test('without a health check counts on a new task after it has run for 40 seconds', async () => {
    const world = new RollingWorld({}, { loadBalancers: [], desiredCount: 1 })
    await world.begun()
    await world.pass(60)
    world.deploy(2)
    const begunAt = world.clock.now()
    await world.over()
    assert.equal(Math.round((world.clock.now() - begunAt) / 1000), 40)
    await world.scheduler.stop()
  })

  test('without a health check is completed, and the service steady, after its tasks have run for 40 seconds', async () => {
    const world = new RollingWorld({}, { loadBalancers: [], desiredCount: 1 })
    const begunAt = world.clock.now()
    await world.begun()
    assert.equal(Math.round((world.clock.now() - begunAt) / 1000), 40)
    world.runtime.exit(world.tasks[0]?.taskId ?? '', 1)
    await world.pass(20)
    assert.equal(world.running(1).length, 1)
    assert.equal(world.events.filter((event) => event.endsWith('has reached a steady state.')).length, 1)
    await world.pass(40)
    assert.equal(world.events.filter((event) => event.endsWith('has reached a steady state.')).length, 2)
    await world.scheduler.stop()
  })

  test('is replaced by a newer one, whose tasks come in the place of both', async () => {
    const world = new RollingWorld()
    await world.begun()
    world.deploy(2, { startMilliseconds: 60_000 })
    const replaced = world.deployment
    await world.pass(5)
    world.deploy(3)
    const deployment = await world.over()
    assert.equal(deployment.status, 'SUCCESSFUL')
    assert.equal(deployment.sourceServiceRevisions.length, 2)
    assert.equal(world.store.serviceDeployments.get(replaced.serviceDeploymentArn)?.status, 'STOPPED')
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:3'])
    assert.equal(world.running(3).length, 2)
    await world.scheduler.stop()
  })

  test('goes by a desired count that changes midway', async () => {
    const world = new RollingWorld()
    await world.begun()
    world.deploy(2, { startMilliseconds: 10_000 })
    await world.pass(5)
    world.store.services.put(world.service.serviceArn, { ...world.service, desiredCount: 4 })
    await world.over()
    assert.equal(world.running(2).length, 4)
    world.store.services.put(world.service.serviceArn, { ...world.service, desiredCount: 1 })
    await world.until(() => world.running(2).length === 1)
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:2'])
    await world.scheduler.stop()
  })

  test('of a version that does not start goes on for ever without a circuit breaker, and the old one serves', async () => {
    const world = new RollingWorld()
    await world.begun()
    const id = world.deploy(2, { startError: 'CannotPullContainerError: no such image' })
    await world.pass(3_600)
    assert.equal(world.deployment.status, 'IN_PROGRESS')
    assert.equal(world.running(1).length, 2)
    const failures = world.store.taskSets.list().find(({ taskSetId }) => taskSetId === id)?.failures
    assert((failures?.sinceHealthy ?? 0) > 10)
    assert((failures?.sinceHealthy ?? 0) < 60, 'failing tasks start less and less often')
    await world.scheduler.stop()
  })

  test('that has no way on says so once', async () => {
    const world = new RollingWorld({ minimumHealthyPercent: 100, maximumPercent: 150 }, { desiredCount: 1 })
    await world.begun()
    world.deploy(2)
    await world.pass(600)
    const message =
      '(service web) was unable to stop or start tasks during a deployment because of the service deployment ' +
      'configuration. Update the minimumHealthyPercent or maximumPercent value and try again.'
    assert.equal(world.events.filter((event) => event === message).length, 1)
    const configuration = world.service.deploymentConfiguration
    assert(configuration)
    const wider = { ...configuration, maximumPercent: 200 }
    world.store.services.put(world.service.serviceArn, { ...world.service, deploymentConfiguration: wider })
    assert.equal((await world.over()).status, 'SUCCESSFUL')
    await world.scheduler.stop()
  })

  test('keeps the tasks of a service at rest: one that ends is replaced, and that is steady again', async () => {
    const world = new RollingWorld()
    await world.begun()
    world.runtime.exit(world.tasks[0]?.taskId ?? '', 1)
    await world.until(() => world.withStatus('STOPPED').length === 1 && world.running(1).length === 2)
    await world.until(() => world.events.at(-1) === '(service web) has reached a steady state.')
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:1'])
    await world.scheduler.stop()
  })

  test('registers its tasks with every target group, and waits for all of them', async () => {
    const second = targetGroupArn.replace('web-blue', 'web-second')
    const entry = { containerName: 'web', containerPort: 80 }
    const loadBalancers = [targetGroupArn, second].map((each) => ({ ...entry, targetGroupArn: each }))
    const world = new RollingWorld({}, { desiredCount: 1, loadBalancers })
    world.store.targetGroups.put(second, { ...aTargetGroup(), targetGroupArn: second })
    await world.begun()
    world.loadBalancing.newTargets = { state: 'initial', reason: 'Elb.InitialHealthChecking' }
    world.deploy(2)
    await world.pass(60)
    const [endpoint] = world.running(2)[0]?.endpoints ?? []
    assert(endpoint)
    const target = { id: endpoint.host, port: endpoint.port }
    world.loadBalancing.report(targetGroupArn, target, { state: 'healthy' })
    await world.pass(60)
    assert.equal(world.running(1).length, 1)
    world.loadBalancing.report(second, target, { state: 'healthy' })
    assert.equal((await world.over()).status, 'SUCCESSFUL')
    await world.scheduler.stop()
  })

  test('leaves a new task alone for the health check grace period', async () => {
    const world = new RollingWorld({}, { desiredCount: 1, healthCheckGracePeriodSeconds: 60 })
    await world.begun()
    world.loadBalancing.newTargets = { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' }
    world.deploy(2)
    await world.pass(59)
    assert.deepEqual([world.running(1).length, world.running(2).length], [1, 1])
    await world.until(() => world.events.some((event) => event.includes('is unhealthy in')))
    await world.scheduler.stop()
  })
})

describe('an unhealthy task of a service at rest', () => {
  const sick = { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' } as const

  for (const [maximumPercent, minimumHealthyPercent, order] of [
    [200, 100, ['start', 'register', 'deregister', 'drained', 'SIGTERM']],
    [100, 50, ['deregister', 'drained', 'start', 'SIGTERM', 'register']],
  ] as const) {
    const first =
      maximumPercent === 200 ? 'after its replacement runs' : 'first, where there is no room for a replacement'
    test(`is stopped ${first}`, async () => {
      const world = new RollingWorld({ maximumPercent, minimumHealthyPercent })
      await world.begun()
      const [endpoint] = world.tasks[0]?.endpoints ?? []
      assert(endpoint)
      world.runtime.calls.length = 0
      world.loadBalancing.report(targetGroupArn, { id: endpoint.host, port: endpoint.port }, sick)
      await world.until(() => world.withStatus('STOPPED').length === 1 && world.running(1).length === 2)
      assert.deepEqual(
        world.runtime.calls.map((call) => call.split(' ')[0]),
        order,
      )
      await world.scheduler.stop()
    })
  }
})
