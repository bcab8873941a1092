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

  test('of a task that is still starting waits for its start and never registers it', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    world.runtime.images.set('web:1', { startMilliseconds: 5_000 })
    world.createTaskSet()
    await world.until(() => world.withStatus('PENDING').length === 1)
    world.scheduler.updateScale(taskSetArn, 0)
    await world.until(() => world.withStatus('STOPPED').length === 1)
    assert.deepEqual(
      world.runtime.calls.map((call) => call.split(' ')[0]),
      ['start', 'SIGTERM'],
    )
    assert.ok(world.events.includes('(service web) stopped 1 pending tasks.'))
    await world.scheduler.stop()
  })
})

describe('tasks that fail', () => {
  test('are started again at once, then after 1, 2, 4 … seconds, and the events say so', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    world.runtime.images.set('web:1', { exit: { afterMilliseconds: 100, exitCode: 1 } })
    world.createTaskSet()
    await world.until(() => world.tasks.length === 6)
    const starts = world.tasks.map(({ createdAt }) => createdAt)
    assert.deepEqual(
      starts.slice(1).map((at, index) => at - (starts[index] ?? 0)),
      [100, 1100, 2100, 4100, 8100],
    )
    const [first, , third] = world.events.filter((text) => text.includes('exit code 1'))
    assert.match(
      first ?? '',
      /\(task [0-9a-f]{32}\) has failed: exit code 1 \(Essential container in task exited\)\. A task in its place starts at once\.$/,
    )
    assert.match(
      third ?? '',
      /unable to consistently start tasks successfully: 3 tasks have failed, the last one, .* with exit code 1 \(Essential container in task exited\)\. The next one starts in 2 seconds\.$/,
    )
    await world.scheduler.stop()
  })

  test('together count as one failure in a row', async () => {
    const world = new SchedulerWorld({ desiredCount: 10 })
    world.runtime.images.set('web:1', { exit: { afterMilliseconds: 100, exitCode: 1 } })
    world.createTaskSet()
    await world.until(() => world.tasks.length === 30)
    assert.equal(world.store.taskSets.get(taskSetArn)?.failures.total, 20)
    assert.equal(world.store.taskSets.get(taskSetArn)?.failures.consecutive, 2)
    await world.scheduler.stop()
  })

  test('by an image nobody knows stop with CannotPullContainerError', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    world.runtime.images.set('web:1', { startError: 'CannotPullContainerError: there is no image web:1' })
    world.createTaskSet()
    await world.until(() => world.withStatus('STOPPED').length === 3)
    const [task] = world.withStatus('STOPPED')
    assert.equal(task?.stopCode, 'TaskFailedToStart')
    assert.equal(task.stoppedReason, 'CannotPullContainerError: there is no image web:1')
    assert.equal(task.containers[0]?.exitCode, undefined)
    await world.scheduler.stop()
  })

  test('by a port their definition does not map say which', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    world.createTaskSet({ loadBalancers: [{ targetGroupArn, containerName: 'web', containerPort: 8080 }] })
    await world.until(() => world.withStatus('STOPPED').length > 0)
    assert.match(world.tasks[0]?.stoppedReason ?? '', /^ResourceInitializationError: .* port 8080 of container web/)
    await world.scheduler.stop()
  })

  test('leave no more than 100 stopped ones behind, and those for an hour', async () => {
    const world = new SchedulerWorld({ desiredCount: 60 })
    world.createTaskSet()
    await world.steady()
    world.scheduler.updateScale(taskSetArn, 0)
    await world.until(() => world.withStatus('STOPPED').length === 60)
    world.scheduler.updateScale(taskSetArn, 100)
    await world.steady()
    world.scheduler.updateScale(taskSetArn, 0)
    await world.until(() => world.tasks.length === 100 && world.withStatus('STOPPED').length === 100)
    await world.pass(3599)
    assert.equal(world.tasks.length, 100)
    await world.pass(2)
    assert.equal(world.tasks.length, 0)
    assert.equal(world.runtime.calls.filter((call) => call.startsWith('remove')).length, 120)
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

describe('a scheduler that takes over from another', () => {
  test('leaves running tasks alone', async () => {
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

  test('replaces what ended, or is gone without a trace, in between', async () => {
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

  test('ends in the same state, whichever transaction the other one crashed in', async () => {
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
