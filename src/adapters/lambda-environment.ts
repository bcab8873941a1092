import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Changes } from '../engine/changes.ts'
import type { FunctionInvocation, FunctionOutcome } from '../engine/function-runtime.ts'
import type { Clock } from '../engine/ports.ts'
import { functionVariables, type FunctionCommand } from './lambda-command.ts'
import { LogTail } from './lambda-log.ts'
import { endLeftProcesses } from './lambda-leftovers.ts'
import { FunctionOutput } from './lambda-output.ts'
import { largestPayloadBytes, RuntimeApi, type ApiInvocation, type ApiResult } from './lambda-runtime-api.ts'
import { endGroup, spawnFunction, type ShimChild } from './lambda-shim.ts'

export type EnvironmentPlace = {
  readonly taskRoot: string
  /** A directory of its own, which goes with it. */
  readonly temporary: string
  readonly logStream: string
  readonly clock: Clock
  readonly onLogLines: (lines: readonly string[]) => void
}

/** What Lambda gives a function to load its code, before the time-out of the first invocation begins. */
const initMilliseconds = 10_000

type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly error?: Error }

/** One process of a function: it takes one invocation after the other, until it ends, is too late or is ended. */
export class LambdaEnvironment {
  readonly #clock: Clock
  readonly #changes: Changes
  readonly #place: EnvironmentPlace
  readonly #runBy: string
  readonly #startedAt: number
  #api: RuntimeApi | undefined
  #child: ShimChild | undefined
  #outputs: readonly FunctionOutput[] = []
  #poll: ((invocation: ApiInvocation) => void) | undefined
  #initError: string | undefined
  #exit: Exit | undefined
  #current: Current | undefined
  #hasServed = false
  #isLeft = false

  /** Rejects where the system refuses a port or a directory. */
  static async start(
    invocation: FunctionInvocation,
    command: FunctionCommand,
    place: EnvironmentPlace,
  ): Promise<LambdaEnvironment> {
    const environment = new LambdaEnvironment(command, place)
    try {
      await environment.#start(invocation, command)
      return environment
    } catch (error) {
      environment.end()
      throw error
    }
  }

  constructor({ runBy }: FunctionCommand, place: EnvironmentPlace) {
    this.#clock = place.clock
    this.#changes = new Changes(place.clock)
    this.#place = place
    this.#runBy = runBy
    this.#startedAt = place.clock.now()
  }

  /** Whether it can take another invocation. */
  get isIdle(): boolean {
    return this.#current === undefined && this.#exit === undefined && this.#poll !== undefined
  }

  /** Resolves when the function has returned and is ready again, has failed, or is ended because it took too long. */
  async invoke(invocation: FunctionInvocation): Promise<FunctionOutcome> {
    const current: Current = { invocation, tail: new LogTail() }
    this.#current = current
    try {
      const initMillisecondsTaken = await this.#initialize(invocation)
      return await this.#perform(current, initMillisecondsTaken)
    } finally {
      this.#current = undefined
    }
  }

  end(): void {
    if (this.#child !== undefined) endGroup(this.#child)
    this.#exit ??= { code: null, signal: 'SIGKILL' }
    this.#api?.close()
    if (!this.#isLeft) void this.#leaveNothing()
    this.#isLeft = true
    this.#changes.notify()
  }

  async #leaveNothing(): Promise<void> {
    const { temporary } = this.#place
    await endLeftProcesses(temporary)
    // What a process wrote while it ended stays until the next start.
    await rm(temporary, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
  }

  async #start(invocation: FunctionInvocation, command: FunctionCommand): Promise<void> {
    const { taskRoot, temporary, logStream } = this.#place
    mkdirSync(temporary, { recursive: true, mode: 0o700 })
    const api = await RuntimeApi.open({
      onNext: (answer) => {
        this.#poll = answer
        this.#changes.notify()
      },
      onResponse: (requestId, result) => this.#takeResult(requestId, result),
      onInitError: (payload) => {
        this.#initError = payload
        this.#changes.notify()
      },
    })
    this.#api = api
    const variables = functionVariables(invocation, { taskRoot, temporary, logStream, apiAddress: api.address })
    const child = spawnFunction({
      label: `teal-function-${invocation.functionName}`,
      arguments: command.arguments,
      directory: taskRoot,
      environment: { ...variables, ...command.variables },
      dataLimitKilobytes: command.dataLimitKilobytes,
    })
    this.#child = child
    this.#watch(child)
  }

  #watch(child: ShimChild): void {
    const exited = (exit: Exit): void => {
      endGroup(child)
      this.#exit ??= exit
      this.#changes.notify()
    }
    child.once('error', (error) => exited({ code: null, signal: null, error }))
    child.once('exit', (code, signal) => exited({ code, signal }))
    child.stdin.on('error', () => undefined)
    const take = (lines: readonly string[]): void => this.#log(lines)
    this.#outputs = [child.stdout, child.stderr].map((stream) => new FunctionOutput(stream, this.#clock, take))
  }

