import type { IncomingHttpHeaders } from 'node:http'
import { createRequire, registerHooks } from 'node:module'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { formatWithOptions } from 'node:util'
import { loadHandler, type Handler } from './lambda-node-handler.ts'

// An `import` would load `fetch` with it, and take several times as long.
const { Agent, request } = process.getBuiltinModule('node:http')

/**
 * The program in which a Node.js function runs: what Lambda's own runtime is there. It loads the handler, and then takes one
 * invocation after the other from the Runtime API. Since Node.js 24, Lambda knows no handlers with a callback any more.
 */
const variables = process.env
const api = variables['AWS_LAMBDA_RUNTIME_API'] ?? ''
const runtimeName = variables['AWS_EXECUTION_ENV']?.replace('AWS_Lambda_', '') ?? ''
const hasCallbacks = runtimeName !== 'nodejs24.x'
/** The lines of a stack that are this program's own tell nobody anything. */
const ownFiles = new URL('lambda-node-', import.meta.url).href
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
let current: Invocation | undefined

type Invocation = { readonly requestId: string; readonly headers: IncomingHttpHeaders; readonly event: string }

lendSdk()
patchConsole()
process.on('uncaughtException', (error) => void endWith(error))
process.on('unhandledRejection', (reason) => void endWith(unhandledRejection(reason)))
await main()

async function main(): Promise<void> {
  let handler: Handler
  try {
    handler = await loadHandler(variables['LAMBDA_TASK_ROOT'] ?? '', variables['_HANDLER'] ?? '', hasCallbacks)
  } catch (error) {
    await endWith(error)
    return
  }
  for (;;) {
    const { headers, body } = await call('GET', 'invocation/next')
    const requestId = String(headers['lambda-runtime-aws-request-id'])
    current = { requestId, headers, event: body }
    variables['_X_AMZN_TRACE_ID'] = String(headers['lambda-runtime-trace-id'])
    await perform(handler, current)
    current = undefined
  }
}

async function perform(handler: Handler, invocation: Invocation): Promise<void> {
  const { requestId } = invocation
  try {
    const result = await run(handler, invocation)
    await outputWritten()
    await call('POST', `invocation/${requestId}/response`, JSON.stringify(result) ?? 'null')
  } catch (error) {
    logError('Invoke Error', error)
    await report(`invocation/${requestId}/error`, error)
  }
}

/** Resolves with what the handler returns, or gives to its callback: then once nothing is left to be done, as on Lambda. */
async function run(handler: Handler, invocation: Invocation): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const { context, settings } = contextOf(invocation)
  let answer: { readonly error: unknown; readonly value?: unknown } | undefined
  const finish = (): void => {
    if (answer?.error !== undefined && answer.error !== null) reject(answer.error)
    else resolve(answer?.value ?? null)
  }
  const done = (error?: unknown, value?: unknown): void => {
    answer ??= { error, value }
    if (!settings.waitsForEmptyEventLoop) setImmediate(finish)
  }
  const onEmptyEventLoop = (): void => {
    // A promise nobody will ever settle: Lambda's Node.js 24 says so, the older ones return null.
    if (!hasCallbacks) reject(neverSettled())
    else finish()
  }
  process.once('beforeExit', onEmptyEventLoop)
  try {
    const event: unknown = JSON.parse(invocation.event)
    if (!hasCallbacks) return await Promise.race([handler(event, context), promise])
    Object.assign(context, {
      done,
      fail: (error: unknown) => done(error ?? 'handled'),
      succeed: (value: unknown) => done(undefined, value),
    })
    const returned = handler(event, context, done)
    return await (isPromise(returned) ? Promise.race([returned, promise]) : promise)
  } finally {
    process.removeListener('beforeExit', onEmptyEventLoop)
  }
}

