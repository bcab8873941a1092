import { AwsError } from '../../domain/aws-error.ts'
import { currentVersion, type S3Object, type StoredVersion } from '../../domain/s3.ts'
import { noSuchKey, notImplemented, preconditionFailed } from './errors.ts'

/** Conditional headers of a read. */
export type ReadConditions = {
  readonly IfMatch?: string | undefined
  readonly IfNoneMatch?: string | undefined
  readonly IfModifiedSince?: Date | undefined
  readonly IfUnmodifiedSince?: Date | undefined
}

/** In HTTP's order: a tag that is compared makes its date meaningless. @throws AwsError PreconditionFailed, NotModified */
export function checkRead(version: StoredVersion, conditions: ReadConditions): void {
  const { IfMatch: match, IfNoneMatch: noneMatch, IfModifiedSince: since, IfUnmodifiedSince: until } = conditions
  if (match !== undefined) {
    if (!names(match, version)) throw preconditionFailed('If-Match')
  } else if (until !== undefined && seconds(version.lastModified) > seconds(until.getTime())) {
    throw preconditionFailed('If-Unmodified-Since')
  }
  if (noneMatch !== undefined) {
    if (names(noneMatch, version)) throw notModified(version)
  } else if (since !== undefined && seconds(version.lastModified) <= seconds(since.getTime())) {
    throw notModified(version)
  }
}

/** The same of a copy's source, where each unmet condition is a failure. */
export function checkCopySource(version: StoredVersion, conditions: ReadConditions): void {
  try {
    checkRead(version, conditions)
  } catch (error) {
    if (error instanceof AwsError && error.code === 'NotModified') throw preconditionFailed('x-amz-copy-source-if-…')
    throw error
  }
}

/** Conditional headers of a write. @throws AwsError PreconditionFailed, NoSuchKey, NotImplemented */
export function checkWrite(
  before: S3Object | undefined,
  { Key: key, IfMatch: match, IfNoneMatch: noneMatch }: WriteConditions,
): void {
  const current = currentVersion(before)
  if (noneMatch !== undefined) {
    if (noneMatch !== '*') throw notImplemented('If-None-Match with an ETag on a write', 'Pass *')
    if (current !== undefined) throw preconditionFailed('If-None-Match')
  }
  if (match === undefined) return
  if (current === undefined) throw noSuchKey(key)
  if (!names(match, current)) throw preconditionFailed('If-Match')
}
type WriteConditions = { readonly Key: string } & Pick<ReadConditions, 'IfMatch' | 'IfNoneMatch'>

/** HTTP's dates have whole seconds. */
const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)

function names(tags: string, { eTag }: StoredVersion): boolean {
  const listed = tags.split(',').map((tag) => tag.trim().replace(/^W\//, '').replaceAll('"', ''))
  return listed.includes('*') || listed.includes(eTag)
}

/** Whoever has a copy learns which one is meant. */
function notModified({ eTag, lastModified }: StoredVersion): AwsError {
  const headers = { etag: `"${eTag}"`, 'last-modified': new Date(lastModified).toUTCString() }
  return new AwsError('NotModified', 'Not Modified', headers)
}
