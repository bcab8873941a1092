import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { TaskStartError } from '../../src/engine/ports.ts'
import type { ContainerLaunch, OutputBatch, TaskLaunch, TaskRuntime } from '../../src/engine/ports.ts'
import { eventually, exitCodeOf } from './process-world.ts'

/** What a runtime brings to the suite. Everything it makes ends with the test. */
export type ConformanceWorld = {
  /** A runtime on the test's data directory; called twice, it is a second engine's, which finds what the first has left. */
  readonly runtime: () => TaskRuntime
  /** An image that has /bin/sh, sleep, cat, echo, env and ulimit, and whose own command is `sleep 300`. */
  readonly image: string
  /** A reference that names no image. */
  readonly noImage: string
  /** Ends the engine's part of a runtime without touching its tasks. */
  readonly leave: (runtime: TaskRuntime) => void
}

type CpuStats = {
  readonly cpu_usage: { readonly total_usage: number }
  readonly system_cpu_usage: number
  readonly online_cpus: number
}
type ContainerStats = {
  readonly read: string
  readonly preread: string
  readonly cpu_stats: CpuStats
  readonly precpu_stats: CpuStats
  readonly memory_stats: { readonly usage: number; readonly limit: number }
  /** Docker leaves it out where there is no controller of process numbers. */
  readonly pids_stats: { readonly current?: number }
}

const never = new AbortController().signal

/** A script that ends at once with SIGTERM, also as the first process of a container, which has to ask for its signals. */
const idle = `exec 2>/dev/null; trap 'exit 143' TERM; while :; do sleep 0.05; done`

type Demand = (world: ConformanceWorld) => Promise<void>
const demands: (readonly [title: string, body: Demand])[] = []

/** What every runtime must do; `name` is the runtime's. The world is made anew for each test, of which some run at once. */
export function testTaskRuntime(
  name: string,
  world: (t: TestContext) => ConformanceWorld | Promise<ConformanceWorld>,
  { concurrency = 1 } = {},
) {
  describe(`${name}: a task`, { concurrency }, () => {
    for (const [title, body] of demands) test(title, async (t) => body(await world(t)))
  })
}

function each(title: string, body: Demand): void {
  demands.push([title, body])
}

each('is prepared before anything runs, and a container starts when it is told to', async ({ runtime, image }) => {
  const tasks = runtime()
  const launch = task('t1', shell(image, 'first', 'echo one; exit 0'), shell(image, 'second', `echo two; ${idle}`))
  await tasks.prepare(launch)
  assert.deepEqual(await tasks.inspect('t1'), [])
  await tasks.startContainer(launch, 'first')
  await eventually('the end of the first', async () => exitCodeOf(await tasks.inspect('t1'), 'first') === 0)
  assert.equal(
    (await tasks.inspect('t1')).some((container) => container.name === 'second'),
    false,
  )
  await tasks.startContainer(launch, 'second')
  const seen = await tasks.inspect('t1')
  assert.equal(seen.find((container) => container.name === 'second')?.state.kind, 'running')
  await tasks.stop('t1')
})

each('has every effect once, however often it is called', async ({ runtime, image }) => {
  const tasks = runtime()
  const launch = task('t1', shell(image, 'app', `echo started; ${idle}`))
  const [one, two] = await Promise.all([tasks.prepare(launch), tasks.prepare(launch)])
  assert.deepEqual(one.endpoints, two.endpoints)
  await Promise.all([tasks.startContainer(launch, 'app'), tasks.startContainer(launch, 'app')])
  await tasks.startContainer(launch, 'app')
  await eventually('a line', async () => (await tasks.logTail('t1', 'app', 9)).length > 0)
  assert.deepEqual(await tasks.logTail('t1', 'app', 9), ['started'])
  await Promise.all([tasks.stop('t1'), tasks.stop('t1')])
  await tasks.startContainer(launch, 'app').catch(() => undefined)
  assert.notEqual(exitCodeOf(await tasks.inspect('t1'), 'app'), undefined)
  await Promise.all([tasks.remove('t1'), tasks.remove('t1')])
  assert.deepEqual([await tasks.inspect('t1'), await tasks.list()], [[], []])
})

for (const [script, exitCode] of [
  ['exit 0', 0],
  ['exit 3', 3],
  ['kill -KILL $$', 137],
] as const) {
  each(`tells that a container has ended: \`${script}\` with ${exitCode}`, async ({ runtime, image }) => {
    const tasks = runtime()
    const ended: string[] = []
    tasks.onExit((taskId) => ended.push(taskId))
    // A shell that is the first process of a container does not die of its own signals.
    await started(tasks, task('t1', shell(image, 'app', `/bin/sh -c '${script}'; exit $?`)))
    await eventually('the end', () => ended.includes('t1'))
    assert.equal(exitCodeOf(await tasks.inspect('t1'), 'app'), exitCode)
  })
}

