import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { FunctionCannotRunError } from '../../src/engine/functions.ts'
import type { FunctionOutcome } from '../../src/engine/function-runtime.ts'
import { functionWorld } from './function-world.ts'
import { eventually, isRunning, readText } from './process-world.ts'

type ErrorPayload = { readonly errorType?: string; readonly errorMessage?: string }

function errorOf({
  payload,
  functionError,
}: FunctionOutcome): ErrorPayload & { readonly functionError: string | undefined } {
  const { errorType, errorMessage } = JSON.parse(payload) as ErrorPayload
  return {
    functionError,
    ...(errorType !== undefined && { errorType }),
    ...(errorMessage !== undefined && { errorMessage }),
  }
}

describe('handlers of Node.js', () => {
  const modules: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    ['CommonJS in .js', 'index.handler', { 'index.js': 'exports.handler = async () => 1' }],
    ['CommonJS in .cjs', 'index.handler', { 'index.cjs': 'exports.handler = async () => 1' }],
    ['ES modules in .mjs', 'index.handler', { 'index.mjs': 'export const handler = async () => 1' }],
    [
      'ES modules in .js by package.json',
      'index.handler',
      { 'package.json': '{"type":"module"}', 'index.js': 'export const handler = async () => 1' },
    ],
    ['modules in a directory', 'src/hooks/after.run', { 'src/hooks/after.js': 'exports.run = async () => 1' }],
    ['members of an export', 'index.hooks.after', { 'index.js': 'exports.hooks = { after: async () => 1 }' }],
    [
      'modules of their own node_modules',
      'index.handler',
      {
        'index.mjs': "import one from 'one'\nexport const handler = async () => one",
        'node_modules/one/package.json': '{"name":"one","main":"index.js"}',
        'node_modules/one/index.js': 'module.exports = 1',
      },
    ],
    [
      'handlers with a callback',
      'index.handler',
      { 'index.js': 'exports.handler = (event, context, callback) => { setTimeout(callback, 5, null, 1) }' },
    ],
    ['context.succeed', 'index.handler', { 'index.js': 'exports.handler = (event, context) => context.succeed(1)' }],
    [
      'callbacks that leave something running',
      'index.handler',
      {
        'index.js':
          'exports.handler = (event, context, callback) => { context.callbackWaitsForEmptyEventLoop = false; setInterval(() => {}, 1000); callback(null, 1) }',
      },
    ],
  ]
  for (const [name, handler, files] of modules) {
    test(`run: ${name}`, async (t) => {
      const { runtime, invocation } = functionWorld(t)
      const outcome = await runtime.run(await invocation(files, { handler }))
      assert.deepEqual([outcome.payload, outcome.functionError], ['1', undefined], outcome.logLines.join('\n'))
    })
  }

  test('know of their invocation and their environment what they would on Lambda', async (t) => {
    const { runtime, invocation, code } = functionWorld(t)
    const call = await invocation(
      {
        'index.mjs': `export const handler = async (event, context) => ({
          event, context: { ...context, remaining: context.getRemainingTimeInMillis() },
          variables: Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(AWS_|LAMBDA_|_HANDLER|STAGE)/.test(name))),
          directory: process.cwd(),
        })`,
      },
      { payload: '{"a":[1]}', environment: { STAGE: 'test' }, endpointUrl: 'http://127.0.0.1:4566' },
    )
    const { payload } = await runtime.run(call)
    const told = JSON.parse(payload) as {
      event: unknown
      context: Record<string, unknown>
      variables: Record<string, string>
      directory: string
    }
    assert.deepEqual(told.event, { a: [1] })
    const {
      remaining,
      awsRequestId,
      functionName,
      functionVersion,
      invokedFunctionArn,
      memoryLimitInMB,
      logGroupName,
    } = told.context
    assert.ok(Number(remaining) > 1_000 && Number(remaining) <= 60_000, String(remaining))
    assert.deepEqual(
      { awsRequestId, functionName, functionVersion, invokedFunctionArn, memoryLimitInMB, logGroupName },
      {
        awsRequestId: call.requestId,
        functionName: 'hook',
        functionVersion: '$LATEST',
        invokedFunctionArn: call.invokedFunctionArn,
        memoryLimitInMB: '128',
        logGroupName: '/aws/lambda/hook',
      },
    )
    assert.equal(told.directory, code.taskRoot(call.codeSha256))
    const { STAGE, AWS_REGION, AWS_ENDPOINT_URL, AWS_EXECUTION_ENV, _HANDLER, LAMBDA_TASK_ROOT } = told.variables
    assert.deepEqual([STAGE, AWS_REGION, AWS_ENDPOINT_URL], ['test', 'eu-west-1', 'http://127.0.0.1:4566'])
    assert.deepEqual(
      [AWS_EXECUTION_ENV, _HANDLER, LAMBDA_TASK_ROOT],
      ['AWS_Lambda_nodejs22.x', 'index.handler', told.directory],
    )
    assert.equal(told.variables['AWS_LAMBDA_LOG_STREAM_NAME'], call.logStreamName)
  })

  test('call CodeDeploy with the SDK that Lambda would lend them, at the engine', async (t) => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(String(request.headers['x-amz-target']))
      response.end('{}')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const { runtime, invocation } = functionWorld(t)
    const body = `{ await new CodeDeployClient({}).send(new PutLifecycleEventHookExecutionStatusCommand({ deploymentId: 'd-1', status: 'Succeeded' })) }`
    const names = '{ CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand }'
    const files = [
      { 'index.mjs': `import ${names} from '@aws-sdk/client-codedeploy'\nexport const handler = async () => ${body}` },
      { 'index.js': `const ${names} = require('@aws-sdk/client-codedeploy')\nexports.handler = async () => ${body}` },
    ]
    const endpointUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const each of files) {
      const outcome = await runtime.run(await invocation(each, { endpointUrl }))
      assert.equal(outcome.payload, 'null', outcome.logLines.join('\n'))
    }
    const target = 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus'
    assert.deepEqual(asked, [target, target])
  })

  test('get no other package of the program', async (t) => {
    const { runtime, invocation } = functionWorld(t)
    for (const [name, hint] of [
      ['commander', false],
      ['@aws-sdk/client-sqs', true],
    ] as const) {
      const outcome = await runtime.run(await invocation({ 'index.js': `require('${name}')` }))
      const { errorType, errorMessage = '' } = errorOf(outcome)
      assert.equal(errorType, 'Runtime.ImportModuleError')
      assert.match(errorMessage, new RegExp(`^Error: Cannot find module '${name}'`))
      assert.equal(errorMessage.includes("Put @aws-sdk/client-sqs into the function's node_modules"), hint)
    }
  })

  const failures: readonly (readonly [string, string, string, string, (string | undefined)?])[] = [
    ['an error thrown', 'exports.handler = async () => { throw new TypeError("boom") }', 'TypeError', 'boom'],
    [
      'an error of a callback',
      'exports.handler = (event, context, callback) => callback(new Error("no"))',
      'Error',
      'no',
    ],
    [
      'a rejection nobody handles',
      'exports.handler = async () => { Promise.reject(new Error("lost")); await new Promise((done) => setTimeout(done, 20_000)) }',
      'Runtime.UnhandledPromiseRejection',
      'Error: lost',
    ],
    ['an error on loading', 'throw new Error("at once")', 'Error', 'at once'],
    [
      'a handler that is not there',
      'exports.other = 1',
      'Runtime.HandlerNotFound',
      'index.handler is undefined or not exported',
    ],
    ['bad syntax', 'const =', 'Runtime.UserCodeSyntaxError', "SyntaxError: Unexpected token '='"],
    [
      'ES modules where Node.js 22 of Lambda has none',
      'export const handler = async () => 1',
      'Runtime.UserCodeSyntaxError',
      "SyntaxError: Unexpected token 'export'",
    ],
    [
      'a callback with Node.js 24',
      'exports.handler = (event, context, callback) => callback()',
      'Runtime.CallbackHandlerDeprecated',
      '',
      'nodejs24.x',
    ],
    [
      'a promise never settled with Node.js 24',
      'exports.handler = () => new Promise(() => {})',
      'Runtime.NodeJsExit',
      '',
      'nodejs24.x',
    ],
  ]
  for (const [name, source, errorType, errorMessage, runtimeName = 'nodejs22.x'] of failures) {
    test(`fail as on Lambda: ${name}`, async (t) => {
      const { runtime, invocation } = functionWorld(t)
      const outcome = await runtime.run(await invocation({ 'index.js': source }, { runtime: runtimeName }))
      const found = errorOf(outcome)
      assert.deepEqual([found.functionError, found.errorType], ['Unhandled', errorType], outcome.payload)
      if (errorMessage !== '') assert.equal(found.errorMessage, errorMessage)
    })
  }

  test('may not use more memory than they are given', async (t) => {
    const { runtime, invocation } = functionWorld(t)
    const source =
      'exports.handler = async () => { const all = []; for (;;) all.push(new Array(100_000).fill(all.length)) }'
    const outcome = await runtime.run(await invocation({ 'index.js': source }))
    assert.equal(errorOf(outcome).errorType, 'Runtime.ExitError')
    assert.match(errorOf(outcome).errorMessage ?? '', /Runtime exited with error: signal: (aborted|killed)$/)
  })
})

