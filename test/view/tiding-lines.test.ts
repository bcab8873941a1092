import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { notableTidings, TidingLines, withSubject } from '../../src/view/tiding-lines.ts'
import { start } from './seen.ts'

/** What the service tells of one task that crashes, in Teal's words. */
function crash(count: number) {
  const task = `(task ${String(count).padStart(8, '0')})`
  const failed =
    count < 3
      ? `(taskSet ecs-svc/1) ${task} has failed: exit code 1 (Essential container in task exited). A task in its place starts at once.`
      : `(taskSet ecs-svc/1) is unable to consistently start tasks successfully: ${count} tasks have failed, the last one, ${task}, with exit code 1 (Essential container in task exited). The next one starts in 4 seconds.`
  const texts = [
    `has started 1 tasks: ${task}.`,
    'registered 1 targets in (target-group web-green)',
    failed,
    'deregistered 1 targets in (target-group web-green)',
    '(taskSet ecs-svc/1) has begun draining connections on 1 tasks.',
  ]
  return texts.map((text) => ({ at: start + count * 1000, text }))
}

describe('the lines of tidings', () => {
  test('a container that crashes fifty times has few lines: the first, then counts at growing intervals', () => {
    const lines = new TidingLines()
    const told = Array.from({ length: 50 }, (_, place) => lines.next(crash(place + 1))).flat()
    const failures = told.map(({ text }) => text).filter((text) => text.includes('exit code 1'))
    assert.deepEqual(failures, [
      '(taskSet ecs-svc/1) (task 00000001) has failed: exit code 1 (Essential container in task exited). A task in its place starts at once.',
      ...[2, 3, 5, 10, 20, 50].map(
        (count) => `${count} tasks have failed so far, the last: exit code 1 (Essential container in task exited).`,
      ),
    ])
    assert.equal(told.length, 13, told.map(({ text }) => text).join('\n'))
  })

  test('what is not about a single task is told however many fail', () => {
    const lines = new TidingLines()
    for (let count = 1; count <= 10; count++) lines.next(crash(count))
    const rollback = { at: start, text: 'rolling back to deployment ecs-svc/2.' }
    assert.deepEqual(lines.next([...crash(10), rollback]), [rollback])
  })

  test('tasks that replace each other as they should are told ever more seldom', () => {
    const lines = new TidingLines()
    const told = Array.from({ length: 20 }, (_, place) =>
      lines.next([{ at: start + place, text: `has started 1 tasks: (task ${place}).` }]),
    ).flat()
    assert.deepEqual(
      told.map(({ text }) => text),
      [
        'has started 1 tasks: (task 0).',
        'has started 1 tasks: (task 1).',
        'has started 1 tasks: (task 2).',
        'has started 1 tasks: (task 4) (5 times so far).',
        'has started 1 tasks: (task 9) (10 times so far).',
        'has started 1 tasks: (task 19) (20 times so far).',
      ],
    )
  })

  test('what has been told of a deployment is not told again with the one that rolls it back', () => {
    const lines = new TidingLines()
    const stopped = { at: start, text: 'has stopped 2 running tasks: (task 1) (task 2).' }
    assert.deepEqual(lines.next([stopped]), [stopped])
    assert.deepEqual(lines.next([stopped]), [])
  })

  test('a line that stands alone says whose it is, once', () => {
    assert.equal(withSubject('has reached a steady state.'), 'The service has reached a steady state.')
    assert.equal(withSubject('(task 3f) (port 80) is unhealthy'), '(task 3f) (port 80) is unhealthy')
    assert.equal(withSubject('AfterInstall | was told to check'), 'AfterInstall | was told to check')
  })

  test('a screen shows failures, not what is told of every task', () => {
    const shown = notableTidings([...crash(1), ...crash(2)])
    assert.deepEqual(
      shown.map(({ text }) => text.includes('has failed')),
      [true, true],
    )
    assert.equal(notableTidings(crash(1)).length, 5)
  })
})