each('is stopped by SIGTERM, or by SIGKILL after its stop time-out', async ({ runtime, image }) => {
  const tasks = runtime()
  const polite = shell(image, 'polite', `trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done`)
  const deaf = shell(image, 'deaf', `trap '' TERM; echo ready; while :; do sleep 0.05; done`)
  await started(tasks, task('t1', polite, { ...deaf, stopTimeoutSeconds: 1 }))
  for (const container of ['polite', 'deaf']) {
    await eventually('ready', async () => (await tasks.logTail('t1', container, 1)).includes('ready'))
  }
  await tasks.stop('t1')
  const seen = await tasks.inspect('t1')
  assert.deepEqual([exitCodeOf(seen, 'polite'), exitCodeOf(seen, 'deaf')], [7, 137])
})

each('tells what each of its containers uses, as Docker does', async ({ runtime, image }) => {
  const tasks = runtime()
  const busy = 'trap "exit 143" TERM; i=0; while :; do i=$((i+1)); done'
  await started(
    tasks,
    task('t1', shell(image, 'busy', busy), shell(image, 'idle', idle), shell(image, 'over', 'exit 0')),
  )
  await eventually('the end of one', async () => exitCodeOf(await tasks.inspect('t1'), 'over') === 0)
  const used = await eventually('two looks', async () => {
    const stats = (await tasks.stats?.('t1')) as Record<string, ContainerStats> | undefined
    const { precpu_stats: before, cpu_stats: now } = stats?.['busy'] ?? {}
    if (now === undefined || before === undefined || before.cpu_usage.total_usage === 0) return undefined
    // The kernel adds both up in steps of its own: between two looks that are near, either may stand still.
    const hasGrown = now.cpu_usage.total_usage > before.cpu_usage.total_usage
    return hasGrown && now.system_cpu_usage > before.system_cpu_usage ? stats : undefined
  })
  assert.deepEqual(Object.keys(used).toSorted(), ['busy', 'idle'])
  const { memory_stats, pids_stats, cpu_stats, read, preread } = used['busy'] as ContainerStats
  assert(memory_stats.usage > 0 && memory_stats.limit > memory_stats.usage && (pids_stats.current ?? 1) >= 1)
  assert(cpu_stats.online_cpus >= 1)
  assert(Date.parse(read) > Date.parse(preread))
  await tasks.stop('t1')
  assert.deepEqual(await tasks.stats?.('t1'), {})
})

each('stops one container and leaves the others', async ({ runtime, image }) => {
  const tasks = runtime()
  // It may be stopped before it listens for SIGTERM.
  const side = { ...shell(image, 'side', idle), stopTimeoutSeconds: 1 }
  await started(tasks, task('t1', shell(image, 'app', idle), side))
  await tasks.stopContainer('t1', 'side')
  const seen = await tasks.inspect('t1')
  assert.notEqual(exitCodeOf(seen, 'side'), undefined)
  assert.equal(exitCodeOf(seen, 'app'), undefined)
  await tasks.stop('t1')
})

each('never starts a container that was stopped before', async ({ runtime, image }) => {
  const tasks = runtime()
  const launch = task('t1', shell(image, 'app', `echo no; ${idle}`))
  await tasks.prepare(launch)
  await tasks.stop('t1')
  await tasks.startContainer(launch, 'app').catch(() => undefined)
  assert.equal(
    (await tasks.inspect('t1')).some(({ state }) => state.kind === 'running'),
    false,
  )
})

each('without its image cannot start', async ({ runtime, noImage }) => {
  const tasks = runtime()
  await assert.rejects(
    tasks.prepare(task('t1', shell(noImage, 'app', 'exit 0'))),
    (error) => error instanceof TaskStartError && error.message.startsWith('CannotPullContainerError: '),
  )
  await tasks.remove('t1')
  assert.deepEqual(await tasks.list(), [])
})

each('whose command is not there cannot start', async ({ runtime, image }) => {
  const tasks = runtime()
  const launch = task('t1', { ...shell(image, 'app', ''), command: ['/no/such/program'] })
  const start = tasks.prepare(launch).then(() => tasks.startContainer(launch, 'app'))
  await assert.rejects(
    start,
    (error) => error instanceof TaskStartError && error.message.startsWith('CannotStartContainerError: '),
  )
  await tasks.remove('t1')
})

each('has the environment it was given', async ({ runtime, image }) => {
  const tasks = runtime()
  const app = shell(image, 'app', 'echo "$GREETING"')
  await started(tasks, task('t1', { ...app, environment: { GREETING: 'two  words; $HOME' } }))
  await eventually('the end', async () => exitCodeOf(await tasks.inspect('t1'), 'app') === 0)
  assert.deepEqual(await tasks.logTail('t1', 'app', 9), ['two  words; $HOME'])
})

each('is found again by the next engine', async ({ runtime, image, leave }) => {
  const first = runtime()
  const launch = task('t1', shell(image, 'app', `echo started; ${idle}`), shell(image, 'brief', 'exit 4'))
  const endpoints = await started(first, launch)
  leave(first)
  const second = runtime()
  assert.deepEqual(await second.list(), ['t1'])
  await eventually('the end of one', async () => exitCodeOf(await second.inspect('t1'), 'brief') === 4)
  assert.deepEqual((await second.prepare(launch)).endpoints, endpoints)
  await second.startContainer(launch, 'app')
  await eventually('a line', async () => (await second.logTail('t1', 'app', 9)).length > 0)
  assert.deepEqual(await second.logTail('t1', 'app', 9), ['started'])
  const ended: string[] = []
  second.onExit((taskId) => ended.push(taskId))
  await second.stop('t1')
  assert.equal(
    (await second.inspect('t1')).every(({ state }) => state.kind === 'exited'),
    true,
  )
  await second.remove('t1')
  assert.deepEqual(await second.list(), [])
})

