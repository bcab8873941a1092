import type * as sdk from '@aws-sdk/client-s3'
import { listPage } from '../../domain/s3-listing.ts'
import { compareKeys } from '../../domain/s3-names.ts'
import type { Handlers } from '../handlers.ts'
import { checksumAnswer } from './checksums.ts'
import { invalidArgument, refuseOthers } from './errors.ts'
import { bucketNamed, uploadNamed, type S3Tools } from './lookups.ts'

/** What is uploaded of objects that are not whole yet. */
export function multipartListHandlers({ store, objects }: S3Tools) {
  return {
    ListParts(input, call) {
      const { UploadId, MaxParts: most = 1000, PartNumberMarker: marker } = input
      const bucket = bucketNamed(store, input, call)
      const upload = uploadNamed(store, bucket, input.Key, UploadId)
      const after = Number(marker ?? 0)
      const limit = checkedLimit('max-parts', most)
      const left = objects.parts(upload.uploadId).filter(({ partNumber }) => partNumber > after)
      const page = left.slice(0, limit)
      const last = page.at(-1)?.partNumber
      return {
        Bucket: bucket.bucketName,
        Key: upload.key,
        UploadId: upload.uploadId,
        PartNumberMarker: String(after),
        NextPartNumberMarker: last === undefined ? undefined : String(last),
        MaxParts: limit,
        IsTruncated: page.length < left.length,
        Parts: page.map(({ partNumber, eTag, size, lastModified, checksum }) => ({
          PartNumber: partNumber,
          ETag: `"${eTag}"`,
          Size: size,
          LastModified: new Date(lastModified),
          ...checksumAnswer(checksum),
        })),
        Owner: { ID: call.accountId },
        StorageClass: 'STANDARD' as const,
        ChecksumAlgorithm: upload.checksumAlgorithm,
      }
    },

    ListMultipartUploads(input, call) {
      refuseOthers('ListMultipartUploads', input, uploadListMembers)
      const { bucketName } = bucketNamed(store, input, call)
      const { Prefix: prefix = '', Delimiter: delimiter, KeyMarker: key, UploadIdMarker: versionId } = input
      const uploads = store.multipartUploads
        .list()
        .filter(({ bucket }) => bucket === bucketName)
        .toSorted((one, other) => compareKeys(one.key, other.key))
        .map((upload) => ({ ...upload, versionId: upload.uploadId }))
      const limit = checkedLimit('max-uploads', input.MaxUploads ?? 1000)
      const place = { kind: 'key', key: key ?? '', ...(versionId === undefined ? {} : { versionId }) } as const
      const after = key === undefined || key === '' ? undefined : place
      const { entries, commonPrefixes, next } = listPage(uploads, { prefix, delimiter, limit, after }, compareKeys)
      return {
        Bucket: bucketName,
        KeyMarker: key ?? '',
        UploadIdMarker: versionId ?? '',
        NextKeyMarker: next?.kind === 'key' ? next.key : next?.prefix,
        NextUploadIdMarker: next?.kind === 'key' ? next.versionId : undefined,
        Prefix: prefix,
        Delimiter: delimiter,
        MaxUploads: limit,
        IsTruncated: next !== undefined,
        Uploads: entries.map((upload) => ({
          Key: upload.key,
          UploadId: upload.uploadId,
          Initiated: new Date(upload.initiated),
          StorageClass: 'STANDARD' as const,
          Owner: { ID: call.accountId },
          ChecksumAlgorithm: upload.checksumAlgorithm,
        })),
        CommonPrefixes: commonPrefixes.map((common) => ({ Prefix: common })),
      }
    },
  } satisfies Handlers<typeof sdk>
}

const uploadListMembers = [
  'Bucket',
  'Prefix',
  'Delimiter',
  'KeyMarker',
  'UploadIdMarker',
  'MaxUploads',
  'ExpectedBucketOwner',
  'RequestPayer',
]

function checkedLimit(argument: string, limit: number): number {
  if (limit >= 0) return Math.min(limit, 1000)
  throw invalidArgument(`Argument ${argument} must be an integer between 0 and 2147483647`)
}
