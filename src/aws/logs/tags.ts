import type * as sdk from '@aws-sdk/client-cloudwatch-logs'
import type { Tags } from '../../domain/load-balancer.ts'
import type { LogGroup } from '../../domain/log-group.ts'
import type { Handlers } from '../handlers.ts'
import { findGroup, nameIn, withTags } from './lookups.ts'
import type { LogsEngine } from './service.ts'

/** Tags of log groups, by the newer operations and the older ones. */
export const tags = (engine: LogsEngine) =>
  ({
    TagResource({ resourceArn, tags: added }, call) {
      addTags(engine, findGroup(engine, call, nameIn(resourceArn)), added)
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
      addTags(engine, findGroup(engine, call, logGroupName), added)
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

function addTags(engine: LogsEngine, group: LogGroup, added: Tags): void {
  put(engine, { ...group, tags: withTags(group.tags, added) })
}

function put({ store }: LogsEngine, group: LogGroup): void {
  store.logGroups.put(`${group.region}/${group.name}`, group)
}

function withoutTags(group: LogGroup, keys: readonly string[]): LogGroup {
  return { ...group, tags: Object.fromEntries(Object.entries(group.tags).filter(([key]) => !keys.includes(key))) }
}
