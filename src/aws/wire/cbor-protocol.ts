import { CborCodec } from '@smithy/core/cbor'
import { decodeCbor, Tagged } from './cbor-decode.ts'
import { faultMembers, queryErrorHeader } from './fault-members.ts'
import { dateOfSeconds } from './json-input.ts'
import { readObjectInput, serializationError, wrongType, type Notation } from './object-input.ts'
import type { Shape } from './operation-table.ts'
import type { Fault, Protocol, WireAnswer, WireRequest } from './protocol.ts'

/**
 * Smithy's RPC v2 with CBOR: `POST /service/<serviceName>/operation/<Operation>` with `Smithy-Protocol: rpc-v2-cbor`.
 * `isQueryCompatible` where the service had the query protocol first: its errors then carry their code of old.
 */
export function cborProtocol(settings: {
  readonly serviceName: string
  readonly isQueryCompatible?: boolean
}): Protocol {
  const { serviceName, isQueryCompatible = false } = settings
  const operationName = (request: WireRequest) => {
    const target = cborTarget(request)
    return target?.serviceName === serviceName ? target.operation : undefined
  }
  return {
    naming: `the path /service/${serviceName}/operation/<operation>`,
    unknownOperation: 'UnknownOperationException',
    isRest: false,
    addresses: (request) => operationName(request) !== undefined,
    operationName,
    read: (operation, request) => readObjectInput(operation.input, parse(request.body), notation),
    write(operation, output, requestId) {
      const { output: shape } = operation
      return cborAnswer(200, shape.isUnitSchema() ? new Uint8Array() : serialize(shape, output), requestId)
    },
    writeFault: (fault, requestId) => cborFault(fault, requestId, isQueryCompatible),
    errorCode: ({ name }) => name,
  }
}

/** The service and the operation in the path; undefined of a request in another protocol. */
function cborTarget({ headers, path }: WireRequest): { serviceName: string; operation: string } | undefined {
  if (headers['smithy-protocol'] !== 'rpc-v2-cbor') return undefined
  const [, serviceName, operation] = /^\/service\/([^/]+)\/operation\/([^/]+)$/.exec(path) ?? []
  return serviceName !== undefined && operation !== undefined ? { serviceName, operation } : undefined
}

function parse(body: Buffer): unknown {
  if (body.length === 0) return {}
  try {
    return decodeCbor(body)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw serializationError(`The request's body is not CBOR: ${reason}`, [])
  }
}

/** Timestamps are seconds since epoch with tag 1; bytes are bytes. */
const notation: Notation = {
  timestamp(value, path) {
    if (!(value instanceof Tagged) || value.tag !== 1) return wrongType(value, 'a Timestamp', path)
    return dateOfSeconds(Number(value.value), path)
  },
  blob: (value, path) => (value instanceof Uint8Array ? new Uint8Array(value) : wrongType(value, 'a Blob', path)),
}

const codec = new CborCodec()

function serialize(shape: Shape | DocumentSchema, value: unknown): Uint8Array {
  const serializer = codec.createSerializer()
  serializer.write(shape, value)
  return serializer.flush()
}

/** The SDK's number for a value without a model. */
type DocumentSchema = 15

export function cborFault(fault: Fault, requestId: string, isQueryCompatible = false): WireAnswer {
  const body = serialize(15, { __type: fault.code, message: fault.message, ...faultMembers(fault) })
  const { headers, ...answer } = cborAnswer(fault.status, body, requestId)
  return { ...answer, headers: { ...headers, ...(isQueryCompatible && queryErrorHeader(fault)) } }
}

const cborAnswer = (status: number, body: Uint8Array, requestId: string): WireAnswer => ({
  status,
  headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor', 'x-amzn-RequestId': requestId },
  body,
})