each('runs commands in a container', async ({ runtime, image }) => {
  const tasks = runtime()
  const app = shell(image, 'app', idle)
  await started(tasks, task('t1', { ...app, environment: { GREETING: 'hello' } }))
  const greeted = await tasks.exec('t1', 'app', command('echo "$GREETING"; echo oops >&2; exit 3'))
  assert.deepEqual(greeted, { exitCode: 3, stdout: 'hello\n', stderr: 'oops\n', isCut: false })
  // On a busy machine it may take a while until a command is as far as to say anything.
  let said = ''
  for (let timeoutMilliseconds = 300; said === '' && timeoutMilliseconds < 60_000; timeoutMilliseconds *= 4) {
    const late = await tasks.exec('t1', 'app', { ...command('echo begun; exec sleep 300'), timeoutMilliseconds })
    assert.equal(late.exitCode, undefined)
    said = late.stdout
  }
  assert.equal(said, 'begun\n')
  const much = await tasks.exec('t1', 'app', { ...command('echo 0123456789'), mostOutputBytes: 4 })
  assert.deepEqual([much.stdout, much.isCut], ['0123', true])
  const missing = await tasks.exec('t1', 'app', { ...command(''), arguments: ['/no/such/program'] })
  assert.ok(missing.exitCode === 126 || missing.exitCode === 127)
  await assert.rejects(tasks.exec('t1', 'nobody', command('exit 0')))
  await tasks.stop('t1')
  await assert.rejects(tasks.exec('t1', 'app', command('exit 0')))
})

each('hands on what a container writes, line by line, and goes on where it was', async ({ runtime, image, leave }) => {
  const first = runtime()
  const script = `exec 2>/dev/null; trap 'echo three; printf four; exit 0' TERM; echo one; echo; while :; do sleep 0.05; done`
  await started(first, task('t1', shell(image, 'app', script)))
  const source = { taskId: 't1', containerName: 'app' }
  const [before, stop] = [new Output(), new AbortController()]
  const following = first.followLog(source, before.sink, stop.signal)
  await eventually('two lines', () => before.lines.length === 2)
  stop.abort(new Error('enough'))
  await assert.rejects(following, /enough/)
  leave(first)
  const second = runtime()
  await second.stop('t1')
  const after = new Output()
  await second.followLog({ ...source, position: before.position }, after.sink, never)
  assert.deepEqual(
    [before.lines, after.lines],
    [
      ['one', ''],
      ['three', 'four'],
    ],
  )
  assert.ok(before.timestamps.every((time) => Math.abs(time - Date.now()) < 600_000))
  const again = new Output()
  await second.followLog({ ...source, position: after.position }, again.sink, never)
  assert.deepEqual(again.lines, [])
  await second.remove('t1')
})

each('keeps what each of two tasks is and writes apart', async ({ runtime, image }) => {
  const tasks = runtime()
  await Promise.all(['t1', 't2'].map((id) => started(tasks, task(id, shell(image, 'app', `echo ${id}; ${idle}`)))))
  for (const id of ['t1', 't2']) {
    await eventually('a line', async () => (await tasks.logTail(id, 'app', 9)).length > 0)
    assert.deepEqual(await tasks.logTail(id, 'app', 9), [id])
  }
  await tasks.remove('t1')
  assert.deepEqual(await tasks.list(), ['t2'])
  assert.equal(exitCodeOf(await tasks.inspect('t2'), 'app'), undefined)
  await tasks.remove('t2')
})

function shell(image: string, name: string, script: string): ContainerLaunch {
  return {
    name,
    image,
    command: ['/bin/sh', '-c', script],
    environment: {},
    containerPorts: [],
    stopTimeoutSeconds: 20,
  }
}

function task(taskId: string, ...containers: readonly ContainerLaunch[]): TaskLaunch {
  return { taskId, taskArn: `arn:aws:ecs:us-east-1:000000000000:task/default/${taskId}`, containers }
}

async function started(tasks: TaskRuntime, launch: TaskLaunch) {
  const { endpoints } = await tasks.prepare(launch)
  for (const { name } of launch.containers) await tasks.startContainer(launch, name)
  return endpoints
}

function command(script: string) {
  return { arguments: ['/bin/sh', '-c', script], timeoutMilliseconds: 20_000, mostOutputBytes: 10_000 }
}

class Output {
  readonly lines: string[] = []
  readonly timestamps: number[] = []
  position = ''

  readonly sink = async ({ lines, position }: OutputBatch): Promise<void> => {
    this.lines.push(...lines.map(({ message }) => message))
    this.timestamps.push(...lines.map(({ timestamp }) => timestamp))
    this.position = position
  }
}
