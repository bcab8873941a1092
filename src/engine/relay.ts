/** An AWS call, passed on as it came to a program that answers for a whole service. */
export type RelayedCall = {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Uint8Array
}

export type RelayedAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** A program beside the engine that speaks the protocol of one of AWS's services, and keeps that service's data. */
export interface Relay {
  /** Rejects, with an Error that says what to do, where the program gives no answer. */
  call(call: RelayedCall): Promise<RelayedAnswer>
  close(): Promise<void>
}
