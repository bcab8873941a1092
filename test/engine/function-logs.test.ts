import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { LogFilesOnDisk } from '../../src/adapters/log-files.ts'
import { LoggedFunctions } from '../../src/engine/function-logs.ts'
import type { FunctionInvocation } from '../../src/engine/function-runtime.ts'
import { LogStore } from '../../src/engine/log-store.ts'
import { Store } from '../../src/engine/store.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { SeededChance } from '../world/seeded-chance.ts'
import { VirtualClock } from '../world/virtual-clock.ts'
import { readLog } from './read-log.ts'

function world(t: TestContext, lines = ['one', '', 'two']) {
  const data = mkdtempSync(join(tmpdir(), 'teal-function-logs-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  const [clock, chance, warnings] = [new VirtualClock(), new SeededChance(1), [] as string[]]
  const files = new LogFilesOnDisk(data)
  const logs = new LogStore({ store: new Store(new MemoryPersistence()), clock, chance, files })
  const named: string[] = []
  const runtime = {
    run: async ({ onLogLine, logStreamName = '' }: FunctionInvocation) => {
      named.push(logStreamName)
      for (const line of lines) onLogLine?.(line)
      return { payload: '1', logLines: [], durationMilliseconds: 1 }
    },
    close: async () => undefined,
  }
  const log = { info: () => undefined, warn: (message: string) => void warnings.push(message) }
  const context = { logs, clock, chance, settings: { accountId: '000000000000' }, log }
  return { functions: new LoggedFunctions(runtime, context), logs, files, warnings, named }
}

const invocation = { functionName: 'check', region: 'us-east-1', version: '$LATEST' } as FunctionInvocation

test('what a function writes is an event in its log group, and heard by whoever invoked it', async (t) => {
  const { functions, logs, named } = world(t)
  const heard: string[] = []
  await functions.run({ ...invocation, onLogLine: (line) => heard.push(line) })
  await functions.close()
  assert.deepEqual(heard, ['one', '', 'two'])
  const group = logs.group('us-east-1', '/aws/lambda/check')
  assert(group)
  const [stream, ...more] = logs.streams(group)
  assert(stream)
  assert.deepEqual(more, [])
  assert.match(stream.name, /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/)
  assert.deepEqual(named, [stream.name], 'the function knows its name')
  assert.deepEqual(await readLog(logs, group, stream), ['one', 'two'])
})

test('lines that come faster than they are written one by one are written together, in their order', async (t) => {
  const lines = Array.from({ length: 2_500 }, (_, index) => `line ${index}`)
  const { functions, logs, files } = world(t, lines)
  const append = files.append.bind(files)
  let writings = 0
  files.append = (...call) => {
    writings += 1
    return append(...call)
  }
  await functions.run(invocation)
  await functions.close()
  const group = logs.group('us-east-1', '/aws/lambda/check')
  assert(group)
  const [stream] = logs.streams(group)
  assert(stream)
  assert.deepEqual(await readLog(logs, group, stream), lines)
  assert.equal(writings, 4)
})

test('where the log cannot be written, the function goes on and that is told once', async (t) => {
  const { functions, files, warnings } = world(t)
  files.append = async () => {
    throw new Error('the disk is full')
  }
  assert.equal((await functions.run(invocation)).payload, '1')
  await functions.close()
  assert.deepEqual(warnings, ['The log of check is lost: Error: the disk is full'])
})
