import type * as sdk from '@aws-sdk/client-ecs'
import { AwsError } from '../../domain/aws-error.ts'
import { arn, parseArn, type Place } from '../../domain/identifiers.ts'
import type { Tags } from '../../domain/load-balancer.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Collection } from '../../engine/collection.ts'
import type { Store } from '../../engine/store.ts'
import type { Handlers } from '../handlers.ts'
import { clusterNotFound, invalidParameter } from './errors.ts'

/** TagResource, UntagResource and ListTagsForResource: clusters, services, task sets, tasks and task definitions. */
export const tags = ({ store }: Engine) =>
  ({
    TagResource({ resourceArn, tags: added }, call) {
      const resource = findTagged(store, call, resourceArn) ?? resourceNotFound()
      const merged = { ...resource.tags, ...readTags(added) }
      checkCount(merged)
      resource.put(merged)
      return {}
    },
    UntagResource({ resourceArn, tagKeys }, call) {
      const resource = findTagged(store, call, resourceArn) ?? resourceNotFound()
      const kept = Object.entries(resource.tags).filter(([key]) => !tagKeys.includes(key))
      resource.put(Object.fromEntries(kept))
      return {}
    },
    ListTagsForResource({ resourceArn }, call) {
      const resource = findTagged(store, call, resourceArn)
      if (resource === undefined) throw invalidParameter('The specified resource is not found.')
      return { tags: tagList(resource.tags) }
    },
  }) satisfies Handlers<typeof sdk>

/**
 * Tags as the domain keeps them.
 * @throws InvalidParameterException for keys and values AWS does not take, keys given twice, and more than 50 tags.
 */
export function readTags(list: readonly sdk.Tag[] | undefined): Tags {
  const entries = (list ?? []).map(({ key = '', value = '' }): [string, string] => {
    if (key.length < 1 || key.length > 128) throw invalidParameter('Tag keys must have 1 to 128 characters.')
    if (value.length > 256) throw invalidParameter(`The value of tag ${key} has more than 256 characters.`)
    if (/^aws:/i.test(key)) throw invalidParameter(`Tag key ${key} is not allowed: the prefix aws: is reserved.`)
    return [key, value]
  })
  const read = Object.fromEntries(entries)
  if (Object.keys(read).length < entries.length) throw invalidParameter('A tag key is given more than once.')
  checkCount(read)
  return read
}

export function tagList(kept: Tags): readonly sdk.Tag[] {
  return Object.entries(kept).map(([key, value]) => ({ key, value }))
}

function checkCount(all: Tags): void {
  if (Object.keys(all).length > 50) throw invalidParameter('A resource can have at most 50 tags.')
}

function resourceNotFound(): never {
  throw new AwsError('ResourceNotFoundException', 'The specified resource could not be found.')
}

type Tagged = { readonly tags: Tags; readonly put: (tags: Tags) => void }

/** @throws InvalidParameterException for what is no ARN of this region's ECS, an old short ARN, or a deleted cluster's. */
function findTagged(store: Store, place: Place, resourceArn: string): Tagged | undefined {
  const parsed = parseArn(resourceArn)
  if (parsed?.service !== 'ecs') throw invalidParameter(`Invalid identifier: ${resourceArn} is not an Amazon ECS ARN.`)
  if (parsed.region !== place.region) throw invalidParameter('Invalid Region in ARN')
  const [kind = '', ...path] = parsed.resource.split('/')
  if ((kind === 'service' || kind === 'task') && path.length === 1) {
    throw invalidParameter('Long arn format must be used for tagging operations')
  }
  if (kind === 'task-definition') return entry(store.taskDefinitions, resourceArn)
  const cluster = store.clusters.get(arn.cluster(place, path[0] ?? ''))
  if (cluster === undefined) throw clusterNotFound()
  if (cluster.status !== 'ACTIVE') {
    throw invalidParameter('The specified cluster is inactive. Specify an active cluster and try again.')
  }
  switch (kind) {
    case 'cluster':
      return entry(store.clusters, resourceArn)
    case 'service':
      return entry(store.services, resourceArn)
    case 'task-set':
      return entry(store.taskSets, resourceArn)
    case 'task':
      return entry(store.tasks, resourceArn)
    default:
      return undefined
  }
}

function entry<Value extends { readonly tags: Tags }>(collection: Collection<Value>, key: string): Tagged | undefined {
  const value = collection.get(key)
  return value && { tags: value.tags, put: (changed) => collection.put(key, { ...value, tags: changed }) }
}
