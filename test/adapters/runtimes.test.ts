import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { readDockerIdentity } from '../../src/adapters/docker-identity.ts'
import { countTasks, leftRuntimes, startRuntime } from '../../src/adapters/runtimes.ts'
import type { RuntimeKind, StartedRuntime } from '../../src/adapters/runtimes.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import type { Log } from '../../src/engine/ports.ts'
import { shellImage, withoutDocker } from './docker-world.ts'
import { shellContainer, startTask, task } from './process-world.ts'

const clock = new SystemClock()

/** A data directory; nothing of it is left after the test. */
function place(t: TestContext) {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'teal-runtimes-'))
  const started: StartedRuntime[] = []
  const logged: string[] = []
  const note = (line: string): void => void logged.push(line)
  const log: Log = { info: note, warn: note }
  t.after(async () => {
    for (const { runtime } of started) runtime.close()
    for (const runtime of leftRuntimes({ dataDirectory, clock })) {
      await runtime.shutdown()
      runtime.close()
    }
    rmSync(dataDirectory, { recursive: true, force: true })
  })
  const start = async (kind: RuntimeKind): Promise<StartedRuntime> => {
    const made = await startRuntime(kind, { dataDirectory, clock, log })
    started.push(made)
    return made
  }
  return { dataDirectory, start, logged }
}

function withDockerHost(t: TestContext, value: string): void {
  const before = process.env['DOCKER_HOST']
  process.env['DOCKER_HOST'] = value
  t.after(() => {
    if (before === undefined) delete process.env['DOCKER_HOST']
    else process.env['DOCKER_HOST'] = before
  })
}

describe('the runtime of a data directory, where no Docker engine answers', () => {
  test('is processes, unless Docker is asked for, which is refused with what to do', async (t) => {
    const { dataDirectory, start, logged } = place(t)
    withDockerHost(t, 'unix:///nowhere/docker.sock')
    assert.equal((await start('auto')).runtime.name, 'process')
    await assert.rejects(
      start('docker'),
      /^Error: Docker does not answer at unix:\/\/\/nowhere\/docker\.sock: there is no such socket\. Start it, or use --runtime process\.$/,
    )
    assert.equal(readDockerIdentity(dataDirectory), undefined)
    assert.deepEqual(logged, [], 'nothing is promised for later by what does not start')
  })

  test('is not an engine of another machine', async (t) => {
    const { start } = place(t)
    withDockerHost(t, 'tcp://127.0.0.1:2375')
    assert.equal((await start('auto')).runtime.name, 'process')
    await assert.rejects(start('docker'), /DOCKER_HOST is tcp:/)
  })
})

describe('the runtime of a data directory, where Docker answers', { skip: await withoutDocker() }, () => {
  test('is Docker, and stays it', async (t) => {
    const { dataDirectory, start } = place(t)
    const first = await start('auto')
    assert.equal(first.runtime.name, 'docker')
    first.runtime.close()
    mkdirSync(join(dataDirectory, 'images'))
    assert.equal((await start('auto')).runtime.name, 'docker')
  })

  test('is processes where images for them were made', async (t) => {
    const { dataDirectory, start } = place(t)
    mkdirSync(join(dataDirectory, 'images'))
    assert.equal((await start('auto')).runtime.name, 'process')
  })

  test('is not changed under tasks that run', async (t) => {
    const { dataDirectory, start } = place(t)
    const { runtime } = await start('docker')
    await startTask(
      runtime,
      task('t1', { ...shellContainer('/', 'exec sleep 300'), image: await shellImage(), stopTimeoutSeconds: 0 }),
    )
    assert.equal(await countTasks(dataDirectory, clock), 1)
    await assert.rejects(
      start('process'),
      /^Error: 1 task of .* runs in Docker\. Go on with them by --runtime docker, or end them first with `teal down/,
    )
    await runtime.shutdown()
    const processes = await start('process')
    await startTask(processes.runtime, task('t2', shellContainer(dataDirectory, 'exec sleep 300')))
    await assert.rejects(
      start('docker'),
      /^Error: 1 task of .* runs as processes\. Go on with them by --runtime process/,
    )
  })
})
