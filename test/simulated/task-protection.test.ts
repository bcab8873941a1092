import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Task } from '../../src/domain/task.ts'
import { serviceArn, taskSetArn, targetGroupArn, taskSetId } from '../world/a-service.ts'
import { RollingWorld } from '../world/rolling-world.ts'
import { SchedulerWorld } from '../world/scheduler-world.ts'

const unableToScaleIn = (id: string) =>
  `(service web) was unable to reach steady state because task set (${id}) was unable to scale in. Reason: The number of ` +
  'protected tasks are more than the desired count of tasks'

/** As UpdateTaskProtection does. */
function protect(world: SchedulerWorld, tasks: readonly (Task | undefined)[], seconds: number): void {
  for (const task of tasks) {
    assert(task)
    const now = world.store.tasks.get(task.taskArn)
    assert(now)
    world.store.tasks.put(task.taskArn, { ...now, protectedUntil: world.clock.now() + seconds * 1_000 })
  }
}

function scale(world: SchedulerWorld, desiredCount: number): void {
  const service = world.store.services.get(serviceArn)
  assert(service)
  world.store.services.put(serviceArn, { ...service, desiredCount })
}

function ids(tasks: readonly (Task | undefined)[]): readonly string[] {
  return tasks.map((task) => task?.taskId ?? '').toSorted()
}

function told(world: SchedulerWorld, message: string): number {
  return world.events.filter((event) => event === message).length
}

async function steadyWorld(desiredCount: number): Promise<SchedulerWorld> {
  const world = new SchedulerWorld({ desiredCount })
  world.createTaskSet()
  await world.steady()
  return world
}

describe('scale-in of a service with protected tasks', () => {
  test('takes the others, whichever are newer', async () => {
    const world = await steadyWorld(3)
    const [, , newest] = world.tasks
    protect(world, [newest], 600)
    scale(world, 1)
    await world.until(() => world.withStatus('STOPPED').length === 2 && world.isSteady())
    assert.deepEqual(ids(world.withStatus('RUNNING')), ids([newest]))
    assert.equal(told(world, unableToScaleIn(taskSetId)), 0)
    await world.scheduler.stop()
  })

  test('waits until the protection of those that are too many expires, and says so once', async () => {
    const world = await steadyWorld(3)
    const [first, second, third] = world.tasks
    protect(world, [first], 600)
    protect(world, [third], 300)
    scale(world, 0)
    await world.until(() => world.withStatus('STOPPED').length === 1)
    await world.pass(250)
    assert.deepEqual(ids(world.withStatus('RUNNING')), ids([first, third]))
    assert.deepEqual([world.isSteady(), told(world, unableToScaleIn(taskSetId))], [false, 1])
    await world.pass(60)
    assert.deepEqual(ids(world.withStatus('STOPPED')), ids([second, third]))
    await world.pass(250)
    assert.equal(world.withStatus('RUNNING').length, 1)
    await world.pass(60)
    assert.deepEqual([world.withStatus('RUNNING').length, world.isSteady()], [0, true])
    assert.equal(told(world, unableToScaleIn(taskSetId)), 1)
    await world.scheduler.stop()
  })

  test('goes on at once where protection is ended', async () => {
    const world = await steadyWorld(1)
    const [only] = world.tasks
    protect(world, [only], 600)
    scale(world, 0)
    await world.pass(30)
    assert.equal(world.withStatus('RUNNING').length, 1)
    protect(world, [only], 0)
    await world.until(() => world.isSteady(), 10)
    assert.equal(world.withStatus('RUNNING').length, 0)
    await world.scheduler.stop()
  })

  test('waits as long by the next engine, and no longer', async () => {
    const world = await steadyWorld(1)
    protect(world, world.tasks, 600)
    scale(world, 0)
    await world.pass(200)
    await world.scheduler.stop()
    await world.pass(200)
    world.begin()
    await world.pass(190)
    assert.equal(world.withStatus('RUNNING').length, 1)
    await world.pass(30)
    assert.equal(world.withStatus('RUNNING').length, 0)
    await world.scheduler.stop()
  })
})

