import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { serviceArn, targetGroupArn, taskSetArn, taskSetId } from '../world/a-service.ts'
import { SchedulerWorld } from '../world/scheduler-world.ts'

describe('a stop', () => {
  test('deregisters, waits for the drain, and only then sends SIGTERM', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    world.loadBalancing.drainMilliseconds = 10_000
    world.createTaskSet()
    await world.steady()
    const [task] = world.tasks
    world.scheduler.updateScale(taskSetArn, 0)
    await world.until(() => world.withStatus('STOPPED').length === 1)
    const port = task?.endpoints[0]?.port
    assert.deepEqual(world.runtime.calls, [
      `start ${task?.taskId}`,
      `register ${port}`,
      `deregister ${port}`,
      `drained ${port}`,
      `SIGTERM ${task?.taskId}`,
    ])
    assert.deepEqual(world.events.slice(4, 7), [
      `(service web) has stopped 1 running tasks: (task ${task?.taskId}).`,
      `(service web) deregistered 1 targets in (target-group ${targetGroupArn})`,
      `(service web, taskSet ${taskSetId}) has begun draining connections on 1 tasks.`,
    ])
    const stopped = world.store.tasks.get(task?.taskArn ?? '')
    assert.equal(stopped?.containers[0]?.exitCode, 143)
    const times = [
      stopped?.createdAt,
      stopped?.pullStartedAt,
      stopped?.pullStoppedAt,
      stopped?.startedAt,
      stopped?.stoppingAt,
      stopped?.executionStoppedAt,
      stopped?.stoppedAt,
    ]
    assert.deepEqual(
      times.toSorted((a, b) => (a ?? 0) - (b ?? 0)),
      times,
    )
    await world.scheduler.stop()
  })

  test('ends with SIGKILL after the stop time-out', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    world.runtime.images.set('web:1', { stopMilliseconds: 'never' })
    world.createTaskSet()
    await world.steady()
    world.scheduler.updateScale(taskSetArn, 0)
    const began = world.clock.now()
    await world.until(() => world.withStatus('STOPPED').length === 1)
    assert.equal(world.clock.now() - began, 30_000)
    assert.equal(world.tasks[0]?.containers[0]?.exitCode, 137)
    await world.scheduler.stop()
  })

  test('by StopTask says what the caller said, and the task is replaced without counting as failed', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    world.createTaskSet()
    await world.steady()
    const taskArn = world.tasks[0]?.taskArn ?? ''
    const stopping = world.scheduler.stopTask(taskArn, { reason: 'Task stopped by user', stopCode: 'UserInitiated' })
    assert.equal(stopping.desiredStatus, 'STOPPED')
    assert.equal(stopping.lastStatus, 'RUNNING')
    await world.until(() => world.tasks.length === 2 && world.isSteady() && world.withStatus('STOPPED').length === 1)
    assert.equal(world.withStatus('STOPPED')[0]?.stoppedReason, 'Task stopped by user')
    assert.equal(world.store.taskSets.get(taskSetArn)?.failures.total, 0)
    assert.throws(() => world.scheduler.stopTask('arn:none', { reason: '', stopCode: 'UserInitiated' }), {
      code: 'InvalidParameterException',
      message: 'The referenced task was not found.',
    })
    await world.scheduler.stop()
  })

  test('of a task whose images are still pulled waits for them and starts no container', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    world.runtime.images.set('web:1', { startMilliseconds: 5_000 })
    world.createTaskSet()
    await world.until(() => world.withStatus('PENDING').length === 1)
    world.scheduler.updateScale(taskSetArn, 0)
    await world.until(() => world.withStatus('STOPPED').length === 1)
    assert.deepEqual(
      world.runtime.calls.map((call) => call.split(' ')[0]),
      ['start'],
    )
    assert.deepEqual(world.runtime.starts, [])
    assert.ok(world.events.includes('(service web) stopped 1 pending tasks.'))
    await world.scheduler.stop()
  })
})

