import { AwsError } from '../../domain/aws-error.ts'
import type { Shape } from './operation-table.ts'
import { pathText, type Path } from './path.ts'
import type { Decoded } from './protocol.ts'

/** How JSON and CBOR each write what they have no, or another, type of their own for. Both throw `wrongType`. */
export type Notation = {
  timestamp(value: unknown, path: Path): Date
  blob(value: unknown, path: Path): Uint8Array
}

/**
 * Reads a parsed body by the schema of its operation. The SDK's own reader trusts what it gets, as a client may; a server
 * may not, so this one refuses every value of a wrong type, in the words of AWS's front ends followed by its place.
 * `null` is absent, as AWS has it.
 *
 * @throws AwsError SerializationException
 */
export function readObjectInput(shape: Shape, value: unknown, notation: Notation): Decoded {
  const unknownMembers: Path[] = []
  if (shape.isUnitSchema()) return { input: {}, unknownMembers }
  return { input: readStructure(shape, value, [], { notation, unknownMembers }), unknownMembers }
}

type Reading = { readonly notation: Notation; readonly unknownMembers: Path[] }

function readValue(shape: Shape, value: unknown, path: Path, reading: Reading): unknown {
  if (shape.isStructSchema()) return readStructure(shape, value, path, reading)
  if (shape.isListSchema()) return readList(shape, value, path, reading)
  if (shape.isMapSchema()) return readMap(shape, value, path, reading)
  if (shape.isStringSchema()) return typeof value === 'string' ? value : wrongType(value, 'a String', path)
  if (shape.isBooleanSchema()) return typeof value === 'boolean' ? value : wrongType(value, 'a Boolean', path)
  if (shape.isNumericSchema()) return typeof value === 'number' ? value : wrongType(value, 'a Number', path)
  if (shape.isTimestampSchema()) return reading.notation.timestamp(value, path)
  if (shape.isBlobSchema()) return reading.notation.blob(value, path)
  if (shape.isDocumentSchema()) return value
  throw new Error(`The reader of objects does not know the type of ${shape.getName(true) ?? pathText(path)}.`)
}

function readStructure(shape: Shape, value: unknown, path: Path, reading: Reading): Record<string, unknown> {
  if (!isObject(value)) throw serializationError(foundInsteadOfObject(value), path)
  const structure: Record<string, unknown> = {}
  const rest = new Set(Object.keys(value))
  for (const [name, member] of shape.structIterator()) {
    rest.delete(name)
    const item = Object.hasOwn(value, name) ? value[name] : undefined
    if (item != null) structure[name] = readValue(member, item, [...path, name], reading)
  }
  for (const name of rest) if (value[name] !== null) reading.unknownMembers.push([...path, name])
  return structure
}

function readList(shape: Shape, value: unknown, path: Path, reading: Reading): unknown[] {
  if (!Array.isArray(value)) throw serializationError('Expected list or null', path)
  const item = shape.getValueSchema()
  return value.map((element: unknown, i) => readElement(item, element, [...path, i], reading))
}

function readMap(shape: Shape, value: unknown, path: Path, reading: Reading): Record<string, unknown> {
  if (!isObject(value)) throw serializationError(foundInsteadOfObject(value), path)
  const item = shape.getValueSchema()
  const entries = Object.entries(value).map(([key, element]) => {
    return [key, readElement(item, element, [...path, key], reading)] as const
  })
  return Object.fromEntries(entries)
}

function readElement(shape: Shape, value: unknown, path: Path, reading: Reading): unknown {
  if (value === null) throw serializationError('A list or map may not hold null', path)
  return readValue(shape, value, path, reading)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)

/** Refuses a value that has not the type `wanted`, such as `a String`. */
export function wrongType(value: unknown, wanted: string, path: Path): never {
  if (Array.isArray(value)) throw serializationError('Start of list found where not expected.', path)
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array))
    throw serializationError('Start of structure or map found where not expected.', path)
  throw serializationError(`${tokenOf(value)} can not be converted to ${wanted}`, path)
}

const foundInsteadOfObject = (value: unknown): string =>
  Array.isArray(value) ? 'Start of list found where not expected.' : 'Expected null'

function tokenOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE'
  if (value instanceof Uint8Array) return 'BLOB_VALUE'
  return typeof value === 'number' ? 'NUMBER_VALUE' : 'STRING_VALUE'
}

export function serializationError(text: string, path: Path): AwsError {
  const place = path.length === 0 ? '' : ` (at ${pathText(path)})`
  return new AwsError('SerializationException', `${text}${place}`)
}
