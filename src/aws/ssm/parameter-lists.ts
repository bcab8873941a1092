import type * as sdk from '@aws-sdk/client-ssm'
import type { StoredParameter } from '../../domain/secret.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { pageOfNames } from '../name-pages.ts'
import { metadataAnswer, pageSize, parameterAnswer, refusal } from './lookups.ts'
import type { ParametersEngine } from './service.ts'

type Filter = Checked<sdk.ParameterStringFilter>

/** Parameters by path, and what there are. */
export const parameterLists = (engine: ParametersEngine) =>
  ({
    GetParametersByPath(input, call) {
      const { Path, Recursive = false, WithDecryption = false, ParameterFilters = [], NextToken } = input
      if (!Path.startsWith('/')) {
        throw refusal(
          'ValidationException',
          'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/".',
        )
      }
      const listed = inRegion(engine, call.region).filter(
        (parameter) =>
          isUnder(parameter.name, Path, Recursive) && ParameterFilters.every((each) => matches(parameter, each)),
      )
      const shown = page(listed, pageSize(input.MaxResults ?? 10, 10), NextToken)
      return {
        Parameters: shown.items.flatMap((parameter) => {
          const version = parameter.versions.at(-1)
          return version === undefined
            ? []
            : [parameterAnswer({ parameter, version, selector: undefined }, WithDecryption)]
        }),
        NextToken: shown.token,
      }
    },
    DescribeParameters({ Filters = [], ParameterFilters = [], MaxResults = 50, NextToken, Shared = false }, call) {
      if (Filters.length > 0 && ParameterFilters.length > 0) {
        throw refusal('ValidationException', 'You can use either Filters or ParameterFilters in a single request.')
      }
      const filters = [
        ...ParameterFilters,
        ...Filters.map(({ Key, Values }) => ({ Key, Option: 'BeginsWith', Values })),
      ]
      const listed = Shared
        ? []
        : inRegion(engine, call.region).filter((parameter) => filters.every((each) => matches(parameter, each)))
      const shown = page(listed, pageSize(MaxResults, 50), NextToken)
      return {
        Parameters: shown.items.flatMap((parameter) => {
          const version = parameter.versions.at(-1)
          return version === undefined ? [] : [metadataAnswer(parameter, version)]
        }),
        NextToken: shown.token,
      }
    },
  }) satisfies Handlers<typeof sdk>

function inRegion({ store }: ParametersEngine, region: string): readonly StoredParameter[] {
  return store.parameters.list().filter((parameter) => parameter.region === region)
}

function page(listed: readonly StoredParameter[], size: number, token: string | undefined) {
  const shown = pageOfNames(listed, ({ name }) => name, { size, token })
  if (shown === undefined) throw refusal('InvalidNextToken', 'The specified token is not valid.')
  return shown
}

/** Directly under the path, or at any depth. */
function isUnder(name: string, path: string, recursive: boolean): boolean {
  const prefix = path.endsWith('/') ? path : `${path}/`
  const rest = name.startsWith('/') ? name : `/${name}`
  return rest.startsWith(prefix) && (recursive || !rest.slice(prefix.length).includes('/'))
}

/** @throws InvalidFilterKey, InvalidFilterOption */
function matches(parameter: StoredParameter, { Key, Option, Values = [] }: Filter): boolean {
  if (Key === 'Path') {
    return Values.some((path) => isUnder(parameter.name, path, Option === 'Recursive'))
  }
  const text = textOf(parameter, Key)
  if (text === undefined) return false
  switch (Option ?? 'Equals') {
    case 'Equals':
      return Values.length === 0 || Values.includes(text)
    case 'BeginsWith':
      return Values.some((value) => text.startsWith(value) || text.startsWith(`/${value}`))
    case 'Contains':
      return Values.some((value) => text.includes(value))
    default:
      throw refusal(
        'InvalidFilterOption',
        `The filter option ${Option ?? ''} is not valid. Use Equals, BeginsWith or Contains.`,
      )
  }
}

function textOf({ name, type, keyId, tier, dataType, tags }: StoredParameter, key: string): string | undefined {
  if (key.startsWith('tag:')) return tags[key.slice('tag:'.length)]
  switch (key) {
    case 'Name':
      return name
    case 'Type':
      return type
    case 'KeyId':
      return keyId
    case 'Tier':
      return tier
    case 'DataType':
      return dataType
    default:
      throw refusal(
        'InvalidFilterKey',
        `The filter key ${key} is not valid. Use Name, Path, Type, KeyId, Tier or tag:KEY.`,
      )
  }
}
