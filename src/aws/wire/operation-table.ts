import { NormalizedSchema } from '@smithy/core/schema'

/** A shape of AWS's model as the SDK clients carry it: walked to read, check and write values. */
export type Shape = NormalizedSchema
type ShapeReference = Parameters<typeof NormalizedSchema.of>[0]

export type Operation = { readonly name: string; readonly input: Shape; readonly output: Shape }

/** A modelled exception. */
export type ErrorShape = {
  /** The SDK's name of it: `TargetGroupNotFoundException`. */
  readonly name: string
  readonly shape: Shape
  readonly status: number
  /** Its code in the query protocol where that differs: `TargetGroupNotFound`. */
  readonly queryCode: string | undefined
}

/** What an SDK client knows of its service. */
export type OperationTable = {
  readonly operations: ReadonlyMap<string, Operation>
  readonly errors: ReadonlyMap<string, ErrorShape>
  /** The allowed values of an enum by its name, e.g. `LaunchType`; undefined for what is not an enum. */
  enumValues(enumName: string): readonly string[] | undefined
}

/**
 * Reads the table from an SDK client's module, which exports every schema as an array: operations as
 * `[9, namespace, name, traits, input, output]`, exceptions as `[-3, namespace, name, traits, …]`, enums as objects.
 */
export function readOperationTable(sdk: object): OperationTable {
  const operations = new Map<string, Operation>()
  const errors = new Map<string, ErrorShape>()
  for (const value of Object.values(sdk)) {
    if (isOperation(value)) operations.set(value[2], readOperation(value))
    else if (isError(value)) errors.set(value[2], readError(value))
  }
  const exports = new Map<string, unknown>(Object.entries(sdk))
  return { operations, errors, enumValues: (name) => enumValues(exports.get(name)) }
}

type OperationSchema = readonly [9, string, string, unknown, ShapeReference, ShapeReference]
type ErrorSchema = readonly [-3, string, string, ErrorTraits | number, ...unknown[]]
type ErrorTraits = { error?: 'client' | 'server'; httpError?: number; awsQueryError?: readonly [string, number] }

const isOperation = (value: unknown): value is OperationSchema => Array.isArray(value) && value[0] === 9
const isError = (value: unknown): value is ErrorSchema => Array.isArray(value) && value[0] === -3

function readOperation([, , name, , input, output]: OperationSchema): Operation {
  return { name, input: NormalizedSchema.of(input), output: NormalizedSchema.of(output) }
}

function readError(schema: ErrorSchema): ErrorShape {
  const [, , name, rawTraits] = schema
  const traits: ErrorTraits = typeof rawTraits === 'object' ? rawTraits : {}
  return {
    name,
    shape: NormalizedSchema.of(schema as unknown as ShapeReference),
    status: traits.awsQueryError?.[1] ?? traits.httpError ?? (traits.error === 'server' ? 500 : 400),
    queryCode: traits.awsQueryError?.[0],
  }
}

function enumValues(value: unknown): readonly string[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const values: unknown[] = Object.values(value)
  return values.every((item) => typeof item === 'string') ? values : undefined
}

/** How many of a structure's members, counted from the first, are required; the SDK's schemas list these first. */
export function requiredCount(structure: Shape): number {
  const schema: unknown = structure.getSchema()
  const count: unknown = Array.isArray(schema) ? schema[6] : 0
  return typeof count === 'number' ? count : 0
}
