import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { DockerUnreachable } from '../../src/adapters/docker-api.ts'
import type { ContainerDetails } from '../../src/adapters/docker-containers.ts'
import { observeContainer } from '../../src/adapters/docker-observation.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import type { ContainerObservation } from '../../src/engine/ports.ts'
import { dockerEngine } from './docker-engine.ts'

const outOfMemory = 'OutOfMemoryError: Container killed due to memory usage'
const event = {
  termination: { Action: 'kill', Actor: { Attributes: { signal: '15' } } },
  kill: { Action: 'kill', Actor: { Attributes: { signal: '9' } } },
  memory: { Action: 'oom', Actor: { Attributes: {} } },
}

describe('a container that was killed', () => {
  test('was so for memory where Docker told of that after the end, and keeps nothing of it', async (t) => {
    const { state, asked } = await seen(t, { ExitCode: 137 }, async (answer) => {
      await tell(answer, event.termination)
      await tell(answer, event.memory)
    })
    assert.deepEqual(state, { kind: 'exited', exitCode: 137, reason: outOfMemory })
    const query = asked[0]?.searchParams
    assert.deepEqual(JSON.parse(query?.get('filters') ?? ''), {
      type: ['container'],
      container: ['c1'],
      event: ['oom', 'kill'],
    })
    assert.deepEqual([query?.get('since'), query?.get('until')], ['1795248000.125', '1795248063.500'])
  })

  test('was not for memory where Docker was asked to kill it, which is known at once', async (t) => {
    const { state } = await seen(t, { ExitCode: 137 }, (answer) => tell(answer, event.kill))
    assert.deepEqual(state, { kind: 'exited', exitCode: 137 })
  })

  test('was not for memory where Docker tells nothing in time', async (t) => {
    const { state } = await seen(t, { ExitCode: 137 }, (answer) => void answer.end())
    assert.deepEqual(state, { kind: 'exited', exitCode: 137 })
  })

  test('is asked for again later where Docker ends while it tells', async (t) => {
    const broken = seen(t, { ExitCode: 137 }, async (answer) => {
      await tell(answer, event.termination)
      answer.destroy()
    })
    await assert.rejects(broken, (error) => error instanceof DockerUnreachable)
  })

  test('is asked nothing more about where Docker knows the reason, or there can be none', async (t) => {
    const known = await seen(t, { ExitCode: 137, OOMKilled: true }, unexpected)
    assert.deepEqual(known.state, { kind: 'exited', exitCode: 137, reason: outOfMemory })
    const failed = await seen(t, { ExitCode: 1 }, unexpected)
    assert.deepEqual(failed.state, { kind: 'exited', exitCode: 1 })
    const unlimited = await seen(t, { ExitCode: 137, memory: 0 }, unexpected)
    assert.deepEqual(unlimited.state, { kind: 'exited', exitCode: 137 })
    const running = await seen(t, { Status: 'running', ExitCode: 0 }, unexpected)
    assert.deepEqual(running.state, { kind: 'running' })
    assert.deepEqual(
      [known, failed, unlimited, running].flatMap(({ asked }) => asked),
      [],
    )
  })
})

type Seen = { readonly state: ContainerObservation['state']; readonly asked: readonly URL[] }

/** What is seen of a container in this state, of which Docker tells these events. */
async function seen(
  t: TestContext,
  { memory = 96 * 1024 * 1024, ...state }: Partial<ContainerDetails['State']> & { readonly memory?: number },
  events: (answer: ServerResponse) => Promise<void> | void,
): Promise<Seen> {
  const asked: URL[] = []
  const { api } = await dockerEngine(t, ({ url = '' }, answer) => {
    asked.push(new URL(url, 'http://docker'))
    void events(answer)
  })
  const container: ContainerDetails = {
    Id: 'c1',
    Name: '/app',
    State: {
      Status: 'exited',
      ExitCode: 0,
      OOMKilled: false,
      StartedAt: '2026-11-21T08:00:00.125456789Z',
      FinishedAt: '2026-11-21T08:01:00.5Z',
      ...state,
    },
    Config: { Labels: { 'teal.container': 'app' } },
    HostConfig: { Memory: memory },
    NetworkSettings: { Networks: {} },
  }
  const observation = await observeContainer(api, new SystemClock(), container)
  return { state: observation.state, asked }
}

/** Resolves when it is on its way; the answer goes on. */
function tell(answer: ServerResponse, told: object): Promise<void> {
  return new Promise((resolve) => answer.write(`${JSON.stringify(told)}\n`, () => resolve()))
}

function unexpected(answer: ServerResponse): void {
  answer.writeHead(500).end()
}
