import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { spawnShim } from '../../src/adapters/container-shim.ts'
import { directoriesOf, findHierarchy } from '../../src/adapters/group-hierarchy.ts'
import type { GroupPlace } from '../../src/adapters/group-hierarchy.ts'
import { groupSettings } from '../../src/adapters/group-limits.ts'
import { TaskDirectory } from '../../src/adapters/task-directory.ts'
import {
  eventually,
  exitCodeOf,
  isRunning,
  processWorld,
  readText,
  shellContainer,
  startTask,
  task,
} from './process-world.ts'
import type { ProcessWorld } from './process-world.ts'

const mebibyte = 1024 * 1024
const hold = 'exec sleep 300'
const hierarchy = lookForHierarchy()
const skip = 'problem' in hierarchy ? `no control groups for us here: ${hierarchy.problem}` : false

/** What there is on this machine; looked at for a directory of nobody's, and removed. */
function lookForHierarchy(): ReturnType<typeof findHierarchy> {
  const found = findHierarchy('/nobody/has/this')
  if (!('problem' in found)) for (const directory of directoriesOf(found)) rmdirSync(directory)
  return found
}

function groupsOf({ data }: ProcessWorld, taskId: string): GroupPlace {
  const groups = new TaskDirectory(join(data, 'tasks'), taskId).readPlan()?.groups
  assert(groups !== undefined)
  return groups
}

function limitsSeen({ version, memory, cpu }: GroupPlace, container: string): readonly (string | undefined)[] {
  const files =
    version === 2
      ? [join(memory, container, 'memory.max'), join(memory, 'memory.max'), join(cpu, 'cpu.max')]
      : [
          join(memory, container, 'memory.limit_in_bytes'),
          join(memory, 'memory.limit_in_bytes'),
          join(cpu, 'cpu.cfs_quota_us'),
        ]
  return files.map((file) => readText(file)?.trim().split(' ')[0])
}

describe('limits of tasks as processes', { skip }, () => {
  test('a container has its memory and its task has memory and processors, from the first instruction on', async (t) => {
    const world = processWorld(t)
    const tasks = world.runtime()
    const web = shellContainer(world.app, `cat /proc/self/cgroup; ${hold}`, { limits: { memoryMebibytes: 64 } })
    const launch = { ...task('t1', web), limits: { memoryMebibytes: 128, cpuUnits: 512 } }
    await startTask(tasks, launch)
    const groups = groupsOf(world, 't1')
    assert.deepEqual(limitsSeen(groups, 'web'), [String(64 * mebibyte), String(128 * mebibyte), '50000'])
    await eventually('its output', async () =>
      (await tasks.logTail('t1', 'web', 50)).some((line) => /teal-tasks\/[0-9a-f]{12}\/t1\/web$/.test(line)),
    )
    const stats = (await tasks.stats('t1'))['web'] as { memory_stats: { limit: number; usage: number } }
    assert.equal(stats.memory_stats.limit, 64 * mebibyte)
    assert(stats.memory_stats.usage < 64 * mebibyte)
    await tasks.stop('t1')
    assert.deepEqual(directoriesOf(groups).filter(existsSync), [])
  })

  test('one that wants more memory is killed, and that is told also when its groups are gone', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    const web = shellContainer(app, 'exec tail /dev/zero', { limits: { memoryMebibytes: 24 } })
    await startTask(tasks, task('t1', web))
    await eventually('its end', async () => exitCodeOf(await tasks.inspect('t1')) !== undefined)
    const expected = {
      kind: 'exited',
      exitCode: 137,
      reason: 'OutOfMemoryError: Container killed due to memory usage',
    }
    assert.deepEqual((await tasks.inspect('t1'))[0]?.state, expected)
    await tasks.stop('t1')
    assert.deepEqual((await tasks.inspect('t1'))[0]?.state, expected)
    assert.deepEqual((await runtime().inspect('t1'))[0]?.state, expected)
  })

  test('one that was killed for another reason is not said to have wanted memory', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    await startTask(tasks, task('t1', shellContainer(app, 'kill -9 $$', { limits: { memoryMebibytes: 24 } })))
    await eventually('its end', async () => exitCodeOf(await tasks.inspect('t1')) !== undefined)
    assert.deepEqual((await tasks.inspect('t1'))[0]?.state, { kind: 'exited', exitCode: 137 })
  })

  test('a task gets no more of the processors than it may have', async (t) => {
    const world = processWorld(t)
    const tasks = world.runtime()
    const launch = { ...task('t1', shellContainer(world.app, 'while :; do :; done')), limits: { cpuUnits: 128 } }
    await startTask(tasks, launch)
    const stat = join(groupsOf(world, 't1').cpu, 'cpu.stat')
    await eventually('it is made to wait', () => /^nr_throttled [1-9]/m.test(readFileSync(stat, 'utf8')))
  })

  test('the next engine finds the groups, and a daemon that left its process group ends with its task', async (t) => {
    const world = processWorld(t)
    const daemon = `setsid sh -c 'echo $$ >daemon.pid; exec sleep 300' & ${hold}`
    const web = shellContainer(world.app, daemon, { limits: { memoryMebibytes: 64 }, stopTimeoutSeconds: 2 })
    const first = world.runtime()
    await startTask(first, task('t1', web))
    const file = join(world.app, 'daemon.pid')
    const pid = Number(await eventually('the daemon', () => readText(file)?.trim()))
    const groups = groupsOf(world, 't1')
    first.close()
    const next = world.runtime()
    const stats = (await next.stats('t1'))['web'] as { memory_stats: { limit: number } }
    assert.equal(stats.memory_stats.limit, 64 * mebibyte)
    await next.remove('t1')
    assert.equal(isRunning(pid), false)
    assert.deepEqual(directoriesOf(groups).filter(existsSync), [])
  })

  test('groups that no task has are removed with what is in them', async (t) => {
    const world = processWorld(t)
    const found = findHierarchy(world.data)
    assert(!('problem' in found))
    const orphans = directoriesOf(found).map((directory) => join(directory, 'nobody', 'web'))
    for (const orphan of orphans) mkdirSync(orphan, { recursive: true })
    const tasks = world.runtime()
    await startTask(tasks, task('t1', shellContainer(world.app, hold)))
    await eventually('they are gone', () => !orphans.some(existsSync))
  })

  test('a task that asks for no limit has no groups', async (t) => {
    const world = processWorld(t)
    await startTask(world.runtime(), task('t1', shellContainer(world.app, hold)))
    assert.equal(new TaskDirectory(join(world.data, 'tasks'), 't1').readPlan()?.groups, undefined)
  })
})

