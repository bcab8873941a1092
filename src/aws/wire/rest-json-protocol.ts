import { bindingsOf } from './bindings.ts'
import { readJsonInput } from './json-input.ts'
import { jsonFault, serializeJson } from './json-protocol.ts'
import { serializationError } from './object-input.ts'
import type { Operation } from './operation-table.ts'
import type { Fault, Protocol, WireRequest } from './protocol.ts'
import { readRestInput, type RestReading } from './rest-input.ts'
import { headerText, writeRestOutput, type RestWriting } from './rest-output.ts'
import { findRoutedOperation, type RestRequest, type RoutedOperation } from './route.ts'
import { AwsError } from '../../domain/aws-error.ts'

/** All of Lambda's paths begin with the version of an API. Of any other, the model need not be asked. */
const versionedPath = /^\/\d{4}-\d{2}-\d{2}\//

/** REST with JSON: the method and path name the operation, the body is the rest of its input. Lambda's. */
export function restJsonProtocol(): Protocol {
  return {
    naming: 'the method and path of one of its operations',
    unknownOperation: 'UnknownOperationException',
    isRest: true,
    addresses: (request, table) =>
      versionedPath.test(request.path) && findRoutedOperation(table(), restRequest(request)) !== undefined,
    operationName: (request, table) => findRoutedOperation(table, restRequest(request))?.name,
    read: (operation, request) => readRestInput(routed(operation), restRequest(request), reading),
    write(operation, output, requestId) {
      const answer = writeRestOutput(routed(operation), output, writing)
      return { ...answer, headers: { ...answer.headers, 'x-amzn-RequestId': requestId } }
    },
    writeFault(fault, requestId) {
      const { headers, ...answer } = jsonFault(fault, requestId, 'application/json')
      return { ...answer, headers: { ...headers, ...faultHeaders(fault) } }
    },
    errorCode: ({ name }) => name,
    statusOf: (code) => (code === 'UnknownOperationException' ? 404 : undefined),
  }
}

const restRequest = (request: WireRequest): RestRequest => ({ ...request, addressLabels: {} })

/** Members of the exception's model which are headers, such as Lambda's `Retry-After`. */
function faultHeaders({ known, members }: Fault): Record<string, string> {
  const bound = known ? bindingsOf(known.shape).members : []
  return Object.fromEntries(
    bound.flatMap(({ name, shape, place }) => {
      const value = members[name]
      return place.kind === 'header' && value !== undefined ? [[place.name, headerText(shape, value)]] : []
    }),
  )
}

/** Tells the compiler what the model of a REST service is known to have. */
export function routed(operation: Operation): RoutedOperation {
  const { route } = operation
  if (!route) throw new Error(`The model has no method and path of ${operation.name}.`)
  return { ...operation, route }
}

const reading: RestReading = {
  document: readJsonInput,
  label(text, path) {
    try {
      return decodeURIComponent(text)
    } catch {
      throw serializationError(`'${text}' is not a well-formed part of a path`, path)
    }
  },
  refusal: (text, path) => new AwsError('SerializationException', `Invalid value for ${path.join('.')}: ${text}.`),
}

const writing: RestWriting = {
  document: serializeJson,
  documentType: 'application/json',
  blobType: 'application/json',
}
