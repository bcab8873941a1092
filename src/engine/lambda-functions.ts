import {
  functionArn,
  functionKey,
  parseFunctionReference,
  versionOf,
  type FunctionEvent,
  type FunctionVersion,
} from '../domain/lambda-function.ts'
import { FunctionEvents } from './function-events.ts'
import type { FunctionRuntime } from './function-runtime.ts'
import { FunctionCannotRunError, type FunctionCall, type FunctionInvoker, type FunctionResult } from './functions.ts'
import type { Chance, Clock, EngineSettings, Log } from './ports.ts'
import type { Store } from './store.ts'

type Parts = {
  readonly store: Store
  readonly clock: Clock
  readonly chance: Chance
  readonly settings: EngineSettings
  readonly runtime: FunctionRuntime
  readonly log: Log
}

/** A call's `clientContext` is JSON text. */
export type LambdaCall = FunctionCall & { readonly clientContext?: string }

/** The engine's Lambda functions: finds the version a call means and has it run. */
export class LambdaFunctions implements FunctionInvoker {
  readonly #parts: Parts
  readonly #events: FunctionEvents

  constructor(parts: Parts) {
    this.#parts = parts
    this.#events = new FunctionEvents({ ...parts, run: (event) => this.#runEvent(event) })
  }

  async invoke(call: LambdaCall): Promise<FunctionResult> {
    const found = this.find(call)
    const result = this.#run(found, call, this.#parts.chance.uuid())
    return call.signal === undefined ? result : unlessAborted(result, call.signal)
  }

  /**
   * Runs the function some time after this returns; once that has failed, it is tried twice again. Throws
   * `TooManyEventsError` where more wait than are kept.
   *
   * @returns the id of the request
   */
  invokeLater(call: LambdaCall): { readonly requestId: string; readonly executedVersion: string } {
    const { chance, clock } = this.#parts
    const { version, ...named } = this.find(call)
    const requestId = chance.uuid()
    const { payload, clientContext } = call
    const context = clientContext === undefined ? {} : { clientContext }
    this.#events.take({ ...named, ...context, requestId, payload, sentAt: clock.now(), failures: 0 })
    return { requestId, executedVersion: version.version }
  }

  /** Takes up the events that an earlier engine has not finished. */
  resume(): void {
    this.#events.resume()
  }

  /** Throws `FunctionCannotRunError` where there is no such function, version or alias. */
  find({ functionName: text, region: callRegion }: Pick<FunctionCall, 'functionName' | 'region'>): FoundVersion {
    const { store, chance, settings } = this.#parts
    const reference = parseFunctionReference(text)
    if (reference === undefined) throw missing(text)
    const { functionName, qualifier, region = callRegion, accountId = settings.accountId } = reference
    const invokedFunctionArn = functionArn({ region, accountId }, functionName, qualifier)
    const found = accountId === settings.accountId ? store.functions.get(functionKey(region, functionName)) : undefined
    const version = found && versionOf(found, qualifier, chance.random())
    if (version === undefined) throw missing(invokedFunctionArn)
    return { functionName, region, invokedFunctionArn, version }
  }

  /** The digests of the code of every version there is. */
  codeInUse(): ReadonlySet<string> {
    const versions = this.#parts.store.functions.list().flatMap(({ latest, published }) => [latest, ...published])
    return new Set(versions.map(({ code }) => code.sha256))
  }

  close(): void {
    this.#events.close()
  }

  async #run(
    { version, ...named }: FoundVersion,
    { payload, onLogLine, clientContext }: LambdaCall,
    requestId: string,
  ): Promise<FunctionResult> {
    const { runtime, settings } = this.#parts
    const outcome = await runtime.run({
      ...named,
      requestId,
      version: version.version,
      revisionId: version.revisionId,
      runtime: version.runtime,
      handler: version.handler,
      codeSha256: version.code.sha256,
      environment: version.environment,
      endpointUrl: settings.endpointUrl,
      timeoutSeconds: version.timeoutSeconds,
      memorySizeMegabytes: version.memorySizeMegabytes,
      payload,
      ...(clientContext !== undefined && { clientContext }),
      ...(onLogLine !== undefined && { onLogLine }),
    })
    return { ...outcome, requestId, executedVersion: version.version }
  }

  /** The version that the name means now. */
  async #runEvent(event: FunctionEvent): Promise<string | undefined> {
    try {
      const found = this.find({ functionName: event.invokedFunctionArn, region: event.region })
      const { functionError, payload } = await this.#run(found, { ...found, ...event }, event.requestId)
      return functionError === undefined ? undefined : payload
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}

export type FoundVersion = {
  readonly functionName: string
  readonly region: string
  /** With the qualifier of the call, if it had one. */
  readonly invokedFunctionArn: string
  readonly version: FunctionVersion
}

function missing(functionArnOrName: string): FunctionCannotRunError {
  return new FunctionCannotRunError('missing', `Function not found: ${functionArnOrName}`)
}

/** After an abort nobody waits any more; the work itself goes on, and how it ends is nobody's concern. */
async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason as Error)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  work.catch(() => undefined)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
