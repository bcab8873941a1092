import type { IncomingHttpHeaders } from 'node:http'
import { AwsError } from '../../domain/aws-error.ts'
import type { Log } from '../../engine/ports.ts'
import type { AwsService } from '../handlers.ts'
import { cborFault } from './cbor-protocol.ts'
import { credentialScope } from './credential-scope.ts'
import { jsonFault } from './json-protocol.ts'
import type { Fault, Protocol, WireAnswer } from './protocol.ts'
import { isForm, queryFaultWriter } from './query-protocol.ts'
import { s3Fault } from './s3-protocol.ts'

type Circumstances = {
  readonly service: AwsService | undefined
  readonly protocol: Protocol | undefined
  /** What was being done, e.g. `CodeDeploy CreateDeployment`. */
  readonly doing: string
  readonly log: Log
}

/** What a client is told of an error: an `AwsError` as it is, anything else as a failure of ours, which is logged. */
export function faultOf(error: unknown, circumstances: Circumstances): Fault {
  return error instanceof AwsError ? refusal(error, circumstances) : failure(error, circumstances)
}

function refusal({ code, message, members }: AwsError, { service, protocol }: Circumstances): Fault {
  const known = service?.table().errors.get(code)
  const wireCode = protocol && known ? protocol.errorCode(known) : code
  const modelled = protocol?.hasOtherStatuses === true ? known?.statusBesideQuery : known?.status
  const status = modelled ?? protocol?.statusOf?.(code) ?? unmodelledStatuses[code] ?? 400
  return { code: wireCode, message, status, members, known }
}

/** Of codes of the common front end, which are in no model. */
const unmodelledStatuses: Readonly<Record<string, number>> = {
  InternalFailure: 500,
  RequestEntityTooLargeException: 413,
}

/** An error with a cause is one that somebody has put into a sentence for people: it needs no stack. */
function failure(error: unknown, { doing, log }: Circumstances): Fault {
  const reason = reasonOf(error)
  const isExplained = error instanceof Error && error.cause !== undefined
  log.warn(`${doing} failed: ${error instanceof Error && !isExplained ? (error.stack ?? reason) : reason}`)
  return { code: 'InternalFailure', message: `Teal failed in ${doing}. ${reason}`, status: 500, members: {} }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`
}

/** For a request of which not even the service is known: in the protocol it looks like. S3's has no mark. */
export function writeUnaddressedFault(
  request: { readonly headers: IncomingHttpHeaders; readonly query: URLSearchParams },
  fault: Fault,
  requestId: string,
): WireAnswer {
  if (credentialScope(request)?.service === 's3') return s3Fault(fault, requestId)
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') return cborFault(fault, requestId)
  if (isForm(request.headers)) return queryFaultWriter('')(fault, requestId)
  return jsonFault(fault, requestId, 'application/x-amz-json-1.1')
}
