import { XmlShapeSerializer } from '@aws-sdk/core/protocols'
import { AwsError } from '../../domain/aws-error.ts'
import { targetOf } from './json-protocol.ts'
import type { Shape } from './operation-table.ts'
import type { Fault, Protocol, WireAnswer, WireRequest } from './protocol.ts'
import { formOf } from './query-protocol.ts'
import { readRestInput, type RestReading } from './rest-input.ts'
import { routed } from './rest-json-protocol.ts'
import { writeRestOutput } from './rest-output.ts'
import { findRoutedOperation, type RoutedOperation } from './route.ts'
import { withS3Body } from './s3-body.ts'
import { s3Request } from './s3-request.ts'
import { s3Status } from './s3-status.ts'
import { pathText } from './path.ts'
import { readXmlInput } from './xml-input.ts'
import { escapeXml, withoutControls } from './xml-text.ts'

/** S3's REST with XML: the bucket is in the address, an object's bytes are the body, everything else is XML. */
export function s3Protocol(): Protocol {
  return {
    naming: 'the method, path and query of one of its operations',
    unknownOperation: 'NotImplemented',
    isRest: true,
    // Nothing in a request is S3's alone.
    addresses: () => false,
    mayAddress: isOfNoOther,
    operationName: (request, table) => findRoutedOperation(table, s3Request(request))?.name,
    read(operation, request) {
      const whole = withS3Body(s3Request(request), routed(operation))
      return readRestInput(routed(operation), whole, reading)
    },
    write(operation, output, requestId) {
      const answer = writeS3Output(routed(operation), output)
      return { ...answer, headers: { ...answer.headers, ...ids(requestId) } }
    },
    writeFault: s3Fault,
    errorCode: ({ name }) => name,
    statusOf: s3Status,
  }
}

/** Whether the request has no mark of another protocol, and a bucket or a method that only REST has. */
function isOfNoOther(request: WireRequest): boolean {
  const isMarked = targetOf(request) ?? formOf(request)?.get('Action') ?? request.headers['smithy-protocol']
  return isMarked === undefined && (request.method !== 'POST' || 'Bucket' in s3Request(request).addressLabels)
}

const reading: RestReading = {
  document: readXmlInput,
  /** S3 reads a plus sign in a path as a space; clients write `%2B` for one. */
  label(text, path) {
    try {
      return decodeURIComponent(text.replaceAll('+', ' '))
    } catch {
      throw new AwsError('InvalidURI', `Couldn't parse the specified URI: '${text}' (at ${pathText(path)}).`)
    }
  },
  refusal: (text, path) => new AwsError('InvalidArgument', `Invalid value for ${pathText(path)}: ${text}.`),
}

function writeS3Output(operation: RoutedOperation, output: Readonly<Record<string, unknown>>): WireAnswer {
  const document = operation.name === 'GetBucketLocation' ? writeLocation : writeXml
  return writeRestOutput(operation, output, {
    document,
    documentType: 'application/xml',
    blobType: 'binary/octet-stream',
  })
}

const xmlNamespace = 'http://s3.amazonaws.com/doc/2006-03-01/'
const prolog = '<?xml version="1.0" encoding="UTF-8"?>\n'
const timestampFormat = { useTrait: true, default: 5 } as const
const serializer = new XmlShapeSerializer({ timestampFormat, xmlNamespace, serviceNamespace: '' })

function writeXml(shape: Shape, value: Readonly<Record<string, unknown>>): string {
  serializer.write(shape, value)
  return prolog + withoutControls(String(serializer.flush()))
}

/** The one result whose text stands in its root element. */
function writeLocation(_: Shape, { LocationConstraint }: Readonly<Record<string, unknown>>): string {
  const location = typeof LocationConstraint === 'string' ? escapeXml(LocationConstraint) : ''
  return `${prolog}<LocationConstraint xmlns="${xmlNamespace}">${location}</LocationConstraint>`
}

/**
 * An error's members are elements beside its code, such as `BucketName`; those with the name of a header, such as
 * `x-amz-delete-marker` or `etag`, are headers.
 */
export function s3Fault({ code, message, status, members }: Fault, requestId: string): WireAnswer {
  const further = Object.entries(members).map(([name, value]): [string, string] => [name, String(value)])
  const elements = [
    ['Code', code],
    ['Message', message],
    ...further.filter(([name]) => !isHeader(name)),
    ['RequestId', requestId],
    ['HostId', hostId(requestId)],
  ].map(([name = '', text = '']) => `<${name}>${escapeXml(text)}</${name}>`)
  return {
    status,
    headers: {
      'content-type': 'application/xml',
      ...ids(requestId),
      ...Object.fromEntries(further.filter(([name]) => isHeader(name))),
    },
    body: status === 304 ? '' : `${prolog}<Error>${withoutControls(elements.join(''))}</Error>`,
  }
}

const isHeader = (name: string): boolean => name === name.toLowerCase()

const ids = (requestId: string): Record<string, string> => ({
  'x-amz-request-id': requestId,
  'x-amz-id-2': hostId(requestId),
})

const hostId = (requestId: string): string => Buffer.from(`teal/${requestId}`).toString('base64')
