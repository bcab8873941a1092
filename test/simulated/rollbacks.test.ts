import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AutoRollbackEvent, TrafficRouting } from '../../src/domain/code-deploy.ts'
import { hookableEventNames } from '../../src/domain/deployment.ts'
import type { Deployment, DeploymentErrorCode, HookableEventName } from '../../src/domain/deployment.ts'
import { aWorld } from '../world/deployment-world.ts'
import type { World } from '../world/deployment-world.ts'
import { alarmName, names, putAlarm } from '../world/furnished-world.ts'

/** One thing that ends a deployment early, and how CodeDeploy ends it then. */
type Cause = {
  readonly green?: 'sick'
  readonly hooks?: Partial<Record<HookableEventName, string>>
  readonly watchesAlarm?: boolean
  /** Made to happen once the deployment has been created. */
  readonly happens?: (world: World, deploymentId: string) => Promise<void>
  readonly before?: (world: World) => void
  readonly status: 'Failed' | 'Stopped'
  readonly code: DeploymentErrorCode
  readonly event: AutoRollbackEvent
  /** StopDeployment's own word on the rollback. */
  readonly asked?: boolean
  /** It ends before Install, so there is nothing to undo. */
  readonly isBeforeInstall?: boolean
  readonly needsTestListener?: boolean
  readonly needsSteps?: boolean
}

const failure = { status: 'Failed', event: 'DEPLOYMENT_FAILURE' } as const
const stopOnRequest = { status: 'Stopped', event: 'DEPLOYMENT_STOP_ON_REQUEST', code: 'MANUAL_STOP' } as const

const causes: Readonly<Record<string, Cause>> = {
  ...Object.fromEntries(hookableEventNames.flatMap(hookCauses)),
  'green never gets healthy': { ...failure, green: 'sick', code: 'TIMEOUT' },
  'the production listener does not serve the primary task set': {
    ...failure,
    code: 'ELASTIC_LOAD_BALANCING_INVALID',
    before: ({ engine: { store } }) => {
      const listener = store.listeners.get(names.prodListenerArn)
      assert(listener)
      const targetGroups = [{ targetGroupArn: names.greenArn, weight: 1 }]
      store.listeners.put(names.prodListenerArn, { ...listener, defaultActions: [{ type: 'forward', targetGroups }] })
    },
  },
  'green dies during the shift': {
    ...failure,
    code: 'CUSTOMER_APPLICATION_UNHEALTHY',
    needsSteps: true,
    happens: async (world, deploymentId) => {
      await world.until(() => step(world, deploymentId) === 'holdTraffic')
      world.machine.spoil('web-2:good')
    },
  },
  'an alarm fires': {
    status: 'Stopped',
    code: 'ALARM_ACTIVE',
    event: 'DEPLOYMENT_STOP_ON_ALARM',
    watchesAlarm: true,
    happens: async (world) => {
      await world.until(() => world.engine.store.taskSets.list().length === 2)
      putAlarm(world.engine.store, 'ALARM')
    },
  },
  'an alarm was firing before': {
    status: 'Stopped',
    code: 'ALARM_ACTIVE',
    event: 'DEPLOYMENT_STOP_ON_ALARM',
    watchesAlarm: true,
    isBeforeInstall: true,
    before: (world) => putAlarm(world.engine.store, 'ALARM'),
  },
  'StopDeployment is called': { ...stopOnRequest, happens: stop(undefined) },
  'StopDeployment is called with autoRollbackEnabled': { ...stopOnRequest, asked: true, happens: stop(true) },
  'StopDeployment is called without autoRollbackEnabled': { ...stopOnRequest, asked: false, happens: stop(false) },
}

const routings: Readonly<Record<string, TrafficRouting>> = {
  'all at once': { type: 'AllAtOnce' },
  canary: { type: 'TimeBasedCanary', canaryPercentage: 10, canaryInterval: 5 },
  linear: { type: 'TimeBasedLinear', linearPercentage: 40, linearInterval: 2 },
}

const everyEvent = ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'] as const

for (const [name, cause] of Object.entries(causes)) {
  describe(`when ${name}`, () => {
    for (const [routing, trafficRouting] of Object.entries(routings)) {
      if (cause.needsSteps === true && routing === 'all at once') continue
      for (const testListener of cause.needsTestListener === true ? [true] : [true, false]) {
        for (const [configured, rollbackOn] of Object.entries(rollbacks(cause.event))) {
          const how = `${routing}, ${testListener ? 'with' : 'without'} a test listener, auto rollback ${configured}`
          test(`the deployment ends as CodeDeploy ends it: ${how}`, () =>
            play(cause, { trafficRouting, testListener, rollbackOn }))
        }
      }
    }
  })
}

