import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { runtimeFamily } from '../domain/lambda-function.ts'
import type { FunctionInvocation } from '../engine/function-runtime.ts'
import { FunctionCannotRunError } from '../engine/functions.ts'
import { functionMark } from './lambda-leftovers.ts'
import { pythonBootstrap } from './lambda-python-bootstrap.ts'

export type FunctionCommand = {
  readonly arguments: readonly string[]
  readonly variables: Readonly<Record<string, string>>
  /** 0 where the program limits itself, or nothing can. */
  readonly dataLimitKilobytes: number
  /** What really runs it: `Node.js v24.1.0`. */
  readonly runBy: string
}

/** What an interpreter needs beside the function's own memory, which Lambda does not count as closely. */
const headroomMegabytes = 64
const pythonPatienceMilliseconds = 30_000

/** The program that runs a function. Rejects with `FunctionCannotRunError` where this machine does not have it. */
export async function functionCommand(invocation: FunctionInvocation, taskRoot: string): Promise<FunctionCommand> {
  const { runtime, functionName } = invocation
  switch (runtimeFamily(runtime)) {
    case 'node':
      return nodeCommand(invocation)
    case 'python':
      return pythonCommand(invocation)
    case 'custom':
      return customCommand(invocation, taskRoot)
    case undefined:
      throw new FunctionCannotRunError(
        'runtime-unavailable',
        `The runtime ${runtime} of ${functionName} is not to be had here.`,
      )
  }
}

/** The Node.js that runs the engine. On Lambda, versions 20 and 22 do not guess what kind of module a file is. */
function nodeCommand({ runtime, memorySizeMegabytes, environment }: FunctionInvocation): FunctionCommand {
  // The same as this file: `.ts` as it is in the sources, `.js` once it was compiled.
  const bootstrap = fileURLToPath(new URL(`lambda-node-bootstrap${extname(import.meta.url)}`, import.meta.url))
  const options = [
    `--max-old-space-size=${memorySizeMegabytes}`,
    ...(runtime === 'nodejs24.x' ? [] : ['--no-experimental-require-module', '--no-experimental-detect-module']),
    environment['NODE_OPTIONS'] ?? '',
  ]
  return {
    arguments: [process.execPath, bootstrap],
    variables: { NODE_OPTIONS: options.join(' ').trim() },
    dataLimitKilobytes: 0,
    runBy: `Node.js ${process.version}`,
  }
}

async function pythonCommand(invocation: FunctionInvocation): Promise<FunctionCommand> {
  const python = await findPython()
  if (python === undefined) {
    throw new FunctionCannotRunError(
      'runtime-unavailable',
      `The function ${invocation.functionName} needs ${invocation.runtime}, and there is no python3 on this machine's PATH. ` +
        'Install Python 3.8 or newer and start the engine again.',
    )
  }
  return {
    arguments: [python.path, '-c', 'import os; exec(os.environ.pop("TEAL_BOOTSTRAP"))'],
    variables: { TEAL_BOOTSTRAP: pythonBootstrap, PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8' },
    dataLimitKilobytes: limitOf(invocation),
    runBy: `Python ${python.version}`,
  }
}

function customCommand(invocation: FunctionInvocation, taskRoot: string): FunctionCommand {
  const bootstrap = join(taskRoot, 'bootstrap')
  try {
    accessSync(bootstrap, constants.X_OK)
  } catch {
    throw new FunctionCannotRunError(
      'code-unusable',
      `The code of ${invocation.functionName} has no executable file \`bootstrap\` at its top, which ${invocation.runtime} runs.`,
    )
  }
  return { arguments: [bootstrap], variables: {}, dataLimitKilobytes: limitOf(invocation), runBy: 'its own bootstrap' }
}

const limitOf = ({ memorySizeMegabytes }: FunctionInvocation): number =>
  (memorySizeMegabytes + headroomMegabytes) * 1_024

type Python = { readonly path: string; readonly version: string }

let python: Promise<Python | undefined> | undefined

/** Asked once: `python3` is often a script of some version manager, which would be in the way of every start. */
function findPython(): Promise<Python | undefined> {
  python ??= askPython()
  return python
}

async function askPython(): Promise<Python | undefined> {
  const question =
    'import platform, sys; assert sys.version_info >= (3, 8); print(sys.executable); print(platform.python_version())'
  try {
    const answer = await promisify(execFile)('python3', ['-c', question], { timeout: pythonPatienceMilliseconds })
    const [path = '', version = ''] = answer.stdout.split('\n')
    return path === '' ? undefined : { path, version }
  } catch {
    return undefined
  }
}

/** Lambda's own variables, around those of the function. */
export function functionVariables(
  invocation: FunctionInvocation,
  places: {
    readonly taskRoot: string
    readonly apiAddress: string
    readonly temporary: string
    readonly logStream: string
  },
): Readonly<Record<string, string>> {
  const { functionName, region, runtime } = invocation
  return {
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    HOME: places.temporary,
    TMPDIR: places.temporary,
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}`,
    AWS_ENDPOINT_URL: invocation.endpointUrl,
    ...invocation.environment,
    _HANDLER: invocation.handler,
    LAMBDA_TASK_ROOT: places.taskRoot,
    LAMBDA_RUNTIME_DIR: import.meta.dirname,
    AWS_LAMBDA_RUNTIME_API: places.apiAddress,
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: invocation.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(invocation.memorySizeMegabytes),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: places.logStream,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'teal',
    AWS_SECRET_ACCESS_KEY: 'teal',
    AWS_SESSION_TOKEN: 'teal',
    [functionMark]: places.temporary,
  }
}
