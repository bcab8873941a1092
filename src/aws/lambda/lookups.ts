import { AwsError } from '../../domain/aws-error.ts'
import {
  functionArn,
  functionKey,
  functionReferencePattern,
  parseFunctionReference,
  versionOf,
  type FunctionVersion,
  type LambdaFunction,
} from '../../domain/lambda-function.ts'
import type { Engine } from '../../engine/engine.ts'
import type { FunctionCodeStore } from '../../engine/function-runtime.ts'
import type { LambdaFunctions } from '../../engine/lambda-functions.ts'
import type { ObjectReader } from '../../engine/objects.ts'
import type { Call } from '../handlers.ts'

/** What the Lambda API works with. */
export type LambdaEngine = Pick<Engine, 'store' | 'clock' | 'chance'> & {
  readonly functions: LambdaFunctions
  readonly code: FunctionCodeStore
  /** For code in S3. */
  readonly objects: ObjectReader
}

export type Here = { readonly engine: LambdaEngine; readonly call: Call }

export type NamedFunction = {
  readonly name: string
  readonly region: string
  /** Of the name's own qualifier, or of the request's. */
  readonly qualifier: string | undefined
  /** With the qualifier. */
  readonly arn: string
  readonly found: LambdaFunction | undefined
}

/** What a request names, whether there is such a function or not. */
export function named({ engine, call }: Here, functionName: string, qualifier?: string): NamedFunction {
  const reference = parseFunctionReference(functionName)
  if (reference === undefined) {
    throw validation(
      functionName,
      'functionName',
      `Member must satisfy regular expression pattern: ${functionReferencePattern}`,
    )
  }
  const { functionName: name, region = call.region, accountId = call.accountId } = reference
  if (reference.qualifier !== undefined && qualifier !== undefined && reference.qualifier !== qualifier) {
    throw invalidParameter('The derived qualifier from the function name does not match the specified qualifier.')
  }
  const given = qualifier ?? reference.qualifier
  const isOwn = accountId === call.accountId
  return {
    name,
    region,
    qualifier: given,
    arn: functionArn({ region, accountId }, name, given),
    found: isOwn ? engine.store.functions.get(functionKey(region, name)) : undefined,
  }
}

/** @throws AwsError ResourceNotFoundException */
export function existing(
  here: Here,
  functionName: string,
  qualifier?: string,
): NamedFunction & { readonly found: LambdaFunction } {
  const result = named(here, functionName, qualifier)
  if (result.found === undefined) throw functionNotFound(result.arn)
  return { ...result, found: result.found }
}

/** @throws AwsError ResourceNotFoundException where the function has no such version or alias */
export function existingVersion(here: Here, functionName: string, qualifier?: string) {
  const result = existing(here, functionName, qualifier)
  const version = versionOf(result.found, result.qualifier)
  if (version === undefined) throw functionNotFound(result.arn)
  return { ...result, version }
}

/** A change of $LATEST, with what every change brings. */
export function changed(
  { clock, chance }: Pick<LambdaEngine, 'clock' | 'chance'>,
  latest: FunctionVersion,
  changes: Partial<FunctionVersion>,
): FunctionVersion {
  return { ...latest, ...changes, lastModified: clock.now(), revisionId: chance.uuid() }
}

export function put({ engine }: Here, value: LambdaFunction): void {
  engine.store.functions.put(functionKey(value.region, value.functionName), value)
}

/** @throws AwsError PreconditionFailedException */
export function checkRevision(expected: string | undefined, actual: string): void {
  if (expected === undefined || expected === actual) return
  throw lambdaError(
    'PreconditionFailedException',
    'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
  )
}

export function functionNotFound(arn: string): AwsError {
  return lambdaError('ResourceNotFoundException', `Function not found: ${arn}`)
}

export function invalidParameter(message: string): AwsError {
  return lambdaError('InvalidParameterValueException', message)
}

/** `member` as the API's model writes it, with a small first letter. */
export function validation(value: unknown, member: string, constraint: string): AwsError {
  const text = `1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: ${constraint}`
  return new AwsError('ValidationException', text)
}

export function lambdaError(code: string, message: string): AwsError {
  return new AwsError(code, message, { Type: 'User' })
}
