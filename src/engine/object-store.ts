import { createHash } from 'node:crypto'
import type { ByteRange } from '../domain/byte-range.ts'
import {
  currentVersion,
  newVersionId,
  withoutCurrent,
  withoutVersion,
  withVersion,
  type Bucket,
  type ChangedObject,
  type MultipartUpload,
  type ObjectChecksum,
  type ObjectHeaders,
  type ObjectVersion,
  type S3Object,
  type StoredVersion,
  type UploadedPart,
} from '../domain/s3.ts'
import type { ObjectFiles, ObjectLocation, ObjectReader, StoredObject } from './objects.ts'
import type { Chance, Clock } from './ports.ts'
import type { Store } from './store.ts'

/**
 * Buckets' objects: what is known of them in the store, their bytes in files. Bytes are on disk before the store names
 * them, and are removed after it has ceased to: a crash leaves at worst a file that nobody names, which a start removes.
 */
export class ObjectStore implements ObjectReader {
  readonly #tools: ObjectTools

  constructor(tools: ObjectTools) {
    this.#tools = tools
  }

  /** Removes files that belong to no object. To be called before the first change. */
  sweep(): void {
    const { store, files } = this.#tools
    const versions = store.objects.list().flatMap((object) => object.versions)
    const needed = [...versions.filter((version) => version.kind === 'stored'), ...store.uploadedParts.list()]
    files.keepOnly(new Set(needed.map(({ fileId }) => fileId)))
  }

  async read({ bucket, key, versionId }: ObjectLocation): Promise<StoredObject | undefined> {
    const { store } = this.#tools
    for (;;) {
      const version = findVersion(store.objects.get(objectKey(bucket, key)), versionId)
      if (version?.kind !== 'stored') return undefined
      const content = await this.content({ bucket, key }, version)
      // Without its file the version has just been replaced or deleted; the store knows by what.
      if (content !== undefined) return { content, eTag: version.eTag, versionId: version.versionId }
    }
  }

  /**
   * Undefined where the version was removed in this moment. Throws where its file is gone and the version is not:
   * files go after the store has ceased to name them, so that somebody else must have removed this one.
   */
  async content(place: ObjectPlace, version: StoredVersion, range?: ByteRange): Promise<Uint8Array | undefined> {
    return this.#unlessLost(place, version, await this.#tools.files.read(version.fileId, range))
  }

  /** The same, in pieces: for whoever passes them on, so that many bytes are not in memory. */
  async opened(place: ObjectPlace, version: StoredVersion, range?: ByteRange) {
    return this.#unlessLost(place, version, await this.#tools.files.open(version.fileId, range))
  }

