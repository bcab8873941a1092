import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FunctionInvocation, FunctionOutcome, FunctionRuntime } from '../engine/function-runtime.ts'
import { FunctionCannotRunError } from '../engine/functions.ts'
import type { Clock, Log } from '../engine/ports.ts'
import { functionCommand, type FunctionCommand } from './lambda-command.ts'
import { LambdaEnvironment, type EnvironmentPlace } from './lambda-environment.ts'
import { endLeftProcesses, functionDirectories } from './lambda-leftovers.ts'
import { LambdaLog } from './lambda-log.ts'

type Settings = {
  readonly dataDirectory: string
  readonly code: { taskRoot(sha256: string): string | undefined }
  readonly clock: Clock
  readonly log: Log
  /** How long a process is kept for the next invocation. */
  readonly idleMilliseconds?: number
  /** Of all functions together; further invocations wait for one that ends. */
  readonly mostProcesses?: number
}

type Kept = {
  readonly environment: LambdaEnvironment
  /** What it may be used for again: a version of a function as it was configured. */
  readonly key: string
  /** Of which function and version it is, whatever its configuration. */
  readonly versionKey: string
  /** Aborted when it is used again, or ended. */
  idle: AbortController | undefined
}

/** Runs functions in processes of this machine over the Lambda Runtime API. None of them outlives it, or the engine. */
export class LambdaRuntime implements FunctionRuntime {
  readonly #settings: Required<Settings>
  readonly #temporary: string
  readonly #kept = new Set<Kept>()
  readonly #waiting: (() => void)[] = []
  readonly #earlierEnded: Promise<void>
  #count = 0
  #isClosed = false

  constructor(settings: Settings) {
    this.#settings = { idleMilliseconds: 60_000, mostProcesses: 32, ...settings }
    this.#temporary = functionDirectories(settings.dataDirectory)
    // What the processes of a killed engine left, which have ended with it, but for groups of their own.
    rmSync(this.#temporary, { recursive: true, force: true, maxRetries: 3 })
    this.#earlierEnded = endLeftProcesses(this.#temporary)
  }

  async run(invocation: FunctionInvocation): Promise<FunctionOutcome> {
    await this.#earlierEnded
    const kept = await this.#acquire(invocation)
    try {
      const outcome = await kept.environment.invoke(invocation)
      return this.#isClosed ? await nobodyListens : outcome
    } finally {
      this.#giveBack(kept)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const kept of this.#kept) this.#end(kept)
    for (const wake of this.#waiting.splice(0)) wake()
    await endLeftProcesses(this.#temporary)
    await rm(this.#temporary, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
  }

  #takeIdle(invocation: FunctionInvocation): Kept | undefined {
    const { key, versionKey } = keysOf(invocation)
    for (const kept of this.#kept) {
      if (kept.idle === undefined) continue
      if (!kept.environment.isIdle || (kept.versionKey === versionKey && kept.key !== key)) this.#end(kept)
      else if (kept.key === key) {
        kept.idle.abort()
        kept.idle = undefined
        return kept
      }
    }
    return undefined
  }

  /** One that waits for work, a new one, or, where there are as many as there may be, the first that becomes free. */
  async #acquire(invocation: FunctionInvocation): Promise<Kept> {
    const { functionName, codeSha256 } = invocation
    const taskRoot = this.#settings.code.taskRoot(codeSha256)
    if (taskRoot === undefined) {
      const text = `The code of ${functionName} is gone from the data directory: update it.`
      throw new FunctionCannotRunError('code-unusable', text)
    }
    const command = await functionCommand(invocation, taskRoot)
    for (;;) {
      if (this.#isClosed) return nobodyListens
      const kept = this.#takeIdle(invocation)
      if (kept !== undefined) return kept
      if (this.#hasPlace()) return this.#start(invocation, command, taskRoot)
      await new Promise<void>((wake) => this.#waiting.push(wake))
    }
  }

  /** A process of another function that only waits gives up its place. */
  #hasPlace(): boolean {
    if (this.#count < this.#settings.mostProcesses) return true
    const idle = [...this.#kept].find((kept) => kept.idle !== undefined)
    if (idle !== undefined) this.#end(idle)
    return idle !== undefined
  }

  async #start(invocation: FunctionInvocation, command: FunctionCommand, taskRoot: string): Promise<Kept> {
    this.#count += 1
    try {
      const environment = await LambdaEnvironment.start(invocation, command, this.#place(invocation, taskRoot))
      const kept: Kept = { environment, ...keysOf(invocation), idle: undefined }
      this.#kept.add(kept)
      if (this.#isClosed) this.#end(kept)
      return kept
    } catch (error) {
      this.#leave()
      throw error
    }
  }

  #place({ functionName, region, logStreamName = '' }: FunctionInvocation, taskRoot: string): EnvironmentPlace {
    const { clock, log, dataDirectory } = this.#settings
    const functionLog = new LambdaLog({ dataDirectory, region, functionName }, clock, log)
    return {
      taskRoot,
      temporary: join(this.#temporary, randomUUID()),
      logStream: logStreamName,
      clock,
      // The data directory is the next engine's when this one has closed.
      onLogLines: (lines) => {
        if (!this.#isClosed) functionLog.write(lines)
      },
    }
  }

  #giveBack(kept: Kept): void {
    if (!kept.environment.isIdle) {
      this.#end(kept)
      return
    }
    const idle = new AbortController()
    kept.idle = idle
    this.#waiting.shift()?.()
    const { clock, idleMilliseconds } = this.#settings
    clock.sleep(idleMilliseconds, idle.signal).then(
      () => this.#end(kept),
      () => undefined,
    )
  }

  #end(kept: Kept): void {
    if (!this.#kept.delete(kept)) return
    kept.idle?.abort()
    kept.environment.end()
    this.#leave()
  }

  #leave(): void {
    this.#count -= 1
    this.#waiting.shift()?.()
  }
}

/** What becomes of an invocation when the engine ends: whoever wants to know asks the next one. */
const nobodyListens = new Promise<never>(() => undefined)

function keysOf({ functionName, region, version, revisionId }: FunctionInvocation) {
  const versionKey = `${region}/${functionName}/${version}`
  return { versionKey, key: `${versionKey}/${revisionId}` }
}
