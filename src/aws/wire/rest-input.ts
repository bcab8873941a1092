import { splitHeader } from '@smithy/core/serde'
import { bindingsOf, type Binding } from './bindings.ts'
import { isOfSignature } from './credential-scope.ts'
import type { Shape } from './operation-table.ts'
import type { Path } from './path.ts'
import type { Decoded } from './protocol.ts'
import type { RestRequest, RoutedOperation } from './route.ts'
import { readText, type ValueRefusal } from './text-value.ts'

/** What the REST protocols do not have in common. */
export type RestReading = {
  /** Reads a structure from a JSON or XML body that is not empty. */
  document(shape: Shape, body: Buffer): Decoded
  /** A path label or the part of one, from percent encoding. */
  label(text: string, path: Path): string
  readonly refusal: ValueRefusal
}

/**
 * Gathers an operation's input from where its model puts the members: the path, the query, headers, the body.
 *
 * @throws AwsError where a value has the wrong type
 */
export function readRestInput(operation: RoutedOperation, request: RestRequest, reading: RestReading): Decoded {
  const { members, body } = bindingsOf(operation.input)
  const input: Record<string, unknown> = {}
  const unknownMembers: Path[] = unknownQuery(operation, request)
  if (body && request.body.length > 0) {
    const decoded = reading.document(body, request.body)
    Object.assign(input, decoded.input)
    unknownMembers.push(...decoded.unknownMembers)
  }
  const labels = labelsOf(operation, request, reading)
  for (const binding of members) {
    const value = readMember(binding, request, labels, reading, unknownMembers)
    if (value !== undefined) input[binding.name] = value
  }
  return { input, unknownMembers }
}

function labelsOf({ route }: RoutedOperation, request: RestRequest, reading: RestReading): Record<string, string> {
  const [, ...texts] = route.path.exec(request.path) ?? []
  const fromPath = route.labels.map((label, i) => [label, reading.label(texts[i] ?? '', [label])] as const)
  return { ...request.addressLabels, ...Object.fromEntries(fromPath) }
}

function readMember(
  binding: Binding,
  request: RestRequest,
  labels: Readonly<Record<string, string>>,
  reading: RestReading,
  unknownMembers: Path[],
): unknown {
  const { name, shape, place } = binding
  switch (place.kind) {
    case 'label':
      return readOptional(shape, labels[name], name, reading)
    case 'query':
      return readQuery(shape, request.query.getAll(place.name), name, reading)
    case 'header':
      return readHeader(shape, headerText(request, place.name), name, reading)
    case 'headerMap':
      return readPrefixed(request, place.prefix)
    case 'payload':
      return readPayload(binding, request.body, reading, unknownMembers)
    case 'queryMap':
      throw new Error(`The REST reader does not know maps in the query, such as ${name}.`)
    case 'status':
    case 'body':
      return undefined
  }
}

function readOptional(shape: Shape, text: string | undefined, name: string, { refusal }: RestReading): unknown {
  return text === undefined ? undefined : readText(shape, text, [name], refusal)
}

function readQuery(shape: Shape, texts: readonly string[], name: string, reading: RestReading): unknown {
  if (!shape.isListSchema()) return readOptional(shape, texts.at(-1), name, reading)
  const item = shape.getValueSchema()
  return texts.length === 0 ? undefined : texts.map((text, i) => readText(item, text, [name, i], reading.refusal))
}

function readHeader(shape: Shape, text: string | undefined, name: string, reading: RestReading): unknown {
  if (text === undefined || !shape.isListSchema()) return readOptional(shape, text, name, reading)
  const item = shape.getValueSchema()
  return splitHeader(text).map((part, i) => readText(item, part.trim(), [name, i], reading.refusal))
}

function headerText({ headers }: RestRequest, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

function readPrefixed(request: RestRequest, prefix: string): Record<string, string> | undefined {
  const names = Object.keys(request.headers).filter((name) => name.startsWith(prefix))
  if (names.length === 0) return undefined
  return Object.fromEntries(names.map((name) => [name.slice(prefix.length), headerText(request, name) ?? '']))
}

/** A stream is there even when it is empty; anything else is then left out. */
function readPayload({ name, shape }: Binding, body: Buffer, reading: RestReading, unknownMembers: Path[]): unknown {
  if (shape.isBlobSchema()) return body.length > 0 || shape.isStreaming() ? view(body) : undefined
  if (body.length === 0) return undefined
  if (shape.isStringSchema()) return body.toString('utf8')
  const decoded = reading.document(shape, body)
  unknownMembers.push(...decoded.unknownMembers.map((path) => [name, ...path]))
  return decoded.input
}

/** Members of the query which belong neither to the operation nor to a signature. */
function unknownQuery({ route, input }: RoutedOperation, { query }: RestRequest): Path[] {
  const known = new Set([
    ...route.query.map(([name]) => name),
    ...bindingsOf(input).members.flatMap(({ place }) => (place.kind === 'query' ? place.name : [])),
  ])
  return [...new Set(query.keys())].filter((name) => !known.has(name) && !isEnvelope(name)).map((name) => [name])
}

/** Older presigned URLs repeat what they have signed of the headers. */
const isEnvelope = (name: string): boolean =>
  isOfSignature(name) || /^(x-id|AWSAccessKeyId|Signature|Expires|content-type|content-md5)$/i.test(name)

/** The same bytes, not copied, as a plain byte array. */
const view = ({ buffer, byteOffset, byteLength }: Buffer): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength)