  #unlessLost<Content>(
    { bucket, key }: ObjectPlace,
    { fileId }: StoredVersion,
    content: Content | undefined,
  ): Content | undefined {
    const { store } = this.#tools
    const versions = content === undefined ? (store.objects.get(objectKey(bucket, key))?.versions ?? []) : []
    if (versions.every((version) => version.kind !== 'stored' || version.fileId !== fileId)) return content
    throw new Error(`The bytes of s3://${bucket}/${key} are gone from the data directory: upload the object again.`, {
      cause: `There is no file ${fileId}.`,
    })
  }

  /** The bytes of a version, or of an uploaded part. Throws where it was removed in this moment. */
  pieces({ fileId }: Pick<StoredVersion, 'fileId'>, range?: ByteRange): AsyncIterable<Uint8Array> {
    return this.#tools.files.pieces(fileId, range)
  }

  /** The bytes of parts, one after the other. */
  joined(parts: readonly UploadedPart[]): AsyncIterable<Uint8Array> {
    return joined(this.#tools.files, parts)
  }

  /** `check` is given the bucket's and the key's last state; what it throws leaves everything as it was. */
  async put(place: ObjectPlace, { content, headers, checksum }: NewObject, check: PutCheck): Promise<StoredVersion> {
    const { fileId, size, md5 } = await this.#tools.files.write(content)
    const details = { headers, eTag: md5, size, fileId, ...(checksum === undefined ? {} : { checksum }) }
    return this.#keep(fileId, () => this.#addVersion(place, details, check))
  }

  /** Deletes one version, or puts a delete marker before them, or deletes the key: as the bucket's versioning has it. */
  async delete(bucket: Bucket, key: string, versionId: string | undefined): Promise<ObjectVersion | undefined> {
    const { clock, chance, store, files } = this.#tools
    const place = { bucket: bucket.bucketName, key }
    const before = store.objects.get(objectKey(place.bucket, key))
    if (versionId !== undefined) {
      const gone = before?.versions.find((version) => version.versionId === versionId)
      if (before !== undefined && gone !== undefined) {
        await files.remove(this.#change(place, withoutVersion(before, versionId)))
      }
      return gone
    }
    const markerId = newVersionId(bucket, chance.hex(32))
    const marker = { kind: 'deleteMarker', versionId: markerId, lastModified: clock.now() } as const
    if (before !== undefined) await files.remove(this.#change(place, withoutCurrent(before, bucket, marker)))
    else if (bucket.versioning !== undefined) this.#change(place, withVersion(undefined, place, marker))
    return bucket.versioning === undefined ? undefined : marker
  }

  /** Undefined where the upload was completed or aborted in the meantime. */
  async putPart({ uploadId }: MultipartUpload, partNumber: number, bytes: NewPart): Promise<UploadedPart | undefined> {
    const { clock, files, store } = this.#tools
    const { fileId, size, md5: eTag } = await files.write(bytes.content)
    const { checksum } = bytes
    return this.#keep(fileId, () => {
      if (!store.multipartUploads.has(uploadId)) return { result: undefined, unneededFiles: [fileId] }
      const before = store.uploadedParts.get(partKey(uploadId, partNumber))
      const place = { uploadId, partNumber, lastModified: clock.now() }
      const part = { ...place, fileId, size, eTag, ...(checksum === undefined ? {} : { checksum }) }
      store.uploadedParts.put(partKey(uploadId, partNumber), part)
      return { result: part, unneededFiles: before === undefined ? [] : [before.fileId] }
    })
  }

  /** By part number. */
  parts(uploadId: string): readonly UploadedPart[] {
    const parts = this.#tools.store.uploadedParts.list().filter((part) => part.uploadId === uploadId)
    return parts.toSorted((one, other) => one.partNumber - other.partNumber)
  }

  /** Makes one object of parts, which come in their order. */
  async complete(upload: MultipartUpload, parts: readonly UploadedPart[], check: PutCheck): Promise<StoredVersion> {
    const { files, store } = this.#tools
    const { fileId, size } = await files.write(joined(files, parts))
    const details = { headers: upload.headers, eTag: multipartETag(parts), size, fileId }
    return this.#keep(fileId, () =>
      store.transaction(() => {
        const { result, unneededFiles } = this.#addVersion(upload, details, check)
        return { result, unneededFiles: [...unneededFiles, ...this.#forget(upload.uploadId)] }
      }),
    )
  }

  async abort(uploadId: string): Promise<void> {
    await this.#tools.files.remove(this.#tools.store.transaction(() => this.#forget(uploadId)))
  }

  /** Makes a change that a file was written for; one that is refused lets go of the file. */
  async #keep<Result>(fileId: string, change: () => Kept<Result>): Promise<Result> {
    const { files } = this.#tools
    let kept: Kept<Result>
    try {
      kept = change()
    } catch (error) {
      await files.remove([fileId])
      throw error
    }
    await files.remove(kept.unneededFiles)
    return kept.result
  }

  #addVersion({ bucket: name, key }: ObjectPlace, details: NewVersion, check: PutCheck): Kept<StoredVersion> {
    const { clock, chance, store } = this.#tools
    const before = store.objects.get(objectKey(name, key))
    const bucket = check(store.buckets.get(name), before)
    const versionId = newVersionId(bucket, chance.hex(32))
    const version: StoredVersion = { kind: 'stored', versionId, lastModified: clock.now(), ...details }
    const place = { bucket: name, key }
    return { result: version, unneededFiles: this.#change(place, withVersion(before, place, version)) }
  }

  #change({ bucket, key }: ObjectPlace, { object, unneededFiles }: ChangedObject): readonly string[] {
    const { store } = this.#tools
    if (object === undefined) store.objects.delete(objectKey(bucket, key))
    else store.objects.put(objectKey(bucket, key), object)
    return unneededFiles
  }

  #forget(uploadId: string): readonly string[] {
    const { store } = this.#tools
    const parts = this.parts(uploadId)
    for (const { partNumber } of parts) store.uploadedParts.delete(partKey(uploadId, partNumber))
    store.multipartUploads.delete(uploadId)
    return parts.map(({ fileId }) => fileId)
  }
}

export type ObjectTools = {
  readonly store: Store
  readonly files: ObjectFiles
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'hex'>
}

export type ObjectPlace = Pick<S3Object, 'bucket' | 'key'>
type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>
type NewPart = { readonly content: Bytes; readonly checksum?: ObjectChecksum }
type NewObject = NewPart & { readonly headers: ObjectHeaders }
type NewVersion = Pick<StoredVersion, 'headers' | 'eTag' | 'size' | 'fileId' | 'checksum'>
type Kept<Result> = { readonly result: Result; readonly unneededFiles: readonly string[] }

/** Throws where the object may not be put; answers its bucket. */
export type PutCheck = (bucket: Bucket | undefined, before: S3Object | undefined) => Bucket

export function objectKey(bucket: string, key: string): string {
  return `${bucket}/${key}`
}

/** The version asked for, or the current one. */
export function findVersion(object: S3Object | undefined, versionId: string | undefined): ObjectVersion | undefined {
  if (versionId === undefined) return currentVersion(object)
  return object?.versions.find((version) => version.versionId === versionId)
}

function partKey(uploadId: string, partNumber: number): string {
  return `${uploadId}/${partNumber}`
}

function multipartETag(parts: readonly UploadedPart[]): string {
  const digest = createHash('md5')
  for (const { eTag } of parts) digest.update(eTag, 'hex')
  return `${digest.digest('hex')}-${parts.length}`
}

async function* joined(files: ObjectFiles, parts: readonly UploadedPart[]): AsyncIterable<Uint8Array> {
  for (const { fileId } of parts) yield* files.pieces(fileId)
}