const python = hasPython()

describe('handlers of Python', { skip: python ? false : 'there is no python3 on this machine' }, () => {
  const source = `
import json, logging, os
def handler(event, context):
    print('printed')
    logging.getLogger().warning('warned')
    if event.get('fail'):
        raise ValueError('no')
    return {'event': event, 'name': context.function_name, 'remaining': context.get_remaining_time_in_millis() > 1000,
            'request': context.aws_request_id, 'region': os.environ['AWS_REGION']}
`

  test('run, and write to the log', async (t) => {
    const { runtime, invocation } = functionWorld(t)
    const call = await invocation(
      { 'hooks/after.py': source },
      { runtime: 'python3.12', handler: 'hooks/after.handler', payload: '{"ä":1}' },
    )
    const outcome = await runtime.run(call)
    assert.deepEqual(JSON.parse(outcome.payload), {
      event: { ä: 1 },
      name: 'hook',
      remaining: true,
      request: call.requestId,
      region: 'eu-west-1',
    })
    assert.ok(outcome.logLines.includes('printed'))
    assert.ok(outcome.logLines.some((line) => /^\[WARNING\]\t\S+Z\t\S+\twarned$/.test(line)))
  })

  test('fail as on Lambda, and go on afterwards', async (t) => {
    const { runtime, invocation } = functionWorld(t)
    const call = await invocation({ 'app.py': source }, { runtime: 'python3.12', handler: 'app.handler' })
    const outcome = await runtime.run({ ...call, payload: '{"fail":true}' })
    assert.deepEqual(errorOf(outcome), { functionError: 'Unhandled', errorType: 'ValueError', errorMessage: 'no' })
    assert.equal((await runtime.run(call)).functionError, undefined)
  })

  const failures: readonly (readonly [string, string, string, string])[] = [
    [
      'app.handler',
      'import nothing_of_this_name',
      'Runtime.ImportModuleError',
      "Unable to import module 'app': No module named 'nothing_of_this_name'",
    ],
    ['app.other', 'handler = 1', 'Runtime.HandlerNotFound', "Handler 'other' missing on module 'app'"],
    ['app.handler', 'import sys\ndef handler(event, context): sys.exit(3)', 'Runtime.ExitError', 'exit status 3'],
    [
      'app.handler',
      'def handler(event, context): return object()',
      'Runtime.MarshalError',
      'Unable to marshal response: Object of type object is not JSON serializable',
    ],
    ['app.handler', 'def handler(event, context): bytearray(1024 * 1024 * 1024)', 'MemoryError', ''],
  ]
  for (const [handler, text, errorType, errorMessage] of failures) {
    const skip =
      errorType === 'MemoryError' && process.platform !== 'linux' ? 'this system does not limit memory' : false
    test(`end with ${errorType}`, { skip }, async (t) => {
      const { runtime, invocation } = functionWorld(t)
      const outcome = await runtime.run(await invocation({ 'app.py': text }, { runtime: 'python3.9', handler }))
      const found = errorOf(outcome)
      assert.equal(found.errorType, errorType, outcome.payload)
      assert.ok(found.errorMessage?.endsWith(errorMessage), found.errorMessage)
    })
  }
})

