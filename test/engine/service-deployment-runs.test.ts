import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DeploymentLifecycleHookStage } from '../../src/domain/service-deployment-configuration.ts'
import { serviceEvents } from '../../src/engine/event-recording.ts'
import { alarmName, names, putAlarm } from '../world/furnished-world.ts'
import { aNativeWorld, productionRule, putWeights } from '../world/native-world.ts'
import type { NativeWorld } from '../world/native-world.ts'
import { loudFunction } from '../world/simulated-functions.ts'
import { simulatedSettings } from '../world/simulated-engine.ts'

const canary = {
  strategy: 'CANARY',
  canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 20 },
} as const
const lambda = (hookTargetArn: string, ...lifecycleStages: DeploymentLifecycleHookStage[]) =>
  ({ targetType: 'AWS_LAMBDA', hookTargetArn, lifecycleStages }) as const
const pause = (action: 'ROLLBACK' | 'CONTINUE') => ({
  lifecycleHooks: [
    {
      targetType: 'PAUSE',
      lifecycleStages: ['POST_SCALE_UP'],
      timeoutConfiguration: { timeoutInMinutes: 5, action },
    },
  ] as const,
})
const production = (world: NativeWorld) => world.weights(names.prodListenerArn)
const reason = (because: string) => `Service deployment rolled back because ${because}`

