import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { identityOf } from '../../src/adapters/process-identity.ts'
import { listTasks, readContainerState, TaskDirectory, withdraw } from '../../src/adapters/task-directory.ts'
import type { ContainerFiles, TaskPlan } from '../../src/adapters/task-directory.ts'

function tasksDirectory(t: TestContext): string {
  const tasks = mkdtempSync(join(tmpdir(), 'teal-tasks-'))
  t.after(() => rmSync(tasks, { recursive: true, force: true }))
  return tasks
}

function container(t: TestContext): ContainerFiles {
  const files = new TaskDirectory(tasksDirectory(t), 't1').files('web')
  mkdirSync(files.state, { recursive: true })
  return files
}

/** No process has this identity. */
const deadShim = '1:another-boot:1'

describe("a container's state on disk", () => {
  test('is running while its shim lives', (t) => {
    const files = container(t)
    assert.deepEqual(readContainerState(files), { kind: 'unclaimed' })
    const shim = identityOf(process.pid) ?? ''
    symlinkSync(shim, join(files.state, 'claim'))
    assert.deepEqual(readContainerState(files), { kind: 'running', shim, pid: undefined })
    writeFileSync(join(files.state, 'command'), '123\n')
    assert.deepEqual(readContainerState(files), { kind: 'running', shim, pid: 123 })
  })

  for (const [name, write, exitCode, isRecorded] of [
    ['has the exit code its shim wrote', (state: string) => writeFileSync(join(state, 'exit'), '12\n'), 12, true],
    ['is killed where its shim wrote none', () => undefined, 137, false],
    [
      'is killed where its shim wrote half a line',
      (state: string) => writeFileSync(join(state, 'exit'), '1'),
      137,
      false,
    ],
    [
      'has the exit code of the link a full disk allowed',
      (state: string) => symlinkSync('5', join(state, 'exit-code')),
      5,
      true,
    ],
  ] as const) {
    test(name, (t) => {
      const files = container(t)
      symlinkSync(deadShim, join(files.state, 'claim'))
      write(files.state)
      assert.deepEqual(readContainerState(files), {
        kind: 'exited',
        shim: deadShim,
        pid: undefined,
        exitCode,
        isRecorded,
      })
    })
  }

  test('is withdrawn once, before anybody has claimed it', (t) => {
    const files = container(t)
    assert.ok(withdraw(files))
    assert.deepEqual(readContainerState(files), { kind: 'withdrawn' })
    assert.equal(withdraw(files), false)
  })

  test('counts as withdrawn where half of it has been removed', (t) => {
    const files = container(t)
    rmSync(files.state, { recursive: true })
    assert.ok(withdraw(files))
  })
})

describe("a task's directory", () => {
  test('keeps the plan and is found again', (t) => {
    const tasks = tasksDirectory(t)
    const plan: TaskPlan = { taskId: 't1', taskArn: 'arn', containers: [] }
    new TaskDirectory(tasks, 't1').files('web')
    mkdirSync(join(tasks, 't1'))
    new TaskDirectory(tasks, 't1').writePlan(plan)
    assert.deepEqual(listTasks(tasks), ['t1'])
    assert.deepEqual(new TaskDirectory(tasks, 't1').readPlan(), plan)
    assert.equal(new TaskDirectory(tasks, 't2').readPlan(), undefined)
    assert.deepEqual(listTasks(join(tasks, 'none')), [])
  })

  test('containers have files of their own, however long their names are', (t) => {
    const directory = new TaskDirectory(tasksDirectory(t), 't1')
    const names = ['a', 'b'].map((last) => 'n'.repeat(254) + last)
    const planned = { image: 'web', arguments: [], directory: '/', imageEnvironment: {}, ports: [] } as const
    const stop = { stopSignal: 'SIGTERM', stopTimeoutSeconds: 30 } as const
    const containers = names.map((name) => ({ ...planned, ...stop, name }))
    directory.writePlan({ taskId: 't1', taskArn: 'arn', containers })
    const files = names.flatMap((name) => Object.values(directory.files(name)))
    for (const file of files.filter((each) => !each.endsWith('.state'))) writeFileSync(file, '')
    assert.equal(new Set(files).size, files.length)
  })

  test('names the file that is damaged', (t) => {
    const tasks = tasksDirectory(t)
    mkdirSync(join(tasks, 't1'))
    writeFileSync(join(tasks, 't1', 'launch.json'), '{')
    assert.throws(() => new TaskDirectory(tasks, 't1').readPlan(), /t1\/launch\.json is damaged/)
  })

  test('is never outside of all of them', (t) => {
    const tasks = tasksDirectory(t)
    assert.throws(() => new TaskDirectory(tasks, '../t1'), /cannot be a task's id/)
    assert.throws(() => new TaskDirectory(tasks, 't1').files('a/b'), /cannot be a container's name/)
  })
})
