import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { arn } from '../../src/domain/identifiers.ts'
import {
  aService,
  aTaskDefinition,
  aTaskSet,
  serviceArn,
  targetGroupArn,
  taskSetArn,
  taskSetId,
} from '../world/a-service.ts'
import { SchedulerWorld } from '../world/scheduler-world.ts'

describe('the desired count', () => {
  test('is reached: every task is started, registered, running and healthy, and the task set is steady', async () => {
    const world = new SchedulerWorld()
    world.createTaskSet()
    await world.steady()
    const [one, other] = world.tasks
    assert.deepEqual(world.scheduler.counts(taskSetArn), { desired: 2, pending: 0, running: 2 })
    assert.deepEqual(world.events, [
      `(service web) has started 2 tasks: (task ${one?.taskId}) (task ${other?.taskId}).`,
      `(service web) registered 1 targets in (target-group ${targetGroupArn})`,
      `(service web) registered 1 targets in (target-group ${targetGroupArn})`,
      `(service web, taskSet ${taskSetId}) updated state to STEADY_STATE.`,
      '(service web) has reached a steady state.',
    ])
    await world.scheduler.stop()
  })

  test('follows the service up and down, and the newest tasks go first', async () => {
    const world = new SchedulerWorld()
    world.createTaskSet()
    await world.steady()
    const first = world.tasks.map(({ taskId }) => taskId)
    await world.pass(1)
    world.store.services.put(serviceArn, { ...aService(), desiredCount: 4 })
    await world.until(() => world.withStatus('RUNNING').length === 4)
    world.store.services.put(serviceArn, { ...aService(), desiredCount: 2 })
    await world.until(() => world.withStatus('STOPPED').length === 2)
    assert.deepEqual(
      world.withStatus('RUNNING').map(({ taskId }) => taskId),
      first,
    )
    for (const task of world.withStatus('STOPPED')) {
      assert.equal(task.stopCode, 'ServiceSchedulerInitiated')
      assert.equal(task.stoppedReason, `Scaling activity initiated by (deployment ${taskSetId})`)
    }
    await world.scheduler.stop()
  })

  test('is a percentage of the service for a task set, and nothing is started for 0 %', async () => {
    const world = new SchedulerWorld({ desiredCount: 3 })
    world.createTaskSet({ scalePercent: 0 })
    await world.steady()
    assert.equal(world.tasks.length, 0)
    assert.equal(world.scheduler.updateScale(taskSetArn, 50).stabilityStatus, 'STABILIZING')
    await world.steady()
    assert.equal(world.runtime.running.length, 2)
    await world.scheduler.stop()
  })

  test('is kept when a task dies: it is deregistered at once and replaced', async () => {
    const world = new SchedulerWorld()
    world.createTaskSet()
    await world.steady()
    const [victim] = world.tasks
    world.loadBalancing.drainMilliseconds = 60_000
    world.runtime.exit(victim?.taskId ?? '', 3)
    await world.until(() => world.tasks.length === 3 && world.isSteady(), 5)
    const dead = world.store.tasks.get(victim?.taskArn ?? '')
    assert.equal(dead?.lastStatus, 'STOPPED')
    assert.equal(dead.stopCode, 'EssentialContainerExited')
    assert.equal(dead.stoppedReason, 'Essential container in task exited')
    assert.equal(dead.containers[0]?.exitCode, 3)
    assert.ok(world.events.some((text) => text.includes('has failed: exit code 3')))
    await world.scheduler.stop()
  })

  test('a container that is not essential may end without its task', async () => {
    const world = new SchedulerWorld()
    const [web] = aTaskDefinition().containerDefinitions
    assert.ok(web)
    const sidecar = { ...web, name: 'sidecar', image: 'sidecar:1', essential: false, portMappings: [] }
    const definition = aTaskDefinition({ containerDefinitions: [web, sidecar] })
    world.store.taskDefinitions.put(definition.taskDefinitionArn, definition)
    world.createTaskSet()
    await world.steady()
    world.runtime.exit(world.tasks[0]?.taskId ?? '', 0, 'sidecar')
    await world.pass(5)
    assert.equal(world.tasks.length, 2)
    assert.equal(world.tasks[0]?.lastStatus, 'RUNNING')
    assert.equal(world.tasks[0].containers[1]?.lastStatus, 'STOPPED')
    await world.scheduler.stop()
  })
})

