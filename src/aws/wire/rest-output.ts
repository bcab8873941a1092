import { bindingsOf, type Binding } from './bindings.ts'
import type { Shape } from './operation-table.ts'
import type { WireAnswer } from './protocol.ts'
import type { RoutedOperation } from './route.ts'

export type RestWriting = {
  /** Writes a structure as the body. */
  document(shape: Shape, value: Readonly<Record<string, unknown>>): string | Uint8Array
  readonly documentType: string
  /** Of bodies that are bytes, where the operation does not say. */
  readonly blobType: string
}

/** Puts an operation's output where its model has the members: the status, headers, the body. */
export function writeRestOutput(
  { output, route }: RoutedOperation,
  value: Readonly<Record<string, unknown>>,
  writing: RestWriting,
): WireAnswer {
  const { members, body } = bindingsOf(output)
  const headers: Record<string, string> = {}
  let { status } = route
  let content: Content | undefined = body && { type: writing.documentType, body: writing.document(body, value) }
  for (const { name, shape, place } of members) {
    const item = value[name]
    if (item == null) continue
    if (place.kind === 'status') status = Number(item)
    else if (place.kind === 'header') headers[place.name] = headerText(shape, item)
    else if (place.kind === 'headerMap') Object.assign(headers, prefixed(item as Record<string, string>, place.prefix))
    else if (place.kind === 'payload') content = payload({ name, shape, place }, item, writing)
  }
  // A part of an object is a success of another kind; the model has no word for it.
  if (headers['content-range'] !== undefined) status = 206
  return {
    status,
    headers: { ...(content && { 'content-type': content.type }), ...headers },
    body: content?.body ?? '',
    ...(content?.pieces && { pieces: content.pieces }),
  }
}

/** A member's value as a header has it. */
export function headerText(shape: Shape, value: unknown): string {
  if (Array.isArray(value)) {
    return value.map((item: unknown) => quoted(headerText(shape.getValueSchema(), item))).join(', ')
  }
  if (!(value instanceof Date)) return String(value)
  return isIso(shape) ? value.toISOString() : value.toUTCString()
}

/** Dates in headers are those of HTTP unless the model says otherwise: 5 is the SDK's number for ISO 8601. */
const isIso = (shape: Shape): boolean => shape.getSchema() === 5

const quoted = (text: string): string => (/[",]/.test(text) ? `"${text.replace(/["\\]/g, String.raw`\$&`)}"` : text)

const prefixed = (map: Readonly<Record<string, string>>, prefix: string): Record<string, string> =>
  Object.fromEntries(Object.entries(map).map(([name, text]) => [`${prefix}${name.toLowerCase()}`, text]))

type Content = Pick<WireAnswer, 'body' | 'pieces'> & { readonly type: string }

function payload({ shape }: Binding, value: unknown, writing: RestWriting): Content {
  if (isInPieces(value)) return { type: writing.blobType, body: '', pieces: value }
  if (value instanceof Uint8Array) return { type: writing.blobType, body: value }
  if (typeof value === 'string') return { type: shape.isBlobSchema() ? writing.blobType : 'text/plain', body: value }
  return { type: writing.documentType, body: writing.document(shape, value as Record<string, unknown>) }
}

function isInPieces(value: unknown): value is AsyncIterable<Uint8Array> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
