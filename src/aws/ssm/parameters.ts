import { runInNewContext } from 'node:vm'
import type * as sdk from '@aws-sdk/client-ssm'
import type { StoredParameter } from '../../domain/secret.ts'
import { findParameter } from '../../engine/secret-values.ts'
import type { Call, Checked, Handlers } from '../handlers.ts'
import { lookUp, lookUpAny, notFound, parameterAnswer, refusal } from './lookups.ts'
import type { ParametersEngine } from './service.ts'
import { readTags } from './tags.ts'

const mostVersions = 100

type PutInput = Checked<sdk.PutParameterRequest>

/** Writing and reading parameters by name. */
export const parameters = (engine: ParametersEngine) =>
  ({
    PutParameter(input, call) {
      const { store, clock } = engine
      const before = findParameter(store, call.region, input.Name)
      if (before !== undefined && input.Overwrite !== true) {
        throw refusal(
          'ParameterAlreadyExists',
          'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
        )
      }
      checkValue(input, before)
      if (before !== undefined && input.Tags !== undefined && input.Tags.length > 0) {
        throw refusal(
          'ValidationException',
          'Invalid request: tags and overwrite can’t be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.',
        )
      }
      const described = before === undefined ? newParameter(input, call) : changed(before, input)
      const version = (before?.versions.at(-1)?.version ?? 0) + 1
      const modifiedBy = `arn:aws:iam::${call.accountId}:root`
      const added = { version, value: input.Value, modifiedAt: clock.now(), modifiedBy }
      const versions = [...(before?.versions ?? []), added].slice(-mostVersions)
      store.parameters.put(`${call.region}/${described.name}`, { ...described, versions })
      return { Version: version, Tier: described.tier }
    },
    GetParameter({ Name, WithDecryption = false }, call) {
      const found = lookUp(engine, call, Name)
      if (found === undefined) throw notFound()
      return { Parameter: parameterAnswer(found, WithDecryption) }
    },
    GetParameters({ Names, WithDecryption = false }, call) {
      if (Names.length > 10) throw refusal('ValidationException', 'Names can have at most 10 items.')
      const found = Names.map((name) => ({ name, found: lookUpAny(engine, call, name) }))
      return {
        Parameters: found.flatMap((each) =>
          each.found === undefined ? [] : [parameterAnswer(each.found, WithDecryption)],
        ),
        InvalidParameters: found.flatMap((each) => (each.found === undefined ? [each.name] : [])),
      }
    },
  }) satisfies Handlers<typeof sdk>

const mostCharacters = { Standard: 4096, Advanced: 8192 } as const

/** @throws ValidationException, ParameterPatternMismatchException */
function checkValue(input: PutInput, before: StoredParameter | undefined): void {
  const { Value, Policies, AllowedPattern = before?.allowedPattern } = input
  if (Policies) throw refusal('ValidationException', 'Policies is not supported by Teal yet. Remove it.')
  if (Value === '') throw refusal('ValidationException', 'Value must have at least 1 character.')
  const tier = tierOf(input, before)
  if (Value.length > mostCharacters[tier]) {
    throw refusal(
      'ValidationException',
      `${tier} tier parameters support a maximum parameter value of ${mostCharacters[tier]} characters.`,
    )
  }
  if (AllowedPattern && !matchesPattern(Value, AllowedPattern)) {
    throw refusal(
      'ParameterPatternMismatchException',
      `Parameter value, cannot be validated against allowedPattern: ${AllowedPattern}`,
    )
  }
}

/** Some patterns, such as `(a+)+$`, take for ever on some values; nobody else would be answered meanwhile. */
const patternMilliseconds = 500

/** @throws InvalidAllowedPatternException */
function matchesPattern(value: string, pattern: string): boolean {
  try {
    const match = 'new RegExp(pattern).test(value)'
    return runInNewContext(match, { pattern, value }, { timeout: patternMilliseconds }) === true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw refusal(
        'InvalidAllowedPatternException',
        `The allowed pattern ${pattern} takes too long to match. Make no repetition of what repeats in itself.`,
      )
    }
    throw refusal('InvalidAllowedPatternException', `The allowed pattern ${pattern} is not a regular expression.`)
  }
}

/** A parameter that is Advanced stays it. @throws ValidationException */
function tierOf({ Tier, Value }: PutInput, before: StoredParameter | undefined): StoredParameter['tier'] {
  if (before?.tier === 'Advanced' && Tier === 'Standard') {
    throw refusal(
      'ValidationException',
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. Delete it and make it again.",
    )
  }
  if (before?.tier === 'Advanced' || Tier === 'Advanced') return 'Advanced'
  return Tier === 'Intelligent-Tiering' && Value.length > mostCharacters.Standard ? 'Advanced' : 'Standard'
}

/** @throws ValidationException */
function newParameter(input: PutInput, { region, accountId }: Call): Omit<StoredParameter, 'versions'> {
  const { Name: name, Type: type } = input
  checkName(name)
  if (type === undefined) {
    throw refusal('ValidationException', 'A parameter type is required when you create a parameter.')
  }
  return {
    arn: `arn:aws:ssm:${region}:${accountId}:parameter${name.startsWith('/') ? '' : '/'}${name}`,
    name,
    region,
    type,
    dataType: readDataType(input.DataType),
    tier: tierOf(input, undefined),
    ...keyOf(type, input.KeyId),
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.AllowedPattern === undefined ? {} : { allowedPattern: input.AllowedPattern }),
    tags: readTags(input.Tags),
  }
}

/** What is left out stays as it is. @throws ValidationException */
function changed(before: StoredParameter, input: PutInput): Omit<StoredParameter, 'versions'> {
  const { versions: _versions, keyId, ...kept } = before
  const type = input.Type ?? before.type
  return {
    ...kept,
    type,
    dataType: readDataType(input.DataType),
    tier: tierOf(input, before),
    ...keyOf(type, input.KeyId ?? keyId),
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.AllowedPattern === undefined ? {} : { allowedPattern: input.AllowedPattern }),
  }
}

/** The key that a value is encrypted with, where it is. */
function keyOf(type: StoredParameter['type'], keyId = 'alias/aws/ssm'): Pick<StoredParameter, 'keyId'> {
  return type === 'SecureString' ? { keyId } : {}
}

function readDataType(dataType = 'text'): string {
  if (dataType === 'text') return dataType
  throw refusal('ValidationException', `DataType ${dataType} is not supported by Teal yet. Use text.`)
}

function checkName(name: string): void {
  if (!/^[\w./-]{1,1011}$/.test(name)) {
    throw refusal(
      'ValidationException',
      `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive) and consists of a mix of letters, numbers and the symbols .-_/: ${name}`,
    )
  }
  if (/^\/?(aws|ssm)/i.test(name)) {
    throw refusal('ValidationException', 'Parameter name: can\'t be prefixed with "ssm" or "aws" (case-insensitive).')
  }
  if (name.includes('/') && !name.startsWith('/')) {
    throw refusal('ValidationException', 'Parameter name must be a fully qualified name.')
  }
  if (name.split('/').length > 16) {
    throw refusal('HierarchyLevelLimitExceededException', 'A parameter name can have at most 15 levels.')
  }
}
