import type * as sdk from '@aws-sdk/client-secrets-manager'
import type { StoredSecret } from '../../domain/secret.ts'
import { pageOfNames } from '../name-pages.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { pageSize, refusal, versionsToStages } from './lookups.ts'
import { secretAnswer } from './secrets.ts'
import type { SecretsEngine } from './service.ts'

export const secretLists = ({ store, clock }: SecretsEngine) =>
  ({
    ListSecrets(input, call) {
      const { IncludePlannedDeletion = false, Filters = [], NextToken } = input
      if (input.SortBy !== undefined && input.SortBy !== 'name') {
        throw refusal('InvalidParameterException', `SortBy ${input.SortBy} is not supported by Teal yet. Use name.`)
      }
      if (input.SortOrder === 'desc') {
        throw refusal('InvalidParameterException', 'SortOrder desc is not supported by Teal yet. Use asc.')
      }
      const now = clock.now()
      const listed = store.secrets
        .list()
        .filter(({ region, deletesAt = Infinity }) => region === call.region && deletesAt > now)
        .filter(({ deletesAt }) => IncludePlannedDeletion || deletesAt === undefined)
        .filter((secret) => Filters.every((filter) => matches(secret, filter)))
      const shown = pageOfNames(listed, ({ name }) => name, { size: pageSize(input.MaxResults), token: NextToken })
      if (shown === undefined) throw refusal('InvalidNextTokenException', 'The NextToken is not one of this list.')
      return {
        SecretList: shown.items.map((secret) => ({
          ...secretAnswer(secret),
          SecretVersionsToStages: versionsToStages(secret),
        })),
        NextToken: shown.token,
      }
    },
  }) satisfies Handlers<typeof sdk>

/** One of the filter's values is the beginning of what it looks at; `!` in front means none of them. */
function matches(secret: StoredSecret, { Key, Values = [] }: Checked<sdk.Filter>): boolean {
  const texts = textsOf(secret, Key ?? '')
  return Values.some((value) => {
    const isNot = value.startsWith('!')
    const prefix = (isNot ? value.slice(1) : value).toLowerCase()
    return texts.some((text) => text.toLowerCase().startsWith(prefix)) !== isNot
  })
}

function textsOf({ name, description = '', tags }: StoredSecret, key: string): readonly string[] {
  switch (key) {
    case 'name':
      return [name]
    case 'description':
      return description.split(/\s+/)
    case 'tag-key':
      return Object.keys(tags)
    case 'tag-value':
      return Object.values(tags)
    case 'all':
      return [name, ...description.split(/\s+/), ...Object.keys(tags), ...Object.values(tags)]
    default:
      throw refusal('InvalidParameterException', `The filter ${key} is not supported by Teal yet. Use name.`)
  }
}