  #takeResult(requestId: string, result: ApiResult): boolean {
    const current = this.#current
    if (current === undefined || current.invocation.requestId !== requestId || current.result !== undefined)
      return false
    current.result = result
    current.endedAt = this.#clock.now()
    this.#changes.notify()
    return true
  }

  /** The first invocation waits for the code to be loaded; how long that took. */
  async #initialize({ runtime, timeoutSeconds }: FunctionInvocation): Promise<number | undefined> {
    if (this.#hasServed) return undefined
    this.#hasServed = true
    this.#log([`INIT_START Runtime Version: ${runtime}, run by ${this.#runBy}`])
    const deadline = this.#startedAt + initMilliseconds + timeoutSeconds * 1_000
    await this.#changes.until(() => (this.#poll !== undefined || this.#hasFailed() ? true : undefined), { deadline })
    return this.#clock.now() - this.#startedAt
  }

  async #perform(current: Current, initMillisecondsTaken: number | undefined): Promise<FunctionOutcome> {
    const { requestId, version, timeoutSeconds, invokedFunctionArn, payload, clientContext } = current.invocation
    const startedAt = this.#clock.now()
    const deadlineMilliseconds = startedAt + timeoutSeconds * 1_000
    this.#log([`START RequestId: ${requestId} Version: ${version}`])
    const poll = this.#poll
    if (poll !== undefined && !this.#hasFailed()) {
      this.#poll = undefined
      const context = clientContext === undefined ? {} : { clientContext }
      poll({ requestId, deadlineMilliseconds, invokedFunctionArn, payload, ...context })
      const isOver = (): true | undefined => (this.#poll !== undefined || this.#hasFailed() ? true : undefined)
      await this.#changes.until(isOver, { deadline: deadlineMilliseconds })
    }
    await FunctionOutput.read(this.#outputs)
    const durationMilliseconds = Math.max((current.endedAt ?? this.#clock.now()) - startedAt, 0)
    const result = this.#resultOf(current)
    this.#report(current, durationMilliseconds, initMillisecondsTaken)
    // One that did not come back for more is of no use any more.
    if (this.#poll === undefined) this.end()
    return { ...result, logLines: current.tail.lines, durationMilliseconds }
  }

  #hasFailed(): boolean {
    return this.#exit !== undefined || this.#initError !== undefined
  }

  #resultOf({ invocation, result }: Current): Pick<FunctionOutcome, 'payload' | 'functionError'> {
    const { requestId, timeoutSeconds } = invocation
    if (result !== undefined) return outcomeOf(result)
    if (this.#initError !== undefined) return { payload: this.#initError, functionError: 'Unhandled' }
    if (this.#exit !== undefined) return this.#exitOutcome(this.#exit, requestId)
    const text = `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`
    this.#log([`${new Date(this.#clock.now()).toISOString()} ${requestId} ${text}`])
    return failure('Sandbox.Timedout', `RequestId: ${requestId} Error: ${text}`)
  }

  #exitOutcome(exit: Exit, requestId: string): Pick<FunctionOutcome, 'payload' | 'functionError'> {
    const text = `RequestId: ${requestId} Error: ${exitText(exit)}`
    this.#log([text])
    return failure('Runtime.ExitError', text)
  }

  #report({ invocation }: Current, durationMilliseconds: number, initMillisecondsTaken: number | undefined): void {
    const { requestId, memorySizeMegabytes } = invocation
    this.#log([`END RequestId: ${requestId}`])
    const parts = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMilliseconds.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(durationMilliseconds)} ms`,
      `Memory Size: ${memorySizeMegabytes} MB`,
      ...(initMillisecondsTaken === undefined ? [] : [`Init Duration: ${initMillisecondsTaken.toFixed(2)} ms`]),
    ]
    this.#log([parts.join('\t')])
  }

  #log(lines: readonly string[]): void {
    for (const line of lines) {
      this.#current?.tail.push(line)
      this.#current?.invocation.onLogLine?.(line)
    }
    this.#place.onLogLines(lines)
  }
}

type Current = {
  readonly invocation: FunctionInvocation
  readonly tail: LogTail
  result?: ApiResult
  /** When the result came, in epoch milliseconds. */
  endedAt?: number
}

function outcomeOf(result: ApiResult): Pick<FunctionOutcome, 'payload' | 'functionError'> {
  switch (result.kind) {
    case 'response':
      return { payload: result.payload }
    case 'error':
      return {
        payload: result.payload,
        functionError: result.errorType?.startsWith('Handled') ? 'Handled' : 'Unhandled',
      }
    case 'too-large':
      return failure(
        'Function.ResponseSizeTooLarge',
        `Response payload size exceeded maximum allowed payload size (${largestPayloadBytes} bytes).`,
      )
  }
}

function failure(errorType: string, errorMessage: string): Pick<FunctionOutcome, 'payload' | 'functionError'> {
  return { payload: JSON.stringify({ errorType, errorMessage }), functionError: 'Unhandled' }
}

/** A shell tells a signal by a code beyond 128. */
function exitText({ code, signal, error }: Exit): string {
  if (error !== undefined) return `Runtime could not be started: ${error.message}`
  if (signal !== null || code === 137) return 'Runtime exited with error: signal: killed'
  if (code === 134) return 'Runtime exited with error: signal: aborted'
  if (code === 139) return 'Runtime exited with error: signal: segmentation fault'
  return code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: exit status ${code}`
}
