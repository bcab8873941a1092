import type * as sdk from '@aws-sdk/client-s3'
import { AwsError } from '../../domain/aws-error.ts'
import { byteRange, type ByteRange } from '../../domain/byte-range.ts'
import type { Bucket, StoredVersion } from '../../domain/s3.ts'
import type { Call, Handlers } from '../handlers.ts'
import { checksumAnswer } from './checksums.ts'
import { checkRead } from './conditions.ts'
import { refuseOthers } from './errors.ts'
import { bucketNamed, shownVersionId, versionNamed, type S3Tools } from './lookups.ts'
import { answeredHeaders } from './object-headers.ts'

/** More are passed on in pieces, as fast as the client takes them. */
const mostBytesAtOnce = 1024 * 1024

/** Objects' bytes, and what is known of them. */
export function getObjectHandlers(tools: S3Tools) {
  return {
    async GetObject(input, call) {
      for (;;) {
        const { bucket, version, range } = found(tools, 'GetObject', input, call)
        const place = { bucket: bucket.bucketName, key: input.Key }
        const length = range === undefined ? version.size : range.last - range.first + 1
        const isLarge = length > mostBytesAtOnce
        const bytes = await tools.objects[isLarge ? 'opened' : 'content'](place, version, range)
        // Replaced or deleted just now: the store says by what.
        if (bytes !== undefined) return { ...info(bucket, version, range, input), Body: bytes }
      }
    },

    /** An answer to HEAD has no body to say why: everything missing is a plain 404. */
    HeadObject(input, call) {
      try {
        const { bucket, version, range } = found(tools, 'HeadObject', input, call)
        return info(bucket, version, range, input)
      } catch (error) {
        const isMissing = error instanceof AwsError && error.code.startsWith('NoSuch')
        throw isMissing ? new AwsError('NotFound', 'Not Found') : error
      }
    },
  } satisfies Handlers<typeof sdk>
}

type ReadInput = Pick<
  sdk.GetObjectCommandInput,
  'IfMatch' | 'IfNoneMatch' | 'IfModifiedSince' | 'IfUnmodifiedSince' | 'Range' | 'VersionId' | 'ExpectedBucketOwner'
> & { readonly Bucket: string; readonly Key: string } & Overrides

type Overrides = Pick<
  sdk.GetObjectCommandInput,
  | 'ResponseCacheControl'
  | 'ResponseContentDisposition'
  | 'ResponseContentEncoding'
  | 'ResponseContentLanguage'
  | 'ResponseContentType'
  | 'ResponseExpires'
  | 'ChecksumMode'
>

const supported = [
  'Bucket',
  'Key',
  'VersionId',
  'Range',
  'IfMatch',
  'IfNoneMatch',
  'IfModifiedSince',
  'IfUnmodifiedSince',
  'ExpectedBucketOwner',
  'RequestPayer',
  'ChecksumMode',
  'ResponseCacheControl',
  'ResponseContentDisposition',
  'ResponseContentEncoding',
  'ResponseContentLanguage',
  'ResponseContentType',
  'ResponseExpires',
]

function found({ store }: S3Tools, operation: string, input: ReadInput, call: Call) {
  refuseOthers(operation, input, supported)
  const bucket = bucketNamed(store, input, call)
  const version = versionNamed(store, bucket, input.Key, input.VersionId)
  checkRead(version, input)
  const range = byteRange(input.Range, version.size)
  if (range !== 'unsatisfiable') return { bucket, version, range }
  throw new AwsError('InvalidRange', 'The requested range is not satisfiable', {
    RangeRequested: input.Range,
    ActualObjectSize: String(version.size),
  })
}

function info(bucket: Bucket, version: StoredVersion, range: ByteRange | undefined, input: Overrides) {
  const { size, eTag, versionId, headers, lastModified } = version
  const withChecksum = input.ChecksumMode === 'ENABLED' && range === undefined
  const shown = answeredHeaders(headers)
  return {
    AcceptRanges: 'bytes',
    LastModified: new Date(lastModified),
    ContentLength: range === undefined ? size : range.last - range.first + 1,
    ContentRange: range === undefined ? undefined : `bytes ${range.first}-${range.last}/${size}`,
    ETag: `"${eTag}"`,
    VersionId: shownVersionId(bucket, versionId),
    ...shown,
    ContentType: input.ResponseContentType ?? shown.ContentType,
    CacheControl: input.ResponseCacheControl ?? shown.CacheControl,
    ContentDisposition: input.ResponseContentDisposition ?? shown.ContentDisposition,
    ContentEncoding: input.ResponseContentEncoding ?? shown.ContentEncoding,
    ContentLanguage: input.ResponseContentLanguage ?? shown.ContentLanguage,
    Expires: input.ResponseExpires ?? shown.Expires,
    ...(withChecksum ? checksumAnswer(version.checksum) : {}),
    ChecksumType: withChecksum && version.checksum !== undefined ? ('FULL_OBJECT' as const) : undefined,
  }
}
