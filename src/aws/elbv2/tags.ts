import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import { parseArn } from '../../domain/identifiers.ts'
import type { Tags } from '../../domain/load-balancer.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Handlers } from '../handlers.ts'
import { invalid, refusal } from './errors.ts'
import { findListener, findLoadBalancer, findRule, findTargetGroup, type Where } from './find.ts'
import { readTags, tagList, withTags } from './tag-lists.ts'

const mostResources = 20

export const tags = ({ store }: Engine) =>
  ({
    AddTags({ ResourceArns, Tags: given }, call) {
      const added = readTags(given)
      store.transaction(() => {
        for (const taggable of resources({ store, call }, ResourceArns)) taggable.put(withTags(taggable.tags, added))
      })
      return {}
    },

    RemoveTags({ ResourceArns, TagKeys }, call) {
      store.transaction(() => {
        for (const taggable of resources({ store, call }, ResourceArns)) taggable.put(without(taggable.tags, TagKeys))
      })
      return {}
    },

    DescribeTags({ ResourceArns }, call) {
      const found = resources({ store, call }, ResourceArns)
      return {
        TagDescriptions: found.map((taggable, at) => ({ ResourceArn: ResourceArns[at], Tags: tagList(taggable.tags) })),
      }
    },
  }) satisfies Handlers<typeof sdk>

type Taggable = { readonly tags: Tags; readonly put: (tags: Tags) => void }

function resources(where: Where, arns: readonly string[]): readonly Taggable[] {
  if (arns.length === 0) throw invalid('At least one resource ARN must be specified')
  if (arns.length > mostResources) throw invalid(`No more than '${mostResources}' resource ARNs can be specified`)
  return arns.map((arn) => resource(where, arn))
}

function resource(where: Where, arn: string): Taggable {
  const { store } = where
  const [kind = ''] = parseArn(arn)?.resource.split('/') ?? []
  switch (kind) {
    case 'loadbalancer':
      return taggableIn(store.loadBalancers, arn, findLoadBalancer(where, arn))
    case 'targetgroup':
      return taggableIn(store.targetGroups, arn, findTargetGroup(where, arn))
    case 'listener':
      return taggableIn(store.listeners, arn, findListener(where, arn))
    case 'listener-rule':
      return taggableRule(where, arn)
    default:
      throw invalid(`'${arn}' is not a valid ARN of a load balancer, target group, listener or rule`)
  }
}

function taggableIn<Value extends { readonly tags: Tags }>(
  collection: { put(key: string, value: Value): void },
  arn: string,
  value: Value,
): Taggable {
  return { tags: value.tags, put: (changed) => collection.put(arn, { ...value, tags: changed }) }
}

function taggableRule(where: Where, arn: string): Taggable {
  const found = findRule(where, arn)
  if (found.kind === 'rule') return taggableIn(where.store.rules, arn, found.rule)
  return {
    tags: {},
    put: (changed) => {
      if (Object.keys(changed).length === 0) return
      throw refusal(
        'OperationNotPermittedException',
        `Default rule '${arn}' cannot be tagged; tag its listener instead`,
      )
    },
  }
}

function without(present: Tags, keys: readonly string[]): Tags {
  return Object.fromEntries(Object.entries(present).filter(([key]) => !keys.includes(key)))
}
