import type * as sdk from '@aws-sdk/client-ssm'
import type { Tags } from '../../domain/load-balancer.ts'
import type { StoredParameter } from '../../domain/secret.ts'
import { findParameter } from '../../engine/secret-values.ts'
import type { Call, Handlers } from '../handlers.ts'
import { refusal } from './lookups.ts'
import type { ParametersEngine } from './service.ts'

/** Tags of parameters; nothing else of Systems Manager is here to be tagged. */
export const tags = (engine: ParametersEngine) =>
  ({
    AddTagsToResource({ ResourceType, ResourceId, Tags: added }, call) {
      const parameter = tagged(engine, call, ResourceType, ResourceId)
      put(engine, { ...parameter, tags: readTags(added, parameter.tags) })
      return {}
    },
    RemoveTagsFromResource({ ResourceType, ResourceId, TagKeys }, call) {
      const parameter = tagged(engine, call, ResourceType, ResourceId)
      const kept = Object.entries(parameter.tags).filter(([key]) => !TagKeys.includes(key))
      put(engine, { ...parameter, tags: Object.fromEntries(kept) })
      return {}
    },
    ListTagsForResource({ ResourceType, ResourceId }, call) {
      const parameter = tagged(engine, call, ResourceType, ResourceId)
      return { TagList: Object.entries(parameter.tags).map(([Key, Value]) => ({ Key, Value })) }
    },
  }) satisfies Handlers<typeof sdk>

/** @throws ValidationException */
export function readTags(list: readonly sdk.Tag[] | undefined, before: Tags = {}): Tags {
  const read = { ...before }
  for (const { Key = '', Value = '' } of list ?? []) {
    if (Key.length < 1 || Key.length > 128 || /^aws:/i.test(Key) || Value.length > 256) {
      throw refusal('ValidationException', `The tag "${Key}" is not allowed.`)
    }
    read[Key] = Value
  }
  if (Object.keys(read).length <= 50) return read
  throw refusal('TooManyTagsError', 'A parameter can have at most 50 tags.')
}

/** @throws InvalidResourceType, InvalidResourceId */
function tagged({ store }: ParametersEngine, { region }: Call, type: string, id: string): StoredParameter {
  if (type !== 'Parameter') {
    throw refusal('InvalidResourceType', `The resource type ${type} is not supported by Teal yet. Use Parameter.`)
  }
  const found = findParameter(store, region, id)
  if (found !== undefined) return found
  throw refusal('InvalidResourceId', `There is no parameter ${id}.`)
}

function put({ store }: ParametersEngine, parameter: StoredParameter): void {
  store.parameters.put(`${parameter.region}/${parameter.name}`, parameter)
}
