import { createHash } from 'node:crypto'
import type * as sdk from '@aws-sdk/client-ssm'
import { AwsError } from '../../domain/aws-error.ts'
import type { ParameterVersion, StoredParameter } from '../../domain/secret.ts'
import { findParameter } from '../../engine/secret-values.ts'
import type { Answer, Call } from '../handlers.ts'
import { pageSizeProblem } from '../name-pages.ts'
import type { ParametersEngine } from './service.ts'

type ErrorCode =
  | Extract<keyof typeof sdk, `${string}Exception` | `Parameter${string}` | `Invalid${string}`>
  | 'TooManyTagsError'
  | 'ValidationException'

export const refusal = (code: ErrorCode, message: string): AwsError => new AwsError(code, message)

export type FoundParameter = {
  readonly parameter: StoredParameter
  readonly version: ParameterVersion
  readonly selector: string | undefined
}

/**
 * A parameter's version by `name` or `name:version`, name or ARN. Undefined where there is no such parameter.
 * @throws ParameterVersionNotFound
 */
export function lookUp({ store }: ParametersEngine, { region }: Call, text: string): FoundParameter | undefined {
  const whole = text.startsWith('arn:') ? findParameter(store, region, text) : undefined
  const colon = text.lastIndexOf(':')
  const hasSelector = whole === undefined && colon > 0 && !text.slice(colon).includes('/')
  const name = hasSelector ? text.slice(0, colon) : text
  const parameter = whole ?? findParameter(store, region, name)
  if (parameter === undefined) return undefined
  const selector = hasSelector ? text.slice(colon) : undefined
  const version = parameter.versions.find((each) => selector === undefined || `:${each.version}` === selector)
  const found = selector === undefined ? parameter.versions.at(-1) : version
  if (found !== undefined) return { parameter, version: found, selector }
  throw refusal(
    'ParameterVersionNotFound',
    `Systems Manager could not find version ${(selector ?? '').slice(1)} of ${parameter.name}. Verify the version and try again.`,
  )
}

/** The same, undefined also where there is no such version. */
export function lookUpAny(engine: ParametersEngine, call: Call, text: string): FoundParameter | undefined {
  try {
    return lookUp(engine, call, text)
  } catch (error) {
    if (error instanceof AwsError && error.code === 'ParameterVersionNotFound') return undefined
    throw error
  }
}

/** The size of a page that is asked for. @throws ValidationException */
export function pageSize(size: number, most: number): number {
  const problem = pageSizeProblem(size, 'maxResults', most)
  if (problem !== undefined) throw refusal('ValidationException', problem)
  return size
}

/** AWS says nothing more than the code. */
export const notFound = (): AwsError => refusal('ParameterNotFound', '')

export function parameterAnswer(
  { parameter, version, selector }: FoundParameter,
  withDecryption: boolean,
): Answer<sdk.Parameter> {
  const { name, type, arn, dataType } = parameter
  return {
    Name: name,
    Type: type,
    Value: type === 'SecureString' && !withDecryption ? sealed(version.value) : version.value,
    Version: version.version,
    Selector: selector,
    LastModifiedDate: new Date(version.modifiedAt),
    ARN: arn,
    DataType: dataType,
  }
}

/** What stands for a value that nobody asked to decrypt: it tells whether it has changed, and nothing of it. */
export function sealed(value: string): string {
  return createHash('sha256').update(`teal ${value}`).digest('base64')
}

export function metadataAnswer(
  { name, arn, type, keyId, description, allowedPattern, tier, dataType }: StoredParameter,
  { version, modifiedAt, modifiedBy }: ParameterVersion,
): Answer<sdk.ParameterMetadata> {
  return {
    Name: name,
    ARN: arn,
    Type: type,
    KeyId: keyId,
    LastModifiedDate: new Date(modifiedAt),
    LastModifiedUser: modifiedBy,
    Description: description,
    AllowedPattern: allowedPattern,
    Version: version,
    Tier: tier,
    Policies: [],
    DataType: dataType,
  }
}
