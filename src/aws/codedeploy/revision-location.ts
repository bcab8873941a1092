import { createHash } from 'node:crypto'
import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { ContentRevision, Revision, S3Location, S3Revision } from '../../domain/code-deploy.ts'
import { quoted } from './names.ts'

/** A revision as a caller names it: with its text, by the digest of a text that was registered before, or in S3. */
export type NamedRevision = NamedContent | S3Revision
type NamedContent = Omit<ContentRevision, 'content'> & { readonly content: string | undefined }

/**
 * Reads the location of a revision: `AppSpecContent`, `String`, which is its older name, or `S3`.
 * @throws AwsError RevisionRequiredException, InvalidRevisionException
 */
export function readRevisionLocation(location: sdk.RevisionLocation | undefined): NamedRevision {
  if (location === undefined || Object.values(location).every((member) => member === undefined)) {
    throw new AwsError('RevisionRequiredException', 'RevisionLocation must be specified')
  }
  switch (location.revisionType) {
    case 'AppSpecContent':
      return readContent('appSpecContent', location.revisionType, location.appSpecContent)
    case 'String':
      return readContent('string', location.revisionType, location.string)
    case 'S3':
      return { revisionType: 'S3', s3Location: readS3Location(location.s3Location) }
    case 'GitHub':
      throw invalid(`GitHub revisions are for EC2 and on-premises deployments. ${useContent}`)
    case undefined:
      throw invalid(`RevisionLocation has no revisionType. ${useContent}`)
  }
}

/** As the API answers it: with the text only where the revision itself was asked for. */
export function revisionLocation(revision: Revision, { withContent }: { readonly withContent: boolean }) {
  if (revision.revisionType === 'S3') return { revisionType: revision.revisionType, s3Location: revision.s3Location }
  const { revisionType, content, sha256 } = revision
  const members = withContent ? { content, sha256 } : { sha256 }
  return revisionType === 'String' ? { revisionType, string: members } : { revisionType, appSpecContent: members }
}

const useContent =
  'Pass the AppSpec itself: revision {revisionType: AppSpecContent, appSpecContent: {content: "…", sha256: "…"}}'

/** Every revision is kept, also one that is too long to be deployed. */
const longestContent = 1024 * 1024

function readContent(
  member: string,
  revisionType: ContentRevision['revisionType'],
  given: { readonly content?: string | undefined; readonly sha256?: string | undefined } | undefined,
): NamedContent {
  const { content, sha256 } = given ?? {}
  if (content === undefined) {
    if (sha256 === undefined) throw invalid(`${member}.content is missing. ${useContent}`)
    return { revisionType, content, sha256: sha256.toLowerCase() }
  }
  if (content.length > longestContent) {
    throw invalid(
      `${member}.content has ${content.length} characters, far more than an AppSpec; ${longestContent} are taken`,
    )
  }
  const digest = createHash('sha256').update(content).digest('hex')
  if (sha256 === undefined || sha256.toLowerCase() === digest) return { revisionType, content, sha256: digest }
  throw invalid(
    `${member}.sha256 is ${quoted(sha256)}, but the SHA-256 of the content as it arrived is '${digest}'. Compute it over the ` +
      'exact text, as lower-case hexadecimal, or leave it out',
  )
}

/** Clients pass ETags with and without the quotes they are answered with. */
function readS3Location(given: sdk.S3Location | undefined): S3Location {
  const { bucket, key, bundleType, version, eTag } = given ?? {}
  const missing = Object.entries({ bucket, key, bundleType }).find(([, value]) => value === undefined || value === '')
  if (bucket === undefined || key === undefined || bundleType === undefined || missing !== undefined) {
    throw invalid(`s3Location.${missing?.[0] ?? 'bucket'} is missing. ${useS3}`)
  }
  return {
    bucket,
    key,
    bundleType,
    ...(version === undefined ? {} : { version }),
    ...(eTag === undefined ? {} : { eTag: eTag.replaceAll('"', '') }),
  }
}

const useS3 =
  'Pass s3Location {bucket: "…", key: "…", bundleType: YAML}: YAML or JSON is the AppSpec, zip, tar or tgz holds it'

function invalid(message: string): AwsError {
  return new AwsError('InvalidRevisionException', message)
}
