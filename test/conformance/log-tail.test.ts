import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { LogFilesOnDisk } from '../../src/adapters/log-files.ts'
import { SystemChance } from '../../src/adapters/system-chance.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { startEndpoint } from '../../src/aws/endpoint.ts'
import { cloudWatchLogs } from '../../src/aws/logs/service.ts'
import { LogStore } from '../../src/engine/log-store.ts'
import { Store } from '../../src/engine/store.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { command, missing } from './command.ts'

const program = fileURLToPath(new URL('follow-log.py', import.meta.url))
const skip = await missing('python3', ['-c', 'import boto3'])
const [early, during] = [20, 15]
const [accountId, region] = ['000000000000', 'us-east-1']

test(
  'a log that is followed shows every line once, while several tasks write',
  { skip, timeout: 60_000 },
  async (t) => {
    const { logs, url } = await aLog(t)
    const group = logs.createGroup({ region, accountId }, '/ecs/web')
    const streams = ['web/a', 'web/b', 'web/c'].map((name) => logs.createStream(group, name))
    const began = Date.now()
    let written = 0
    const write = async (): Promise<void> => {
      const number = written++
      for (const stream of streams) {
        // Lines of one task are often of one millisecond.
        const lines = Array.from({ length: 3 }, (_, line) => ({ timestamp: Date.now(), message: `${number}-${line}` }))
        await logs.append(stream, lines)
      }
    }
    for (let index = 0; index < early; index++) await write()
    let meanwhile: Promise<void> | undefined
    const writeOn = async (): Promise<void> => {
      for (let index = 0; index < during; index++) await Promise.all([write(), delay(20)])
    }
    const lines = (early + during) * 3
    const argv = [program, group.name, String(began), String(lines * streams.length)]
    const { exitCode, output, errors } = await command(url, 'python3', argv, {
      onOutput: () => {
        meanwhile ??= writeOn()
      },
    })
    await meanwhile
    assert.equal(exitCode, 0, errors)
    const shown = output.trim().split('\n')
    for (const { name } of streams) {
      const own = shown.filter((line) => line.startsWith(`${name} `))
      const expected = Array.from({ length: lines }, (_, at) => `${name} ${Math.floor(at / 3)}-${at % 3}`)
      assert.deepEqual(own, expected)
    }
  },
)

async function aLog(t: TestContext): Promise<{ readonly logs: LogStore; readonly url: string }> {
  const data = mkdtempSync(join(tmpdir(), 'teal-logs-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  const [store, clock, chance] = [new Store(new MemoryPersistence()), new SystemClock(), new SystemChance()]
  const logs = new LogStore({ store, clock, chance, files: new LogFilesOnDisk(data) })
  const log = { info: () => undefined, warn: assert.fail }
  const services = [cloudWatchLogs({ store, clock, logs })]
  const endpoint = await startEndpoint({ services, host: '127.0.0.1', port: 0, accountId, log })
  t.after(() => endpoint.close())
  return { logs, url: endpoint.url }
}