type Setting = {
  readonly trafficRouting: TrafficRouting
  readonly testListener: boolean
  readonly rollbackOn: readonly AutoRollbackEvent[]
}

async function play(cause: Cause, setting: Setting): Promise<void> {
  const world = await aWorld({ green: cause.green ?? 'good' })
  putAlarm(world.engine.store, 'OK')
  cause.before?.(world)
  const alarms = { enabled: true, ignorePollAlarmFailure: false, alarms: [{ name: alarmName }] }
  const { deploymentId } = world.create({
    ...setting,
    terminationWaitInMinutes: 30,
    ...(cause.hooks === undefined ? {} : { hooks: cause.hooks }),
    ...(cause.watchesAlarm === true ? { alarms } : {}),
  })
  await cause.happens?.(world, deploymentId)
  const ended = await world.ended(deploymentId)
  assert.equal(ended.status, cause.status)
  assert.equal(ended.errorInformation?.code, cause.code, ended.errorInformation?.message)
  checkEvents(ended)
  const configured = setting.rollbackOn.includes(cause.event)
  const rollsBack = cause.isBeforeInstall !== true && (cause.asked ?? configured)
  assert.equal(ended.rollbackInfo?.rollbackDeploymentId !== undefined, rollsBack, 'it is rolled back if it should be')
  if (rollsBack) await checkRolledBack(world, ended)
  else checkLeftAlone(world, ended)
}

/** The event that failed is the last that began; what comes after it is Skipped. */
function checkEvents({ lifecycleEvents }: Deployment): void {
  const statuses = lifecycleEvents.map(({ status }) => status).join(' ')
  assert.match(statuses, /^(Succeeded ?)*(Failed ?)?(Skipped ?)*$/)
}

async function checkRolledBack(world: World, ended: Deployment): Promise<void> {
  const rollback = await world.ended(ended.rollbackInfo?.rollbackDeploymentId ?? '')
  if (ended.errorInformation?.code === 'ELASTIC_LOAD_BALANCING_INVALID') return // Somebody has to mend the listener.
  assert.equal(rollback.status, 'Succeeded', rollback.errorInformation?.message)
  assert.equal(world.weights(names.prodListenerArn)['web-blue'], 100)
  const [blue, ...others] = world.engine.store.taskSets.list()
  assert.deepEqual(others, [])
  assert.equal(blue?.taskSetId, ended.plan?.blue.taskSetId)
  assert.equal(blue?.status, 'PRIMARY')
}

/** Nothing is undone: green keeps what it had, and a service of both is left. */
function checkLeftAlone(world: World, { plan, finalTaskSets }: Deployment): void {
  const { store } = world.engine
  const taskSetIds = store.taskSets.list().map(({ taskSetId }) => taskSetId)
  assert(plan === undefined || taskSetIds.includes(plan.blue.taskSetId), 'blue stays')
  assert.equal(finalTaskSets?.length, taskSetIds.length, 'the record says what was left')
}

function hookCauses(event: HookableEventName): readonly (readonly [string, Cause])[] {
  const common = {
    ...failure,
    code: 'HOOK_EXECUTION_FAILURE',
    isBeforeInstall: event === 'BeforeInstall',
    needsTestListener: event === 'AfterAllowTestTraffic',
  } as const
  return [
    [`the hook on ${event} fails`, { ...common, hooks: { [event]: 'fails' } }],
    [`the hook on ${event} throws and is never heard of`, { ...common, hooks: { [event]: 'throws' } }],
    [
      `the hook on ${event} does not exist`,
      { ...common, code: 'INVALID_LAMBDA_FUNCTION', hooks: { [event]: 'no-such-function' } },
    ],
  ]
}

function rollbacks(event: AutoRollbackEvent): Readonly<Record<string, readonly AutoRollbackEvent[]>> {
  return { on: everyEvent, off: [], 'for other events only': everyEvent.filter((other) => other !== event) }
}

function stop(autoRollbackEnabled: boolean | undefined) {
  return async (world: World, deploymentId: string): Promise<void> => {
    await world.until(() => world.engine.store.taskSets.list().length === 2)
    world.engine.deployments.stop(deploymentId, autoRollbackEnabled)
  }
}

/** The step that is being performed. */
function step({ engine: { store } }: World, deploymentId: string): string | undefined {
  return store.journal.list().findLast((entry) => entry.deploymentId === deploymentId && entry.outcome === undefined)
    ?.step.kind
}