describe('a deployment of ECS itself, run by the engine', () => {
  test('alternates between the groups, whichever the client names first', async () => {
    const world = await aNativeWorld()
    assert.deepEqual(production(world), { 'web-blue': 100, 'web-green': 0 })
    for (const [live, weights] of [
      ['web-green', { 'web-blue': 0, 'web-green': 100 }],
      ['web-blue', { 'web-blue': 100, 'web-green': 0 }],
    ] as const) {
      const done = await world.deployed({ bakeTimeInMinutes: 2 })
      assert.equal(done.status, 'SUCCESSFUL')
      assert.deepEqual(production(world), weights)
      assert.deepEqual(world.weights(names.testListenerArn), weights)
      const revision = world.engine.store.serviceRevisions.get(done.targetServiceRevision.arn)
      assert.equal(revision?.resolvedConfiguration?.loadBalancers[0]?.targetGroupArn.split('/')[1], live)
      assert.equal(revision.loadBalancers[0]?.targetGroupArn, names.blueArn)
      assert.equal(world.service.completedServiceRevision, revision.serviceRevisionArn)
      assert.equal(world.entries.length, 1)
    }
  })

  test('is what makes its service steady: the events say so at its end, not between its stages', async () => {
    const world = await aNativeWorld()
    await world.deployed({ bakeTimeInMinutes: 2 })
    const events = serviceEvents(world.engine.store, world.service.serviceArn).toReversed()
    const told = events.map(({ message }) => message).filter((message) => /steady|completed/.test(message))
    assert.deepEqual(
      told.map((message) => message.replace(/ecs-svc\/\d+/, 'ecs-svc/N')),
      [
        '(service web) (deployment ecs-svc/N) deployment completed.',
        '(service web) has reached a steady state.',
        '(service web) (deployment ecs-svc/N) deployment completed.',
        '(service web) has reached a steady state.',
      ],
    )
  })

  test('shows the weights it has asked for and goes back with them', async () => {
    const world = await aNativeWorld()
    const key = world.begin(canary)
    await world.until(() => world.at(key).targetServiceRevision.requestedProductionTrafficWeight === 10)
    assert.equal(world.at(key).sourceServiceRevisions[0]?.requestedProductionTrafficWeight, 90)
    assert.equal(world.at(key).lifecycleStage, 'PRODUCTION_TRAFFIC_SHIFT')
    assert.deepEqual(world.entries, ['ACTIVE COMPLETED web:1 in web-blue', 'PRIMARY IN_PROGRESS web:2 in web-green'])
    world.ask(key, 'ROLLBACK_REQUESTED')
    const done = await world.over(key)
    assert.equal(done.status, 'ROLLBACK_SUCCESSFUL')
    assert.equal(done.statusReason, reason('it was stopped by StopServiceDeployment.'))
    assert.equal(done.targetServiceRevision.requestedProductionTrafficWeight, 0)
    assert.deepEqual(production(world), { 'web-blue': 100, 'web-green': 0 })
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:1 in web-blue'])
    assert.equal(world.service.taskDefinition, names.taskDefinition(1))
  })

  test('that is aborted leaves both sides; the next one reconciles them first', async () => {
    const world = await aNativeWorld()
    const key = world.begin(canary)
    await world.until(() => world.at(key).targetServiceRevision.requestedProductionTrafficWeight === 10)
    world.ask(key, 'STOP_REQUESTED')
    assert.equal((await world.over(key)).status, 'STOPPED')
    assert.deepEqual(production(world), { 'web-blue': 90, 'web-green': 10 })
    assert.deepEqual(world.entries, ['ACTIVE COMPLETED web:1 in web-blue', 'PRIMARY FAILED web:2 in web-green'])
    const next = world.begin({})
    await world.until(() => world.at(next).lifecycleStage === 'RECONCILE_SERVICE')
    assert.equal((await world.over(next)).status, 'SUCCESSFUL')
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:3 in web-green'])
  })

  test('is replaced by a newer one, which begins from what is live', async () => {
    const world = await aNativeWorld()
    const replaced = world.begin({ bakeTimeInMinutes: 60 })
    await world.until(() => world.at(replaced).lifecycleStage === 'BAKE_TIME')
    const newer = world.begin({})
    assert.equal(world.at(replaced).status, 'STOP_REQUESTED')
    const done = await world.over(newer)
    assert.equal(done.status, 'SUCCESSFUL')
    assert.equal(world.at(replaced).status, 'STOPPED')
    assert.equal(world.at(replaced).statusReason, 'Service deployment was replaced by a newer one.')
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:3 in web-blue'])
    assert.deepEqual(production(world), { 'web-blue': 100, 'web-green': 0 })
  })

  test('does nothing where the rule says something else than the service believes', async () => {
    const world = await aNativeWorld()
    putWeights(world, names.prodListenerArn, 0)
    const done = await world.deployed({})
    assert.equal(done.status, 'ROLLBACK_SUCCESSFUL')
    assert.match(
      done.statusReason ?? '',
      /invalid networking configuration.*forwards all traffic to web-green, but the revision that is live/,
    )
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:1 in web-blue'])
    assert.equal(world.engine.store.listeners.get(names.prodListenerArn)?.defaultActions.length, 1)
    putWeights(world, names.prodListenerArn, 50)
    assert.match(
      (await world.deployed({})).statusReason ?? '',
      /should have exactly one target group serving traffic but found 2/,
    )
  })

  test('goes back when somebody else changes the rule in the middle of it', async () => {
    const world = await aNativeWorld()
    const key = world.begin(canary)
    await world.until(() => world.at(key).targetServiceRevision.requestedProductionTrafficWeight === 10)
    putWeights(world, names.prodListenerArn, 30)
    const done = await world.over(key)
    assert.equal(done.status, 'ROLLBACK_SUCCESSFUL')
    assert.equal(
      done.statusReason,
      reason(
        `of a change that somebody else made to rule ${productionRule}: it forwards 30 to web-blue, 70 to web-green, where ` +
          'the deployment had set 90 to web-blue, 10 to web-green.',
      ),
    )
    assert.deepEqual(production(world), { 'web-blue': 100, 'web-green': 0 })
  })

  test('goes back when it is not over after 30 days', async () => {
    const world = await aNativeWorld()
    const lifecycleStages = ['POST_SCALE_UP', 'POST_TEST_TRAFFIC_SHIFT', 'POST_PRODUCTION_TRAFFIC_SHIFT'] as const
    const timeoutConfiguration = { timeoutInMinutes: 20_160, action: 'CONTINUE' } as const
    const lifecycleHooks = [{ targetType: 'PAUSE', lifecycleStages, timeoutConfiguration }] as const
    const done = await world.deployed({ lifecycleHooks })
    assert.equal(done.status, 'ROLLBACK_SUCCESSFUL')
    assert.equal(done.statusReason, reason('it was not over after 30 days, and ECS lets no deployment last longer.'))
    const minutes = ((done.rollback?.startedAt ?? 0) - (done.startedAt ?? 0)) / simulatedSettings.minuteMilliseconds
    assert.equal(Math.floor(minutes / 60 / 24), 30)
    assert.deepEqual(production(world), { 'web-blue': 100, 'web-green': 0 })
  })

  test('counts the tasks that fail as they do', async () => {
    const world = await aNativeWorld()
    const key = world.begin({ deploymentCircuitBreaker: { enable: true, rollback: true } }, 'crashes')
    const counts: number[] = []
    world.engine.store.onChange(() => {
      const { failureCount } = world.at(key).deploymentCircuitBreaker
      if (counts.at(-1) !== failureCount) counts.push(failureCount)
    })
    const { deploymentCircuitBreaker } = await world.over(key)
    assert.deepEqual(counts, [0, 1, 2, 3])
    assert.deepEqual(deploymentCircuitBreaker, { status: 'TRIGGERED', failureCount: 3, threshold: 3 })
  })

  test('of a version that does not start goes back by the circuit breaker', async () => {
    const world = await aNativeWorld()
    const breaker = { deploymentCircuitBreaker: { enable: true, rollback: true } }
    const done = await world.deployed(breaker, 'crashes')
    assert.equal(done.status, 'ROLLBACK_SUCCESSFUL')
    assert.equal(done.statusReason, reason('the circuit breaker threshold was exceeded.'))
    assert.equal(done.deploymentCircuitBreaker.status, 'TRIGGERED')
    const events = world.engine.store.serviceEvents.list().map(({ message }) => message)
    assert(events.includes(`(service web) deployment failed: ${done.statusReason}`))
    const words = events.filter((event) => event.includes('the last lines of container web: "'))
    assert.equal(words.length, 1, 'what it wrote is told once')
  })

  test('is watched by its alarms until the bake time is over', async () => {
    const world = await aNativeWorld()
    putAlarm(world.engine.store, 'OK')
    const alarms = { alarmNames: [alarmName], enable: true, rollback: true }
    const key = world.begin({ bakeTimeInMinutes: 60, alarms })
    await world.until(() => world.at(key).lifecycleStage === 'BAKE_TIME')
    putAlarm(world.engine.store, 'ALARM')
    const done = await world.over(key)
    assert.equal(done.status, 'ROLLBACK_SUCCESSFUL')
    assert.equal(done.statusReason, reason(`of alarms in ALARM: ${alarmName}.`))
    assert.deepEqual(done.alarms?.triggeredAlarmNames, [alarmName])
  })

  test('that cannot be rolled back is over for both of its revisions, and the next one says what is wrong', async () => {
    const world = await aNativeWorld()
    const key = world.begin({ bakeTimeInMinutes: 60 })
    await world.until(() => world.at(key).lifecycleStage === 'BAKE_TIME')
    const { listeners } = world.engine.store
    const listener = listeners.get(names.prodListenerArn)
    assert(listener)
    const closed = { type: 'fixed-response', statusCode: '503' } as const
    listeners.put(names.prodListenerArn, { ...listener, defaultActions: [closed] })
    assert.equal((await world.over(key)).status, 'ROLLBACK_FAILED')
    assert.deepEqual(world.entries.toSorted(), ['ACTIVE FAILED web:2 in web-green', 'PRIMARY FAILED web:1 in web-blue'])
    const next = await world.deployed({})
    assert.equal(
      next.statusReason,
      reason(`of invalid networking configuration. Rule ${productionRule} does not forward to target groups`),
    )
  })

  test('of a new service that fails has nothing to go back to, and tells why it failed', async () => {
    const world = await aNativeWorld()
    for (const { taskSetArn } of world.engine.store.taskSets.list()) world.engine.services.deleteTaskSet(taskSetArn)
    await world.until(() => world.engine.store.taskSets.list().length === 0)
    const { completedServiceRevision: _completed, ...fresh } = world.service
    world.engine.store.services.put(names.serviceArn, fresh)
    const breaker = { deploymentCircuitBreaker: { enable: true, rollback: true } }
    const done = await world.deployed(breaker, 'crashes')
    assert.equal(done.status, 'ROLLBACK_FAILED')
    assert.equal(done.statusReason, 'No rollback candidate was found to run the rollback.')
    const cause = 'Service deployment failed because the circuit breaker threshold was exceeded.'
    assert.deepEqual(
      world.engine.store.taskSets.list().map(({ rollout }) => rollout?.stateReason),
      [cause],
    )
    const events = serviceEvents(world.engine.store, names.serviceArn).map(({ message }) => message)
    assert.deepEqual(
      events.filter((message) => message.includes('deployment failed')),
      [`(service web) deployment failed: ${cause}`],
    )
  })

  test('a change of the desired count reaches both revisions', async () => {
    const world = await aNativeWorld()
    const key = world.begin(canary)
    await world.until(() => world.at(key).targetServiceRevision.requestedProductionTrafficWeight === 10)
    world.configure({ desiredCount: 3 })
    const running = (revision: number) =>
      world.engine.store.tasks
        .list()
        .filter((task) => task.lastStatus === 'RUNNING' && task.taskDefinitionArn === names.taskDefinition(revision))
        .length
    await world.until(() => running(1) === 3 && running(2) === 3)
    assert.equal((await world.over(key)).status, 'SUCCESSFUL')
  })

  test('ends with the service', async () => {
    const world = await aNativeWorld()
    const key = world.begin(canary)
    await world.until(() => world.at(key).lifecycleStage === 'PRODUCTION_TRAFFIC_SHIFT')
    world.engine.store.serviceDeployments.put(key, {
      ...world.at(key),
      status: 'STOPPED',
      finishedAt: world.clock.now(),
    })
    world.configure({ status: 'DRAINING', desiredCount: 0 })
    await world.until(() => world.service.status === 'INACTIVE')
    assert.equal(world.engine.store.taskSets.list().length, 0)
  })

  test('a rolling update after it stays in the group that serves, and the next one alternates again', async () => {
    const world = await aNativeWorld()
    await world.deployed({})
    const rolling = await world.deployed({ strategy: 'ROLLING' })
    assert.equal(rolling.status, 'SUCCESSFUL')
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:3 in web-green'])
    assert.equal((await world.deployed({})).status, 'SUCCESSFUL')
    assert.deepEqual(world.entries, ['PRIMARY COMPLETED web:4 in web-blue'])
  })
})

