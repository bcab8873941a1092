import type * as sdk from '@aws-sdk/client-s3'
import { AwsError } from '../../domain/aws-error.ts'
import type { ByteRange } from '../../domain/byte-range.ts'
import { counted } from '../../domain/counted.ts'
import type { ObjectChecksum, StoredVersion, UploadedPart } from '../../domain/s3.ts'
import type { Checked, Handlers } from '../handlers.ts'
import {
  checkedBytes,
  checkSame,
  checksumAnswer,
  checksumMembers,
  checksumOf,
  checksumOfPieces,
  givenChecksum,
  knownAlgorithm,
} from './checksums.ts'
import { checkCopySource } from './conditions.ts'
import { copySource } from './copy-source.ts'
import { invalidArgument, noSuchUpload, notImplemented, refuseOthers } from './errors.ts'
import { bucketNamed, checkedKey, shownVersionId, uploadNamed, versionNamed, type S3Tools } from './lookups.ts'
import { headerMembers, readHeaders } from './object-headers.ts'
import { sourceConditions, writeCheck } from './put-object.ts'

/** Objects that arrive in parts. */
export function multipartHandlers(tools: S3Tools) {
  return { ...beginnings(tools), ...parts(tools), ...endings(tools) }
}

const common = ['Bucket', 'Key', 'UploadId', 'ExpectedBucketOwner', 'RequestPayer']

function beginnings({ store, clock, chance }: S3Tools) {
  return {
    CreateMultipartUpload(input, call) {
      refuseOthers('CreateMultipartUpload', input, [...common, ...headerMembers, 'ChecksumAlgorithm', 'ChecksumType'])
      const bucket = bucketNamed(store, input, call)
      const key = checkedKey(input.Key)
      const checksumAlgorithm = knownAlgorithm(input.ChecksumAlgorithm)
      const upload = { uploadId: chance.hex(64), bucket: bucket.bucketName, key, initiated: clock.now() }
      store.multipartUploads.put(upload.uploadId, {
        ...upload,
        headers: readHeaders(input),
        ...(checksumAlgorithm === undefined ? {} : { checksumAlgorithm }),
      })
      return {
        Bucket: bucket.bucketName,
        Key: key,
        UploadId: upload.uploadId,
        ChecksumAlgorithm: checksumAlgorithm,
        ChecksumType: input.ChecksumType,
      }
    },
  } satisfies Handlers<typeof sdk>
}

function parts({ store, objects }: S3Tools) {
  return {
    async UploadPart(input, call) {
      refuseOthers('UploadPart', input, [...common, ...partMembers, ...checksumMembers])
      const bucket = bucketNamed(store, input, call)
      const upload = uploadNamed(store, bucket, input.Key, input.UploadId)
      const partNumber = checkedPartNumber(input.PartNumber)
      const bytes = input.Body ?? new Uint8Array()
      const algorithm = input.ChecksumAlgorithm ?? upload.checksumAlgorithm
      const checksum = checkedBytes(bytes, { ...input, ChecksumAlgorithm: algorithm })
      const sum = checksum === undefined ? {} : { checksum }
      const part = await objects.putPart(upload, partNumber, { content: [bytes], ...sum })
      if (part === undefined) throw noSuchUpload(upload.uploadId)
      return { ETag: `"${part.eTag}"`, ...checksumAnswer(checksum) }
    },

    async UploadPartCopy(input, call) {
      refuseOthers('UploadPartCopy', input, [...common, ...partCopyMembers])
      const bucket = bucketNamed(store, input, call)
      const upload = uploadNamed(store, bucket, input.Key, input.UploadId)
      const partNumber = checkedPartNumber(input.PartNumber)
      const source = copySource(input.CopySource)
      const owner = { Bucket: source.bucket, ExpectedBucketOwner: input.ExpectedSourceBucketOwner }
      const from = bucketNamed(store, owner, call)
      const original = versionNamed(store, from, source.key, source.versionId)
      checkCopySource(original, sourceConditions(input))
      const range = copiedRange(input.CopySourceRange, original)
      const { checksumAlgorithm: algorithm } = upload
      const sum =
        algorithm === undefined ? {} : { checksum: await checksumOfPieces(algorithm, objects.pieces(original, range)) }
      const part = await objects.putPart(upload, partNumber, { content: objects.pieces(original, range), ...sum })
      if (part === undefined) throw noSuchUpload(upload.uploadId)
      return {
        CopyPartResult: {
          ETag: `"${part.eTag}"`,
          LastModified: new Date(part.lastModified),
          ...checksumAnswer(part.checksum),
        },
        CopySourceVersionId: shownVersionId(from, original.versionId),
      }
    },
  } satisfies Handlers<typeof sdk>
}

const partMembers = ['Body', 'PartNumber', 'ContentLength', 'ContentMD5', 'ChecksumAlgorithm']
const partCopyMembers = [
  'PartNumber',
  'CopySource',
  'CopySourceRange',
  'CopySourceIfMatch',
  'CopySourceIfNoneMatch',
  'CopySourceIfModifiedSince',
  'CopySourceIfUnmodifiedSince',
  'ExpectedSourceBucketOwner',
]

