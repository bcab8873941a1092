import type { ByteRange } from '../domain/byte-range.ts'

/** Objects in S3 buckets as the rest of the engine reads them. */
export interface ObjectReader {
  /** The object's bytes, or undefined where there is no such bucket, key or version. */
  read(location: ObjectLocation): Promise<StoredObject | undefined>
}

export type ObjectLocation = { readonly bucket: string; readonly key: string; readonly versionId?: string }

export type StoredObject = {
  readonly content: Uint8Array
  /** Without quotes. */
  readonly eTag: string
  readonly versionId?: string
}

/** Where objects' bytes are kept: each file is written once, whole or not at all, and never changed. */
export interface ObjectFiles {
  /** Keeps the bytes: they are on disk when it resolves. Nothing is left of a writing that fails. */
  write(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<WrittenFile>
  /** Undefined where there is no such file (any more). */
  read(fileId: string, range?: ByteRange): Promise<Uint8Array | undefined>
  /**
   * The same in pieces, which are there until the last is read, also where the file is removed meanwhile. Whoever does not
   * read them all has to end the reading.
   */
  open(fileId: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined>
  /** The bytes in pieces. Throws where there is no such file. */
  pieces(fileId: string, range?: ByteRange): AsyncIterable<Uint8Array>
  remove(fileIds: readonly string[]): Promise<void>
  /** Removes everything else: what a crash has left behind. */
  keepOnly(fileIds: ReadonlySet<string>): void
}

export type WrittenFile = {
  readonly fileId: string
  readonly size: number
  /** Lower-case hexadecimal. */
  readonly md5: string
}
