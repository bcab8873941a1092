import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { planRollingUpdate } from '../../src/domain/rolling.ts'
import type { RollingSide, RollingUpdate } from '../../src/domain/rolling.ts'
import type { ObservedTask } from '../../src/domain/reconcile.ts'
import type { Rollout } from '../../src/domain/service.ts'
import { aTask, aTaskSet } from '../world/a-service.ts'

type Kind = 'healthy' | 'protected' | 'guarded' | 'running' | 'pending' | 'stopping' | 'draining'

function observed(taskId: string, kind: Kind): ObservedTask {
  const isHealthy = kind === 'healthy' || kind === 'protected'
  const targets = isHealthy ? [{ targetGroupArn: 'tg', port: 80, health: { state: 'healthy' } as const }] : []
  switch (kind) {
    case 'healthy':
      return { task: aTask(taskId, { healthyAt: 1 }), targets }
    case 'protected':
      return { task: aTask(taskId, { healthyAt: 1, protectedUntil: 200_000 }), targets }
    case 'guarded':
      return { task: aTask(taskId, { protectedUntil: 200_000 }), targets }
    case 'running':
      return { task: aTask(taskId), targets }
    case 'pending':
      return { task: aTask(taskId, { lastStatus: 'PENDING' }), targets }
    case 'stopping':
      return { task: aTask(taskId, { desiredStatus: 'STOPPED' }), targets }
    case 'draining':
      return { task: aTask(taskId, { desiredStatus: 'STOPPED', lastStatus: 'DEACTIVATING' }), targets }
  }
}

function side(taskSetId: string, desiredCount: number, kinds: readonly Kind[], state?: Rollout['state']): RollingSide {
  const rollout: Rollout = { state: state ?? (taskSetId === 'new' ? 'IN_PROGRESS' : 'COMPLETED'), stateReason: '' }
  const tasks = kinds.map((kind, index) => observed(`${taskSetId}${index}`, kind))
  return { taskSet: aTaskSet({ taskSetId, rollout }), desiredCount, tasks }
}

/** `old 2, room 2` */
function plan(
  desiredCount: number,
  [minimumHealthyPercent, maximumPercent]: readonly [number, number],
  fresh: readonly Kind[],
  others: readonly RollingSide[],
): string {
  const update: RollingUpdate = {
    desiredCount,
    configuration: { strategy: 'ROLLING', minimumHealthyPercent, maximumPercent },
    primary: side('new', desiredCount, fresh),
    others,
    now: 100_000,
  }
  const { desiredCounts, room, spared, blocked } = planRollingUpdate(update)
  const wanted = [...desiredCounts].map(([id, count]) => `${id} ${count}`).join(', ')
  const waiting = spared.length > 0 ? `, spares ${spared.join(' and ')}` : ''
  return `${wanted}, room ${room}${waiting}${blocked ? ', blocked' : ''}`
}

const two: readonly Kind[] = ['healthy', 'healthy']

