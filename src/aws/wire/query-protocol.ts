import type { IncomingHttpHeaders } from 'node:http'
import { XmlShapeSerializer } from '@aws-sdk/core/protocols'
import { isFromBrowser } from './browser.ts'
import type { Operation } from './operation-table.ts'
import type { Fault, Protocol, WireAnswer, WireRequest } from './protocol.ts'
import { readQueryInput } from './query-input.ts'
import { escapeXml, withoutControls } from './xml-text.ts'

/**
 * AwsQuery: `POST /` with a form that names `Action` and `Version`, or `GET /` with these in its query; XML comes back,
 * written by the SDK's own serializer.
 */
export function queryProtocol(settings: { readonly version: string; readonly xmlNamespace: string }): Protocol {
  const { version, xmlNamespace } = settings
  const timestampFormat = { useTrait: true, default: 5 } as const
  const serializer = new XmlShapeSerializer({ timestampFormat, xmlNamespace, serviceNamespace: '' })
  return {
    naming: `a form with Action=<operation>&Version=${version}`,
    unknownOperation: 'InvalidAction',
    isRest: false,
    addresses: (request) => formOf(request)?.get('Version') === version,
    operationName(request) {
      const form = formOf(request)
      return form?.get('Version') === version ? (form.get('Action') ?? undefined) : undefined
    },
    read: (operation, request) => readQueryInput(operation.input, formOf(request) ?? new URLSearchParams()),
    write(operation, output, requestId) {
      const result = `${operation.name}Result`
      serializer.write(envelope(operation), { [result]: output, ResponseMetadata: { RequestId: requestId } })
      return xmlAnswer(200, String(serializer.flush()), requestId)
    },
    writeFault: queryFaultWriter(xmlNamespace),
    errorCode: ({ name, queryCode }) => queryCode ?? name,
  }
}

type StructureSchema = Parameters<XmlShapeSerializer['write']>[0]

/** `<OpResponse><OpResult>…</OpResult><ResponseMetadata>…`: the result is there even of operations which answer nothing. */
function envelope({ name, output }: Operation): StructureSchema {
  const result = output.isUnitSchema() ? [3, '', `${name}Result`, 0, [], []] : output.getSchema()
  const metadata = [3, '', 'ResponseMetadata', 0, ['RequestId'], [0]]
  const members = [`${name}Result`, 'ResponseMetadata']
  return [3, '', `${name}Response`, 0, members, [result, metadata]] as unknown as StructureSchema
}

/** `xmlNamespace` is that of the service's API version; empty where the service is not known. */
export function queryFaultWriter(xmlNamespace: string): (fault: Fault, requestId: string) => WireAnswer {
  return ({ code, message, status }, requestId) => {
    const type = status < 500 ? 'Sender' : 'Receiver'
    const error = `<Error><Type>${type}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message></Error>`
    const xmlns = xmlNamespace === '' ? '' : ` xmlns="${escapeXml(xmlNamespace)}"`
    return xmlAnswer(
      status,
      `<ErrorResponse${xmlns}>${error}<RequestId>${requestId}</RequestId></ErrorResponse>`,
      requestId,
    )
  }
}

function xmlAnswer(status: number, xml: string, requestId: string): WireAnswer {
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-RequestId': requestId }, body: withoutControls(xml) }
}

const forms = new WeakMap<WireRequest, URLSearchParams>()

/** The request's form, read once; undefined when it has none. */
export function formOf(request: WireRequest): URLSearchParams | undefined {
  const known = forms.get(request)
  if (known !== undefined) return known
  const isPosted = request.method === 'POST' && isForm(request.headers)
  const posted = isPosted ? new URLSearchParams(request.body.toString('utf8')) : undefined
  const form = posted?.has('Action') !== true && isQueryCall(request) ? request.query : posted
  if (form !== undefined) forms.set(request, form)
  return form
}

/**
 * A form can also be the query of the address: presigned URLs have it there. From a page of another site such an address is
 * asked without being said whose it is, so that browsers are not answered.
 */
function isQueryCall({ method, path, query, headers }: WireRequest): boolean {
  const isCall = path === '/' && query.has('Action') && query.has('Version') && ['GET', 'POST'].includes(method)
  return isCall && !isFromBrowser(headers)
}

export const isForm = (headers: IncomingHttpHeaders): boolean =>
  headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false
