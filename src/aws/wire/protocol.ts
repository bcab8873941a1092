import type { IncomingHttpHeaders } from 'node:http'
import type { Path } from './path.ts'
import type { ErrorShape, Operation, OperationTable } from './operation-table.ts'

/** An HTTP request, received whole. */
export type WireRequest = {
  readonly method: string
  /** As the client wrote it, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** An HTTP response, before it is sent. */
export type WireAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  /** In place of the body, one that comes in pieces; a header says its length. */
  readonly pieces?: AsyncIterable<Uint8Array>
}

/** An operation's input as read from the wire, its types right, nothing else checked yet. */
export type Decoded = {
  readonly input: Readonly<Record<string, unknown>>
  /** Members of the request which the model does not know. */
  readonly unknownMembers: readonly Path[]
}

/** An error on its way to the client. */
export type Fault = {
  /** The code as this protocol writes it. */
  readonly code: string
  readonly message: string
  readonly status: number
  /** The modelled exception's further members, by the model's names. */
  readonly members: Readonly<Record<string, unknown>>
  /** The modelled exception; undefined for one which is in no model. */
  readonly known?: ErrorShape | undefined
}

/** One of AWS's wire protocols, for one service. Further protocols are further objects of this type. */
export type Protocol = {
  /** Operations are named by methods and paths, and the service by the signature alone. */
  readonly isRest: boolean
  /** Whether the request itself, without its signature, names this service in this protocol. */
  addresses(request: WireRequest, table: () => OperationTable): boolean
  /** Whether an unsigned request which no protocol recognizes as its own may be for this one. */
  mayAddress?(request: WireRequest): boolean
  /** The operation which the request names, if it names one of this service in this protocol. */
  operationName(request: WireRequest, table: OperationTable): string | undefined
  /** How a client names an operation, to be said to one that did not. */
  readonly naming: string
  /** Throws `AwsError` where the request is malformed or a value has the wrong type. */
  read(operation: Operation, request: WireRequest): Decoded
  write(operation: Operation, output: Readonly<Record<string, unknown>>, requestId: string): WireAnswer
  writeFault(fault: Fault, requestId: string): WireAnswer
  /** The code for an operation which is not there. */
  readonly unknownOperation: string
  /** A modelled exception's code as this protocol writes it. */
  errorCode(error: ErrorShape): string
  /** Whether the statuses of exceptions that a model tells of the query protocol do not hold in this one. */
  readonly hasOtherStatuses?: boolean
  /** The HTTP status of a code that the model has no status for, where it is not 400. */
  statusOf?(code: string): number | undefined
}
