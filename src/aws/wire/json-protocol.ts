import { JsonCodec2 } from '@aws-sdk/core/protocols'
import { faultMembers, queryErrorHeader } from './fault-members.ts'
import { readJsonInput } from './json-input.ts'
import type { Shape } from './operation-table.ts'
import type { Fault, Protocol, WireAnswer, WireRequest } from './protocol.ts'

/**
 * AwsJson 1.0 and 1.1: `POST /` with `X-Amz-Target: <targetPrefix>.<Operation>`. Answers are written by the SDK's own
 * serializer, so that timestamps and the like are exactly what its reader expects.
 */
export function jsonProtocol(settings: {
  readonly version: '1.0' | '1.1'
  readonly targetPrefix: string
  /** Of a service which had the query protocol first: its errors then carry their code of old. */
  readonly isQueryCompatible?: boolean
}): Protocol {
  const contentType = `application/x-amz-json-${settings.version}`
  return {
    naming: `the header X-Amz-Target: ${settings.targetPrefix}.<operation>`,
    unknownOperation: 'UnknownOperationException',
    isRest: false,
    hasOtherStatuses: settings.isQueryCompatible !== true,
    addresses: (request) => targetOf(request)?.prefix === settings.targetPrefix,
    operationName(request) {
      const target = targetOf(request)
      return target?.prefix === settings.targetPrefix ? target.operation : undefined
    },
    read: (operation, request) => readJsonInput(operation.input, request.body),
    write(operation, output, requestId) {
      const headers = { 'content-type': contentType, 'x-amzn-RequestId': requestId }
      if (operation.output.isUnitSchema()) return { status: 200, headers, body: '{}' }
      return { status: 200, headers, body: serializeJson(operation.output, output) }
    },
    writeFault(fault, requestId) {
      const { headers, ...answer } = jsonFault(fault, requestId, contentType)
      return { ...answer, headers: { ...headers, ...(settings.isQueryCompatible && queryErrorHeader(fault)) } }
    },
    errorCode: ({ name }) => name,
  }
}

/** Timestamps are epoch seconds unless the model says otherwise; nothing is bound to headers; names are the model's. */
const codec = new JsonCodec2({ timestampFormat: { useTrait: true, default: 7 }, jsonName: false })

/** Writes a structure as JSON. */
export function serializeJson(shape: Shape, value: unknown): Uint8Array {
  const serializer = codec.createSerializer()
  serializer.write(shape, value)
  const { buffer, byteOffset, byteLength } = serializer.flush()
  // Its own kind of byte array warns when Node's Buffer looks at it.
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** The code goes where each client looks for it: botocore reads only `__type`, some others only the header. */
export function jsonFault(fault: Fault, requestId: string, contentType: string): WireAnswer {
  const { code, message, status } = fault
  return {
    status,
    headers: { 'content-type': contentType, 'x-amzn-RequestId': requestId, 'x-amzn-errortype': code },
    body: JSON.stringify({ __type: code, message, ...modelledMembers(fault) }),
  }
}

function modelledMembers(fault: Fault): object {
  if (!fault.known) return {}
  return JSON.parse(Buffer.from(serializeJson(fault.known.shape, faultMembers(fault))).toString()) as object
}

export type Target = { readonly prefix: string; readonly operation: string }

/** `CodeDeploy_20141006.GetDeployment` taken apart; undefined without the header. */
export function targetOf(request: WireRequest): Target | undefined {
  const header = request.headers['x-amz-target']
  if (typeof header !== 'string') return undefined
  const dot = header.lastIndexOf('.')
  return { prefix: header.slice(0, Math.max(dot, 0)), operation: header.slice(dot + 1) }
}