describe('a task whose scheduler is followed by another', () => {
  test('is left alone while it runs', async () => {
    const world = new SchedulerWorld()
    world.createTaskSet()
    await world.steady()
    const { events } = world
    await world.scheduler.stop()
    const calls = world.runtime.calls.length
    world.begin()
    await world.pass(60)
    assert.equal(world.runtime.calls.length, calls)
    assert.deepEqual(world.events, events)
    await world.scheduler.stop()
  })

  test('is replaced if it ended, or is gone without a trace, in between', async () => {
    const world = new SchedulerWorld()
    world.createTaskSet()
    await world.steady()
    const [ended, lost] = world.tasks
    await world.scheduler.stop()
    world.runtime.exit(ended?.taskId ?? '', 9)
    world.runtime.lose(lost?.taskId ?? '')
    world.begin()
    await world.until(() => world.tasks.length === 4 && world.isSteady())
    assert.equal(world.store.tasks.get(ended?.taskArn ?? '')?.containers[0]?.exitCode, 9)
    assert.equal(world.store.tasks.get(lost?.taskArn ?? '')?.containers[0]?.exitCode, undefined)
    assert.equal(world.store.tasks.get(lost?.taskArn ?? '')?.lastStatus, 'STOPPED')
    await world.scheduler.stop()
  })

  test('comes to the same end, whichever transaction the other one crashed in', async () => {
    const calm = await life()
    assert.ok(calm.writes > 40)
    for (let write = 0; write < calm.writes; write++) {
      for (const when of ['before', 'after'] as const) {
        const stormy = await life({ write, when })
        assert.deepEqual(stormy.outcome, calm.outcome, `crash ${when} write ${write}`)
      }
    }
  })
})

type Outcome = { readonly stopped: readonly string[]; readonly startedTwice: number; readonly left: readonly unknown[] }

/** A task set's whole life, in which every scheduler that crashes is followed by another one. */
async function life(crash?: {
  readonly write: number
  readonly when: 'before' | 'after'
}): Promise<{ readonly writes: number; readonly outcome: Outcome }> {
  const world = new SchedulerWorld()
  world.loadBalancing.drainMilliseconds = 2_000
  world.runtime.images.set('web:1', { startMilliseconds: 200, stopMilliseconds: 500 })
  const engine = crashing(world, crash)
  const has = (running: number, stopped: number) => () =>
    world.withStatus('RUNNING').length === running && world.withStatus('STOPPED').length === stopped && world.isSteady()

  await engine.brings(() => world.createTaskSet(), has(2, 0))
  world.runtime.exit(world.withStatus('RUNNING')[0]?.taskId ?? '', 1)
  await engine.brings(() => undefined, has(2, 1))
  const [endpoint] = world.withStatus('RUNNING')[0]?.endpoints ?? []
  assert.ok(endpoint)
  const sick = { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' } as const
  world.loadBalancing.report(targetGroupArn, { id: endpoint.host, port: endpoint.port }, sick)
  await engine.brings(() => undefined, has(2, 2))
  await engine.brings(() => world.scheduler.updateScale(taskSetArn, 150), has(3, 2))
  await engine.brings(
    () => world.scheduler.deleteTaskSet(taskSetArn),
    () => !world.store.taskSets.has(taskSetArn),
  )
  await world.scheduler.stop()
  const starts = world.runtime.calls.filter((call) => call.startsWith('start'))
  return {
    writes: engine.writes(),
    outcome: {
      stopped: world.tasks.map((task) => `${task.lastStatus} ${task.stopCode}: ${task.stoppedReason}`).toSorted(),
      startedTwice: starts.length - new Set(starts).size,
      left: [world.runtime.running, world.loadBalancing.targetCount, world.store.services.get(serviceArn)?.status],
    },
  }
}

function crashing(world: SchedulerWorld, crash: { write: number; when: 'before' | 'after' } | undefined) {
  let writes = 0
  let isDead = false
  const dieAt = (when: 'before' | 'after'): void => {
    isDead ||= crash?.write === writes && crash.when === when
    if (isDead) throw new Error('The engine has crashed.')
  }
  world.disk.beforeWrite = () => dieAt('before')
  world.disk.afterWrite = () => {
    dieAt('after')
    writes += 1
  }
  return {
    writes: () => writes,
    brings: async (deed: () => unknown, isSo: () => boolean): Promise<void> => {
      for (;;) {
        try {
          deed()
        } catch (error) {
          if (!isDead) throw error
        }
        await world.until(() => isDead || isSo())
        if (!isDead) return
        await world.scheduler.stop()
        isDead = false
        crash = undefined
        world.begin()
      }
    },
  }
}
