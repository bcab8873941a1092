import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { pathToFileURL } from 'node:url'
import { ProcessRuntime } from '../../src/adapters/process-runtime.ts'
import { TaskStartError } from '../../src/engine/ports.ts'
import type { TaskLaunch } from '../../src/engine/ports.ts'
import {
  eventually,
  exitCodeOf,
  isRunning,
  processWorld,
  readText,
  shellContainer,
  startTask,
  task,
  writeFiles,
} from './process-world.ts'
import type { ProcessWorld } from './process-world.ts'
import { testTaskRuntime } from './task-runtime-conformance.ts'

const hold = 'echo ready; exec sleep 300'

function startError(text: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof TaskStartError && text.test(error.message)
}

describe('a task as processes', () => {
  test('is told its ports and listens where the endpoints say', async (t) => {
    const { app, runtime } = processWorld(t)
    const server = `require('http').createServer((_, answer) => answer.end('hello')).listen(process.env.PORT, '127.0.0.1')`
    const tasks = runtime()
    const web = shellContainer(app, '', { command: ['node', '-e', server], containerPorts: [8080, 9090] })
    const endpoints = await startTask(tasks, task('t1', web))
    assert.deepEqual(
      endpoints.map(({ containerName, containerPort, host }) => [containerName, containerPort, host]),
      [
        ['web', 8080, '127.0.0.1'],
        ['web', 9090, '127.0.0.1'],
      ],
    )
    const text = await eventually('an answer', () =>
      fetch(`http://127.0.0.1:${endpoints[0]?.port}/`).then(
        (answer) => answer.text(),
        () => undefined,
      ),
    )
    assert.equal(text, 'hello')
  })

  test('sees a few basics, the definition and its ports, and nothing else of the engine', async (t) => {
    const { app, runtime } = processWorld(t)
    process.env['TEAL_TEST_SECRET'] = 'hidden'
    t.after(() => delete process.env['TEAL_TEST_SECRET'])
    const environment = { GREETING: 'two words', 'spring.profiles.active': 'prod', PATH: '/only/here' }
    const print = `require('fs').writeFileSync('env.json', JSON.stringify(process.env))`
    const tasks = runtime()
    const sidecar = shellContainer(app, hold, { name: 'side', containerPorts: [9000] })
    const web = shellContainer(app, '', { command: ['node', '-e', print], environment, containerPorts: [80, 81] })
    const endpoints = await startTask(tasks, task('0123456789abcdef', web, sidecar))
    const seen = await eventually('env.json', async () => {
      if (exitCodeOf(await tasks.inspect('0123456789abcdef')) === undefined) return undefined
      return JSON.parse(readText(join(app, 'env.json')) ?? '{}') as Record<string, string>
    })
    const port = (name: number) => String(endpoints.find(({ containerPort }) => containerPort === name)?.port)
    assert.equal(seen['PORT'], port(80))
    assert.deepEqual([seen['PORT_80'], seen['PORT_81'], seen['PORT_9000']], [port(80), port(81), port(9000)])
    assert.equal(seen['GREETING'], 'two words')
    assert.equal(seen['spring.profiles.active'], 'prod')
    assert.equal(seen['HOSTNAME'], '0123456789ab')
    assert.ok(seen['PATH']?.startsWith(`${dirname(process.execPath)}:/only/here:`))
    const basics = ['HOME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR', 'PWD', 'OLDPWD', 'SHLVL', '_']
    const own = ['PATH', 'HOSTNAME', 'GREETING', 'spring.profiles.active', 'PORT', 'PORT_80', 'PORT_81', 'PORT_9000']
    assert.deepEqual(
      Object.keys(seen).filter((name) => ![...basics, ...own].includes(name)),
      [],
    )
  })

  test('PORT is the port of the container port that the definition itself calls PORT', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    const web = shellContainer(app, 'echo "port $PORT"', {
      environment: { PORT: '8080' },
      containerPorts: [9090, 8080],
    })
    const endpoints = await startTask(tasks, task('t1', web))
    const lines = await eventually('a line', async () => {
      const tail = await tasks.logTail('t1', 'web', 1)
      return tail.length > 0 && tail
    })
    assert.deepEqual(lines, [`port ${endpoints[1]?.port}`])
  })

  for (const [script, exitCode] of [
    ['exit 0', 0],
    ['exit 1', 1],
    ['kill -TERM $$', 143],
    ['kill -KILL $$', 137],
    ['exec ./no-such-program', 127],
  ] as const) {
    test(`ends with ${exitCode} after \`${script}\`, and its end is told`, async (t) => {
      const { app, runtime } = processWorld(t)
      const tasks = runtime()
      const ended: string[] = []
      tasks.onExit((taskId) => ended.push(taskId))
      await startTask(tasks, task('t1', shellContainer(app, script)))
      await eventually('the end', () => ended.length > 0)
      assert.equal(exitCodeOf(await tasks.inspect('t1')), exitCode)
      assert.deepEqual(ended, ['t1'])
    })
  }

  test('a stop ends it with SIGTERM and the code 143', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    await startTask(tasks, task('t1', shellContainer(app, hold)))
    await tasks.stop('t1')
    assert.equal(exitCodeOf(await tasks.inspect('t1')), 143)
  })

  test('a stop at once after the start finds the process, not a gap before it', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    const ids = Array.from({ length: 8 }, (_, index) => `t${index}`)
    const exec = (id: string): TaskLaunch =>
      task(id, shellContainer(app, '', { command: ['sleep', '300'], stopTimeoutSeconds: 600 }))
    await Promise.all(
      ids.map(async (id) => {
        await startTask(tasks, exec(id))
        await tasks.stop(id)
        assert.equal(exitCodeOf(await tasks.inspect(id)), 143)
      }),
    )
  })

  test('a process that ignores SIGTERM is killed after its stop time-out', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    const script = "trap '' TERM; echo ready; while :; do sleep 0.2; done"
    await startTask(tasks, task('t1', shellContainer(app, script, { stopTimeoutSeconds: 1 })))
    await eventually('ready', async () => (await tasks.logTail('t1', 'web', 1)).includes('ready'))
    const before = performance.now()
    await tasks.stop('t1')
    // Timers begin with the turn of the event loop, which may have begun a little before.
    assert.ok(performance.now() - before >= 950)
    assert.equal(exitCodeOf(await tasks.inspect('t1')), 137)
  })

  test('a process may finish its work after SIGTERM, and its exit code counts', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    const script = "trap 'sleep 0.3; echo finished; exit 3' TERM; echo ready; while :; do sleep 0.05; done"
    await startTask(tasks, task('t1', shellContainer(app, script)))
    await eventually('ready', async () => (await tasks.logTail('t1', 'web', 1)).includes('ready'))
    await tasks.stop('t1')
    assert.equal(exitCodeOf(await tasks.inspect('t1')), 3)
    assert.deepEqual(await tasks.logTail('t1', 'web', 1), ['finished'])
  })

  test('a child of a shell that ends at SIGTERM still has its time', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    const child = `process.on('SIGTERM', () => setTimeout(() => { console.log('drained'); process.exit(0) }, 300)); console.log('ready'); setInterval(() => {}, 1000)`
    writeFiles(app, { 'server.js': child })
    await startTask(tasks, task('t1', shellContainer(app, 'node server.js; true')))
    await eventually('ready', async () => (await tasks.logTail('t1', 'web', 1)).includes('ready'))
    await tasks.stop('t1')
    assert.deepEqual(await tasks.logTail('t1', 'web', 5), ['ready', 'drained'])
  })

  test('a stop resolves when grandchildren are gone too, those that ignore SIGTERM as well', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    const script = `(trap '' TERM; sh -c 'echo $$ > grandchild; while :; do sleep 0.2; done') & ${hold}`
    await startTask(tasks, task('t1', shellContainer(app, script, { stopTimeoutSeconds: 1 })))
    const grandchild = Number(
      await eventually('a grandchild', () => readText(join(app, 'grandchild'))?.trim() || undefined),
    )
    assert.ok(isRunning(grandchild))
    await tasks.stop('t1')
    assert.equal(isRunning(grandchild), false)
    assert.equal(exitCodeOf(await tasks.inspect('t1')), 143)
  })

  test('what its command leaves behind ends with it, as in a container', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    await startTask(tasks, task('t1', shellContainer(app, 'sleep 300 & echo $! > left; exit 4')))
    await eventually('the end', async () => exitCodeOf(await tasks.inspect('t1')) === 4)
    await eventually('the rest gone', () => !isRunning(Number(readText(join(app, 'left')))))
  })

  test('stops containers side by side, each with its own time-out', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    const stubborn = shellContainer(app, "trap '' TERM; echo ready; while :; do sleep 0.2; done", {
      stopTimeoutSeconds: 1,
    })
    await startTask(
      tasks,
      task('t1', { ...stubborn, name: 'a' }, { ...stubborn, name: 'b' }, shellContainer(app, hold)),
    )
    for (const name of ['a', 'b']) {
      await eventually('ready', async () => (await tasks.logTail('t1', name, 1)).includes('ready'))
    }
    const [first, second] = [tasks.stop('t1'), tasks.stop('t1')]
    await Promise.all([first, second])
    const seen = await tasks.inspect('t1')
    assert.deepEqual(
      ['a', 'b', 'web'].map((name) => exitCodeOf(seen, name)),
      [137, 137, 143],
    )
  })

  test("the image's STOPSIGNAL comes first", async (t) => {
    const { app, runtime } = processWorld(t)
    writeFiles(app, { Dockerfile: 'FROM scratch\nSTOPSIGNAL SIGQUIT\n' })
    const tasks = runtime()
    await startTask(
      tasks,
      task('t1', shellContainer(app, "trap 'exit 9' QUIT; echo ready; while :; do sleep 0.05; done")),
    )
    await eventually('ready', async () => (await tasks.logTail('t1', 'web', 1)).includes('ready'))
    await tasks.stop('t1')
    assert.equal(exitCodeOf(await tasks.inspect('t1')), 9)
  })

  test('a stop of a task that was never started, or is gone, does nothing', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    await tasks.stop('never')
    assert.deepEqual(await tasks.inspect('never'), [])
    await startTask(tasks, task('t1', shellContainer(app, 'exit 0')))
    await tasks.stop('t1')
    await tasks.stop('t1')
    await tasks.remove('t1')
    await tasks.stop('t1')
    assert.deepEqual(await tasks.inspect('t1'), [])
  })

  test('the shim is killed: the rest of the container is killed too, and it counts as killed', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    const ended: string[] = []
    tasks.onExit((taskId) => ended.push(taskId))
    await startTask(tasks, task('t1', shellContainer(app, 'echo $PPID > shim; echo $$ > command; exec sleep 300')))
    const command = Number(await eventually('the pid', () => readText(join(app, 'command'))?.trim() || undefined))
    process.kill(Number(readText(join(app, 'shim'))), 'SIGKILL')
    await eventually('the end', () => ended.includes('t1'))
    assert.equal(exitCodeOf(await tasks.inspect('t1')), 137)
    await eventually('the command gone', () => !isRunning(command))
  })

  test('so it does where a later engine looks after it', async (t) => {
    const { app, runtime } = processWorld(t)
    const first = runtime()
    await startTask(first, task('t1', shellContainer(app, 'echo $PPID > shim; echo $$ > command; exec sleep 300')))
    const command = Number(await eventually('the pid', () => readText(join(app, 'command'))?.trim() || undefined))
    first.close()
    const later = runtime()
    const ended: string[] = []
    later.onExit((taskId) => ended.push(taskId))
    process.kill(Number(readText(join(app, 'shim'))), 'SIGKILL')
    await eventually('the end', () => ended.includes('t1'))
    await eventually('the command gone', () => !isRunning(command))
  })

  test('whose directory is removed while it begins is killed all the same', async (t) => {
    const { app, data, images } = processWorld(t)
    const tasks = new ProcessRuntime({ dataDirectory: data, images, clock: new SleepyClock() })
    t.after(() => tasks.close())
    const launch = task('t1', shellContainer(app, 'echo $$ > command; exec sleep 300'))
    await tasks.prepare(launch)
    const starting = tasks.startContainer(launch, 'web').catch(() => undefined)
    const command = Number(await eventually('the pid', () => readText(join(app, 'command'))?.trim() || undefined))
    rmSync(data, { recursive: true })
    await tasks.kill()
    await eventually('the command gone', () => !isRunning(command))
    await starting
  })

  test('whose directory is removed is killed by a later engine, too, which has seen it gone', async (t) => {
    const { app, data, runtime } = processWorld(t)
    const first = runtime()
    await startTask(first, task('t1', shellContainer(app, 'echo $$ > command; exec sleep 300')))
    const command = Number(await eventually('the pid', () => readText(join(app, 'command'))?.trim() || undefined))
    first.close()
    const later = runtime()
    rmSync(data, { recursive: true })
    // It looks at what it has found a quarter of a second after its start.
    await new Promise((resolve) => setTimeout(resolve, 400))
    await later.kill()
    await eventually('the command gone', () => !isRunning(command))
  })

  test('at rest it wakes nobody up, and is heard when it ends', async (t) => {
    const { app, data, images } = processWorld(t)
    const clock = new CountingClock()
    const tasks = new ProcessRuntime({ dataDirectory: data, images, clock })
    t.after(() => tasks.close())
    const ended: string[] = []
    tasks.onExit((taskId) => ended.push(taskId))
    const script = 'echo begun; while ! [ -e end ]; do sleep 0.02; done'
    const ids = ['t1', 't2', 't3']
    for (const id of ids) await startTask(tasks, task(id, shellContainer(app, script)))
    for (const id of ids) await eventually('begun', async () => (await tasks.logTail(id, 'web', 1)).includes('begun'))
    await eventually('what they have written is measured', () => clock.sleepers === 0)
    const { begun } = clock
    writeFiles(app, { end: '' })
    await eventually('the ends', () => ids.every((id) => ended.includes(id)))
    assert.equal(clock.begun, begun)
  })

  test('a command in it sees the variables that the container has, whatever their names', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    const environment = {
      'spring.profiles.active': 'two words',
      'a-b': '1',
      guard: 'G',
      code: 'C',
      IFS: ':',
      GREETING: 'hi',
    }
    await startTask(tasks, task('t1', shellContainer(app, hold, { environment })))
    const print = `console.log(JSON.stringify(${JSON.stringify(Object.keys(environment))}.map((name) => process.env[name])))`
    const command = { arguments: ['node', '-e', print], timeoutMilliseconds: 20_000, mostOutputBytes: 100_000 }
    const { stdout } = await tasks.exec('t1', 'web', command)
    assert.deepEqual(JSON.parse(stdout), Object.values(environment))
    const all = await tasks.exec('t1', 'web', { ...command, arguments: ['env'] })
    assert.doesNotMatch(all.stdout, /^TEAL_/m)
  })

  test('its variables are in no list of processes, whatever their names', async (t) => {
    if (!existsSync('/proc/self/cmdline')) return t.skip('there is no /proc')
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    const environment = { 'db.password': `it's "hidden"` }
    const print = `console.log(process.env['db.password']); console.log(process.ppid); setInterval(() => {}, 60_000)`
    await startTask(tasks, task('t1', shellContainer(app, '', { command: ['node', '-e', print], environment })))
    const [value, shim] = await eventually('its lines', async () => {
      const lines = await tasks.logTail('t1', 'web', 9)
      return lines.length === 2 && lines
    })
    assert.equal(value, `it's "hidden"`)
    const listed = readText(`/proc/${shim}/cmdline`)
    assert.match(listed ?? '', /console\.log/)
    assert.doesNotMatch(listed ?? '', /hidden/)
  })

  test('a command in it is over when its program is, though something it has started lives on with its output', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    await startTask(tasks, task('t1', shellContainer(app, hold)))
    const script = `const { spawn } = require('child_process')
      const daemon = spawn('sleep', ['10'], { detached: true, stdio: 'inherit' })
      process.exitCode = 3
      daemon.unref()
      console.log(daemon.pid)`
    const command = { arguments: ['node', '-e', script], timeoutMilliseconds: 60_000, mostOutputBytes: 100 }
    const { exitCode, stdout } = await tasks.exec('t1', 'web', command)
    const daemon = Number(stdout)
    assert.ok(isRunning(daemon))
    process.kill(daemon, 'SIGKILL')
    assert.equal(exitCode, 3)
  })

  test('is removed with its files, and stopped where it still ran', async (t) => {
    const { app, data, runtime } = processWorld(t)
    const tasks = runtime()
    await startTask(tasks, task('t1', shellContainer(app, hold)))
    const [seen] = await tasks.inspect('t1')
    await tasks.remove('t1')
    assert.deepEqual(await tasks.inspect('t1'), [])
    assert.equal(isRunning(Number(seen?.runtimeId)), false)
    assert.deepEqual(readdirSync(join(data, 'tasks')), [])
  })

  test('its log has what both streams said, and the tail is its end', async (t) => {
    const { app, data, runtime } = processWorld(t)
    const tasks = runtime()
    await startTask(
      tasks,
      task('t1', shellContainer(app, 'for n in 1 2 3 4 5; do echo line $n; echo error $n >&2; done')),
    )
    await eventually('the end', async () => exitCodeOf(await tasks.inspect('t1')) === 0)
    assert.deepEqual(await tasks.logTail('t1', 'web', 3), ['error 4', 'line 5', 'error 5'])
    assert.deepEqual(await tasks.logTail('t1', 'other', 3), [])
    assert.ok(existsSync(join(data, 'tasks', 't1', 'web.log')))
  })

  test('says once what processes cannot do', async (t) => {
    const { app, runtime } = processWorld(t)
    const warnings: string[] = []
    const tasks = runtime({ info: () => undefined, warn: (message) => warnings.push(message) })
    await Promise.all(['t1', 't2'].map((id) => startTask(tasks, task(id, shellContainer(app, 'exit 0')))))
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', /not enforced/)
  })

  test('SIGINT and SIGQUIT mean to a task what they mean to any program', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    await startTask(tasks, task('t1', shellContainer(app, 'kill -INT $$; sleep 0.1; exit 5')))
    const code = await eventually('the end', async () => exitCodeOf(await tasks.inspect('t1')))
    assert.equal(code, 130)
  })
})

