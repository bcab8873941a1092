import { NormalizedSchema } from '@smithy/core/schema'
import type { Shape } from './operation-table.ts'

/** Where REST protocols put a member of an operation's input or output. */
type Place =
  | { readonly kind: 'label' }
  | { readonly kind: 'query'; readonly name: string }
  | { readonly kind: 'queryMap' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'headerMap'; readonly prefix: string }
  | { readonly kind: 'status' }
  | { readonly kind: 'payload' }
  | { readonly kind: 'body' }

export type Binding = { readonly name: string; readonly shape: Shape; readonly place: Place }

export type Bindings = {
  readonly members: readonly Binding[]
  /** The structure of what is left for the body; undefined where nothing is. */
  readonly body: Shape | undefined
}

/** Header names in lower case, as Node has them. */
export function bindingsOf(structure: Shape): Bindings {
  const key = structure.getSchema()
  if (structure.isUnitSchema() || typeof key !== 'object') return { members: [], body: undefined }
  const bindings = known.get(key) ?? readBindings(structure)
  known.set(key, bindings)
  return bindings
}

const known = new WeakMap<object, Bindings>()

function readBindings(structure: Shape): Bindings {
  const members = [...structure.structIterator()].map(([name, shape]) => ({ name, shape, place: placeOf(shape) }))
  return { members, body: bodyOf(structure, members) }
}

function placeOf(member: Shape): Place {
  const traits = member.getMergedTraits()
  if (traits.httpPayload) return { kind: 'payload' }
  if (traits.httpLabel) return { kind: 'label' }
  if (traits.httpHeader !== undefined) return { kind: 'header', name: traits.httpHeader.toLowerCase() }
  if (traits.httpPrefixHeaders !== undefined) {
    return { kind: 'headerMap', prefix: traits.httpPrefixHeaders.toLowerCase() }
  }
  if (traits.httpQuery !== undefined) return { kind: 'query', name: traits.httpQuery }
  if (traits.httpQueryParams) return { kind: 'queryMap' }
  return traits.httpResponseCode ? { kind: 'status' } : { kind: 'body' }
}

/** The structure less what is elsewhere, in the SDK's notation: [3, namespace, name, traits, names, members, required]. */
function bodyOf(structure: Shape, members: readonly Binding[]): Shape | undefined {
  const left = members.filter(({ place }) => place.kind === 'body').map(({ name }) => name)
  if (left.length === 0) return undefined
  const schema = structure.getSchema() as unknown as StructureSchema
  const [kind, namespace, name, traits, names, shapes] = schema
  const leftShapes = left.map((member) => shapes[names.indexOf(member)])
  return NormalizedSchema.of([kind, namespace, name, traits, left, leftShapes] as unknown as Reference)
}

type Reference = Parameters<typeof NormalizedSchema.of>[0]
type StructureSchema = readonly [3, string, string, unknown, readonly string[], readonly unknown[], number?]
