import type * as sdk from '@aws-sdk/client-lambda'
import type { Handlers } from '../handlers.ts'
import { existing, invalidParameter, put, type Here, type LambdaEngine } from './lookups.ts'

type Tags = Readonly<Record<string, string>>

const mostTags = 50

/** Tags of functions, by ARN. */
export function tagHandlers(engine: LambdaEngine) {
  return {
    TagResource({ Resource, Tags: tags }, call) {
      const found = tagged({ engine, call }, Resource)
      put({ engine, call }, { ...found, tags: checkedTags({ ...found.tags, ...tags }) })
      return {}
    },

    UntagResource({ Resource, TagKeys }, call) {
      const found = tagged({ engine, call }, Resource)
      const rest = Object.entries(found.tags).filter(([key]) => !TagKeys.includes(key))
      put({ engine, call }, { ...found, tags: Object.fromEntries(rest) })
      return {}
    },

    ListTags({ Resource }, call) {
      return { Tags: tagged({ engine, call }, Resource).tags }
    },
  } satisfies Handlers<typeof sdk>
}

/** @throws AwsError InvalidParameterValueException */
export function checkedTags(tags: Tags): Tags {
  const entries = Object.entries(tags)
  if (entries.length > mostTags)
    throw invalidParameter(`The function would have ${entries.length} tags; ${mostTags} are allowed.`)
  for (const [key, value] of entries) {
    if (key === '' || key.length > 128) throw invalidParameter(`The tag key '${key}' must have 1 to 128 characters.`)
    if (value.length > 256) throw invalidParameter(`The value of tag '${key}' must have 256 characters at most.`)
    if (key.toLowerCase().startsWith('aws:'))
      throw invalidParameter(`The tag key '${key}' begins with aws:, which AWS keeps for itself.`)
  }
  return tags
}

function tagged(here: Here, resource: string) {
  const { found, qualifier } = existing(here, resource)
  if (!resource.startsWith('arn:') || qualifier !== undefined) {
    throw invalidParameter(
      `The resource '${resource}' must be a function's ARN without a version. Versions and aliases have no tags.`,
    )
  }
  return found
}