describe('a task that cannot start says why in the words of ECS', () => {
  test('an image nobody knows', async (t) => {
    const { app, data, runtime } = processWorld(t)
    const launch = task('t1', shellContainer(app, hold, { image: 'web:7' }))
    const text =
      /^CannotPullContainerError: image web:7 is not known here: make it with `teal build DIRECTORY --tag web:7 --data /
    await assert.rejects(startTask(runtime(), launch), startError(text))
    assert.equal(existsSync(join(data, 'tasks', 't1')), false)
  })

  test('a placeholder that nobody replaced', async (t) => {
    const { app, runtime } = processWorld(t)
    const launch = task('t1', shellContainer(app, hold, { image: '<IMAGE1_NAME>' }))
    await assert.rejects(
      startTask(runtime(), launch),
      startError(/^CannotPullContainerError: invalid reference format/),
    )
  })

  test('a directory that does not exist', async (t) => {
    const { app, runtime } = processWorld(t)
    const launch = task('t1', shellContainer(app, hold, { image: `file://${app}/missing` }))
    await assert.rejects(
      startTask(runtime(), launch),
      startError(/^CannotPullContainerError: the directory .*\/missing of/),
    )
  })

  for (const [name, more, text] of [
    [
      'a program that is not installed',
      { command: ['no-such-program'] },
      /web: exec: "no-such-program": executable file not found in \$PATH/,
    ],
    [
      'a file that is not there',
      { command: ['./run.sh'] },
      /exec: "\.\/run\.sh": stat .*run\.sh: no such file or directory/,
    ],
    ['a file that is not executable', { command: ['./plain'] }, /exec: "\.\/plain": permission denied/],
    ['no command at all', { command: [] }, /no command specified/],
    ['a working directory that is not there', { workingDirectory: '/app/none' }, /working directory/],
  ] as const) {
    test(name, async (t) => {
      const { app, data, runtime } = processWorld(t)
      writeFiles(app, { plain: 'echo\n' })
      chmodSync(join(app, 'plain'), 0o644)
      const launch = task('t1', shellContainer(app, hold, more))
      const error = await startTask(runtime(), launch).catch((reason: unknown) => reason)
      assert.ok(error instanceof TaskStartError)
      assert.match(error.message, /^CannotStartContainerError: /)
      assert.match(error.message, text)
      assert.equal(existsSync(join(data, 'tasks', 't1')), false)
    })
  }

  test('a data directory that cannot be written', async (t) => {
    const { app, data, runtime } = processWorld(t)
    writeFiles(data, { tasks: 'in the way' })
    await assert.rejects(
      startTask(runtime(), task('t1', shellContainer(app, hold))),
      startError(/^ResourceInitializationError: E/),
    )
  })

  test('an environment larger than the system allows, and nothing of the task is left running', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    const huge = shellContainer(app, hold, { name: 'huge', environment: { HUGE: 'x'.repeat(4_000_000) } })
    const launch = task('t1', shellContainer(app, hold), huge)
    await assert.rejects(startTask(tasks, launch), startError(/^ResourceInitializationError: .*E2BIG/))
    await tasks.stop('t1')
    assert.deepEqual(
      (await tasks.inspect('t1')).map(({ state }) => state.kind),
      ['exited'],
    )
  })
})

