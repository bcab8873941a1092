/** Lambda functions as the rest of the engine uses them. */
export interface FunctionInvoker {
  /**
   * Invokes a function and resolves when it has returned, failed or timed out. Rejects with `FunctionCannotRunError` when
   * there is no such function, or its runtime is not to be had on this machine. After an abort the function goes on, but
   * nobody waits for it.
   */
  invoke(call: FunctionCall): Promise<FunctionResult>
}

export type FunctionCall = {
  /** A name, a partial ARN or an ARN, with or without `:version` or `:alias`. */
  readonly functionName: string
  readonly region: string
  /** JSON text. */
  readonly payload: string
  /** Called with each line the function writes, as it writes it. */
  readonly onLogLine?: (line: string) => void
  readonly signal?: AbortSignal
}

export type FunctionResult = {
  readonly requestId: string
  readonly executedVersion: string
  /** JSON text: what the handler returned, or `{"errorMessage":…,"errorType":…}`. */
  readonly payload: string
  readonly functionError?: 'Handled' | 'Unhandled'
  readonly logLines: readonly string[]
  readonly durationMilliseconds: number
}

export class FunctionCannotRunError extends Error {
  readonly reason: 'missing' | 'runtime-unavailable' | 'code-unusable'

  constructor(reason: FunctionCannotRunError['reason'], message: string) {
    super(message)
    this.name = 'FunctionCannotRunError'
    this.reason = reason
  }
}
