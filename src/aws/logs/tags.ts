import type * as sdk from '@aws-sdk/client-cloudwatch-logs'
import type { LogGroup } from '../../domain/log-group.ts'
import type { Handlers } from '../handlers.ts'
import { findGroup, invalid, nameIn } from './lookups.ts'
import type { LogsEngine } from './service.ts'

/** Tags of log groups, by the newer operations and the older ones. */
export const tags = (engine: LogsEngine) =>
  ({
    TagResource({ resourceArn, tags: added }, call) {
      put(engine, withTags(findGroup(engine, call, nameIn(resourceArn)), added))
      return {}
    },
    UntagResource({ resourceArn, tagKeys }, call) {
      put(engine, withoutTags(findGroup(engine, call, nameIn(resourceArn)), tagKeys))
      return {}
    },
    ListTagsForResource({ resourceArn }, call) {
      return { tags: { ...findGroup(engine, call, nameIn(resourceArn)).tags } }
    },
    TagLogGroup({ logGroupName, tags: added }, call) {
      put(engine, withTags(findGroup(engine, call, logGroupName), added))
      return {}
    },
    UntagLogGroup({ logGroupName, tags: keys }, call) {
      put(engine, withoutTags(findGroup(engine, call, logGroupName), keys))
      return {}
    },
    ListTagsLogGroup({ logGroupName }, call) {
      return { tags: { ...findGroup(engine, call, logGroupName).tags } }
    },
  }) satisfies Handlers<typeof sdk>

function put({ store }: LogsEngine, group: LogGroup): void {
  store.logGroups.put(`${group.region}/${group.name}`, group)
}

/** @throws InvalidParameterException */
function withTags(group: LogGroup, added: Readonly<Record<string, string>>): LogGroup {
  const tagged = { ...group.tags, ...added }
  if (Object.keys(added).some((key) => key.length < 1 || key.length > 128 || /^aws:/i.test(key))) {
    throw invalid('Tag keys must have 1 to 128 characters and must not begin with aws:.')
  }
  if (Object.keys(tagged).length > 50) throw invalid('A log group can have at most 50 tags.')
  return { ...group, tags: tagged }
}

function withoutTags(group: LogGroup, keys: readonly string[]): LogGroup {
  return { ...group, tags: Object.fromEntries(Object.entries(group.tags).filter(([key]) => !keys.includes(key))) }
}
