import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ContainerDefinition } from '../../src/domain/task-definition.ts'
import { taskHealthStatus } from '../../src/domain/container-health.ts'
import { newStandaloneTask } from '../../src/engine/task-launch.ts'
import { aTaskDefinition, serviceArn } from '../world/a-service.ts'
import { SchedulerWorld } from '../world/scheduler-world.ts'

const [web] = aTaskDefinition().containerDefinitions
assert.ok(web)
const healthCheck = { command: ['CMD', 'check'], interval: 10, timeout: 5, retries: 3 }

function worldWith(...containerDefinitions: readonly ContainerDefinition[]): SchedulerWorld {
  const world = new SchedulerWorld({ desiredCount: 1 })
  const definition = aTaskDefinition({ containerDefinitions })
  world.store.taskDefinitions.put(definition.taskDefinitionArn, definition)
  return world
}

/** A task that no service looks after. */
function run(world: SchedulerWorld): void {
  const [definition] = world.store.taskDefinitions.list()
  assert.ok(definition)
  const made = { chance: world.chance, now: world.clock.now() }
  const asked = { group: 'family:web', startedBy: '', launchType: 'EC2', tags: {} } as const
  const task = newStandaloneTask('arn:aws:ecs:us-east-1:000000000000:cluster/prod', definition, made, asked)
  world.store.tasks.put(task.taskArn, task)
}

describe('a container with a health check', () => {
  test('is HEALTHY after the first check that passes, and only then is its task set steady', async () => {
    const world = worldWith({ ...web, healthCheck })
    world.createTaskSet()
    await world.until(() => world.withStatus('RUNNING').length === 1)
    assert.equal(world.tasks[0]?.containers[0]?.healthStatus, 'UNKNOWN')
    const began = world.clock.now()
    await world.steady()
    assert.ok(world.clock.now() - began >= 9_000)
    assert.deepEqual(world.tasks.map(taskHealthStatus), ['HEALTHY'])
    await world.scheduler.stop()
  })

  test('that fails makes its service replace the task, in the words of ECS', async () => {
    const world = worldWith({ ...web, healthCheck })
    world.createTaskSet()
    await world.steady()
    world.runtime.exitCodes.set('check', 1)
    await world.until(() => world.events.some((event) => event.endsWith(' failed container health checks.')))
    const [sick] = world.tasks
    assert.equal(sick?.containers[0]?.healthStatus, 'UNHEALTHY')
    world.runtime.exitCodes.set('check', 0)
    await world.until(() => world.withStatus('STOPPED').length === 1 && world.isSteady())
    const [stopped] = world.withStatus('STOPPED')
    assert.deepEqual(
      [stopped?.taskId, stopped?.stopCode, stopped?.stoppedReason],
      [sick?.taskId, 'ServiceSchedulerInitiated', 'Task failed container health checks'],
    )
    await world.scheduler.stop()
  })

  test('keeps its health over a change of engines', async () => {
    const world = worldWith({ ...web, healthCheck })
    world.createTaskSet()
    await world.steady()
    await world.scheduler.stop()
    world.begin()
    assert.equal(world.tasks[0]?.containers[0]?.healthStatus, 'HEALTHY')
    world.runtime.exitCodes.set('check', 1)
    await world.until(() => world.tasks[0]?.containers[0]?.healthStatus === 'UNHEALTHY')
    await world.scheduler.stop()
  })

  test('without a service is left alone, however it is', async () => {
    const world = worldWith({ ...web, healthCheck })
    world.runtime.exitCodes.set('check', 1)
    run(world)
    await world.until(() => world.tasks[0]?.containers[0]?.healthStatus === 'UNHEALTHY')
    await world.pass(60)
    assert.deepEqual(
      world.tasks.map(({ lastStatus }) => lastStatus),
      ['RUNNING'],
    )
    await world.scheduler.stop()
  })

  test('holds up those that need it HEALTHY, for as long as its start time-out', async () => {
    const dependsOn = [{ containerName: 'db', condition: 'HEALTHY' }] as const
    const world = worldWith({ ...web, dependsOn }, { ...web, name: 'db', healthCheck, startTimeout: 60 })
    run(world)
    await world.until(() => world.withStatus('RUNNING').length === 1)
    assert.deepEqual(world.runtime.starts, ['db', 'web'])
    world.runtime.exitCodes.set('check', 1)
    run(world)
    await world.until(() => world.withStatus('STOPPED').length === 1)
    const [stopped] = world.withStatus('STOPPED')
    assert.equal(stopped?.stopCode, 'TaskFailedToStart')
    assert.equal(
      stopped?.stoppedReason,
      'CannotStartContainerError: container web depends on db (HEALTHY), which took longer than 60 seconds',
    )
    assert.equal(stopped?.containers[1]?.exitCode, 143)
    await world.scheduler.stop()
  })
})

describe('a task of RunTask', () => {
  test('ends with its container, is not replaced, and is kept for an hour', async () => {
    const world = worldWith(web)
    world.runtime.images.set('web:1', { exit: { afterMilliseconds: 1_000, exitCode: 3 } })
    run(world)
    await world.until(() => world.withStatus('STOPPED').length === 1)
    const [stopped] = world.tasks
    assert.deepEqual(
      [stopped?.stopCode, stopped?.stoppedReason, stopped?.containers[0]?.exitCode],
      ['EssentialContainerExited', 'Essential container in task exited', 3],
    )
    await world.pass(3_500)
    assert.equal(world.tasks.length, 1)
    await world.until(() => world.tasks.length === 0, 200)
    assert.deepEqual(await world.runtime.list(), [])
    await world.scheduler.stop()
  })

  test('is still described after its end where very many end at once', async () => {
    const world = worldWith(web)
    world.runtime.images.set('web:1', { exit: { afterMilliseconds: 1_000, exitCode: 0 } })
    for (let count = 0; count < 1_100; count += 1) run(world)
    await world.until(() => world.tasks.every(({ lastStatus }) => lastStatus === 'STOPPED'))
    await world.pass(50)
    assert.equal(world.tasks.length, 1_100)
    await world.pass(60)
    assert.equal(world.tasks.length, 1_000)
    await world.scheduler.stop()
  })

  test('starts in order and stops in the opposite one', async () => {
    const dependsOn = [{ containerName: 'db', condition: 'START' }] as const
    const world = worldWith({ ...web, dependsOn }, { ...web, name: 'db' })
    run(world)
    await world.until(() => world.withStatus('RUNNING').length === 1)
    const [task] = world.tasks
    world.scheduler.stopTask(task?.taskArn ?? '', { reason: 'enough', stopCode: 'UserInitiated' })
    await world.until(() => world.withStatus('STOPPED').length === 1)
    assert.deepEqual(world.runtime.starts, ['db', 'web'])
    assert.deepEqual(world.runtime.calls.slice(-2), ['SIGTERM web', `SIGTERM ${task?.taskId}`])
    await world.scheduler.stop()
  })

  test('that the store knows nothing of is removed when an engine begins', async () => {
    const world = worldWith(web)
    run(world)
    await world.until(() => world.withStatus('RUNNING').length === 1)
    await world.scheduler.stop()
    world.store.tasks.delete(world.tasks[0]?.taskArn ?? '')
    world.begin()
    await world.until(() => world.runtime.calls.some((call) => call.startsWith('remove ')))
    assert.match(world.warnings.at(-1) ?? '', /^Task [0-9a-f]{32} was found running or half removed/)
    assert.ok(world.store.services.has(serviceArn))
    await world.scheduler.stop()
  })
})