describe('any runtime', () => {
  test('runs that speaks the Runtime API', async (t) => {
    const { runtime, invocation } = functionWorld(t)
    const bootstrap = `#!${process.execPath}
const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/invocation/'
const main = async () => {
  for (;;) {
    const next = await fetch(api + 'next')
    const id = next.headers.get('lambda-runtime-aws-request-id')
    const wrong = await fetch(api + 'x/response', { method: 'POST', body: '1' })
    const body = JSON.stringify({ event: await next.json(), wrong: wrong.status })
    await fetch(api + id + '/response', { method: 'POST', body })
  }
}
main()
`
    const call = await invocation(
      { bootstrap },
      { runtime: 'provided.al2023', handler: 'any', payload: '[1]', memorySizeMegabytes: 1_024 },
    )
    const outcome = await runtime.run(call)
    assert.deepEqual(JSON.parse(outcome.payload), { event: [1], wrong: 400 }, outcome.logLines.join('\n'))
  })

  test('that is not there is told by name', async (t) => {
    const { runtime, invocation } = functionWorld(t)
    const call = await invocation({ 'index.js': '' }, { runtime: 'provided.al2023' })
    await assert.rejects(
      runtime.run(call),
      (error) => error instanceof FunctionCannotRunError && error.reason === 'code-unusable',
    )
    await assert.rejects(
      runtime.run({ ...call, runtime: 'java21' }),
      (error) => error instanceof FunctionCannotRunError && error.reason === 'runtime-unavailable',
    )
    await assert.rejects(
      runtime.run({ ...call, codeSha256: '0' }),
      (error) => error instanceof FunctionCannotRunError && error.reason === 'code-unusable',
    )
  })
})