function contextOf({ requestId, headers }: Invocation) {
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  const settings = { waitsForEmptyEventLoop: true }
  const clientContext = headers['lambda-runtime-client-context']
  const context = {
    functionName: variables['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: variables['AWS_LAMBDA_FUNCTION_VERSION'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: variables['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    awsRequestId: requestId,
    logGroupName: variables['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: variables['AWS_LAMBDA_LOG_STREAM_NAME'],
    identity: undefined,
    clientContext: typeof clientContext === 'string' ? (JSON.parse(clientContext) as unknown) : undefined,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    get callbackWaitsForEmptyEventLoop() {
      return settings.waitsForEmptyEventLoop
    },
    set callbackWaitsForEmptyEventLoop(waits: boolean) {
      settings.waitsForEmptyEventLoop = waits
    },
  }
  return { context, settings }
}

/** What went wrong outside of the handler's own way to say so ends the process, as on Lambda. */
async function endWith(reason: unknown): Promise<void> {
  logError(current === undefined ? 'Uncaught Exception' : 'Invoke Error', reason)
  const path = current === undefined ? 'init/error' : `invocation/${current.requestId}/error`
  await report(path, reason).catch(() => undefined)
  process.exit(current === undefined ? 1 : 129)
}

async function report(path: string, error: unknown): Promise<void> {
  await outputWritten()
  const { errorType, errorMessage, trace } = describe(error)
  const body = JSON.stringify({ errorType, errorMessage, trace })
  await call('POST', path, body, { 'lambda-runtime-function-error-type': 'Unhandled' })
}

function describe(error: unknown) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] }
  const trace = (error.stack ?? '').split('\n').filter((line) => !line.includes(ownFiles))
  return { errorType: error.name, errorMessage: error.message, trace }
}

function unhandledRejection(reason: unknown): Error {
  const message = reason instanceof Error ? reason.toString() : String(reason)
  const error = new Error(message, { cause: reason })
  error.name = 'Runtime.UnhandledPromiseRejection'
  return error
}

function neverSettled(): Error {
  const error = new Error(
    'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes',
  )
  error.name = 'Runtime.NodeJsExit'
  return error
}

function call(method: string, path: string, body?: string, headers: Readonly<Record<string, string>> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{ headers: IncomingHttpHeaders; body: string }>()
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const options = { agent, method, headers: { 'content-type': 'application/json', ...headers, ...length } }
  const sent = request(`http://${api}/2018-06-01/runtime/${path}`, options, (response) => {
    text(response).then((answer) => resolve({ headers: response.headers, body: answer }), reject)
  })
  sent.on('error', reject)
  sent.end(body)
  return promise
}

/** Every message is a line with its time, its request and its level, as Lambda writes it. */
function patchConsole(): void {
  const levels = { log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR', debug: 'DEBUG', trace: 'TRACE' } as const
  for (const [name, level] of Object.entries(levels)) {
    Object.assign(console, {
      [name]: (format: unknown, ...values: unknown[]) => writeLog(level, formatWithOptions({}, format, ...values)),
    })
  }
}

function logError(title: string, error: unknown): void {
  const { errorType, errorMessage, trace } = describe(error)
  writeLog('ERROR', `${title} \t${JSON.stringify({ errorType, errorMessage, stack: trace })}`)
}

function writeLog(level: string, message: string): void {
  process.stdout.write(`${new Date().toISOString()}\t${current?.requestId ?? 'undefined'}\t${level}\t${message}\n`)
}

/** Whoever reads the output knows by the answer which invocation it belongs to. */
async function outputWritten(): Promise<void> {
  for (const output of [process.stdout, process.stderr]) {
    if (output.writableLength > 0) await new Promise<void>((written) => output.write('', () => written()))
  }
}

/** On Lambda the runtime has the AWS SDK: what a function does not bring itself is taken from the program's own clients. */
function lendSdk(): void {
  const own = createRequire(import.meta.url)
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context)
      } catch (error) {
        if (!/^@(aws-sdk|smithy)\//.test(specifier) || context.parentURL === import.meta.url) throw error
        const isRequired = context.conditions.includes('require')
        try {
          const url = isRequired ? pathToFileURL(own.resolve(specifier)).href : import.meta.resolve(specifier)
          return { url, shortCircuit: true }
        } catch {
          if (error instanceof Error) error.message += sdkHint(specifier)
          throw error
        }
      }
    },
  })
}

function sdkHint(specifier: string): string {
  return `\nLambda's own runtime has the whole AWS SDK; here it is a part only. Put ${specifier} into the function's node_modules.`
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
