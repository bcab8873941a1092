import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isSteady, reconcile } from '../../src/domain/reconcile.ts'
import type { ObservedTask } from '../../src/domain/reconcile.ts'
import type { TargetHealth } from '../../src/domain/target-health.ts'
import type { Service, TaskSet } from '../../src/domain/service.ts'
import type { Task } from '../../src/domain/task.ts'
import { aService, aTask, aTaskSet } from '../world/a-service.ts'
import { SeededChance } from '../world/seeded-chance.ts'

const now = 100_000
const healthy: TargetHealth = { state: 'healthy' }
const sick: TargetHealth = { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' }
const initial: TargetHealth = { state: 'initial', reason: 'Elb.InitialHealthChecking' }
const none = { service: { desiredCount: 0 } }
const notInUse: TargetHealth = { state: 'unused', reason: 'Target.NotInUse' }
const notRegistered: TargetHealth = { state: 'unused', reason: 'Target.NotRegistered' }

function running(taskId: string, health: TargetHealth = healthy, wishes: Partial<Task> = {}): ObservedTask {
  const healthyAt = health.state === 'healthy' ? { healthyAt: 1 } : {}
  return { task: aTask(taskId, { ...healthyAt, ...wishes }), targets: [{ targetGroupArn: 'tg', port: 80, health }] }
}

function pending(taskId: string, lastStatus: Task['lastStatus'] = 'PENDING'): ObservedTask {
  return { task: aTask(taskId, { lastStatus }), targets: [] }
}

function stopping(taskId: string): ObservedTask {
  return { task: aTask(taskId, { desiredStatus: 'STOPPED', lastStatus: 'DEACTIVATING' }), targets: [] }
}

/** The actions in short: `start 2`, `start 1 for 1`, `stop a`, `stop a failed`, `wait 5000`. */
function actions(
  tasks: readonly ObservedTask[],
  { service = {}, taskSet = {} }: { service?: Partial<Service>; taskSet?: Partial<TaskSet> } = {},
): readonly string[] {
  return reconcile({ service: aService(service), taskSet: aTaskSet(taskSet), tasks, now }).map((action) => {
    switch (action.kind) {
      case 'startTasks':
        return `start ${action.count}${action.replacing > 0 ? ` for ${action.replacing}` : ''}`
      case 'stopTask':
        return `stop ${action.task.taskId}${action.failed ? ' failed' : ''}: ${action.stoppedReason.split(' ')[0]}`
      case 'spareTask':
        return `spare ${action.task.taskId} for ${action.until - now}`
      case 'waitUntil':
        return `wait ${action.at - now}`
    }
  })
}

describe('reconciling a task set with its desired count', () => {
  const cases: readonly [string, ReturnType<typeof actions>, readonly string[]][] = [
    ['starts what is missing', actions([]), ['start 2']],
    ['does nothing when all is there', actions([running('a'), running('b')]), []],
    ['counts tasks that are starting', actions([running('a'), pending('b', 'ACTIVATING')]), []],
    ['does not count tasks that are stopping', actions([running('a'), stopping('b')]), ['start 1']],
    [
      'waits while the back-off lasts',
      actions([running('a')], { taskSet: { failures: { consecutive: 3, total: 3, nextStartAt: now + 2_000 } } }),
      ['wait 2000'],
    ],
    ['stops tasks not yet running first', actions([pending('a'), running('b'), running('c')]), ['stop a: Scaling']],
    [
      'then those that never were healthy, then the newest',
      actions([running('a'), running('b', initial), running('c', healthy, { createdAt: 5 })], {
        service: { desiredCount: 1 },
      }),
      ['stop c: Scaling', 'stop b: Scaling'],
    ],
    [
      'stops everything of a task set that is deleted',
      actions([running('a', sick), pending('b')], { taskSet: { status: 'DRAINING' } }),
      ['stop a: Scaling', 'stop b: Scaling'],
    ],
    [
      'stops everything of a service that is deleted',
      actions([running('a')], { service: { status: 'DRAINING' } }),
      ['stop a: Scaling'],
    ],
  ]
  for (const [title, actual, expected] of cases) test(title, () => assert.deepEqual(actual, expected))
})

describe('tasks that are protected from scale-in', () => {
  const guarded = (taskId: string, wishes: Partial<Task> = {}): ObservedTask =>
    running(taskId, healthy, { protectedUntil: now + 500, createdAt: 9, ...wishes })
  const one = { service: { desiredCount: 1 } }
  const cases: readonly [string, ReturnType<typeof actions>, readonly string[]][] = [
    ['stay, and others go in their place', actions([running('a'), guarded('b')], one), ['stop a: Scaling']],
    [
      'stay also where fewer are wanted than are protected',
      actions([running('a'), guarded('b'), guarded('c')], one),
      ['spare c for 500', 'stop a: Scaling'],
    ],
    [
      'take the place of none that is healthy before they are',
      actions([running('a'), running('b', initial, { protectedUntil: now + 500 })], one),
      ['wait 500'],
    ],
    [
      'stay where their task set is deleted',
      actions([running('a'), guarded('b')], { taskSet: { status: 'DRAINING' } }),
      ['spare b for 500', 'stop a: Scaling'],
    ],
    [
      'go with a service that is deleted',
      actions([guarded('a')], { service: { status: 'DRAINING' } }),
      ['stop a: Scaling'],
    ],
    ['go when their time is over', actions([guarded('a', { protectedUntil: now })], none), ['stop a: Scaling']],
    ['go where they are unhealthy', actions([guarded('a', { unhealthyAt: 1 })], none), ['stop a: Scaling']],
  ]
  for (const [title, actual, expected] of cases) test(title, () => assert.deepEqual(actual, expected))

  test('are replaced as any other when they are unhealthy', () => {
    const sickOne = running('a', sick, { protectedUntil: now + 500, unhealthyAt: 1, healthyAt: 1 })
    assert.deepEqual(actions([sickOne, running('b'), running('c')]), ['stop a: Task'])
  })
})

describe('replacing unhealthy tasks', () => {
  const cases: readonly [string, ReturnType<typeof actions>, readonly string[]][] = [
    ['starts the replacement first', actions([running('a', sick, { healthyAt: 1 }), running('b')]), ['start 1 for 1']],
    ['waits until the replacement runs', actions([running('a', sick), running('b'), pending('c')]), []],
    [
      'then stops the unhealthy one',
      actions([running('a', sick, { healthyAt: 1 }), running('b'), running('c', initial)]),
      ['stop a: Task'],
    ],
    [
      'counts one that never was healthy as failed',
      actions([running('a', sick), running('b'), running('c')]),
      ['stop a failed: Task'],
    ],
    [
      'never has more than twice the desired count',
      actions([running('a', sick), running('b', sick), running('c', sick), pending('d')]),
      ['stop a failed: Task', 'start 1 for 1'],
    ],
    [
      'leaves a task alone in its grace period',
      actions([running('a', sick, { startedAt: now - 1_000 }), running('b')], {
        service: { healthCheckGracePeriodSeconds: 5 },
      }),
      ['wait 4000'],
    ],
    [
      'keeps the one that recovered and stops the replacement that is not needed any more',
      actions([running('a'), running('b'), pending('c')]),
      ['stop c: Scaling'],
    ],
  ]
  for (const [title, actual, expected] of cases) test(title, () => assert.deepEqual(actual, expected))

  test('comes to rest from wherever it begins, and never has more than twice the desired count', () => {
    for (let seed = 1; seed <= 500; seed++) comesToRest(seed)
  })
})

describe('a steady state', () => {
  const cases: readonly [string, boolean, boolean][] = [
    ['is as many healthy tasks as desired', steady(running('a'), running('b')), true],
    ['is not fewer', steady(running('a')), false],
    ['is not more', steady(running('a'), running('b'), running('c')), false],
    ['has no pending task', steady(running('a'), running('b'), pending('c')), false],
    ['does not mind a task that drains', steady(running('a'), running('b'), stopping('c')), true],
    ['has no unhealthy task', steady(running('a'), running('b', sick)), false],
    ['has no task that was never checked', steady(running('a'), running('b', initial)), false],
    ['has no task that is not registered', steady(running('a'), running('b', notRegistered)), false],
    ['may have targets in a group behind no rule', steady(running('a', notInUse), running('b', notInUse)), true],
    ['outlasts a router that has no answer yet', steady(running('a'), running('b', initial, { healthyAt: 1 })), true],
    ['needs no load balancer', steady({ ...running('a'), targets: [] }, { ...running('b'), targets: [] }), true],
  ]
  for (const [title, actual, expected] of cases) test(title, () => assert.equal(actual, expected))
})

function steady(...tasks: readonly ObservedTask[]): boolean {
  return isSteady({ service: aService(), taskSet: aTaskSet(), tasks, now })
}

/** Performs whatever is asked for, in a world where starting takes a turn, until nothing more is asked for. */
function comesToRest(seed: number): void {
  const chance = new SeededChance(seed)
  const desiredCount = chance.below(5)
  const service = aService({ desiredCount })
  let tasks: readonly ObservedTask[] = Array.from({ length: chance.below(8) }, (_, index) =>
    chance.pick([running, pending, stopping, (id: string) => running(id, sick)])(`t${index}`),
  )
  const wanted = () => tasks.filter(({ task }) => task.desiredStatus === 'RUNNING').length
  const most = Math.max(2 * desiredCount, wanted())
  for (let turn = 0; turn < 50; turn++) {
    const asked = reconcile({ service, taskSet: aTaskSet(), tasks, now })
    const isStarting = tasks.some(({ task }) => task.lastStatus === 'PENDING')
    if (asked.length === 0 && !isStarting) break
    tasks = tasks.map((each) => (each.task.lastStatus === 'PENDING' ? running(each.task.taskId) : each))
    for (const action of asked) {
      if (action.kind === 'stopTask') tasks = tasks.filter(({ task }) => task.taskId !== action.task.taskId)
      if (action.kind !== 'startTasks') continue
      tasks = [...tasks, ...Array.from({ length: action.count }, (_, index) => pending(`n${turn}-${index}`))]
    }
    assert.ok(wanted() <= most, `seed ${seed}`)
  }
  assert.equal(wanted(), desiredCount, `seed ${seed}`)
  const left = tasks.filter(({ task }) => task.desiredStatus === 'RUNNING')
  assert.ok(left.every(({ task, targets }) => task.lastStatus === 'RUNNING' && targets[0]?.health.state === 'healthy'))
}