function endings(tools: S3Tools) {
  const { store, objects } = tools
  return {
    async CompleteMultipartUpload(input, call) {
      refuseOthers('CompleteMultipartUpload', input, [...common, ...completeMembers, ...checksumMembers])
      const bucket = bucketNamed(store, input, call)
      const upload = uploadNamed(store, bucket, input.Key, input.UploadId)
      const chosen = chosenParts(objects.parts(upload.uploadId), input.MultipartUpload?.Parts ?? [])
      checkSize(chosen, input.MpuObjectSize)
      const check = writeCheck(bucket, input)
      const version = await whileThere(tools, upload.uploadId, async () => {
        await checkWhole(tools, chosen, input)
        return await objects.complete(upload, chosen, (now, before) => {
          if (!store.multipartUploads.has(upload.uploadId)) throw noSuchUpload(upload.uploadId)
          return check(now, before)
        })
      })
      return {
        Location: `/${bucket.bucketName}/${upload.key}`,
        Bucket: bucket.bucketName,
        Key: upload.key,
        ETag: `"${version.eTag}"`,
        VersionId: shownVersionId(bucket, version.versionId),
        ...checksumAnswer(givenChecksum(input)),
      }
    },

    async AbortMultipartUpload(input, call) {
      refuseOthers('AbortMultipartUpload', input, common)
      const bucket = bucketNamed(store, input, call)
      const { uploadId } = uploadNamed(store, bucket, input.Key, input.UploadId)
      await objects.abort(uploadId)
      return {}
    },
  } satisfies Handlers<typeof sdk>
}

/** Whoever completes or aborts an upload takes its parts' files away from others who read them. */
async function whileThere<Result>({ store }: S3Tools, uploadId: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw store.multipartUploads.has(uploadId) ? error : noSuchUpload(uploadId)
  }
}

const completeMembers = ['MultipartUpload', 'ChecksumType', 'MpuObjectSize', 'IfMatch', 'IfNoneMatch']

/** Of all parts but the last. */
const smallestPartBytes = 5 * 1024 * 1024

function checkedPartNumber(partNumber: number): number {
  if (Number.isInteger(partNumber) && partNumber >= 1 && partNumber <= 10_000) return partNumber
  throw invalidArgument('Part number must be an integer between 1 and 10000, inclusive')
}

function copiedRange(text: string | undefined, { size }: StoredVersion): ByteRange | undefined {
  if (text === undefined) return undefined
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(text) ?? []
  if (Number(first) <= Number(last) && Number(last) < size) return { first: Number(first), last: Number(last) }
  throw invalidArgument(
    `The x-amz-copy-source-range value must be of the form bytes=first-last within the source's ${counted(size, 'byte')}.`,
  )
}

function chosenParts(
  uploaded: readonly UploadedPart[],
  listed: readonly Checked<sdk.CompletedPart>[],
): readonly UploadedPart[] {
  if (listed.length === 0) {
    throw new AwsError('MalformedXML', 'You must specify at least one part: MultipartUpload lists none.')
  }
  const chosen = listed.map((part) => chosenPart(uploaded, part))
  for (const [index, { partNumber, size }] of chosen.entries()) {
    const next = chosen[index + 1]
    if (next !== undefined && next.partNumber <= partNumber) {
      throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order by part number.')
    }
    if (next !== undefined && size < smallestPartBytes) {
      throw new AwsError(
        'EntityTooSmall',
        `Your proposed upload is smaller than the minimum allowed size: part ${partNumber} has ${counted(size, 'byte')}, and each but ` +
          `the last must have ${smallestPartBytes}.`,
      )
    }
  }
  return chosen
}

function chosenPart(uploaded: readonly UploadedPart[], listed: Checked<sdk.CompletedPart>): UploadedPart {
  const { PartNumber: partNumber, ETag: eTag } = listed
  const part = uploaded.find((candidate) => candidate.partNumber === partNumber)
  if (part === undefined || eTag === undefined || part.eTag !== eTag.replaceAll('"', '')) {
    throw new AwsError(
      'InvalidPart',
      `One or more of the specified parts could not be found. Part ${partNumber ?? '(without a number)'} may not have been ` +
        "uploaded, or the specified entity tag may not match the part's entity tag.",
    )
  }
  const given = givenChecksum(listed)
  if (given !== undefined && part.checksum?.algorithm === given.algorithm) checkSame(given, part.checksum)
  return part
}

function checkSize(chosen: readonly UploadedPart[], given: number | undefined): void {
  const size = chosen.reduce((sum, part) => sum + part.size, 0)
  if (given === undefined || given === size) return
  throw new AwsError(
    'InvalidRequest',
    `The parts have ${counted(size, 'byte')} together, and x-amz-mp-object-size is ${given}.`,
  )
}

/** What the caller says of the whole: a checksum over all bytes, or over the parts' checksums with `-N` for N parts. */
async function checkWhole(
  { objects }: S3Tools,
  chosen: readonly UploadedPart[],
  input: sdk.CompleteMultipartUploadCommandInput,
) {
  const given = givenChecksum(input)
  if (given === undefined) return
  if (!given.value.includes('-')) {
    checkSame(given, await checksumOfPieces(given.algorithm, objects.joined(chosen)))
    return
  }
  checkSame(given, compositeChecksum(given, chosen))
}

function compositeChecksum({ algorithm }: ObjectChecksum, chosen: readonly UploadedPart[]): ObjectChecksum {
  const sums = chosen.map(({ checksum }) => {
    if (checksum?.algorithm === algorithm) return Buffer.from(checksum.value, 'base64')
    throw notImplemented(`a composite ${algorithm} of parts that were uploaded without one`)
  })
  return { algorithm, value: `${checksumOf(algorithm, Buffer.concat(sums)).value}-${chosen.length}` }
}
