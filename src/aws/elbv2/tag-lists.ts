import type { Tag } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Tags } from '../../domain/load-balancer.ts'
import type { Checked } from '../handlers.ts'
import { invalid, refusal } from './errors.ts'
import { limits } from './limits.ts'

/** The tags of a request, checked as AWS does. */
export function readTags(tags: readonly Checked<Tag>[] = []): Tags {
  const keys = tags.map(({ Key }) => Key)
  const duplicate = keys.find((key, at) => keys.indexOf(key) !== at)
  if (duplicate !== undefined) throw refusal('DuplicateTagKeysException', `Tag key '${duplicate}' was specified twice`)
  for (const { Key, Value = '' } of tags) checkTag(Key, Value)
  return checkedTagCount(Object.fromEntries(tags.map(({ Key, Value = '' }) => [Key, Value])))
}

export function withTags(present: Tags, added: Tags): Tags {
  return checkedTagCount({ ...present, ...added })
}

export function tagList(tags: Tags): readonly { readonly Key: string; readonly Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** Whether everything that was asked for is there: creating the same thing again is no change. */
export function includesTags(present: Tags, asked: Tags): boolean {
  return Object.entries(asked).every(([key, value]) => present[key] === value)
}

function checkTag(key: string, value: string): void {
  if (key.length < 1 || key.length > 128) throw invalid(`Tag key '${key}' must have 1 to 128 characters`)
  if (value.length > 256) throw invalid(`The value of tag '${key}' must have no more than 256 characters`)
  if (key.toLowerCase().startsWith('aws:')) throw invalid(`Tag key '${key}' begins with 'aws:', which is reserved`)
}

function checkedTagCount(tags: Tags): Tags {
  const count = Object.keys(tags).length
  if (count <= limits.tagsPerResource) return tags
  throw refusal(
    'TooManyTagsException',
    `A resource can have '${limits.tagsPerResource}' tags; this one would have '${count}'`,
  )
}
