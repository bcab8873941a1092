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
