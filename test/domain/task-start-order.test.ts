import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startOrder, stopOrder } from '../../src/domain/task-start-order.ts'
import type { ContainerDefinition, ContainerDependency } from '../../src/domain/task-definition.ts'
import type { Task, TaskContainer } from '../../src/domain/task.ts'
import { aTask, aTaskDefinition } from '../world/a-service.ts'

const [plain] = aTaskDefinition().containerDefinitions
const [pending] = aTask('a').containers
assert.ok(plain && pending)

function definitions(
  condition: ContainerDependency['condition'],
  more: Partial<ContainerDefinition> = {},
): readonly ContainerDefinition[] {
  assert.ok(plain)
  return [
    { ...plain, name: 'app', dependsOn: [{ containerName: 'db', condition }] },
    { ...plain, name: 'db', ...more },
  ]
}

/** A task of two containers, of which the first waits for the second. */
function taskWith(db: Partial<TaskContainer>, more: Partial<Task> = {}): Task {
  assert.ok(pending)
  const containers = [
    { ...pending, name: 'app', lastStatus: 'PENDING' as const },
    { ...pending, name: 'db', lastStatus: 'PENDING' as const, ...db },
  ]
  return aTask('a', { lastStatus: 'PENDING', launchType: 'EC2', containers, ...more })
}

const wait = (task: Task, more?: Partial<ContainerDefinition>, now = 2_000) =>
  startOrder(task, definitions('HEALTHY', more), now)

const running = { lastStatus: 'RUNNING', startedAt: 1_000 } as const
const ended = (exitCode: number) => ({ lastStatus: 'STOPPED', startedAt: 1_000, exitCode }) as const

describe('containers start in the order of what they depend on', () => {
  test('first those that depend on nobody', () => {
    const order = startOrder(taskWith({}), definitions('START'), 0)
    assert.deepEqual(order, { kind: 'start', containerNames: ['db'] })
  })

  for (const [condition, db, expected] of [
    ['START', running, 'start'],
    ['START', ended(1), 'start'],
    ['HEALTHY', running, 'wait'],
    ['HEALTHY', { ...running, healthStatus: 'UNHEALTHY' }, 'wait'],
    ['HEALTHY', { ...running, healthStatus: 'HEALTHY' }, 'start'],
    ['HEALTHY', ended(0), 'impossible'],
    ['COMPLETE', running, 'wait'],
    ['COMPLETE', ended(3), 'start'],
    ['SUCCESS', running, 'wait'],
    ['SUCCESS', ended(0), 'start'],
    ['SUCCESS', ended(3), 'impossible'],
  ] as const) {
    test(`${condition} and ${JSON.stringify(db)}: ${expected}`, () => {
      assert.equal(startOrder(taskWith(db), definitions(condition), 2_000).kind, expected)
    })
  }

  test('a dependency that ended badly is named', () => {
    assert.deepEqual(startOrder(taskWith(ended(3)), definitions('SUCCESS'), 0), {
      kind: 'impossible',
      containerName: 'app',
      reason: 'CannotStartContainerError: container app depends on db (SUCCESS), which has ended with exit code 3',
    })
  })

  test('the wait has an end: the start time-out of the one waited for, three minutes on Fargate', () => {
    assert.deepEqual(wait(taskWith(running)), { kind: 'wait', until: Infinity })
    assert.deepEqual(wait(taskWith(running, { launchType: 'FARGATE' })), { kind: 'wait', until: 181_000 })
    assert.deepEqual(wait(taskWith(running), { startTimeout: 5 }), { kind: 'wait', until: 6_000 })
    assert.equal(wait(taskWith(running), { startTimeout: 5 }, 6_000).kind, 'impossible')
  })

  test('and is complete when all have been started', () => {
    const task = taskWith(running)
    const all = task.containers.map((each) => ({ ...each, ...running }))
    assert.deepEqual(startOrder({ ...task, containers: all }, definitions('START'), 0), { kind: 'complete' })
  })
})

test('containers stop in the opposite order', () => {
  assert.deepEqual(stopOrder(definitions('START')), [['app'], ['db']])
  assert.deepEqual(stopOrder([]), [])
})