describe('a task outlives the engine', () => {
  const counted = `echo started >> starts; ${hold}`
  for (const moment of ['before', 'after', 'started', '100', '150', '200', '250']) {
    test(`an engine killed (${moment}) and the next start the process once, with the same ports`, async (t) => {
      const world = processWorld(t)
      const launch = task('t1', shellContainer(world.app, counted, { containerPorts: [80] }))
      await startAndDie(world, launch, moment)
      const tasks = world.runtime()
      const [first, second] = await Promise.all([startTask(tasks, launch), startTask(tasks, launch)])
      assert.deepEqual(first, second)
      await eventually('started', async () => (await tasks.logTail('t1', 'web', 1)).includes('ready'))
      assert.equal(startsOf(world.app), 1)
      assert.deepEqual(
        (await tasks.inspect('t1')).map(({ state }) => state.kind),
        ['running'],
      )
      await tasks.stop('t1')
      assert.equal(exitCodeOf(await tasks.inspect('t1')), 143)
    })
  }

  test('a stop by the next engine keeps a process from starting that was decided but not yet there', async (t) => {
    const world = processWorld(t)
    const launch = task('t1', shellContainer(world.app, counted))
    await startAndDie(world, launch, 'before')
    const tasks = world.runtime()
    await tasks.stop('t1')
    assert.deepEqual(await tasks.inspect('t1'), [])
    await assert.rejects(
      startTask(tasks, launch),
      startError(/^CannotStartContainerError: .*stopped before it had started/),
    )
    assert.equal(startsOf(world.app), 0)
  })

  test('a stop by the next engine meets a process that is just coming', async (t) => {
    const world = processWorld(t)
    const launch = task('t1', shellContainer(world.app, counted))
    await startAndDie(world, launch, 'after')
    const tasks = world.runtime()
    await tasks.stop('t1')
    const [seen] = await tasks.inspect('t1')
    assert.ok(seen === undefined || seen.state.kind === 'exited')
  })

  test('what ended while no engine ran is known with its exit code, and told', async (t) => {
    const world = processWorld(t)
    await startAndDie(world, task('t1', shellContainer(world.app, 'exit 7')), 'started')
    const exitFile = join(world.data, 'tasks', 't1', 'web.state', 'exit')
    await eventually('the exit code on disk', () => readText(exitFile)?.endsWith('\n'))
    const tasks = world.runtime()
    const ended: string[] = []
    tasks.onExit((taskId) => ended.push(taskId))
    assert.equal(exitCodeOf(await tasks.inspect('t1')), 7)
    await eventually('the news', () => ended.includes('t1'))
  })

  test('the end of an adopted process is told', async (t) => {
    const world = processWorld(t)
    const wait = 'while [ ! -e go ]; do sleep 0.05; done; exit 6'
    await startAndDie(world, task('t1', shellContainer(world.app, wait)), 'started')
    const tasks = world.runtime()
    const ended: string[] = []
    tasks.onExit((taskId) => ended.push(taskId))
    assert.deepEqual(
      (await tasks.inspect('t1')).map(({ state }) => state.kind),
      ['running'],
    )
    writeFileSync(join(world.app, 'go'), '')
    await eventually('the news', () => ended.includes('t1'))
    assert.equal(exitCodeOf(await tasks.inspect('t1')), 6)
  })

  test('a shutdown ends tasks that only the disk knows of, and nothing starts after it', async (t) => {
    const world = processWorld(t)
    const launch = task('t1', shellContainer(world.app, hold))
    await startAndDie(world, launch, 'started')
    const tasks = world.runtime()
    const [seen] = await tasks.inspect('t1')
    await tasks.shutdown()
    assert.equal(isRunning(Number(seen?.runtimeId)), false)
    assert.equal(exitCodeOf(await tasks.inspect('t1')), 143)
    await assert.rejects(startTask(tasks, task('t2', shellContainer(world.app, hold))), startError(/engine is ending/))
  })
})

