import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FunctionInvocation, FunctionOutcome } from '../../src/engine/function-runtime.ts'
import { FunctionCannotRunError } from '../../src/engine/functions.ts'
import { LambdaFunctions } from '../../src/engine/lambda-functions.ts'
import { Store } from '../../src/engine/store.ts'
import type { FunctionVersion, LambdaFunction } from '../../src/domain/lambda-function.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { SeededChance } from '../world/seeded-chance.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

const arn = 'arn:aws:lambda:us-east-1:000000000000:function:hook'

test('a call runs the version it means, in the region of its ARN, or of the caller', async () => {
  const { functions, ran } = world()
  const call = { region: 'us-east-1', payload: '{}' }
  const result = await functions.invoke({ ...call, functionName: 'hook' })
  assert.deepEqual([result.executedVersion, result.payload], ['$LATEST', '"done"'])
  await functions.invoke({ ...call, functionName: `${arn}:live`, region: 'eu-west-1' })
  assert.deepEqual(
    ran.map(({ version, invokedFunctionArn, region, handler, endpointUrl }) => [
      version,
      invokedFunctionArn,
      region,
      handler,
      endpointUrl,
    ]),
    [
      ['$LATEST', arn, 'us-east-1', 'index.latest', 'http://engine'],
      ['1', `${arn}:live`, 'us-east-1', 'index.first', 'http://engine'],
    ],
  )
  assert.equal(ran[0]?.requestId, result.requestId)
})

test('what is not there is missing', async () => {
  const { functions } = world()
  const other = arn.replace('000000000000', '123456789012')
  for (const functionName of [
    'none',
    'hook:9',
    `${arn}:dead`,
    'no name',
    other,
    arn.replace('us-east-1', 'eu-west-1'),
  ]) {
    const call = functions.invoke({ functionName, region: 'us-east-1', payload: '{}' })
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof FunctionCannotRunError, functionName)
      assert.equal(error.reason, 'missing')
      assert.match(error.message, /^Function not found: /)
      return true
    })
  }
})

test('after an abort nobody waits, and the function goes on', async () => {
  const running = Promise.withResolvers<FunctionOutcome>()
  const { functions, ran } = world(() => running.promise)
  const abort = new AbortController()
  const call = functions.invoke({ functionName: 'hook', region: 'us-east-1', payload: '{}', signal: abort.signal })
  abort.abort(new Error('enough'))
  await assert.rejects(call, /^Error: enough$/)
  assert.equal(ran.length, 1)
  running.reject(new Error('too late for anybody'))
})

function world(run: (invocation: FunctionInvocation) => Promise<FunctionOutcome> = async () => done) {
  const store = new Store(new MemoryPersistence())
  store.functions.put('us-east-1/hook', hook)
  const ran: FunctionInvocation[] = []
  const runtime = {
    run: async (invocation: FunctionInvocation) => {
      ran.push(invocation)
      return run(invocation)
    },
    close: async () => undefined,
  }
  const settings = { accountId: '000000000000', minuteMilliseconds: 1, listenHost: '', endpointUrl: 'http://engine' }
  const log = { info: () => undefined, warn: () => undefined }
  const clock = new VirtualClock()
  const functions = new LambdaFunctions({ store, clock, chance: new SeededChance(1), settings, runtime, log })
  return { functions, ran }
}

const done: FunctionOutcome = { payload: '"done"', logLines: [], durationMilliseconds: 1 }

function aVersion(number: string, handler: string): FunctionVersion {
  return {
    version: number,
    runtime: 'nodejs22.x',
    handler,
    role: '',
    description: '',
    timeoutSeconds: 3,
    memorySizeMegabytes: 128,
    environment: {},
    recorded: {},
    code: { sha256: '0', sizeBytes: 1 },
    lastModified: 0,
    revisionId: number,
  }
}

const hook: LambdaFunction = {
  functionName: 'hook',
  functionArn: arn,
  region: 'us-east-1',
  latest: aVersion('$LATEST', 'index.latest'),
  published: [aVersion('1', 'index.first')],
  lastPublished: 1,
  aliases: [{ name: 'live', functionVersion: '1', description: '', additionalVersionWeights: {}, revisionId: 'r' }],
  statements: [],
  tags: {},
}
