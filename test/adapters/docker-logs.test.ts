import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { DockerApi, dockerSocketPath } from '../../src/adapters/docker-api.ts'
import { followDockerLog } from '../../src/adapters/docker-logs.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import type { ContainerLaunch, OutputBatch } from '../../src/engine/ports.ts'
import { dockerWorld, nodeImage, withoutDocker } from './docker-world.ts'
import { eventually, exitCodeOf } from './process-world.ts'

const never = new AbortController().signal

describe('the output of a container in Docker', { skip: await withoutDocker() }, () => {
  test('comes in whole lines, however long, of both streams, and from any position on', async (t) => {
    const { api, runtime } = dockerWorld(t)
    const tasks = runtime()
    const script = `
      const lines = ['first', 'x'.repeat(100_000), 'ü'.repeat(20_000), '', 'y'.repeat(300_000), 'last without an end']
      process.stdout.write(lines.join('\\n'))
      process.stderr.write(Array.from({ length: 3000 }, (_, index) => 'error ' + index).join('\\n') + '\\n')`
    const image = await nodeImage({ 'write.js': script }, ['CMD ["node", "write.js"]'], api)
    const none = { environment: {}, containerPorts: [], stopTimeoutSeconds: 1 }
    const container: ContainerLaunch = { name: 'app', image, ...none }
    const launch = { taskId: 't1', taskArn: 'arn:aws:ecs:us-east-1:000000000000:task/t1', containers: [container] }
    await tasks.prepare(launch)
    await tasks.startContainer(launch, 'app')
    await eventually('the end', async () => exitCodeOf(await tasks.inspect('t1'), 'app') === 0)
    const batches: OutputBatch[] = []
    await tasks.followLog({ taskId: 't1', containerName: 'app' }, async (batch) => void batches.push(batch), never)
    const lines = batches.flatMap((batch) => batch.lines.map(({ message }) => message))
    const [out, err] = [
      lines.filter((line) => !line.startsWith('error ')),
      lines.filter((line) => line.startsWith('error ')),
    ]
    assert.deepEqual(
      out.map((line) => [line.slice(0, 5), line.length]),
      [
        ['first', 5],
        ['xxxxx', 100_000],
        ['üüüüü', 20_000],
        ['', 0],
        ['yyyyy', 262_144],
        ['yyyyy', 37_856],
        ['last ', 19],
      ],
    )
    assert.deepEqual(
      err,
      Array.from({ length: 3000 }, (_, index) => `error ${index}`),
    )

    // As the lines come, they are in a few batches or in thousands.
    const apart = Math.ceil(batches.length / 12)
    for (const [index, { position }] of batches.entries()) {
      if (index % apart !== 0) continue
      const rest: OutputBatch[] = []
      const source = { taskId: 't1', containerName: 'app', position }
      await tasks.followLog(source, async (batch) => void rest.push(batch), never)
      const expected = batches.slice(index + 1).flatMap((batch) => batch.lines)
      assert.ok(
        isDeepStrictEqual(
          rest.flatMap((batch) => batch.lines),
          expected,
        ),
        `what follows on ${position}`,
      )
    }
  })

  test('of a container that is not there is an error', async (t) => {
    const api = new DockerApi(dockerSocketPath())
    t.after(() => api.close())
    const following = followDockerLog(api, 'teal-nobody', {
      position: undefined,
      sink: async () => undefined,
      signal: never,
      clock: new SystemClock(),
      hasEnded: async () => false,
    })
    await assert.rejects(following, /No such container/)
  })
})
