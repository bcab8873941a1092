import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { taskSetArn, targetGroupArn } from '../world/a-service.ts'
import { SchedulerWorld } from '../world/scheduler-world.ts'

describe('what is told of a task set that does not get steady', () => {
  test('exit codes and the last lines of the log', async () => {
    const world = new SchedulerWorld()
    const log = ['Listening', '\u001B[31mError\u001B[0m: no database\u001B[2J']
    world.runtime.images.set('web:1', { exit: { afterMilliseconds: 100, exitCode: 1 }, log })
    world.createTaskSet()
    await world.until(() => world.withStatus('STOPPED').length === 4)
    assert.equal(
      await world.scheduler.evidence(taskSetArn),
      '4 of 4 tasks have stopped with exit code 1 (Essential container in task exited); ' +
        'the last lines of container web: "Listening / Error: no database". ' +
        '0 of 2 tasks are running; the next task starts in 1 s.',
    )
    await world.scheduler.stop()
  })

  test('the reason why tasks cannot start', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    world.runtime.images.set('web:1', { startError: 'CannotPullContainerError: there is no image web:1' })
    world.createTaskSet()
    await world.until(() => world.withStatus('STOPPED').length === 1)
    const evidence = await world.scheduler.evidence(taskSetArn)
    assert.match(
      evidence,
      /^1 of \d tasks? ha\w+ stopped because of CannotPullContainerError: there is no image web:1\./,
    )
    await world.scheduler.stop()
  })

  test('the health check that fails', async () => {
    const world = new SchedulerWorld({ desiredCount: 1, healthCheckGracePeriodSeconds: 600 })
    world.loadBalancing.newTargets = { state: 'unhealthy', reason: 'Target.ResponseCodeMismatch' }
    world.loadBalancing.lastAnswer = 'GET /health answered 503'
    world.createTaskSet()
    await world.until(() => world.withStatus('RUNNING').length === 1)
    const [task] = world.tasks
    const port = task?.endpoints[0]?.port
    assert.equal(
      await world.scheduler.evidence(taskSetArn),
      `Task ${task?.taskId} is running but its target 127.0.0.1:${port} is unhealthy: GET /health answered 503. ` +
        '1 of 1 task is running.',
    )
    world.loadBalancing.lastAnswer = 'GET /health: connection refused'
    assert.match(await world.scheduler.evidence(taskSetArn), /may not listen on the port given in PORT\. /)
    await world.scheduler.stop()
  })

  test('tasks that were stopped for their health checks', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    world.loadBalancing.newTargets = { state: 'unhealthy', reason: 'Target.Timeout' }
    world.createTaskSet()
    await world.until(() => world.withStatus('STOPPED').length === 1)
    const evidence = await world.scheduler.evidence(taskSetArn)
    assert.ok(evidence.includes(`Task failed ELB health checks in (target-group ${targetGroupArn})`), evidence)
    await world.scheduler.stop()
  })

  test('a task that has just started does not distract from why the others were stopped', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    world.loadBalancing.newTargets = { state: 'unhealthy', reason: 'Target.ResponseCodeMismatch' }
    world.loadBalancing.lastAnswer = 'GET /health answered 404'
    world.createTaskSet()
    await world.until(() => world.withStatus('STOPPED').length === 1)
    world.loadBalancing.newTargets = { state: 'initial', reason: 'Elb.RegistrationInProgress' }
    world.loadBalancing.lastAnswer = 'GET /health: connection refused'
    await world.until(() => world.withStatus('RUNNING').some(({ unhealthyAt }) => unhealthyAt === undefined))
    const evidence = await world.scheduler.evidence(taskSetArn)
    assert.match(evidence, /the last health check: GET \/health answered 404\. 1 of 1 task is running\.$/)
    await world.scheduler.stop()
  })

  test('a task that has just started is told of where there is nothing else, and its port is not blamed', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    world.loadBalancing.newTargets = { state: 'initial', reason: 'Elb.RegistrationInProgress' }
    world.loadBalancing.lastAnswer = 'GET /health: connection refused'
    world.createTaskSet()
    await world.until(() => world.withStatus('RUNNING').length === 1)
    const evidence = await world.scheduler.evidence(taskSetArn)
    assert.match(evidence, /is initial: GET \/health: connection refused\. 1 of 1 task is running\.$/)
    await world.scheduler.stop()
  })

  test('is about 1,500 characters at most, and keeps the end of the log', async () => {
    const world = new SchedulerWorld({ desiredCount: 1 })
    const log = ['x'.repeat(5_000), 'the very end']
    world.runtime.images.set('web:1', { startError: 'CannotStartContainerError: '.padEnd(2_000, 'y'), log })
    world.createTaskSet()
    await world.until(() => world.withStatus('STOPPED').length === 1)
    assert.equal((await world.scheduler.evidence(taskSetArn)).length, 1_500)
    world.runtime.images.set('web:1', { exit: { afterMilliseconds: 0, exitCode: 1 }, log })
    await world.until(() => world.tasks.some(({ stopCode }) => stopCode === 'EssentialContainerExited'))
    const evidence = await world.scheduler.evidence(taskSetArn)
    assert.ok(evidence.length < 1_500 && evidence.includes('the very end"'), evidence)
    await world.scheduler.stop()
  })

  test('of one that is gone is just that', async () => {
    const world = new SchedulerWorld()
    assert.equal(await world.scheduler.evidence(taskSetArn), 'The task set is gone.')
    await world.scheduler.stop()
  })
})
