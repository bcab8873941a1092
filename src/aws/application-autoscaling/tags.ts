import type * as sdk from '@aws-sdk/client-application-auto-scaling'
import type { Tags } from '../../domain/load-balancer.ts'
import type { ScalableTarget } from '../../domain/scaling.ts'
import { scalingKey } from '../../engine/scaling-policies.ts'
import type { Handlers } from '../handlers.ts'
import { invalid, refusal } from './lookups.ts'
import type { ScalingEngine } from './service.ts'

/** Tags of scalable targets; nothing else has any. */
export const tags = (engine: ScalingEngine) =>
  ({
    TagResource({ ResourceARN, Tags: given }) {
      const target = tagged(engine, ResourceARN)
      engine.store.scalableTargets.put(scalingKey(target), { ...target, tags: readTags(given, target.tags) })
      return {}
    },
    UntagResource({ ResourceARN, TagKeys }) {
      const target = tagged(engine, ResourceARN)
      const left = Object.fromEntries(Object.entries(target.tags).filter(([key]) => !TagKeys.includes(key)))
      engine.store.scalableTargets.put(scalingKey(target), { ...target, tags: left })
      return {}
    },
    ListTagsForResource({ ResourceARN }) {
      return { Tags: { ...tagged(engine, ResourceARN).tags } }
    },
  }) satisfies Handlers<typeof sdk>

/** @throws ValidationException, TooManyTagsException */
export function readTags(given: Readonly<Record<string, string>> = {}, before: Tags = {}): Tags {
  for (const [key, value] of Object.entries(given)) {
    if (key.length < 1 || key.length > 128 || /^aws:/i.test(key) || value.length > 256) {
      throw invalid(`The tag "${key}" is not allowed.`)
    }
  }
  const read = { ...before, ...given }
  if (Object.keys(read).length <= 50) return read
  throw refusal('TooManyTagsException', 'A scalable target can have at most 50 tags.')
}

/** @throws ResourceNotFoundException */
function tagged({ store }: ScalingEngine, scalableTargetArn: string): ScalableTarget {
  const found = store.scalableTargets.list().find((target) => target.scalableTargetArn === scalableTargetArn)
  if (found !== undefined) return found
  throw refusal('ResourceNotFoundException', `There is no scalable target with the ARN ${scalableTargetArn}.`)
}
