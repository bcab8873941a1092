import { createHash } from 'node:crypto'
import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { Revision } from '../../domain/code-deploy.ts'
import { quoted } from './names.ts'

/** A revision as a caller names it: with its text, or by the digest of a text that was registered before. */
export type NamedRevision = Omit<Revision, 'content'> & { readonly content: string | undefined }

/**
 * Reads the location of a revision whose text comes with the call (`AppSpecContent`, and `String`, its older name).
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
      throw refusedS3(location.s3Location)
    case 'GitHub':
      throw invalid(`GitHub revisions are for EC2 and on-premises deployments. ${useContent}`)
    case undefined:
      throw invalid(`RevisionLocation has no revisionType. ${useContent}`)
  }
}

/** As the API answers it: with the text only where the revision itself was asked for. */
export function revisionLocation(revision: Revision, { withContent }: { readonly withContent: boolean }) {
  const { revisionType, content, sha256 } = revision
  const members = withContent ? { content, sha256 } : { sha256 }
  return revisionType === 'String' ? { revisionType, string: members } : { revisionType, appSpecContent: members }
}

const useContent =
  'Pass the AppSpec itself: revision {revisionType: AppSpecContent, appSpecContent: {content: "…", sha256: "…"}}'

function readContent(
  member: string,
  revisionType: Revision['revisionType'],
  given: { readonly content?: string | undefined; readonly sha256?: string | undefined } | undefined,
): NamedRevision {
  const { content, sha256 } = given ?? {}
  if (content === undefined) {
    if (sha256 === undefined) throw invalid(`${member}.content is missing. ${useContent}`)
    return { revisionType, content, sha256: sha256.toLowerCase() }
  }
  const digest = createHash('sha256').update(content).digest('hex')
  if (sha256 === undefined || sha256.toLowerCase() === digest) return { revisionType, content, sha256: digest }
  throw invalid(
    `${member}.sha256 is ${quoted(sha256)}, but the SHA-256 of the content as it arrived is '${digest}'. Compute it over the ` +
      'exact text, as lower-case hexadecimal, or leave it out',
  )
}

function refusedS3(s3: sdk.S3Location | undefined): AwsError {
  if (s3?.bundleType !== undefined && s3.bundleType !== 'YAML' && s3.bundleType !== 'JSON') {
    return invalid('BundleType must be either YAML or JSON')
  }
  return invalid(`Revisions in S3 are not read by this version. ${useContent}`)
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidRevisionException', message)
}