describe('task sets', () => {
  const greenId = 'ecs-svc/1000000000000000002'
  const greenArn = arn.taskSet(serviceArn, greenId)

  test('are created once, however often they are asked for', async () => {
    const world = new SchedulerWorld()
    world.createTaskSet()
    await world.steady()
    world.createTaskSet({ scalePercent: 0 })
    await world.pass(1)
    assert.equal(world.store.taskSets.list().length, 1)
    assert.equal(world.runtime.running.length, 2)
    await world.scheduler.stop()
  })

  test('change places: the new PRIMARY gives the service its definition and load balancers', async () => {
    const world = new SchedulerWorld()
    world.createTaskSet()
    const loadBalancers = [{ targetGroupArn: 'arn:green', containerName: 'web', containerPort: 80 }]
    world.createTaskSet({ taskSetId: greenId, status: 'ACTIVE', taskDefinition: 'arn:web:2', loadBalancers })
    assert.equal(world.store.services.get(serviceArn)?.taskDefinition, aTaskSet().taskDefinition)
    assert.equal(world.scheduler.makePrimary(greenArn).status, 'PRIMARY')
    assert.equal(world.store.taskSets.get(taskSetArn)?.status, 'ACTIVE')
    const service = world.store.services.get(serviceArn)
    assert.equal(service?.taskDefinition, 'arn:web:2')
    assert.deepEqual(service.loadBalancers, loadBalancers)
    await world.scheduler.stop()
  })

  test('that are deleted drain and go, and may be deleted again', async () => {
    const world = new SchedulerWorld()
    world.createTaskSet()
    world.createTaskSet({ taskSetId: greenId, status: 'ACTIVE' })
    await world.until(() => world.runtime.running.length === 4)
    world.scheduler.deleteTaskSet(greenArn)
    assert.equal(world.store.taskSets.get(greenArn)?.status, 'DRAINING')
    assert.equal(world.scheduler.counts(greenArn).desired, 0)
    await world.until(() => !world.store.taskSets.has(greenArn))
    assert.equal(world.runtime.running.length, 2)
    world.scheduler.deleteTaskSet(greenArn)
    assert.throws(() => world.scheduler.makePrimary(greenArn), { code: 'TaskSetNotFoundException' })
    await world.scheduler.stop()
  })

  test('of a deleted service drain; then it is INACTIVE for an hour, and gone', async () => {
    const world = new SchedulerWorld()
    world.createTaskSet()
    await world.steady()
    const service = world.store.services.get(serviceArn) ?? aService()
    world.store.services.put(serviceArn, { ...service, status: 'DRAINING' })
    await world.until(() => world.store.services.get(serviceArn)?.status === 'INACTIVE')
    assert.equal(world.runtime.running.length, 0)
    assert.equal(world.store.taskSets.list().length, 0)
    await world.pass(3601)
    assert.equal(world.store.services.has(serviceArn), false)
    assert.equal(world.tasks.length, 0)
    await world.scheduler.stop()
  })
})

describe('trouble', () => {
  test('with the disk is logged once, and nothing is lost when it is over', async () => {
    const world = new SchedulerWorld()
    world.createTaskSet()
    await world.steady()
    world.disk.beforeWrite = () => {
      throw new Error('database or disk is full')
    }
    world.runtime.exit(world.tasks[0]?.taskId ?? '', 1)
    await world.pass(100)
    assert.equal(world.warnings.length, 1)
    world.disk.beforeWrite = () => undefined
    await world.until(() => world.tasks.length === 3 && world.isSteady(), 60)
    assert.deepEqual(world.scheduler.counts(taskSetArn), { desired: 2, pending: 0, running: 2 })
    await world.scheduler.stop()
  })

  test('with the load balancer is told in one event and tried again', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    world.loadBalancing.failure = new Error('One or more target groups not found')
    world.createTaskSet()
    await world.pass(60)
    assert.equal(world.withStatus('ACTIVATING').length, 1)
    const told = `(service web) failed to register targets in (target-group ${targetGroupArn}) with (error One or more target groups not found)`
    assert.equal(world.events.filter((text) => text === told).length, 1)
    world.loadBalancing.failure = undefined
    await world.steady()
    assert.equal(world.tasks.length, 1)
    await world.scheduler.stop()
  })
})
