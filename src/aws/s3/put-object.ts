import type * as sdk from '@aws-sdk/client-s3'
import { AwsError } from '../../domain/aws-error.ts'
import type { Bucket, ObjectHeaders, StoredVersion } from '../../domain/s3.ts'
import type { PutCheck } from '../../engine/object-store.ts'
import type { Handlers } from '../handlers.ts'
import { checkedBytes, checksumAnswer, checksumMembers, checksumOfPieces, knownAlgorithm } from './checksums.ts'
import { checkCopySource, checkWrite } from './conditions.ts'
import { copySource, type CopySource } from './copy-source.ts'
import { noSuchBucket, refuseOthers } from './errors.ts'
import { bucketNamed, checkedKey, shownVersionId, versionNamed, type S3Tools } from './lookups.ts'
import { headerMembers, readHeaders } from './object-headers.ts'

/** Objects from bytes, and from other objects. */
export function putObjectHandlers(tools: S3Tools) {
  return { ...putObject(tools), ...copyObject(tools) }
}

const common = ['Bucket', 'Key', 'ExpectedBucketOwner', 'RequestPayer', 'IfMatch', 'IfNoneMatch', ...headerMembers]

function putObject({ store, objects }: S3Tools) {
  return {
    async PutObject(input, call) {
      refuseOthers('PutObject', input, [...common, ...putMembers, ...checksumMembers])
      const bucket = bucketNamed(store, input, call)
      const key = checkedKey(input.Key)
      const headers = readHeaders(input)
      const bytes = input.Body ?? new Uint8Array()
      const checksum = checkedBytes(bytes, input)
      const place = { bucket: bucket.bucketName, key }
      const content = { content: [bytes], headers, ...(checksum === undefined ? {} : { checksum }) }
      const version = await objects.put(place, content, writeCheck(bucket, input))
      return {
        ...written(store.buckets.get(bucket.bucketName) ?? bucket, version),
        ...checksumAnswer(checksum),
        ChecksumType: checksum === undefined ? undefined : ('FULL_OBJECT' as const),
      }
    },
  } satisfies Handlers<typeof sdk>
}

const putMembers = ['Body', 'ContentLength', 'ContentMD5', 'ChecksumAlgorithm']

function copyObject({ store, objects }: S3Tools) {
  return {
    async CopyObject(input, call) {
      refuseOthers('CopyObject', input, [...common, ...copyMembers])
      const bucket = bucketNamed(store, input, call)
      const key = checkedKey(input.Key)
      const source = copySource(input.CopySource)
      const from = bucketNamed(
        store,
        { Bucket: source.bucket, ExpectedBucketOwner: input.ExpectedSourceBucketOwner },
        call,
      )
      const original = versionNamed(store, from, source.key, source.versionId)
      checkCopySource(original, sourceConditions(input))
      refuseIdleCopy(input, source)
      const headers = input.MetadataDirective === 'REPLACE' ? readHeaders(input) : copiedHeaders(original, input)
      const algorithm = knownAlgorithm(input.ChecksumAlgorithm)
      const checksum =
        algorithm === undefined ? original.checksum : await checksumOfPieces(algorithm, objects.pieces(original))
      const version = await objects.put(
        { bucket: bucket.bucketName, key },
        { content: objects.pieces(original), headers, ...(checksum === undefined ? {} : { checksum }) },
        writeCheck(bucket, input),
      )
      return {
        CopyObjectResult: {
          ETag: `"${version.eTag}"`,
          LastModified: new Date(version.lastModified),
          ...checksumAnswer(checksum),
        },
        CopySourceVersionId: shownVersionId(from, original.versionId),
        VersionId: shownVersionId(bucket, version.versionId),
      }
    },
  } satisfies Handlers<typeof sdk>
}

const copyMembers = [
  'CopySource',
  'CopySourceIfMatch',
  'CopySourceIfNoneMatch',
  'CopySourceIfModifiedSince',
  'CopySourceIfUnmodifiedSince',
  'MetadataDirective',
  'ExpectedSourceBucketOwner',
  'ChecksumAlgorithm',
]

/** The bucket may be gone, and the object another, by the time the bytes have arrived. */
export function writeCheck(
  { bucketName }: Bucket,
  conditions: {
    readonly Key: string
    readonly IfMatch?: string | undefined
    readonly IfNoneMatch?: string | undefined
  },
): PutCheck {
  return (bucket, before) => {
    if (bucket === undefined) throw noSuchBucket(bucketName)
    checkWrite(before, conditions)
    return bucket
  }
}

function written(bucket: Bucket, version: StoredVersion) {
  return { ETag: `"${version.eTag}"`, VersionId: shownVersionId(bucket, version.versionId) }
}

export function sourceConditions(input: {
  readonly CopySourceIfMatch?: string | undefined
  readonly CopySourceIfNoneMatch?: string | undefined
  readonly CopySourceIfModifiedSince?: Date | undefined
  readonly CopySourceIfUnmodifiedSince?: Date | undefined
}) {
  return {
    IfMatch: input.CopySourceIfMatch,
    IfNoneMatch: input.CopySourceIfNoneMatch,
    IfModifiedSince: input.CopySourceIfModifiedSince,
    IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
  }
}

/** A copy has its source's headers, and no others, unless REPLACE says so. */
function copiedHeaders({ headers }: StoredVersion, input: Parameters<typeof readHeaders>[0]): ObjectHeaders {
  const { ACL, StorageClass } = input
  readHeaders({ ACL, StorageClass })
  return headers
}

function refuseIdleCopy(input: sdk.CopyObjectCommandInput, source: CopySource): void {
  const isItself = source.bucket === input.Bucket && source.key === input.Key && source.versionId === undefined
  if (!isItself || input.MetadataDirective === 'REPLACE') return
  throw new AwsError(
    'InvalidRequest',
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, " +
      'storage class, website redirect location or encryption attributes.',
  )
}
