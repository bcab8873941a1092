import { AwsError } from '../../domain/aws-error.ts'
import type { Shape } from './operation-table.ts'
import { pathText, type Path } from './path.ts'
import type { Decoded } from './protocol.ts'

/**
 * Reads a JSON body by the schema of its operation. The SDK's own reader trusts what it gets, as a client may; a server
 * may not, so this one refuses every value of a wrong type, in the words of AWS's front ends followed by its place.
 * `null` is absent, as AWS has it.
 *
 * @throws AwsError SerializationException
 */
export function readJsonInput(shape: Shape, body: Buffer): Decoded {
  const unknownMembers: Path[] = []
  const value = body.length === 0 ? {} : parse(body)
  if (shape.isUnitSchema()) return { input: {}, unknownMembers }
  return { input: readStructure(shape, value, [], unknownMembers), unknownMembers }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw refusal(`The request's body is not JSON: ${error instanceof Error ? error.message : String(error)}`, [])
  }
}

function readValue(shape: Shape, value: unknown, path: Path, unknownMembers: Path[]): unknown {
  if (shape.isStructSchema()) return readStructure(shape, value, path, unknownMembers)
  if (shape.isListSchema()) return readList(shape, value, path, unknownMembers)
  if (shape.isMapSchema()) return readMap(shape, value, path, unknownMembers)
  if (shape.isStringSchema()) return typeof value === 'string' ? value : mismatch(value, 'a String', path)
  if (shape.isBooleanSchema()) return typeof value === 'boolean' ? value : mismatch(value, 'a Boolean', path)
  if (shape.isNumericSchema()) return typeof value === 'number' ? value : mismatch(value, 'a Number', path)
  if (shape.isTimestampSchema()) return readTimestamp(value, path)
  if (shape.isDocumentSchema()) return value
  throw new Error(`The JSON reader does not know the type of ${shape.getName(true) ?? pathText(path)}.`)
}

function readStructure(shape: Shape, value: unknown, path: Path, unknownMembers: Path[]): Record<string, unknown> {
  if (!isObject(value)) throw refusal(foundInsteadOfObject(value), path)
  const structure: Record<string, unknown> = {}
  const rest = new Set(Object.keys(value))
  for (const [name, member] of shape.structIterator()) {
    rest.delete(name)
    const item = Object.hasOwn(value, name) ? value[name] : undefined
    if (item != null) structure[name] = readValue(member, item, [...path, name], unknownMembers)
  }
  for (const name of rest) if (value[name] !== null) unknownMembers.push([...path, name])
  return structure
}

function readList(shape: Shape, value: unknown, path: Path, unknownMembers: Path[]): unknown[] {
  if (!Array.isArray(value)) throw refusal('Expected list or null', path)
  const item = shape.getValueSchema()
  return value.map((element: unknown, i) => readElement(item, element, [...path, i], unknownMembers))
}

function readMap(shape: Shape, value: unknown, path: Path, unknownMembers: Path[]): Record<string, unknown> {
  if (!isObject(value)) throw refusal(foundInsteadOfObject(value), path)
  const item = shape.getValueSchema()
  const entries = Object.entries(value).map(([key, element]) => {
    return [key, readElement(item, element, [...path, key], unknownMembers)] as const
  })
  return Object.fromEntries(entries)
}

function readElement(shape: Shape, value: unknown, path: Path, unknownMembers: Path[]): unknown {
  if (value === null) throw refusal('A list or map may not hold null', path)
  return readValue(shape, value, path, unknownMembers)
}

/** Epoch seconds, with a fraction, as both JSON protocols have them. */
function readTimestamp(value: unknown, path: Path): Date {
  if (typeof value !== 'number') return mismatch(value, 'milliseconds since epoch', path)
  const date = new Date(Math.round(value * 1000))
  if (Number.isNaN(date.getTime())) throw refusal(`${value} is not a time in seconds since epoch`, path)
  return date
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function mismatch(value: unknown, wanted: string, path: Path): never {
  if (Array.isArray(value)) throw refusal('Start of list found where not expected.', path)
  if (typeof value === 'object') throw refusal('Start of structure or map found where not expected.', path)
  throw refusal(`${tokenOf(value)} can not be converted to ${wanted}`, path)
}

const foundInsteadOfObject = (value: unknown): string =>
  Array.isArray(value) ? 'Start of list found where not expected.' : 'Expected null'

function tokenOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE'
  return typeof value === 'number' ? 'NUMBER_VALUE' : 'STRING_VALUE'
}

function refusal(text: string, path: Path): AwsError {
  const place = path.length === 0 ? '' : ` (at ${pathText(path)})`
  return new AwsError('SerializationException', `${text}${place}`)
}
