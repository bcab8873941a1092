import type * as sdk from '@aws-sdk/client-s3'
import type { Handlers } from '../../../src/aws/handlers.ts'
import { AwsError } from '../../../src/domain/aws-error.ts'

export type TinyObject = {
  readonly bytes: Uint8Array
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  readonly metadata: Record<string, string> | undefined
}

/** As much of S3 as shows what its wire carries: one bucket, its objects in a map, ETags which are their lengths. */
export function tinyS3() {
  const objects = new Map<string, TinyObject>()
  const parts = new Map<number, Uint8Array>()

  function keep(key: string, bytes: Uint8Array, input: Partial<sdk.PutObjectRequest> = {}) {
    const { ContentType: contentType, ContentEncoding: contentEncoding, Metadata: metadata } = input
    objects.set(key, { bytes, contentType, contentEncoding, metadata })
    return { ETag: `"${bytes.length}"` }
  }

  function found(key: string): TinyObject {
    const object = objects.get(key)
    if (object) return object
    const members = { Key: key, 'x-amz-delete-marker': true }
    throw new AwsError('NoSuchKey', 'The specified key does not exist.', members)
  }

  const info = ({ bytes, contentType, metadata }: TinyObject) => ({
    ETag: `"${bytes.length}"`,
    LastModified: lastModified,
    ContentLength: bytes.length,
    ContentType: contentType,
    Metadata: metadata,
  })

  const handlers: Handlers<typeof sdk> = {
    PutObject: ({ Key, Body = new Uint8Array(), ...input }) => keep(Key, Body, input),
    GetObject({ Key, Range, IfNoneMatch }) {
      const object = found(Key)
      if (IfNoneMatch === info(object).ETag) throw new AwsError('NotModified', 'Not Modified')
      if (Range === undefined) return { ...info(object), Body: object.bytes }
      const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(Range) ?? []
      const [first, last] = [Number(from), to === '' ? object.bytes.length - 1 : Number(to)]
      const Body = object.bytes.subarray(first, last + 1)
      const ContentRange = `bytes ${first}-${last}/${object.bytes.length}`
      return { ...info(object), ContentLength: Body.length, ContentRange, Body }
    },
    HeadObject({ Key }) {
      if (!objects.has(Key)) throw new AwsError('NotFound', 'Not Found')
      return info(found(Key))
    },
    ListObjectsV2({ Bucket, Prefix = '' }) {
      const Contents = [...objects]
        .filter(([Key]) => Key.startsWith(Prefix))
        .map(([Key, { bytes }]) => ({ Key, Size: bytes.length, LastModified: lastModified }))
      return { Name: Bucket, Prefix, Contents, KeyCount: Contents.length, IsTruncated: false }
    },
    CopyObject({ Key, CopySource }) {
      const source = decodeURIComponent(CopySource).replace('bucket/', '')
      return { CopyObjectResult: { ...keep(Key, found(source).bytes), LastModified: lastModified } }
    },
    CreateMultipartUpload({ Bucket, Key }) {
      parts.clear()
      return { Bucket, Key, UploadId: 'upload' }
    },
    UploadPart({ PartNumber, Body = new Uint8Array() }) {
      parts.set(PartNumber, Body)
      return { ETag: `"${PartNumber}"` }
    },
    CompleteMultipartUpload({ Bucket, Key, MultipartUpload }) {
      const numbers = (MultipartUpload?.Parts ?? []).map(({ PartNumber = 0 }) => PartNumber)
      const bytes = Buffer.concat(numbers.map((number) => parts.get(number) ?? new Uint8Array()))
      return { Bucket, Key, ...keep(Key, new Uint8Array(bytes)) }
    },
    DeleteObject({ Key }) {
      objects.delete(Key)
      return {}
    },
    DeleteObjects({ Delete }) {
      for (const { Key } of Delete.Objects) objects.delete(Key)
      return { Deleted: Delete.Objects.map(({ Key }) => ({ Key })) }
    },
    GetBucketLocation: () => ({ LocationConstraint: 'eu-west-1' }),
    DeleteBucket() {
      throw new AwsError('BucketNotEmpty', 'The bucket you tried to delete is not empty')
    },
  }
  return { objects, handlers }
}

const lastModified = new Date(1_700_000_000_000)