test('the settings have the names and units of each version', () => {
  const limits = { memoryBytes: 64 * mebibyte, memoryLowBytes: 32 * mebibyte, cores: 0.25, cpuShares: 1024 }
  const lines = (version: 1 | 2): readonly string[] =>
    groupSettings(version, limits).map(({ file, value }) => `${file} ${value}`)
  assert.deepEqual(lines(2), [
    'memory.max 67108864',
    'memory.swap.max 0',
    'memory.low 33554432',
    'cpu.max 25000 100000',
    'cpu.weight 39',
  ])
  assert.deepEqual(lines(1), [
    'memory.limit_in_bytes 67108864',
    'memory.memsw.limit_in_bytes 67108864',
    'memory.soft_limit_in_bytes 33554432',
    'cpu.cfs_period_us 100000',
    'cpu.cfs_quota_us 25000',
    'cpu.shares 1024',
  ])
})

test('a process is a member of a group of cgroup v2 before it is the command', async (t) => {
  const group = groupOfVersion2()
  if (group === undefined) return t.skip('no cgroup2 mount in which this user may make a group')
  const directory = mkdtempSync(join(tmpdir(), 'teal-groups-'))
  t.after(async () => {
    await eventually('the group is empty', () => {
      try {
        rmdirSync(group)
        return true
      } catch {
        return false
      }
    })
    rmSync(directory, { recursive: true, force: true })
  })
  const files = new TaskDirectory(directory, 't1').files('web')
  mkdirSync(files.state, { recursive: true })
  const command = {
    arguments: ['/bin/sh', '-c', 'cat /proc/self/cgroup; echo "$state $group"'],
    directory,
    environment: { PATH: '/usr/bin:/bin', state: 'its own', group: 'too' },
    groups: [group],
  }
  spawnShim(command, files, 'teal/t1/web')
  const output = await eventually('its output', () => /^[^]*its own too\n/m.exec(readText(files.log) ?? '')?.[0])
  assert.match(output, new RegExp(`^0::.*/teal-test-${process.pid}$`, 'm'))
})

function groupOfVersion2(): string | undefined {
  const lines = (readText('/proc/self/mountinfo') ?? '').split('\n')
  const line = lines.find((each) => each.includes(' - cgroup2 '))
  if (line === undefined) return undefined
  const group = join(line.split(' ')[4] ?? '', `teal-test-${process.pid}`)
  try {
    mkdirSync(group)
    return group
  } catch {
    return undefined
  }
}