describe('the lifecycle hooks of a deployment of ECS itself', () => {
  test('keeps no more of what a hook wrote than anybody would read', async () => {
    const world = await aNativeWorld()
    const done = await world.deployed({ lifecycleHooks: [lambda(loudFunction, 'PRE_SCALE_UP')] })
    assert.equal(done.status, 'ROLLBACK_SUCCESSFUL')
    assert.match(done.statusReason ?? '', /ECS was unable to invoke hook target loud due to e{300}$/)
    assert.ok(JSON.stringify(done).length < 20_000, `${JSON.stringify(done).length} characters`)
  })

  test('are called again while they say IN_PROGRESS, and carry their details', async () => {
    const world = await aNativeWorld()
    const key = world.begin({ lifecycleHooks: [lambda('reports-early', 'POST_SCALE_UP')] })
    const done = await world.over(key)
    assert.equal(done.status, 'SUCCESSFUL')
    assert.equal(world.functions.invocations, 3)
    const [detail] = done.lifecycleHookDetails ?? []
    assert.equal(detail?.status, 'SUCCEEDED')
    assert.match(detail.hookId, /^ecs-lambda-[\w-]{43}$/)
  })

  test('that say no, nothing or cannot be called send the deployment back, in the words of ECS', async () => {
    const texts = {
      fails: 'Lifecycle hook target fails returned FAILED status.',
      'says-nothing': 'ECS was unable to parse the response from says-nothing due to HookStatus must not be null',
      throws: 'ECS was unable to invoke hook target throws due to no answer from green',
      missing: 'ECS was unable to invoke hook target missing due to Function not found: missing',
    }
    const world = await aNativeWorld()
    for (const [name, text] of Object.entries(texts)) {
      const done = await world.deployed({ lifecycleHooks: [lambda(name, 'PRE_SCALE_UP')] })
      assert.equal(done.status, 'ROLLBACK_SUCCESSFUL')
      assert.equal(done.statusReason, reason(`PRE_SCALE_UP lifecycle hook(s) failed. ${text}`))
    }
  })

  test('are not reached in another region', async () => {
    const world = await aNativeWorld()
    const elsewhere = 'arn:aws:lambda:eu-west-1:000000000000:function:succeeds'
    const done = await world.deployed({ lifecycleHooks: [lambda(elsewhere, 'PRE_SCALE_UP')] })
    assert.equal(done.status, 'ROLLBACK_SUCCESSFUL')
    assert.match(
      done.statusReason ?? '',
      /unable to invoke hook target .* is in eu-west-1; the service is in us-east-1\./,
    )
    assert.equal(world.functions.invocations, 0)
  })

  test('a pause waits for its answer, also through the death of the engine', async () => {
    const world = await aNativeWorld()
    const key = world.begin({ lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] }] })
    const isWaiting = () => world.at(key).lifecycleHookDetails?.[0]?.status === 'AWAITING_ACTION'
    await world.until(isWaiting)
    const before = world.at(key).lifecycleHookDetails
    await world.restart()
    await world.until(isWaiting)
    assert.deepEqual(world.at(key).lifecycleHookDetails, before)
    assert.match(before?.[0]?.hookId ?? '', /^ecs-pause-[\w-]{43}$/)
    world.answer(key, 'CONTINUE')
    assert.equal((await world.over(key)).status, 'SUCCESSFUL')
  })

  test('a pause that nobody answers goes back or on, as it is configured', async () => {
    const world = await aNativeWorld()
    const back = await world.deployed(pause('ROLLBACK'))
    assert.equal(back.status, 'ROLLBACK_SUCCESSFUL')
    assert.equal(back.statusReason, reason('POST_SCALE_UP pause hook timed out.'))
    const on = await world.deployed(pause('CONTINUE'))
    assert.equal(on.status, 'SUCCESSFUL')
    assert.equal(on.lifecycleHookDetails?.[0]?.status, 'TIMED_OUT')
  })
})
