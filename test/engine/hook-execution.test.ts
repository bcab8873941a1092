import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { HookExecution } from '../../src/domain/deployment.ts'
import { aWorld } from '../world/deployment-world.ts'
import type { World } from '../world/deployment-world.ts'
import { simulatedSettings } from '../world/simulated-engine.ts'

const minute = simulatedSettings.minuteMilliseconds

describe('a function hooked on a lifecycle event', () => {
  test('that reports Succeeded lets the deployment go on; what it wrote is in the record', async () => {
    const world = await aWorld()
    const done = await world.deploy({ hooks: { BeforeAllowTraffic: 'succeeds' } })
    assert.equal(done.status, 'Succeeded')
    const [execution] = done.hookExecutions ?? []
    assert.equal(execution?.event, 'BeforeAllowTraffic')
    assert.equal(execution.verdict?.status, 'Succeeded')
    assert.deepEqual(execution.invocation?.logLines.slice(1, 2), ['succeeds looked at green'])
    const event = done.lifecycleEvents.find(({ lifecycleEventName }) => lifecycleEventName === 'BeforeAllowTraffic')
    assert.match(event?.message ?? '', /^Function succeeds reported Succeeded after \d+\.\d s\.$/)
  })

  test('that reports Failed stops the deployment before any traffic moves, with its last lines as the reason', async () => {
    const world = await aWorld()
    const done = await world.deploy({ hooks: { BeforeAllowTraffic: 'fails' } })
    assert.equal(done.errorInformation?.code, 'HOOK_EXECUTION_FAILURE')
    assert.match(done.errorInformation.message, /one or more of the lifecycle event validation functions failed/)
    assert.match(done.errorInformation.message, /"fails looked at green"/)
    assert.equal(world.weights(done.group.targetGroupPair.prodListenerArn)['web-green'], 0)
  })

  test('may report before it has returned', async () => {
    const world = await aWorld()
    const done = await world.deploy({ hooks: { AfterInstall: 'reports-early' } })
    assert.equal(done.status, 'Succeeded')
  })

  test('that never reports is waited for one hour, and told from one that has not returned', async () => {
    const world = await aWorld()
    const startedAt = world.clock.now()
    const done = await world.deploy({ hooks: { BeforeInstall: 'says-nothing' } })
    assert(world.clock.now() - startedAt >= 60 * minute)
    assert.equal(done.errorInformation?.code, 'HOOK_EXECUTION_FAILURE')
    assert.match(done.errorInformation.message, /expects a status callback within one hour/)
    assert.match(
      done.errorInformation.message,
      /says-nothing returned without calling PutLifecycleEventHookExecutionStatus/,
    )
  })

  test('that throws without a report is waited for as well, as on AWS, and its error is told', async () => {
    const world = await aWorld()
    const done = await world.deploy({ hooks: { BeforeInstall: 'throws' } })
    assert.match(done.errorInformation?.message ?? '', /throws failed without calling .*no answer from green/)
  })

  test('that does not exist fails its event at once', async () => {
    const world = await aWorld()
    const startedAt = world.clock.now()
    const done = await world.deploy({ hooks: { BeforeInstall: 'missing' } })
    assert.equal(done.errorInformation?.code, 'INVALID_LAMBDA_FUNCTION')
    assert.match(
      done.errorInformation.message,
      /: Function not found: missing\. Make it: teal hook add missing DIRECTORY; or/,
    )
    assert(world.clock.now() - startedAt < minute)
  })

  test('of another region is not reached, also where it is', async () => {
    const world = await aWorld()
    const elsewhere = 'arn:aws:lambda:eu-west-1:000000000000:function:check'
    const done = await world.deploy({ hooks: { BeforeInstall: elsewhere } })
    assert.equal(done.errorInformation?.code, 'INVALID_LAMBDA_FUNCTION')
    assert.match(
      done.errorInformation.message,
      /is in eu-west-1; the deployment is in us-east-1\. Create the function in/,
    )
    assert.equal(world.functions.invocations, 0)
  })

  test('whose version is not there is called by its name where the text says how to mend that', async () => {
    const world = await aWorld()
    const functionName = 'arn:aws:lambda:us-east-1:000000000000:function:missing:7'
    const done = await world.deploy({ hooks: { BeforeInstall: functionName } })
    assert.match(
      done.errorInformation?.message ?? '',
      /teal hook add missing DIRECTORY; or mend the name\. Where missing is there, it has no version or alias 7: publish one/,
    )
  })

  test('on AfterAllowTestTraffic is not run where there is no test listener', async () => {
    const world = await aWorld()
    const done = await world.deploy({ hooks: { AfterAllowTestTraffic: 'fails' }, testListener: false })
    assert.equal(done.status, 'Succeeded')
    assert.equal(world.functions.invocations, 0)
  })

  test('can report once, and not to an event that is over', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ hooks: { BeforeInstall: 'says-nothing' } })
    const { executionId } = await begun(world, deploymentId)
    const { deployments } = world.engine
    const report = (id: string, status: 'Succeeded' | 'Failed') =>
      deployments.recordHookVerdict({ deploymentId, executionId: id, status })
    assert.equal(report('another', 'Succeeded'), undefined)
    assert.equal(report(executionId, 'Succeeded'), 'recorded')
    assert.equal(report(executionId, 'Failed'), 'already-completed')
    assert.equal((await world.ended(deploymentId)).status, 'Succeeded')

    const late = await world.deploy({ hooks: { BeforeInstall: 'throws' } })
    const [execution] = late.hookExecutions ?? []
    const verdict = {
      deploymentId: late.deploymentId,
      executionId: execution?.executionId ?? '',
      status: 'Succeeded',
    } as const
    assert.equal(deployments.recordHookVerdict(verdict), 'already-completed')
  })

  test('is not waited for any longer when the deployment is stopped', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ hooks: { BeforeInstall: 'says-nothing' } })
    const { executionId } = await begun(world, deploymentId)
    world.engine.deployments.stop(deploymentId, undefined)
    assert.equal((await world.ended(deploymentId)).status, 'Stopped')
    const verdict = { deploymentId, executionId, status: 'Succeeded' } as const
    assert.equal(world.engine.deployments.recordHookVerdict(verdict), 'already-completed')
  })

  test('of a deployment that was forgotten meanwhile returns, and nobody tries to write it down for ever', async (t) => {
    const world = await aWorld()
    const { deploymentId } = world.create({ hooks: { BeforeInstall: 'says-nothing' } })
    await begun(world, deploymentId)
    world.engine.deployments.stop(deploymentId, undefined)
    await world.ended(deploymentId)
    world.engine.store.deployments.delete(deploymentId)
    const sleep = t.mock.method(world.clock, 'sleep')
    await world.clock.run(() => false, world.clock.now() + 10 * minute)
    assert.equal(sleep.mock.calls.filter(({ arguments: [milliseconds] }) => milliseconds === 1_000).length, 0)
  })

  test('that was running when the engine was killed is asked again, with the same execution id', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ hooks: { BeforeInstall: 'succeeds' } })
    const before = await begun(world, deploymentId)
    await world.restart()
    const done = await world.ended(deploymentId)
    assert.equal(done.status, 'Succeeded')
    assert.equal(world.functions.invocations, 2)
    assert.deepEqual(
      done.hookExecutions?.map(({ executionId }) => executionId),
      [before.executionId],
    )
  })

  test('that had returned when the engine was killed is not asked again: its report may still come', async () => {
    const world = await aWorld()
    const { deploymentId } = world.create({ hooks: { BeforeInstall: 'says-nothing' } })
    const { executionId } = await begun(world, deploymentId)
    await world.until(() => executionsOf(world, deploymentId)[0]?.invocation !== undefined)
    await world.restart()
    await world.until(() => world.engine.store.deployments.has(deploymentId))
    world.engine.deployments.recordHookVerdict({ deploymentId, executionId, status: 'Succeeded' })
    assert.equal((await world.ended(deploymentId)).status, 'Succeeded')
    assert.equal(world.functions.invocations, 1)
  })
})

async function begun(world: World, deploymentId: string): Promise<HookExecution> {
  await world.until(() => executionsOf(world, deploymentId).length > 0)
  const [execution] = executionsOf(world, deploymentId)
  assert(execution)
  return execution
}

function executionsOf(world: World, deploymentId: string): readonly HookExecution[] {
  return world.deployment(deploymentId).hookExecutions ?? []
}
