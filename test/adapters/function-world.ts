import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { strToU8, zipSync, type Zippable } from 'fflate'
import { FunctionCodeDirectory } from '../../src/adapters/function-code-store.ts'
import { LambdaRuntime } from '../../src/adapters/lambda-runtime.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import type { FunctionInvocation } from '../../src/engine/function-runtime.ts'
import { temporaryDirectory } from '../cleanups.ts'

/** A data directory with a runtime on it; both go with the test, and every process in them. */
export function functionWorld(
  t: TestContext,
  settings: { readonly idleMilliseconds?: number; readonly mostProcesses?: number } = {},
) {
  const { directory: data, remove } = temporaryDirectory('teal-functions-')
  const code = new FunctionCodeDirectory(data)
  const complaints: string[] = []
  const log = { info: () => undefined, warn: (message: string) => void complaints.push(message) }
  const runtime = new LambdaRuntime({ dataDirectory: data, code, clock: new SystemClock(), log, ...settings })
  t.after(async () => {
    await runtime.close()
    remove()
  })
  /** An invocation of a function with these files, with which more can be said. */
  const invocation = async (
    files: Readonly<Record<string, string>>,
    more: Partial<FunctionInvocation> = {},
  ): Promise<FunctionInvocation> => {
    const { sha256 } = await code.keep(zipOf(files))
    return { ...anInvocation, requestId: randomUUID(), codeSha256: sha256, revisionId: sha256, ...more }
  }
  return { data, code, runtime, complaints, invocation }
}

export const anInvocation = {
  functionName: 'hook',
  region: 'eu-west-1',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:hook',
  version: '$LATEST',
  runtime: 'nodejs22.x',
  handler: 'index.handler',
  environment: {},
  endpointUrl: 'http://127.0.0.1:1',
  timeoutSeconds: 60,
  memorySizeMegabytes: 128,
  payload: '{}',
  logStreamName: '2027/03/01/[$LATEST]0123456789abcdef0123456789abcdef',
}

/** Files are readable; those called `bootstrap` executable too. */
export function zipOf(files: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(files).map(([path, content]): [string, Zippable[string]] => [
    path,
    [strToU8(content), { os: 3, attrs: (path === 'bootstrap' ? 0o100_755 : 0o100_644) << 16 }],
  ])
  return zipSync(Object.fromEntries(entries))
}