describe('a step of a rolling update', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'starts the new tasks first where maximumPercent lets it',
      plan(2, [100, 200], [], [side('old', 2, two)]),
      'old 2, room 2',
    ],
    [
      'gives up nothing for tasks that only run',
      plan(2, [100, 200], ['running', 'running'], [side('old', 2, two)]),
      'old 2, room 0',
    ],
    [
      'gives up an old task for each healthy new one',
      plan(2, [100, 200], ['healthy', 'running'], [side('old', 2, two)]),
      'old 1, room 0',
    ],
    [
      'gives up the last ones when all new ones are healthy',
      plan(2, [100, 200], two, [side('old', 2, two)]),
      'old 0, room 0',
    ],
    [
      'also with a low minimumHealthyPercent waits for the new ones',
      plan(2, [0, 200], [], [side('old', 2, two)]),
      'old 2, room 2',
    ],
    [
      'makes room by stopping old ones where there is none',
      plan(2, [50, 100], [], [side('old', 2, two)]),
      'old 1, room 0',
    ],
    [
      'makes no more room than it needs while one is leaving',
      plan(2, [0, 100], [], [side('old', 1, ['healthy', 'stopping'])]),
      'old 0, room 0',
    ],
    [
      'rounds the minimum up and the maximum down',
      plan(3, [50, 150], ['pending'], [side('old', 3, [...two, 'healthy'])]),
      'old 2, room 0',
    ],
    [
      'with one task and no room at all is blocked',
      plan(1, [100, 150], [], [side('old', 1, ['healthy'])]),
      'old 1, room 0, blocked',
    ],
    [
      'is not blocked while something is on its way',
      plan(1, [100, 150], [], [side('old', 1, ['pending'])]),
      'old 0, room 0',
    ],
    [
      'with one task stops it first where only that is allowed',
      plan(1, [0, 100], [], [side('old', 1, ['healthy'])]),
      'old 0, room 0',
    ],
    [
      'does not count tasks that drain',
      plan(2, [100, 200], two, [side('old', 0, ['draining', 'draining'])]),
      'old 0, room 2',
    ],
    [
      'gives up first what never was completed',
      plan(2, [100, 200], [], [side('old', 2, two), side('bad', 2, two, 'IN_PROGRESS')]),
      'old 2, bad 0, room 0',
    ],
    [
      'gives up what serves nobody before what serves',
      plan(2, [100, 200], ['healthy'], [side('old', 2, ['healthy', 'running'])]),
      'old 1, room 1',
    ],
    [
      'after a scale-in keeps only what the new count wants',
      plan(1, [100, 200], [], [side('old', 3, [...two, 'healthy'])]),
      'old 1, room 0',
    ],
  ]
  for (const [name, actual, expected] of cases) test(name, () => assert.equal(actual, expected))

  const protecting: typeof cases = [
    [
      'goes on beside protected tasks: others go in their place',
      plan(2, [100, 200], ['healthy'], [side('old', 2, ['protected', 'healthy'])]),
      'old 1, room 1',
    ],
    [
      'spares protected tasks that have been replaced',
      plan(2, [100, 200], two, [side('old', 2, ['protected', 'protected'])]),
      'old 2, room 0, spares old',
    ],
    [
      'counts on them again when a new task is lost',
      plan(2, [100, 200], ['stopping'], [side('old', 2, ['protected', 'protected'])]),
      'old 2, room 1',
    ],
    [
      'makes up for none that ends by itself',
      plan(2, [100, 200], two, [side('old', 2, ['protected', 'draining'])]),
      'old 1, room 1, spares old',
    ],
    [
      'takes what is protected for no room that it will not make',
      plan(2, [0, 100], [], [side('old', 2, ['protected', 'healthy'])]),
      'old 1, room 0',
    ],
    [
      'is blocked where all old tasks are protected and there is no room beside them',
      plan(2, [0, 100], [], [side('old', 2, ['protected', 'protected'])]),
      'old 2, room 0, blocked',
    ],
    [
      'is blocked also where some have been replaced before',
      plan(4, [50, 100], two, [side('old', 2, ['protected', 'protected'])]),
      'old 2, room 0, blocked',
    ],
    [
      'takes no healthy task for a protected one that is not healthy',
      plan(2, [100, 200], ['healthy'], [side('old', 2, ['guarded', 'healthy'])]),
      'old 2, room 1',
    ],
    [
      'counts protected tasks that serve as healthy ones',
      plan(3, [50, 100], ['healthy'], [side('old', 2, ['protected', 'healthy'])]),
      'old 1, room 0',
    ],
    [
      'has the tasks of several old revisions go before those of one that are protected',
      plan(2, [100, 200], two, [side('old', 1, ['healthy']), side('bad', 1, ['protected'], 'IN_PROGRESS')]),
      'old 0, bad 1, room 0, spares bad',
    ],
  ]
  for (const [name, actual, expected] of protecting) test(name, () => assert.equal(actual, expected))

  test('makes up with old tasks what a service lacks of which the new revision has failed', () => {
    const planned = (desiredCount: number, fresh: readonly Kind[], others: readonly RollingSide[]) => {
      const primary = side('new', desiredCount, fresh, 'FAILED')
      const configuration = { strategy: 'ROLLING', minimumHealthyPercent: 100, maximumPercent: 200 } as const
      const { desiredCounts } = planRollingUpdate({ desiredCount, configuration, primary, others, now: 100_000 })
      return Object.fromEntries(desiredCounts)
    }
    const old = side('old', 2, two)
    assert.deepEqual(planned(5, [], [old]), { old: 5 })
    assert.deepEqual(planned(5, ['healthy', 'pending', 'stopping'], [old]), { old: 3 })
    assert.deepEqual(planned(2, two, [old]), { old: 2 })
    assert.deepEqual(planned(1, [], [old]), { old: 1 })
    // Of two the newer one; never one that was given up whole, nor one that never was completed.
    const older = { ...old, taskSet: { ...old.taskSet, taskSetId: 'older', createdAt: -1 } }
    assert.deepEqual(planned(5, [], [older, old]), { older: 2, old: 3 })
    assert.deepEqual(planned(5, [], [side('old', 0, ['draining'])]), { old: 0 })
    assert.deepEqual(planned(5, [], [side('bad', 2, two, 'FAILED')]), { bad: 2 })
  })

  test('asks for no room while the new revision waits after failures, and none once it has failed', () => {
    const waiting = side('new', 2, [])
    const old = side('old', 2, two)
    const update = {
      desiredCount: 2,
      others: [old],
      now: 5,
      configuration: { strategy: 'ROLLING', minimumHealthyPercent: 0, maximumPercent: 100 },
    } as const
    const failures = { consecutive: 3, total: 3, nextStartAt: 10 }
    const backedOff = { ...waiting, taskSet: { ...waiting.taskSet, failures } }
    assert.equal(planRollingUpdate({ ...update, primary: backedOff }).desiredCounts.get('old'), 2)
    assert.equal(planRollingUpdate({ ...update, primary: side('new', 2, [], 'FAILED') }).desiredCounts.get('old'), 2)
    assert.equal(planRollingUpdate({ ...update, primary: waiting }).desiredCounts.get('old'), 0)
  })
})