describe('images of tasks', () => {
  test('a built image runs with its command, its environment and its own files, wherever its WORKDIR was', async (t) => {
    const { app, images, runtime } = processWorld(t)
    const dockerfile = [
      'FROM node:24',
      'WORKDIR /app',
      'ENV GREETING=hello PATH=/app/bin:$PATH',
      'COPY . .',
      'ENTRYPOINT ["greet", "/app/who.txt"]',
      'CMD ["from", "--config=/app/who.txt"]',
    ]
    const greet = '#!/bin/sh\necho "$GREETING $(cat "$1") $2 $(cat "${3#--config=}")"\n'
    writeFiles(app, { Dockerfile: dockerfile.join('\n'), 'bin/greet': greet, 'who.txt': 'world' })
    chmodSync(join(app, 'bin/greet'), 0o755)
    await images.build({ directory: app, tag: 'registry.example.com/team/greet:1' })
    writeFiles(app, { 'who.txt': 'changed' })
    const tasks = runtime()
    const { command: _, ...plain } = shellContainer(app, '')
    await startTask(tasks, task('t1', { ...plain, image: 'registry.example.com/team/greet:1' }))
    await eventually('the end', async () => exitCodeOf(await tasks.inspect('t1')) === 0)
    assert.deepEqual(await tasks.logTail('t1', 'web', 5), ['hello world from world'])
  })

  test('a tag that moves while a task is being started changes neither the task nor those that are to be like it', async (t) => {
    const world = processWorld(t)
    writeFiles(world.app, { Dockerfile: 'FROM scratch\nCMD echo one && exec sleep 300\n' })
    await world.images.build({ directory: world.app, tag: 'web' })
    const { command: _, ...plain } = shellContainer(world.app, '')
    const launch = task('t1', { ...plain, image: 'web:latest' })
    const first = world.runtime()
    await startTask(first, launch)
    writeFiles(world.app, { Dockerfile: 'FROM scratch\nCMD echo two && exec sleep 300\n' })
    await world.images.build({ directory: world.app, tag: 'web' })
    await startTask(first, launch)
    await startTask(first, task('t2', ...launch.containers))
    const { imageDigests } = await first.prepare(launch)
    const exact = launch.containers.map((each) => ({ ...each, imageDigest: imageDigests?.['web'] ?? '' }))
    await startTask(first, task('t3', ...exact))
    assert.equal((await first.inspect('t3'))[0]?.imageDigest, imageDigests?.['web'])
    for (const [id, line] of [
      ['t1', 'one'],
      ['t2', 'two'],
      ['t3', 'one'],
    ] as const) {
      await eventually(line, async () => (await first.logTail(id, 'web', 5)).join() === line)
    }
  })

  test('ports in use by others are not given to tasks, nor one port to two tasks', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    const ids = Array.from({ length: 6 }, (_, index) => `t${index}`)
    const endpoints = await Promise.all(
      ids.map((id) => startTask(tasks, task(id, shellContainer(app, hold, { containerPorts: [80, 81] })))),
    )
    const ports = endpoints.flat().map(({ port }) => port)
    assert.equal(new Set(ports).size, 12)
    for (const port of ports) {
      const server = createServer().listen(port, '127.0.0.1')
      await once(server, 'listening')
      server.close()
    }
  })
})