describe('a protected task', () => {
  test('holds its task set back where that is deleted, and nothing where its service is', async () => {
    const world = await steadyWorld(2)
    const [first, second] = world.tasks
    protect(world, [first], 600)
    world.scheduler.deleteTaskSet(taskSetArn)
    await world.pass(30)
    assert.deepEqual(ids(world.withStatus('STOPPED')), ids([second]))
    assert.equal(world.store.taskSets.get(taskSetArn)?.status, 'DRAINING')
    const service = world.store.services.get(serviceArn)
    assert(service)
    world.store.services.put(serviceArn, { ...service, status: 'DRAINING' })
    await world.until(() => !world.store.taskSets.has(taskSetArn), 30)
    assert.equal(world.withStatus('STOPPED').length, 2)
    await world.scheduler.stop()
  })

  test('is stopped by StopTask, and another one takes its place', async () => {
    const world = await steadyWorld(1)
    const [first] = world.tasks
    protect(world, [first], 600)
    world.scheduler.stopTask(first?.taskArn ?? '', { reason: 'by hand', stopCode: 'UserInitiated' })
    await world.until(() => world.withStatus('STOPPED').length === 1 && world.isSteady())
    const [running] = world.withStatus('RUNNING')
    assert.notEqual(running?.taskId, first?.taskId)
    assert.equal(running?.protectedUntil, undefined)
    await world.scheduler.stop()
  })

  test('is replaced where it is unhealthy', async () => {
    const world = await steadyWorld(2)
    const [sick] = world.tasks
    const [endpoint] = sick?.endpoints ?? []
    assert(endpoint)
    protect(world, [sick], 600)
    const unhealthy = { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' } as const
    world.loadBalancing.report(targetGroupArn, { id: endpoint.host, port: endpoint.port }, unhealthy)
    await world.until(() => world.withStatus('STOPPED').length === 1 && world.isSteady())
    assert.deepEqual(ids(world.withStatus('STOPPED')), ids([sick]))
    await world.scheduler.stop()
  })
})

describe('a rolling update of a service with protected tasks', () => {
  test('leaves them beside all new ones, and is in progress until they are protected no more', async () => {
    const world = new RollingWorld()
    await world.begun()
    const [kept, other] = world.tasks
    protect(world, [kept], 900)
    world.deploy(2)
    await world.until(() => world.running(2).length === 2 && world.withStatus('STOPPED').length === 1)
    assert.deepEqual(ids(world.withStatus('STOPPED')), ids([other]))
    await world.pass(600)
    assert.equal(world.deployment.status, 'IN_PROGRESS')
    assert.deepEqual(world.entries.toSorted(), ['ACTIVE COMPLETED web:1', 'PRIMARY IN_PROGRESS web:2'])
    assert.deepEqual([world.running(1).length, world.running(2).length], [1, 2])
    assert.equal(world.store.taskSets.list().find(({ status }) => status === 'ACTIVE')?.rollout?.desiredCount, 1)
    assert.equal(told(world, unableToScaleIn(kept?.taskSetId ?? '')), 1)
    assert.equal((await world.over(400)).status, 'SUCCESSFUL')
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:2'])
    await world.scheduler.stop()
  })

  test('goes on where there was no room beside them when protection is over, also with another engine', async () => {
    const world = new RollingWorld({ minimumHealthyPercent: 0, maximumPercent: 100 })
    await world.begun()
    protect(world, world.tasks, 900)
    world.deploy(2)
    await world.pass(600)
    assert.deepEqual([world.running(1).length, world.running(2).length], [2, 0])
    assert.equal(
      world.events.filter((event) => /was unable to stop or start tasks during a deployment/.test(event)).length,
      1,
    )
    await world.scheduler.stop()
    world.begin()
    await world.pass(290)
    assert.deepEqual([world.running(1).length, world.deployment.status], [2, 'IN_PROGRESS'])
    assert.equal((await world.over(100)).status, 'SUCCESSFUL')
    await world.scheduler.stop()
  })

  test('replaces no protected task of the old revision that ends by itself', async () => {
    const world = new RollingWorld()
    await world.begun()
    const [kept] = world.tasks
    protect(world, [kept], 900)
    world.deploy(2)
    await world.until(() => world.running(2).length === 2 && world.running(1).length === 1)
    await world.pass(60)
    world.runtime.exit(kept?.taskId ?? '', 0)
    assert.equal((await world.over(60)).status, 'SUCCESSFUL')
    assert.equal(world.tasks.filter(({ taskDefinitionArn }) => taskDefinitionArn.endsWith(':1')).length, 2)
    await world.scheduler.stop()
  })

  test('that fails goes back without those of the new revision that are protected', async () => {
    const world = new RollingWorld({ deploymentCircuitBreaker: { enable: true, rollback: true } }, { desiredCount: 3 })
    await world.begun()
    world.deploy(2)
    await world.until(() => world.running(2).length > 0)
    const [good] = world.running(2)
    protect(world, [good], 900)
    world.store.serviceDeployments.put(world.deployment.serviceDeploymentArn, {
      ...world.deployment,
      status: 'ROLLBACK_REQUESTED',
    })
    await world.until(() => world.running(1).length === 3 && world.running(2).length === 1)
    await world.pass(600)
    assert.equal(world.deployment.status, 'ROLLBACK_IN_PROGRESS')
    assert.deepEqual(ids(world.running(2)), ids([good]))
    assert.equal((await world.over(400)).status, 'ROLLBACK_SUCCESSFUL')
    await world.scheduler.stop()
  })
})
