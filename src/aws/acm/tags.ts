import type * as sdk from '@aws-sdk/client-acm'
import type { Tags } from '../../domain/load-balancer.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Handlers } from '../handlers.ts'
import { refusal } from './errors.ts'
import { findCertificate } from './find.ts'

const mostTags = 50

export const tags = ({ store }: Engine) =>
  ({
    AddTagsToCertificate({ CertificateArn, Tags: added }, call) {
      const certificate = findCertificate({ store, call }, CertificateArn)
      const all = withinLimit({ ...certificate.tags, ...readTags(added) })
      store.certificates.put(CertificateArn, { ...certificate, tags: all })
      return {}
    },

    /** A tag that is given with a value goes only if it has that value. */
    RemoveTagsFromCertificate({ CertificateArn, Tags: removed }, call) {
      const certificate = findCertificate({ store, call }, CertificateArn)
      const goes = (key: string, value: string): boolean =>
        removed.some(({ Key, Value }) => Key === key && (Value === undefined || Value === value))
      const kept = Object.entries(certificate.tags).filter(([key, value]) => !goes(key, value))
      store.certificates.put(CertificateArn, { ...certificate, tags: Object.fromEntries(kept) })
      return {}
    },

    ListTagsForCertificate({ CertificateArn }, call) {
      const { tags: all } = findCertificate({ store, call }, CertificateArn)
      return { Tags: Object.entries(all).map(([Key, Value]) => ({ Key, Value })) }
    },
  }) satisfies Handlers<typeof sdk>

/** @throws AwsError InvalidTagException, TooManyTagsException */
export function readTags(
  given: readonly { readonly Key: string; readonly Value?: string | undefined }[] | undefined,
): Tags {
  const read = new Map<string, string>()
  for (const { Key: key, Value: value = '' } of given ?? []) {
    if (key.length < 1 || key.length > 128) throw invalidTag('A tag key must have 1 to 128 characters.')
    if (value.length > 256)
      throw invalidTag(`The value of tag '${key}' has ${value.length} characters; 256 are allowed.`)
    if (key.toLowerCase().startsWith('aws:'))
      throw invalidTag(`Tag key '${key}' begins with 'aws:', which is reserved.`)
    if (read.has(key)) throw invalidTag(`Tag key '${key}' is given twice.`)
    read.set(key, value)
  }
  return withinLimit(Object.fromEntries(read))
}

function withinLimit(all: Tags): Tags {
  const count = Object.keys(all).length
  if (count <= mostTags) return all
  throw refusal('TooManyTagsException', `The certificate would have ${count} tags; ${mostTags} are allowed.`)
}

function invalidTag(message: string) {
  return refusal('InvalidTagException', message)
}
