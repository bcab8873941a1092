import type { NormalizedSchema } from '@smithy/core/schema'
import { nearestName } from '../domain/nearest-name.ts'
import { isMapping } from '../domain/task-definition-file.ts'

type Field = readonly (string | number)[]

type Tell = (field: Field, what: string, how: string) => void

/** What the whole is, and who takes it: for messages. */
type Meant = { readonly whole: string; readonly service: string }

/**
 * Tells what of a request's input in a file is not sent as it is written: members that the service does not know, which the
 * SDK would leave out without a word, and values of another type. `null` is absent, as in requests.
 */
export function checkShape(schema: NormalizedSchema, input: unknown, meant: Meant, tell: Tell): void {
  checkValue(schema, input, { field: [], meant, tell })
}

type Place = { readonly field: Field; readonly meant: Meant; readonly tell: Tell }

function checkValue(shape: NormalizedSchema, value: unknown, place: Place): void {
  const { field, tell } = place
  const within = (name: string | number): Place => ({ ...place, field: [...field, name] })
  const wanted = wantedOf(shape)
  if (wanted !== undefined && wanted !== kindOf(value)) {
    tell(field, `${textOf(field)} is ${kindOf(value)}.`, `Write ${wanted}.`)
  } else if (shape.isStructSchema()) {
    checkMembers(shape, value as Readonly<Record<string, unknown>>, place)
  } else if (shape.isListSchema()) {
    for (const [at, item] of (value as readonly unknown[]).entries()) {
      checkValue(shape.getValueSchema(), item, within(at))
    }
  } else if (shape.isMapSchema()) {
    for (const [key, item] of Object.entries(value as Readonly<Record<string, unknown>>)) {
      checkValue(shape.getValueSchema(), item, within(key))
    }
  }
}

function checkMembers(shape: NormalizedSchema, value: Readonly<Record<string, unknown>>, place: Place): void {
  const { field, meant, tell } = place
  const known = new Map(shape.structIterator())
  for (const [name, item] of Object.entries(value)) {
    const member = known.get(name)
    if (item === null) continue
    if (member !== undefined) {
      checkValue(member, item, { ...place, field: [...field, name] })
      continue
    }
    const nearest = nearestName(name, [...known.keys()])
    const parent = field.length === 0 ? meant.whole : textOf(field)
    const how = nearest === undefined ? 'Take it out.' : `Write ${nearest}, if that is meant, or take it out.`
    tell([...field, name], `${name} is no member of ${parent} that ${meant.service} knows.`, how)
  }
}

/** Undefined for what is not checked. */
function wantedOf(shape: NormalizedSchema): string | undefined {
  if (shape.isStructSchema() || shape.isMapSchema()) return 'a mapping'
  if (shape.isListSchema()) return 'a list'
  if (shape.isStringSchema()) return 'a text'
  if (shape.isNumericSchema()) return 'a number'
  return shape.isBooleanSchema() ? 'true or false' : undefined
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isMapping(value)) return 'a mapping'
  if (typeof value === 'boolean') return 'true or false'
  return typeof value === 'string' ? 'a text' : typeof value === 'number' ? 'a number' : 'null'
}

/** `containerDefinitions[0].portMappings` */
function textOf(field: Field): string {
  return field.map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`)).join('')
}
