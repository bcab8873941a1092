import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as transition from '../../src/domain/task-transitions.ts'
import type { StartOrder } from '../../src/domain/task-start-order.ts'
import type { TaskStep } from '../../src/domain/task-transitions.ts'
import type { Task } from '../../src/domain/task.ts'
import { aTask } from '../world/a-service.ts'

const [web] = aTask('a').containers
assert.ok(web)
const sidecar = { ...web, name: 'sidecar', essential: false }
const exited = (name: string, exitCode: number) => ({ name, state: { kind: 'exited', exitCode } }) as const
const runs = (name: string) => ({ name, runtimeId: '42', state: { kind: 'running' } }) as const

function step(
  wishes: Partial<Task>,
  facts: { mayHaveExited?: boolean; drained?: boolean; order?: StartOrder } = {},
): TaskStep {
  const { mayHaveExited = false, drained = false, order = { kind: 'complete' } } = facts
  return transition.nextStep(aTask('a', wishes), { mayHaveExited, drained: () => drained, startOrder: () => order })
}

describe('the next step of a task', () => {
  const prepared = { lastStatus: 'PENDING', preparedAt: 1 } as const
  const toStop = { desiredStatus: 'STOPPED' } as const
  const dead = { containers: [{ ...web, lastStatus: 'STOPPED' }] } as const
  const cases: readonly (readonly [string, TaskStep, TaskStep])[] = [
    ['on its way up: pull', step({ lastStatus: 'PROVISIONING' }), 'pull'],
    ['then prepare', step({ lastStatus: 'PENDING' }), 'prepare'],
    [
      'then start what can start',
      step(prepared, { order: { kind: 'start', containerNames: ['web'] } }),
      'startContainers',
    ],
    ['then wait for what others wait for', step(prepared, { order: { kind: 'wait', until: 9 } }), 'wait'],
    ['or give up', step(prepared, { order: { kind: 'impossible', containerName: 'web', reason: '' } }), 'giveUp'],
    ['until all have started', step(prepared), 'activate'],
    ['then register', step({ lastStatus: 'ACTIVATING' }), 'register'],
    ['then nothing', step({ lastStatus: 'RUNNING' }), 'wait'],
    ['on its way down: deregister', step({ lastStatus: 'RUNNING', ...toStop }), 'deregister'],
    ['then wait for the drain', step({ lastStatus: 'DEACTIVATING', ...toStop }), 'wait'],
    ['then let go', step({ lastStatus: 'DEACTIVATING', ...toStop }, { drained: true }), 'release'],
    ['then stop', step({ lastStatus: 'STOPPING', ...toStop }), 'stop'],
    ['then finish', step({ lastStatus: 'DEPROVISIONING', ...toStop }), 'finish'],
    ['then nothing more', step({ lastStatus: 'STOPPED', ...toStop }), 'wait'],
    ['is to look first where a container may have ended', step({}, { mayHaveExited: true }), 'inspect'],
    ['needs no drain when the task is dead', step({ lastStatus: 'DEACTIVATING', ...toStop, ...dead }), 'release'],
    ['of one stopped before it started', step({ lastStatus: 'PROVISIONING', ...toStop }), 'release'],
    ['of one stopped while it was pulled', step({ lastStatus: 'PENDING', ...toStop }), 'release'],
    ['of one stopped before it was registered', step({ lastStatus: 'ACTIVATING', ...toStop }), 'deregister'],
  ]
  for (const [title, actual, expected] of cases) test(title, () => assert.equal(actual, expected))
})

describe('a task that is looked at', () => {
  test('stays the same value when nothing has changed', () => {
    const task = aTask('a', { containers: [{ ...web, runtimeId: '42' }] })
    assert.equal(transition.inspected(task, [runs('web')], 5), task)
  })

  test('stops with an essential container', () => {
    const task = transition.inspected(
      aTask('a', { containers: [web, sidecar] }),
      [exited('web', 1), runs('sidecar')],
      5,
    )
    assert.equal(task.desiredStatus, 'STOPPED')
    assert.equal(task.stopCode, 'EssentialContainerExited')
    assert.equal(task.stoppingAt, 5)
    assert.equal(task.version, 2)
    assert.deepEqual(
      task.containers.map(({ lastStatus, exitCode }) => [lastStatus, exitCode]),
      [
        ['STOPPED', 1],
        ['RUNNING', undefined],
      ],
    )
  })

  test('goes on without a container that is not essential', () => {
    const task = transition.inspected(
      aTask('a', { containers: [web, sidecar] }),
      [runs('web'), exited('sidecar', 0)],
      5,
    )
    assert.equal(task.desiredStatus, 'RUNNING')
    assert.equal(task.containers[1]?.exitCode, 0)
  })

  test('stops when nothing is known of its container any more, with no exit code', () => {
    const task = transition.inspected(aTask('a'), [], 5)
    assert.equal(task.stopCode, 'EssentialContainerExited')
    assert.equal(task.containers[0]?.exitCode, undefined)
  })

  test('is no other for not having started yet', () => {
    const task = aTask('a', { lastStatus: 'PENDING', containers: [{ ...web, lastStatus: 'PENDING' }] })
    assert.equal(transition.inspected(task, [], 5), task)
  })

  test('keeps the reason it is being stopped for', () => {
    const scaling = { stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Scaling activity' } as const
    const task = transition.stopDecided(aTask('a'), scaling, 5)
    assert.equal(transition.inspected(task, [exited('web', 143)], 6).stoppedReason, 'Scaling activity')
    assert.equal(transition.stopDecided(task, { ...scaling, stoppedReason: 'another' }, 6), task)
  })
})
