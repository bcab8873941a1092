import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { LogFilesOnDisk } from '../../src/adapters/log-files.ts'
import { AwsLogs } from '../../src/engine/container-logs.ts'
import { LogStore } from '../../src/engine/log-store.ts'
import type { OutputBatch, TaskRuntime } from '../../src/engine/ports.ts'
import { Store } from '../../src/engine/store.ts'
import { aTask, aTaskDefinition } from '../world/a-service.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { SeededChance } from '../world/seeded-chance.ts'
import { VirtualClock } from '../world/virtual-clock.ts'
import { readLog } from './read-log.ts'

const place = { region: 'us-east-1', accountId: '000000000000' }
const options = { 'awslogs-group': '/ecs/web', 'awslogs-stream-prefix': 'web' }

/** A container that has written these lines; its log can be read as often as `failures` have happened. */
function world(t: TestContext, { failures = 0, more = {} }: { failures?: number; more?: Record<string, string> } = {}) {
  const data = mkdtempSync(join(tmpdir(), 'teal-container-logs-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  const [store, clock, warnings] = [new Store(new MemoryPersistence()), new VirtualClock(), [] as string[]]
  const [web] = aTaskDefinition().containerDefinitions
  assert.ok(web)
  const logConfiguration = { logDriver: 'awslogs', options: { ...options, ...more } }
  const definition = aTaskDefinition({ containerDefinitions: [{ ...web, logConfiguration }] })
  store.taskDefinitions.put(definition.taskDefinitionArn, definition)
  const plain = aTask('a')
  const task = { ...plain, containers: plain.containers.map((each) => ({ ...each, startedAt: 0 })) }
  store.tasks.put(task.taskArn, task)
  const logs = new LogStore({ store, clock, chance: new SeededChance(1), files: new LogFilesOnDisk(data) })
  const asked: (string | undefined)[] = []
  const lines = ['one', '', 'two']
  const followLog: TaskRuntime['followLog'] = async ({ position }, sink: (batch: OutputBatch) => Promise<void>) => {
    asked.push(position)
    if (asked.length <= failures) throw new Error('the log cannot be read')
    for (let index = Number(position ?? 0); index < lines.length; index++) {
      await sink({ lines: [{ timestamp: clock.now(), message: lines[index] ?? '' }], position: String(index + 1) })
    }
  }
  const log = { info: () => undefined, warn: (message: string) => void warnings.push(message) }
  const runtime = { followLog } as Partial<TaskRuntime> as TaskRuntime
  const begin = () => new AwsLogs({ store, clock, log, runtime, logs })
  const read = async () => {
    const [group, stream] = [logs.group('us-east-1', '/ecs/web'), logs.stream('us-east-1', '/ecs/web', 'web/web/a')]
    if (group === undefined || stream === undefined) return undefined
    return readLog(logs, group, stream)
  }
  return { task, definition, logs, begin, read, asked, warnings, clock }
}

/** Files need time of the world outside. */
async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`It did not come to be that ${isSo.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

describe("a container's log configuration", () => {
  test('needs its group', (t) => {
    const { begin, task, definition } = world(t)
    assert.throws(() => begin().prepare(task, definition), {
      name: 'TaskStartError',
      message:
        /^ResourceInitializationError: .*ResourceNotFoundException: The specified log group does not exist\. Make it with/,
    })
  })

  test('may have it made', async (t) => {
    const { begin, task, definition, read } = world(t, { more: { 'awslogs-create-group': 'true' } })
    begin().prepare(task, definition)
    assert.deepEqual(await read(), [])
  })

  test('sends every line once, empty ones aside, also over a change of engines', async (t) => {
    const { begin, task, logs, read, asked } = world(t)
    logs.createGroup(place, '/ecs/web')
    const first = begin()
    for (let time = 0; time < 3; time++) first.follow(task)
    await eventually(async () => (await read())?.length === 2)
    await first.stop()
    const second = begin()
    second.follow(task)
    await eventually(async () => asked.length === 2)
    await second.stop()
    assert.deepEqual(
      [asked, await read()],
      [
        [undefined, '3'],
        ['one', 'two'],
      ],
    )
  })

  test('is tried again where the log cannot be read, and says so once', async (t) => {
    const { begin, task, logs, read, warnings, clock } = world(t, { failures: 2 })
    logs.createGroup(place, '/ecs/web')
    const sending = begin()
    sending.follow(task)
    await eventually(async () => {
      await clock.run(() => false)
      return (await read())?.length === 2
    })
    await sending.stop()
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', /the log cannot be read/)
  })
})
