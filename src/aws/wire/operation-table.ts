import { NormalizedSchema } from '@smithy/core/schema'
import { bySpecificity, readRoute, type HttpTrait, type Route, type RoutedOperation } from './route.ts'

/** A shape of AWS's model as the SDK clients carry it: walked to read, check and write values. */
export type Shape = NormalizedSchema
type ShapeReference = Parameters<typeof NormalizedSchema.of>[0]

export type Operation = {
  readonly name: string
  readonly input: Shape
  readonly output: Shape
  /** Of services whose protocol is REST. */
  readonly route?: Route | undefined
  /** Whether checksums in a request's headers are of its body, as S3 has it of some operations. */
  readonly isBodyChecked: boolean
}

/** A modelled exception. */
export type ErrorShape = {
  /** The SDK's name of it: `TargetGroupNotFoundException`. */
  readonly name: string
  readonly shape: Shape
  /** Undefined where the model has none, as of S3's NotFound. */
  readonly status: number | undefined
  /** The same, but for what the model tells of the query protocol alone. */
  readonly statusBesideQuery: number | undefined
  /** Its code in the query protocol where that differs: `TargetGroupNotFound`. */
  readonly queryCode: string | undefined
}

/** What an SDK client knows of its service. */
export type OperationTable = {
  readonly operations: ReadonlyMap<string, Operation>
  /** Those that HTTP itself names, the most specific first. */
  readonly routed: readonly RoutedOperation[]
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
  const routed = [...operations.values()].filter(isRouted).toSorted(bySpecificity)
  return { operations, routed, errors, enumValues: (name) => enumValues(exports.get(name)) }
}

type OperationSchema = readonly [9, string, string, OperationTraits | number, ShapeReference, ShapeReference]
type OperationTraits = { http?: HttpTrait; httpChecksum?: unknown }
type ErrorSchema = readonly [-3, string, string, ErrorTraits | number, ...unknown[]]
type ErrorTraits = { error?: 'client' | 'server'; httpError?: number; awsQueryError?: readonly [string, number] }

const isOperation = (value: unknown): value is OperationSchema => Array.isArray(value) && value[0] === 9
const isError = (value: unknown): value is ErrorSchema => Array.isArray(value) && value[0] === -3

const isRouted = (operation: Operation): operation is RoutedOperation => operation.route !== undefined

function readOperation([, , name, rawTraits, inputReference, outputReference]: OperationSchema): Operation {
  const { http, httpChecksum }: OperationTraits = typeof rawTraits === 'object' ? rawTraits : {}
  const input = NormalizedSchema.of(inputReference)
  const output = NormalizedSchema.of(outputReference)
  return { name, input, output, route: http && readRoute(http, input), isBodyChecked: httpChecksum !== undefined }
}

function readError(schema: ErrorSchema): ErrorShape {
  const [, , name, rawTraits] = schema
  const traits: ErrorTraits = typeof rawTraits === 'object' ? rawTraits : {}
  const statusBesideQuery = traits.httpError ?? (traits.error === 'server' ? 500 : undefined)
  return {
    name,
    shape: NormalizedSchema.of(schema as unknown as ShapeReference),
    status: traits.awsQueryError?.[1] ?? statusBesideQuery,
    statusBesideQuery,
    queryCode: traits.awsQueryError?.[0],
  }
}

function enumValues(value: unknown): readonly string[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const values: unknown[] = Object.values(value)
  return values.every((item) => typeof item === 'string') ? values : undefined
}
