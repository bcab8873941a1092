import type { FunctionInvocation, FunctionOutcome, FunctionRuntime } from './function-runtime.ts'
import type { LogStream } from '../domain/log-group.ts'
import type { LogStore } from './log-store.ts'
import type { Chance, Clock, EngineSettings, Log } from './ports.ts'

type Context = {
  readonly logs: LogStore
  readonly clock: Clock
  readonly chance: Chance
  readonly settings: Pick<EngineSettings, 'accountId'>
  readonly log: Log
}

/** Runs functions, and sends what they write to the log group that Lambda gives each: `/aws/lambda/NAME`. */
export class LoggedFunctions implements FunctionRuntime {
  readonly #runtime: FunctionRuntime
  readonly #context: Context
  /** As Lambda names the streams of one environment: `2027/03/01/[$LATEST]` and 32 digits. */
  readonly #environment: string
  readonly #pending = new Set<Promise<void>>()
  #isBroken = false
  #isClosed = false

  constructor(runtime: FunctionRuntime, context: Context) {
    this.#runtime = runtime
    this.#context = context
    this.#environment = context.chance.uuid().replaceAll('-', '')
  }

  run(invocation: FunctionInvocation): Promise<FunctionOutcome> {
    const onLogLine = (line: string): void => {
      invocation.onLogLine?.(line)
      this.#write(invocation, line)
    }
    return this.#runtime.run({ ...invocation, onLogLine })
  }

  async close(): Promise<void> {
    await this.#runtime.close()
    this.#isClosed = true
    await Promise.all(this.#pending)
  }

  /** Where it cannot be written, the function goes on and that is told once; an empty line is no event. */
  #write(invocation: FunctionInvocation, message: string): void {
    if (this.#isClosed || message === '') return
    const timestamp = this.#context.clock.now()
    const pending = this.#append(invocation, { timestamp, message }).finally(() => this.#pending.delete(pending))
    this.#pending.add(pending)
  }

  async #append(invocation: FunctionInvocation, event: { timestamp: number; message: string }): Promise<void> {
    try {
      await this.#context.logs.append(this.#streamOf(invocation), [event])
      this.#isBroken = false
    } catch (error) {
      if (!this.#isBroken) this.#context.log.warn(`The log of ${invocation.functionName} is lost: ${String(error)}`)
      this.#isBroken = true
    }
  }

  #streamOf({ region, functionName, version }: FunctionInvocation): LogStream {
    const { logs, clock, settings } = this.#context
    const groupName = `/aws/lambda/${functionName}`
    const day = new Date(clock.now()).toISOString().slice(0, 10).replaceAll('-', '/')
    const name = `${day}/[${version}]${this.#environment}`
    const place = { region, accountId: settings.accountId }
    const group = logs.group(region, groupName) ?? logs.createGroup(place, groupName)
    return logs.stream(region, groupName, name) ?? logs.createStream(group, name)
  }
}
