import type { Tags } from '../../domain/load-balancer.ts'
import { invalidValue } from './errors.ts'

const mostTags = 50

/** @throws AwsError InvalidParameterValueException for what cannot be a tag */
export function readTags(given: readonly { readonly Key: string; readonly Value: string }[] = []): Tags {
  const tags = new Map<string, string>()
  for (const { Key: key, Value: value } of given) {
    if (key.length < 1 || key.length > 128) throw invalidValue('A tag key must have 1 to 128 characters')
    if (value.length > 256)
      throw invalidValue(`The value of tag ${key} has ${value.length} characters; 256 are allowed`)
    if (key.toLowerCase().startsWith('aws:')) {
      throw invalidValue(`The tag key ${key} begins with aws:, which AWS keeps for itself`)
    }
    if (tags.has(key)) throw invalidValue(`The tag key ${key} is given twice`)
    tags.set(key, value)
  }
  return withinLimit(Object.fromEntries(tags))
}

export function withinLimit(tags: Tags): Tags {
  const count = Object.keys(tags).length
  if (count > mostTags) throw invalidValue(`The alarm would have ${count} tags; ${mostTags} are allowed`)
  return tags
}
