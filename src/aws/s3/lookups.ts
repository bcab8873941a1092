import { AwsError } from '../../domain/aws-error.ts'
import { bucketNameProblem, utf8Length } from '../../domain/s3-names.ts'
import type { Bucket, MultipartUpload, S3Object, StoredVersion } from '../../domain/s3.ts'
import type { Engine } from '../../engine/engine.ts'
import { findVersion, objectKey, type ObjectStore } from '../../engine/object-store.ts'
import type { Store } from '../../engine/store.ts'
import type { Call } from '../handlers.ts'
import { noSuchBucket, noSuchKey, noSuchUpload, noSuchVersion } from './errors.ts'

/** What the S3 surface works with. */
export type S3Tools = Pick<Engine, 'store' | 'clock' | 'chance'> & { readonly objects: ObjectStore }

/** The bucket a call names. @throws AwsError InvalidBucketName, NoSuchBucket, AccessDenied for another owner's */
export function bucketNamed(store: Store, input: BucketInput, { accountId }: Pick<Call, 'accountId'>): Bucket {
  const name = checkedBucketName(input.Bucket)
  const bucket = store.buckets.get(name)
  if (bucket === undefined) throw noSuchBucket(name)
  checkOwner(input.ExpectedBucketOwner, accountId)
  return bucket
}
type BucketInput = { readonly Bucket: string; readonly ExpectedBucketOwner?: string | undefined }

function checkOwner(expected: string | undefined, accountId: string): void {
  if (expected === undefined || expected === accountId) return
  throw new AwsError('AccessDenied', `Access Denied: the bucket is account ${accountId}'s, and not ${expected}'s.`)
}

export function checkedBucketName(name: string): string {
  const problem = bucketNameProblem(name)
  if (problem === undefined) return name
  throw new AwsError('InvalidBucketName', `The specified bucket is not valid. ${problem}`, { BucketName: name })
}

/** Keys have 1 to 1024 bytes. */
export function checkedKey(key: string): string {
  if (key === '') throw new AwsError('InvalidArgument', 'The key is empty. Give it 1 to 1024 bytes.')
  const size = utf8Length(key)
  if (size <= 1024) return key
  const members = { Size: String(size), MaxSizeAllowed: '1024' }
  throw new AwsError('KeyTooLongError', `Your key is too long: it has ${size} bytes, 1024 are allowed.`, members)
}

/** The version with bytes that a call names, or the current one. @throws AwsError NoSuchKey, NoSuchVersion, MethodNotAllowed */
export function versionNamed(store: Store, bucket: Bucket, key: string, versionId: string | undefined): StoredVersion {
  const version = findVersion(store.objects.get(objectKey(bucket.bucketName, checkedKey(key))), versionId)
  if (version === undefined) throw versionId === undefined ? noSuchKey(key) : noSuchVersion(key, versionId)
  if (version.kind === 'stored') return version
  throw new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource: a delete marker.')
}

export function uploadNamed(store: Store, bucket: Bucket, key: string, uploadId: string): MultipartUpload {
  const upload = store.multipartUploads.get(uploadId)
  if (upload?.bucket === bucket.bucketName && upload.key === key) return upload
  throw noSuchUpload(uploadId)
}

export function objectsIn(store: Store, { bucketName }: Bucket): readonly S3Object[] {
  return store.objects.list().filter(({ bucket }) => bucket === bucketName)
}

/** Said of a version only where the bucket has (or had) versions. */
export function shownVersionId({ versioning }: Bucket, versionId: string): string | undefined {
  return versioning === undefined ? undefined : versionId
}
