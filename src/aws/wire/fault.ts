import type { IncomingHttpHeaders } from 'node:http'
import { AwsError } from '../../domain/aws-error.ts'
import type { Log } from '../../engine/ports.ts'
import type { AwsService } from '../handlers.ts'
import { jsonFaultWriter } from './json-protocol.ts'
import type { Fault, WireAnswer } from './protocol.ts'
import { isForm, queryFaultWriter } from './query-protocol.ts'

type Circumstances = {
  readonly service: AwsService | undefined
  /** What was being done, e.g. `CodeDeploy CreateDeployment`. */
  readonly doing: string
  readonly log: Log
}

/** What a client is told of an error: an `AwsError` as it is, anything else as a failure of ours, which is logged. */
export function faultOf(error: unknown, circumstances: Circumstances): Fault {
  return error instanceof AwsError ? refusal(error, circumstances.service) : failure(error, circumstances)
}

function refusal({ code, message, members }: AwsError, service: AwsService | undefined): Fault {
  const known = service?.table.errors.get(code)
  const wireCode = service && known ? service.protocol.errorCode(known.name, known.queryCode) : code
  return { code: wireCode, message, status: known?.status ?? statusOf(code), members }
}

/** Of codes which are in no model. */
const statusOf = (code: string): number => (code === 'InternalFailure' ? 500 : 400)

function failure(error: unknown, { doing, log }: Circumstances): Fault {
  const disk = diskTrouble(error)
  const reason = disk ?? (error instanceof Error ? `${error.name}: ${error.message}` : String(error))
  log.warn(`${doing} failed: ${!disk && error instanceof Error ? (error.stack ?? reason) : reason}`)
  return { code: 'InternalFailure', message: `Teal failed in ${doing}. ${reason}`, status: 500, members: {} }
}

/** A disk that does not take what is written to it is the one failure which the user can do something about. */
function diskTrouble(error: unknown): string | undefined {
  const { code, errcode } = error instanceof Error ? (error as Error & { code?: string; errcode?: number }) : {}
  // SQLite's primary result codes, in the lower byte of an extended one: 8 READONLY, 10 IOERR, 13 FULL, 14 CANTOPEN.
  const sqlite = code === 'ERR_SQLITE_ERROR' && errcode !== undefined ? errcode & 255 : undefined
  if (sqlite === 13 || code === 'ENOSPC')
    return "The data directory's disk is full: nothing was changed. Free some space, then call again."
  if (sqlite === 8 || sqlite === 14 || code === 'EROFS' || code === 'EACCES') {
    return 'The data directory cannot be written: nothing was changed. Make it writable for the user who runs Teal, then call again.'
  }
  return sqlite === 10
    ? "The data directory's disk reports an I/O error: nothing was changed. Look at the disk."
    : undefined
}

/** For a request of which not even the service is known: in the protocol it looks like. */
export function writeUnaddressedFault(headers: IncomingHttpHeaders, fault: Fault, requestId: string): WireAnswer {
  const write = isForm(headers) ? queryFaultWriter('') : jsonFaultWriter('application/x-amz-json-1.1')
  return write(fault, requestId)
}