describe('processes of functions', () => {
  const pid = { 'index.mjs': 'export const handler = async () => process.pid' }
  const slow = { 'index.mjs': "console.log('pid', process.pid)\nexport const handler = async () => { for (;;); }" }

  test('that take too long end', async (t) => {
    const { runtime, invocation } = functionWorld(t)
    const outcome = await runtime.run(await invocation(slow, { timeoutSeconds: 1 }))
    assert.equal(errorOf(outcome).errorType, 'Sandbox.Timedout')
    assert.match(errorOf(outcome).errorMessage ?? '', /^RequestId: \S+ Error: Task timed out after 1\.00 seconds$/)
    assert.ok(outcome.logLines.some((line) => line.endsWith('Task timed out after 1.00 seconds')))
    await eventually('the end of the process', () => !isRunning(pidIn(outcome.logLines)))
  })

  test('that end by themselves are told, and the next invocation has a new one', async (t) => {
    const { runtime, invocation } = functionWorld(t)
    const call = await invocation({
      'index.mjs': 'export const handler = async (event) => event.end ? process.exit(event.end) : process.pid',
    })
    const first = await runtime.run(call)
    const outcome = await runtime.run({ ...call, payload: '{"end":1}' })
    assert.equal(errorOf(outcome).errorType, 'Runtime.ExitError')
    assert.match(
      errorOf(outcome).errorMessage ?? '',
      /^RequestId: \S+ Error: Runtime exited with error: exit status 1$/,
    )
    assert.notEqual((await runtime.run(call)).payload, first.payload)
  })

  test('are used again for the same configuration only', async (t) => {
    const { runtime, invocation } = functionWorld(t)
    const call = await invocation(pid)
    const first = await runtime.run(call)
    assert.equal((await runtime.run({ ...call, requestId: 'second' })).payload, first.payload)
    const other = await runtime.run({ ...call, requestId: 'third', revisionId: 'other' })
    assert.notEqual(other.payload, first.payload)
    await eventually('the end of the former', () => !isRunning(Number(first.payload)))
  })

  test('serve one invocation each at a time, and no more of them run than there may', async (t) => {
    const { runtime, invocation } = functionWorld(t, { mostProcesses: 2 })
    const call = await invocation({
      'index.mjs':
        'export const handler = async () => { await new Promise((done) => setTimeout(done, 50)); return process.pid }',
    })
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, (_, index) => runtime.run({ ...call, requestId: `r${index}` })),
    )
    assert.equal(new Set(outcomes.map(({ payload }) => payload)).size, 2)
    const other = await runtime.run({ ...call, functionName: 'other', requestId: 'other' })
    assert.equal(other.functionError, undefined, 'one that only waits gives up its place')
  })

  test('end when nobody has needed them for a while', async (t) => {
    const { runtime, invocation } = functionWorld(t, { idleMilliseconds: 50 })
    const outcome = await runtime.run(await invocation(pid))
    await eventually('the end of the process', () => !isRunning(Number(outcome.payload)))
  })

  test('end with the runtime, and their files', async (t) => {
    const { runtime, invocation, data } = functionWorld(t)
    const outcome = await runtime.run(await invocation(pid))
    await runtime.close()
    await eventually('the end of the process', () => !isRunning(Number(outcome.payload)))
    const temporary = join(data, 'functions', '.tmp')
    await eventually('the end of the files', () => !existsSync(temporary) || readdirSync(temporary).length === 0)
  })

  test('write nothing more into the data directory when their runtime has closed', async (t) => {
    const { runtime, invocation, data } = functionWorld(t)
    const source = `exports.handler = async () => { process.stdout.write('no line yet'); return process.pid }`
    const outcome = await runtime.run(await invocation({ 'index.js': source }))
    await runtime.close()
    rmSync(data, { recursive: true, force: true, maxRetries: 10 })
    await eventually('the end of the process', () => !isRunning(Number(outcome.payload)))
    // The end of its output, by which the last words become a line, may come a moment after that.
    await delay(100)
    assert.equal(existsSync(data), false)
  })

  test('do not outlive the engine when it is killed, nor does what they have started', async (t) => {
    const { data } = functionWorld(t)
    const program = fileURLToPath(new URL('functions-to-kill.ts', import.meta.url))
    const engine = spawn(process.execPath, [program, data], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => engine.kill('SIGKILL'))
    const [line] = (await once(engine.stdout.setEncoding('utf8'), 'data')) as [string]
    const pids = line.trim().split(' ').map(Number)
    assert.deepEqual(pids.map(isRunning), [true, true])
    engine.kill('SIGKILL')
    await eventually('the end of the function', () => !pids.some(isRunning))
  })

  test('write lines that are told at once, kept with the result, and in a file', async (t) => {
    const { runtime, invocation, data } = functionWorld(t)
    const told: string[] = []
    const source = `console.log('loaded')\nexport const handler = async () => { console.log('one\\ntwo'); process.stderr.write('three') }`
    const call = await invocation({ 'index.mjs': source }, { onLogLine: (line) => told.push(line) })
    const { logLines } = await runtime.run(call)
    assert.deepEqual(told, logLines)
    const text = logLines.join('\n')
    assert.match(
      text,
      /^INIT_START Runtime Version: nodejs22\.x, run by Node\.js v.*\n.*\tINFO\tloaded\nSTART RequestId: /,
    )
    assert.match(
      text,
      /\tINFO\tone\ntwo\n(three\n)?END RequestId: .*\nREPORT RequestId: .*\tMemory Size: 128 MB\tInit Duration: /,
    )
    const file = readText(join(data, 'functions', 'hook', 'eu-west-1.log')) ?? ''
    assert.match(file, /^\d{4}-\d\d-\d\dT\S+Z two$/m)
  })

  test('may write a lot', async (t) => {
    const { runtime, invocation } = functionWorld(t)
    const source = `export const handler = async () => { for (let i = 0; i < 20_000; i += 1) console.log('line', i); return 1 }`
    const { logLines, payload } = await runtime.run(await invocation({ 'index.mjs': source }))
    assert.equal(payload, '1')
    assert.match(logLines.at(-3) ?? '', /\tline 19999$/)
    assert.ok(logLines.join('\n').length < 1_100_000)
  })

  test('may not return too much', async (t) => {
    const { runtime, invocation } = functionWorld(t)
    const outcome = await runtime.run(
      await invocation({ 'index.mjs': "export const handler = async () => 'x'.repeat(7_000_000)" }),
    )
    assert.equal(errorOf(outcome).errorType, 'Function.ResponseSizeTooLarge')
  })
})

function pidIn(lines: readonly string[]): number {
  return Number(/\tpid (\d+)$/m.exec(lines.join('\n'))?.[1])
}

function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', ''])
    return true
  } catch {
    return false
  }
}
