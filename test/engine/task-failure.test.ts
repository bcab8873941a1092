import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { targetGroupArn, taskSetArn } from '../world/a-service.ts'
import { RollingWorld } from '../world/rolling-world.ts'
import { SchedulerWorld } from '../world/scheduler-world.ts'

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

  test('of a deployment that has failed are told without a next one', async () => {
    const world = new RollingWorld()
    await world.begun()
    world.loadBalancing.newTargets = { state: 'initial', reason: 'Elb.InitialHealthChecking' }
    world.deploy(2)
    await world.until(() => world.running(2).length === 2)
    const { serviceDeploymentArn } = world.deployment
    world.store.serviceDeployments.put(serviceDeploymentArn, { ...world.deployment, status: 'STOP_REQUESTED' })
    await world.over()
    world.runtime.exit(world.running(2)[0]?.taskId ?? '', 1)
    await world.until(() => world.running(2).length === 1)
    const last = world.events.findLast((text) => text.includes('exit code 1'))
    assert.match(
      last ?? '',
      /\(task [0-9a-f]{32}\) has failed: exit code 1 \(Essential .*\)\. No more tasks of this deployment start\.$/,
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
    await world.until(() => world.withStatus('STOPPED').length >= 100 && world.withStatus('STOPPING').length === 0)
    await world.until(() => world.tasks.length === 100)
    const last = Math.max(...world.tasks.map(({ stoppedAt = 0 }) => stoppedAt))
    await world.pass((last - world.clock.now()) / 1000 + 3599)
    assert.equal(world.tasks.length, 100)
    await world.pass(2)
    assert.equal(world.tasks.length, 0)
    assert.equal(world.runtime.calls.filter((call) => call.startsWith('remove')).length, 120)
    await world.scheduler.stop()
  })
})