/** Runs an engine that is killed at a certain moment of a start. */
async function startAndDie(world: ProcessWorld, launch: TaskLaunch, moment: string): Promise<void> {
  const script = join(import.meta.dirname, 'engine-to-kill.ts')
  const engine = spawn(process.execPath, [script, world.data, JSON.stringify(launch), moment], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [, signal] = (await once(engine, 'exit')) as [number | null, string | null]
  assert.equal(signal, 'SIGKILL')
}

function startsOf(app: string): number {
  return (readText(join(app, 'starts')) ?? '').split('\n').length - 1
}

describe('what a container asks for', () => {
  test('ulimits are set', async (t) => {
    const { app, runtime } = processWorld(t)
    const tasks = runtime()
    const ulimits = [{ name: 'nofile', softLimit: 100, hardLimit: 200 }]
    await startTask(tasks, task('t1', shellContainer(app, 'ulimit -Sn; ulimit -Hn', { ulimits })))
    await eventually('the end', async () => exitCodeOf(await tasks.inspect('t1')) === 0)
    assert.deepEqual(await tasks.logTail('t1', 'web', 9), ['100', '200'])
  })

  test('the user is changed by root, and for commands run in the container too', async (t) => {
    if (process.getuid?.() !== 0) return t.skip('only root can change the user')
    const { app, data, runtime } = processWorld(t)
    chmodSync(dirname(app), 0o755)
    mkdirSync(data, { mode: 0o755 })
    const tasks = runtime()
    const mounts = [{ volumeName: 'data', containerPath: '/data', readOnly: false }]
    const script = `id -u; id -g; echo x > "$VOLUME_DATA/file"; ${hold}`
    const container = shellContainer(app, script, { user: '4321:8765', mounts })
    await startTask(tasks, { ...task('t1', container), volumes: [{ name: 'data' }] })
    await eventually('its lines', async () => (await tasks.logTail('t1', 'web', 9)).includes('ready'))
    assert.deepEqual(await tasks.logTail('t1', 'web', 9), ['4321', '8765', 'ready'])
    const command = { arguments: ['id', '-u'], timeoutMilliseconds: 10_000, mostOutputBytes: 100 }
    assert.equal((await tasks.exec('t1', 'web', command)).stdout, '4321\n')
    const nobody = task('t2', shellContainer(app, hold, { user: 'no-such-user' }))
    await assert.rejects(startTask(tasks, nobody), startError(/^CannotStartContainerError: .*unable to find user/))
  })

  test('volumes are directories that variables tell, shared by the containers of a task', async (t) => {
    const { app, data, runtime } = processWorld(t)
    const tasks = runtime()
    const mounts = [
      { volumeName: 'my-data', containerPath: '/data', readOnly: false },
      { volumeName: 'kept', containerPath: '/kept', readOnly: false },
    ]
    const script = 'echo mine > "$VOLUME_MY_DATA/file"; echo kept > "$VOLUME_KEPT/file"'
    const writer = shellContainer(app, script, { name: 'writer', mounts })
    const kept = { name: 'kept', docker: { scope: 'shared', autoprovision: true } } as const
    const namespaces = { pidMode: 'task', ipcMode: 'host' }
    const launch = { ...task('t1', writer), volumes: [{ name: 'my-data' }, kept], namespaces }
    const [pids, volumes, ...more] = (await tasks.prepare(launch)).notes
    assert.equal(pids, 'pidMode task is not enforced: a process sees all of this machine.')
    assert.match(volumes ?? '', /^The volumes of container writer are not mounted: .*VOLUME_DATA/)
    assert.deepEqual(more, [])
    await startTask(tasks, launch)
    await eventually('the end', async () => exitCodeOf(await tasks.inspect('t1'), 'writer') === 0)
    assert.equal(readText(join(data, 'volumes', 'tasks', 't1', 'my-data', 'file')), 'mine\n')
    await tasks.remove('t1')
    assert.equal(readText(join(data, 'volumes', 'tasks', 't1', 'my-data', 'file')), undefined)
    assert.equal(readText(join(data, 'volumes', 'shared', 'kept', 'file')), 'kept\n')
  })
})

testTaskRuntime('the process runtime', (t) => {
  const { app, runtime } = processWorld(t)
  return {
    runtime,
    image: pathToFileURL(app).href,
    noImage: 'nobody:1',
    leave: (left) => {
      if (left instanceof ProcessRuntime) left.close()
    },
  }
})

/** Knows who sleeps. */
class CountingClock extends SystemClock {
  sleepers = 0
  begun = 0

  override async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.begun += 1
    this.sleepers += 1
    try {
      await super.sleep(milliseconds, signal)
    } finally {
      this.sleepers -= 1
    }
  }
}

/** Looks so seldom that much happens between two looks. */
class SleepyClock extends SystemClock {
  override sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return super.sleep(milliseconds + 1000, signal)
  }
}
