import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { readDockerIdentity } from '../../src/adapters/docker-identity.ts'
import type { ContainerLaunch, PreparedTask, TaskLaunch, TaskRuntime } from '../../src/engine/ports.ts'
import { dockerWorld, nodeImage, shellImage, withoutDocker } from './docker-world.ts'
import { eventually, exitCodeOf } from './process-world.ts'
import { testTaskRuntime } from './task-runtime-conformance.ts'
import type { ConformanceWorld } from './task-runtime-conformance.ts'

const skip = await withoutDocker()

// Most of each is waiting for Docker.
const concurrency = 4

describe('in Docker', { skip }, () => {
  testTaskRuntime('in Docker', conformanceWorld, { concurrency })
})

describe('a task in Docker', { skip, concurrency }, () => {
  test('has an address of its own, on which its containers share localhost and the host reaches their ports', async (t) => {
    const { api, runtime } = dockerWorld(t)
    const tasks = runtime()
    const server = `require('http').createServer((_, answer) => answer.end('hello')).listen(8080)`
    const ask = `const look = () => fetch('http://127.0.0.1:8080').then(async (answer) => console.log(await answer.text()), () => setTimeout(look, 50)); look()`
    const image = await nodeImage({ 'server.js': server, 'ask.js': ask }, ['CMD ["node", "server.js"]'], api)
    const web = { ...container('web', image), containerPorts: [8080] }
    const side = { ...container('side', image), command: ['node', 'ask.js'] }
    const launch = task('t1', web, side)
    const { endpoints, address = '' } = await started(tasks, launch)
    assert.deepEqual(endpoints, [{ containerName: 'web', containerPort: 8080, host: address, port: 8080 }])
    await eventually(
      'what the other container heard',
      async () => (await tasks.logTail('t1', 'side', 1))[0] === 'hello',
    )
    assert.equal(await (await fetch(`http://${address}:8080`)).text(), 'hello')
    const usage = await tasks.usage('t1')
    assert.ok((usage?.memoryBytes ?? 0) > 1_000_000 && (usage?.cpuMilliseconds ?? 0) > 1)
  })

  test('has the limits, the user and the file systems that its definition asks for', async (t) => {
    const { api, data, runtime } = dockerWorld(t)
    const tasks = runtime()
    mkdirSync(join(data, 'shared'))
    writeFileSync(join(data, 'shared', 'file'), 'from the host\n')
    const script = [
      'ulimit -n',
      'id -u',
      '(echo x > /file) 2>/dev/null || echo read-only',
      'echo kept > /scratch/file && cat /scratch/file',
      'cat /host/file; (echo x > /host/new) 2>/dev/null || echo read-only too',
      'echo ours > /ours/file',
      'echo $FROM_IMAGE',
    ].join('; ')
    const app: ContainerLaunch = {
      ...container('app', await shellImage(), script),
      limits: { cpuUnits: 256, memoryMebibytes: 64, memoryReservationMebibytes: 32 },
      ulimits: [{ name: 'nofile', softLimit: 123, hardLimit: 456 }],
      user: '0:0',
      readonlyRootFilesystem: true,
      tmpfs: [{ containerPath: '/scratch', sizeMebibytes: 1, mountOptions: ['noexec'] }],
      mounts: [
        { volumeName: 'host', containerPath: '/host', readOnly: true },
        { volumeName: 'ours', containerPath: '/ours', readOnly: false },
      ],
    }
    const launch: TaskLaunch = {
      ...task('t1', app),
      limits: { cpuUnits: 512, memoryMebibytes: 128 },
      volumes: [{ name: 'host', hostPath: join(data, 'shared') }, { name: 'ours' }],
      labels: { 'com.amazonaws.ecs.task-definition-family': 'web' },
    }
    await started(tasks, launch)
    await eventually('the end', async () => exitCodeOf(await tasks.inspect('t1'), 'app') === 0)
    const said = ['123', '0', 'read-only', 'kept', 'from the host', 'read-only too', 'yes']
    assert.deepEqual(await tasks.logTail('t1', 'app', 20), said)
    const query = { all: true, ...ours(data, 'teal.container=app') }
    const [found] = await api.call<readonly Found[]>('GET', '/containers/json', { query })
    assert.equal(found?.Labels['com.amazonaws.ecs.task-definition-family'], 'web')
    assert.equal(found?.Labels['com.amazonaws.ecs.container-name'], 'app')
    const { HostConfig } = await api.call<Details>('GET', `/containers/${found?.Id}/json`)
    assert.deepEqual(
      [HostConfig.NanoCpus, HostConfig.CpuShares, HostConfig.Memory, HostConfig.MemoryReservation],
      [5e8, 256, 64 * 1024 * 1024, 32 * 1024 * 1024],
    )
    await tasks.remove('t1')
    assert.deepEqual((await api.call<{ Volumes: unknown }>('GET', '/volumes', { query: ours(data) })).Volumes ?? [], [])
  })

  test('that wants more memory than it may have is killed, and the reason is told', async (t) => {
    const { api, runtime } = dockerWorld(t)
    const tasks = runtime()
    const greedy = `const kept = []; setInterval(() => kept.push(Buffer.alloc(8e6, 1)), 1)`
    const image = await nodeImage({ 'greedy.js': greedy }, ['CMD ["node", "greedy.js"]'], api)
    await started(tasks, task('t1', { ...container('app', image), limits: { memoryMebibytes: 96 } }))
    const state = await eventually('its end', async () => {
      const [seen] = await tasks.inspect('t1')
      return seen?.state.kind === 'exited' && seen.state
    })
    assert.equal(state.reason, 'OutOfMemoryError: Container killed due to memory usage')
    assert.equal(state.exitCode, 137)
  })

  test('that Docker has lost is told of, as one whose container has ended', async (t) => {
    const { api, runtime } = dockerWorld(t)
    const tasks = runtime()
    await started(tasks, task('t1', container('app', await shellImage(), 'exec sleep 300')))
    const ended: string[] = []
    tasks.onExit((taskId) => ended.push(taskId))
    const [seen] = await tasks.inspect('t1')
    await api.call('DELETE', `/containers/${seen?.runtimeId}`, { query: { force: true } })
    await eventually('the news', () => ended.includes('t1'))
    await eventually('nothing of it', async () => (await tasks.inspect('t1')).length === 0)
  })

  test('whose network is ended from outside ends with it, as by ECS’s agent', async (t) => {
    const { api, data, runtime } = dockerWorld(t)
    const [warnings, ended]: [string[], string[]] = [[], []]
    const tasks = runtime({ info: () => undefined, warn: (text) => warnings.push(text) })
    const patient = `trap 'exit 143' TERM; echo ready; while :; do sleep 0.05; done`
    await started(tasks, task('t1', container('app', await shellImage(), patient)))
    await eventually('ready', async () => (await tasks.logTail('t1', 'app', 1)).includes('ready'))
    tasks.onExit((taskId) => ended.push(taskId))
    const { id } = readDockerIdentity(data) ?? {}
    await api.call('POST', `/containers/teal-${id}-t1.pause/kill`)
    await eventually('the end', async () => exitCodeOf(await tasks.inspect('t1'), 'app') === 143)
    await eventually('the news', () => ended.includes('t1'))
    assert.match(warnings.join(), /^Task t1 is stopped: container teal-[0-9a-f]{10}-t1\.pause, which held its network/)
  })

  test('is not touched by the engine of another data directory', async (t) => {
    const [one, other] = [dockerWorld(t), dockerWorld(t)]
    const tasks = one.runtime()
    await started(tasks, task('t1', container('app', await shellImage(), 'exec sleep 300')))
    const others = other.runtime()
    assert.deepEqual(await others.list(), [])
    await others.remove('t1')
    await others.shutdown()
    assert.equal((await tasks.inspect('t1'))[0]?.state.kind, 'running')
  })

  test('keeps no command whose time is up before Docker has started it', async (t) => {
    const tasks = dockerWorld(t).runtime()
    await started(tasks, task('t1', container('app', await shellImage(), 'exec sleep 300')))
    const exec = (script: string, timeoutMilliseconds: number) =>
      tasks.exec('t1', 'app', { arguments: ['/bin/sh', '-c', script], timeoutMilliseconds, mostOutputBytes: 10_000 })
    for (const timeoutMilliseconds of [1, 10, 30, 50]) {
      const { exitCode } = await exec('exec sleep 12345', timeoutMilliseconds)
      assert.equal(exitCode, undefined)
    }
    await eventually('none of them', async () => {
      const { exitCode, stdout } = await exec('cat /proc/[0-9]*/cmdline', 20_000)
      return exitCode === 0 && stdout.includes('sleep') && !stdout.includes('12345')
    })
  })

  test('reaches the engine by the address of the network', async (t) => {
    const { runtime } = dockerWorld(t)
    const tasks = runtime()
    await tasks.open()
    const { gateway = '' } = tasks
    assert.match(gateway, /^\d+\.\d+\.\d+\.\d+$/)
    assert.equal(tasks.endpointUrlFor('http://127.0.0.1:4566'), `http://${gateway}:4566`)
    const server = createServer().listen(0, gateway)
    t.after(() => server.close())
    await once(server, 'listening')
  })
})

