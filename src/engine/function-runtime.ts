import type { FunctionCode } from '../domain/lambda-function.ts'

/** Runs functions in processes of this machine. */
export interface FunctionRuntime {
  /**
   * Resolves when the function has returned, failed or timed out. Rejects with `FunctionCannotRunError` where its runtime
   * or its code is not there.
   */
  run(invocation: FunctionInvocation): Promise<FunctionOutcome>
  /**
   * Ends every process. Invocations under way are not answered any more: the engine that would hear of it ends, and what
   * it had to do begins again in the next.
   */
  close(): Promise<void>
}

export type FunctionInvocation = {
  readonly requestId: string
  readonly functionName: string
  readonly region: string
  /** As it was invoked, with the qualifier. */
  readonly invokedFunctionArn: string
  readonly version: string
  /** Of version and configuration: a process is used again only for the same one. */
  readonly revisionId: string
  readonly runtime: string
  readonly handler: string
  readonly codeSha256: string
  /** The function's own variables. */
  readonly environment: Readonly<Record<string, string>>
  /** Where AWS clients in the function find the engine. */
  readonly endpointUrl: string
  readonly timeoutSeconds: number
  readonly memorySizeMegabytes: number
  /** JSON text. */
  readonly payload: string
  /** JSON text, for mobile clients. */
  readonly clientContext?: string
  readonly onLogLine?: (line: string) => void
  /** What the function is told that its log stream is called. */
  readonly logStreamName?: string
}

export type FunctionOutcome = {
  readonly payload: string
  readonly functionError?: 'Handled' | 'Unhandled'
  /** With Lambda's own START, END and REPORT; the last megabyte. */
  readonly logLines: readonly string[]
  readonly durationMilliseconds: number
}

/** Keeps functions' code by what it is: the same archive is the same code, and never changes. */
export interface FunctionCodeStore {
  /** Unpacks a zip archive, durably. Rejects with `FunctionCodeError`, in Lambda's words where it has some. */
  keep(zip: Uint8Array): Promise<FunctionCode>
  /** Where the archive can be fetched; undefined where it is not kept. */
  archiveUrl(sha256: string): string | undefined
  /** Removes all other code. To be called before any is kept. */
  sweep(sha256InUse: ReadonlySet<string>): void
}

/** Why an archive cannot be a function's code. */
export class FunctionCodeError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'FunctionCodeError'
  }
}
