import type { FunctionInvocation, FunctionOutcome, FunctionRuntime } from './function-runtime.ts'
import type { LogStream } from '../domain/log-group.ts'
import type { LogStore, NewLogEvent } from './log-store.ts'
import type { Chance, Clock, EngineSettings, Log } from './ports.ts'

type Context = {
  readonly logs: LogStore
  readonly clock: Clock
  readonly chance: Chance
  readonly settings: Pick<EngineSettings, 'accountId'>
  readonly log: Log
}

/** So that a piece of a log does not become much larger than others. */
const mostTogether = 1_000

/** Runs functions, and sends what they write to the log group that Lambda gives each: `/aws/lambda/NAME`. */
export class LoggedFunctions implements FunctionRuntime {
  readonly #runtime: FunctionRuntime
  readonly #context: Context
  /** As Lambda names the streams of one environment, by the day it began: `2027/03/01/[$LATEST]` and 32 digits. */
  readonly #environment: { readonly day: string; readonly digits: string }
  /** By function and version, the lines that came while those before them were written. */
  readonly #waiting = new Map<string, NewLogEvent[]>()
  readonly #pending = new Set<Promise<void>>()
  #isBroken = false
  #isClosed = false

  constructor(runtime: FunctionRuntime, context: Context) {
    this.#runtime = runtime
    this.#context = context
    const day = new Date(context.clock.now()).toISOString().slice(0, 10).replaceAll('-', '/')
    this.#environment = { day, digits: context.chance.uuid().replaceAll('-', '') }
  }

  run(invocation: FunctionInvocation): Promise<FunctionOutcome> {
    const onLogLine = (line: string): void => {
      invocation.onLogLine?.(line)
      this.#write(invocation, line)
    }
    return this.#runtime.run({ ...invocation, onLogLine, logStreamName: this.#streamName(invocation) })
  }

  async close(): Promise<void> {
    await this.#runtime.close()
    this.#isClosed = true
    await Promise.all(this.#pending)
  }

  /** Where it cannot be written, the function goes on and that is told once; an empty line is no event. */
  #write(invocation: FunctionInvocation, message: string): void {
    if (this.#isClosed || message === '') return
    const { region, functionName, version } = invocation
    const key = `${region}/${functionName}/${version}`
    const event = { timestamp: this.#context.clock.now(), message }
    const waiting = this.#waiting.get(key)
    if (waiting !== undefined) {
      waiting.push(event)
      return
    }
    this.#waiting.set(key, [])
    const pending = this.#drain(key, invocation, event).finally(() => this.#pending.delete(pending))
    this.#pending.add(pending)
  }

  /** A function may write faster than a file is written line by line: what has come meanwhile is written together. */
  async #drain(key: string, invocation: FunctionInvocation, first: NewLogEvent): Promise<void> {
    for (let events: readonly NewLogEvent[] = [first]; events.length > 0;) {
      await this.#append(invocation, events)
      events = this.#waiting.get(key)?.splice(0, mostTogether) ?? []
    }
    this.#waiting.delete(key)
  }

  async #append(invocation: FunctionInvocation, events: readonly NewLogEvent[]): Promise<void> {
    try {
      await this.#context.logs.append(this.#streamOf(invocation), events)
      this.#isBroken = false
    } catch (error) {
      if (!this.#isBroken) this.#context.log.warn(`The log of ${invocation.functionName} is lost: ${String(error)}`)
      this.#isBroken = true
    }
  }

  #streamName({ version }: FunctionInvocation): string {
    const { day, digits } = this.#environment
    return `${day}/[${version}]${digits}`
  }

  #streamOf(invocation: FunctionInvocation): LogStream {
    const { logs, settings } = this.#context
    const { region, functionName } = invocation
    const groupName = `/aws/lambda/${functionName}`
    const name = this.#streamName(invocation)
    const place = { region, accountId: settings.accountId }
    const group = logs.group(region, groupName) ?? logs.createGroup(place, groupName)
    return logs.stream(region, groupName, name) ?? logs.createStream(group, name)
  }
}
