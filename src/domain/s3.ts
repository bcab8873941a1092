/** Amazon S3's nouns; times are epoch milliseconds. */
export type Bucket = {
  readonly bucketName: string
  readonly region: string
  readonly createTime: number
  /** Absent until versioning was first set. It can be suspended, and never be taken away again. */
  readonly versioning?: 'Enabled' | 'Suspended'
}

/** Everything under one key of a bucket. */
export type S3Object = {
  readonly bucket: string
  readonly key: string
  /** Newest first, one at least. */
  readonly versions: readonly [ObjectVersion, ...ObjectVersion[]]
}

export type ObjectVersion = StoredVersion | DeleteMarker

/** A version with bytes. */
export type StoredVersion = {
  readonly kind: 'stored'
  /** `null` (the text) for one that was put while the bucket's versioning was not enabled. */
  readonly versionId: string
  readonly lastModified: number
  /** Where its bytes are kept. */
  readonly fileId: string
  readonly size: number
  /** Without quotes: the MD5 of the bytes, or of the parts' MD5s with `-N` for N parts. */
  readonly eTag: string
  readonly headers: ObjectHeaders
  readonly checksum?: ObjectChecksum
}

export type DeleteMarker = {
  readonly kind: 'deleteMarker'
  readonly versionId: string
  readonly lastModified: number
}

/** What was said of an object when it was put, and is said again when it is got. */
export type ObjectHeaders = {
  readonly contentType: string
  readonly cacheControl?: string
  readonly contentDisposition?: string
  readonly contentEncoding?: string
  readonly contentLanguage?: string
  /** As it was written. */
  readonly expires?: string
  /** User metadata without the `x-amz-meta-` of its headers. */
  readonly metadata: Readonly<Record<string, string>>
}

export const checksumAlgorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number]
/** `value` in base64, over all bytes. */
export type ObjectChecksum = { readonly algorithm: ChecksumAlgorithm; readonly value: string }

export type MultipartUpload = {
  readonly uploadId: string
  readonly bucket: string
  readonly key: string
  readonly initiated: number
  readonly headers: ObjectHeaders
  readonly checksumAlgorithm?: ChecksumAlgorithm
}

export type UploadedPart = {
  readonly uploadId: string
  readonly partNumber: number
  readonly lastModified: number
  readonly fileId: string
  readonly size: number
  readonly eTag: string
  readonly checksum?: ObjectChecksum
}

/** A key's versions after a change, undefined when none is left, and the files that nobody needs any more. */
export type ChangedObject = { readonly object: S3Object | undefined; readonly unneededFiles: readonly string[] }

/** The version that is got when none is asked for; undefined where that is a delete marker, or nothing. */
export function currentVersion(object: S3Object | undefined): StoredVersion | undefined {
  const newest = object?.versions[0]
  return newest?.kind === 'stored' ? newest : undefined
}

/** What a new version's id is: its own where the bucket keeps versions, `null` where it does not (any more). */
export function newVersionId({ versioning }: Bucket, unique: string): string {
  return versioning === 'Enabled' ? unique : 'null'
}

/** The key with one more version. The one called `null` there is once only: a new one takes the earlier one's place. */
export function withVersion(
  before: S3Object | undefined,
  place: Pick<S3Object, 'bucket' | 'key'>,
  version: ObjectVersion,
): ChangedObject {
  const others = before?.versions.filter(({ versionId }) => versionId !== version.versionId) ?? []
  const replaced = before?.versions.filter(({ versionId }) => versionId === version.versionId) ?? []
  const { bucket, key } = place
  return { object: { bucket, key, versions: [version, ...others] }, unneededFiles: filesOf(replaced) }
}

/** The key without one of its versions. */
export function withoutVersion(before: S3Object, versionId: string): ChangedObject {
  const [newest, ...older] = before.versions.filter((version) => version.versionId !== versionId)
  return {
    object: newest === undefined ? undefined : { ...before, versions: [newest, ...older] },
    unneededFiles: filesOf(before.versions.filter((version) => version.versionId === versionId)),
  }
}

/** A delete that names no version: where versions are kept it only puts a marker before them. */
export function withoutCurrent(before: S3Object, bucket: Bucket, marker: DeleteMarker): ChangedObject {
  return bucket.versioning === undefined ? withoutVersion(before, 'null') : withVersion(before, before, marker)
}

function filesOf(versions: readonly ObjectVersion[]): readonly string[] {
  return versions.flatMap((version) => (version.kind === 'stored' ? [version.fileId] : []))
}