async function conformanceWorld(t: TestContext): Promise<ConformanceWorld> {
  const image = await shellImage()
  const { runtime } = dockerWorld(t)
  return {
    runtime: () => runtime(),
    image,
    noImage: 'teal-test-nowhere.invalid/none:1',
    leave: (left) => (left as ReturnType<typeof runtime>).close(),
  }
}

type Found = { readonly Id: string; readonly Labels: Readonly<Record<string, string>> }
type Details = {
  readonly HostConfig: Readonly<Record<'NanoCpus' | 'CpuShares' | 'Memory' | 'MemoryReservation', number>>
}

function ours(data: string, ...labels: readonly string[]): Readonly<Record<string, string>> {
  const { id } = readDockerIdentity(data) ?? {}
  return { filters: JSON.stringify({ label: [`teal.data-directory=${id}`, ...labels] }) }
}

function container(name: string, image: string, script?: string): ContainerLaunch {
  return {
    name,
    image,
    ...(script === undefined ? {} : { command: ['/bin/sh', '-c', script] }),
    environment: {},
    containerPorts: [],
    stopTimeoutSeconds: 1,
  }
}

function task(taskId: string, ...containers: readonly ContainerLaunch[]): TaskLaunch {
  return { taskId, taskArn: `arn:aws:ecs:us-east-1:000000000000:task/default/${taskId}`, containers }
}

async function started(tasks: TaskRuntime, launch: TaskLaunch): Promise<PreparedTask> {
  const prepared = await tasks.prepare(launch)
  for (const { name } of launch.containers) await tasks.startContainer(launch, name)
  return prepared
}
