import type * as sdk from '@aws-sdk/client-s3'
import { listPage, type ListPage, type ListPlace } from '../../domain/s3-listing.ts'
import { compareKeys } from '../../domain/s3-names.ts'
import { currentVersion, type Bucket, type StoredVersion } from '../../domain/s3.ts'
import type { Handlers } from '../handlers.ts'
import { invalidArgument, refuseOthers } from './errors.ts'
import { bucketNamed, objectsIn, type S3Tools } from './lookups.ts'

/** Lists of objects and of their versions, by the UTF-8 bytes of their keys. */
export function listingHandlers(tools: S3Tools) {
  return { ...objectLists(tools), ...versionLists(tools) }
}

const shared = [
  'Bucket',
  'Prefix',
  'Delimiter',
  'MaxKeys',
  'EncodingType',
  'ExpectedBucketOwner',
  'RequestPayer',
  'OptionalObjectAttributes',
]

function objectLists({ store }: S3Tools) {
  return {
    ListObjects(input, call) {
      refuseOthers('ListObjects', input, [...shared, 'Marker'])
      const bucket = bucketNamed(store, input, call)
      const { Marker: marker, Delimiter: delimiter } = input
      const after = marker === undefined || marker === '' ? undefined : placeAfter(marker, delimiter)
      const page = objectPage({ store }, bucket, input, after)
      const encode = encoder(input.EncodingType)
      return {
        ...echo(bucket, input),
        Marker: marker === undefined ? undefined : encode(marker),
        IsTruncated: page.next !== undefined,
        NextMarker: page.next === undefined || delimiter === undefined ? undefined : encode(keyOf(page.next)),
        Contents: page.entries.map((entry) => ({ ...objectInfo(entry, encode), Owner: { ID: call.accountId } })),
        CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
      }
    },

    ListObjectsV2(input, call) {
      refuseOthers('ListObjectsV2', input, [...shared, 'ContinuationToken', 'StartAfter', 'FetchOwner'])
      const bucket = bucketNamed(store, input, call)
      const { ContinuationToken: token, StartAfter: startAfter, FetchOwner: withOwner } = input
      const start = startAfter === undefined || startAfter === '' ? undefined : startAfter
      const place = start === undefined ? undefined : ({ kind: 'key', key: start } as const)
      const page = objectPage({ store }, bucket, input, token === undefined ? place : readToken(token))
      const encode = encoder(input.EncodingType)
      const owner = withOwner === true ? { Owner: { ID: call.accountId } } : {}
      return {
        ...echo(bucket, input),
        StartAfter: startAfter === undefined ? undefined : encode(startAfter),
        ContinuationToken: token,
        NextContinuationToken: page.next === undefined ? undefined : writeToken(page.next),
        IsTruncated: page.next !== undefined,
        KeyCount: page.entries.length + page.commonPrefixes.length,
        Contents: page.entries.map((entry) => ({ ...objectInfo(entry, encode), ...owner })),
        CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
      }
    },
  } satisfies Handlers<typeof sdk>
}

function versionLists({ store }: S3Tools) {
  return {
    ListObjectVersions(input, call) {
      refuseOthers('ListObjectVersions', input, [...shared, 'KeyMarker', 'VersionIdMarker'])
      const bucket = bucketNamed(store, input, call)
      const { KeyMarker: key, VersionIdMarker: versionId, Delimiter: delimiter } = input
      if (versionId !== undefined && versionId !== '' && (key === undefined || key === '')) {
        throw invalidArgument('A version-id marker cannot be specified without a key marker.')
      }
      const page = listPage(
        versionsIn({ store }, bucket),
        listRequest(input, versionPlace(key, versionId, delimiter)),
        compareKeys,
      )
      const encode = encoder(input.EncodingType)
      const { next } = page
      const shown = page.entries.map((entry) => ({
        entry,
        info: {
          Key: encode(entry.key),
          VersionId: entry.versionId,
          IsLatest: entry.isLatest,
          LastModified: new Date(entry.version.lastModified),
          Owner: { ID: call.accountId },
        },
      }))
      return {
        ...echo(bucket, input),
        KeyMarker: encode(key ?? ''),
        VersionIdMarker: versionId ?? '',
        IsTruncated: next !== undefined,
        NextKeyMarker: next === undefined ? undefined : encode(keyOf(next)),
        NextVersionIdMarker: next?.kind === 'key' ? next.versionId : undefined,
        Versions: shown.flatMap(({ entry: { version }, info }) =>
          version.kind === 'stored' ? [{ ...info, ...storedInfo(version) }] : [],
        ),
        DeleteMarkers: shown.flatMap(({ entry, info }) => (entry.version.kind === 'deleteMarker' ? [info] : [])),
        CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
      }
    },
  } satisfies Handlers<typeof sdk>
}

type ListInput = {
  readonly Prefix?: string | undefined
  readonly Delimiter?: string | undefined
  readonly MaxKeys?: number | undefined
  readonly EncodingType?: sdk.EncodingType | undefined
}

type ObjectEntry = { readonly key: string; readonly version: StoredVersion }

function objectPage(
  { store }: Pick<S3Tools, 'store'>,
  bucket: Bucket,
  input: ListInput,
  after: ListPlace | undefined,
): ListPage<ObjectEntry> {
  const entries = objectsIn(store, bucket).flatMap((object) => {
    const version = currentVersion(object)
    return version === undefined ? [] : [{ key: object.key, version }]
  })
  const sorted = entries.toSorted((one, other) => compareKeys(one.key, other.key))
  return listPage(sorted, listRequest(input, after), compareKeys)
}

function versionsIn({ store }: Pick<S3Tools, 'store'>, bucket: Bucket) {
  return objectsIn(store, bucket)
    .toSorted((one, other) => compareKeys(one.key, other.key))
    .flatMap(({ key, versions }) =>
      versions.map((version, index) => ({ key, versionId: version.versionId, isLatest: index === 0, version })),
    )
}

function listRequest(input: ListInput, after: ListPlace | undefined) {
  const { Prefix: prefix = '', Delimiter: delimiter } = input
  return { prefix, delimiter, limit: limitOf(input), after }
}

function limitOf({ MaxKeys: limit = 1000 }: ListInput): number {
  if (limit >= 0) return Math.min(limit, 1000)
  throw invalidArgument('Argument maxKeys must be an integer between 0 and 2147483647')
}

function echo(bucket: Bucket, input: ListInput) {
  const encode = encoder(input.EncodingType)
  return {
    Name: bucket.bucketName,
    Prefix: encode(input.Prefix ?? ''),
    Delimiter: input.Delimiter === undefined ? undefined : encode(input.Delimiter),
    MaxKeys: limitOf(input),
    EncodingType: input.EncodingType,
  }
}

function objectInfo({ key, version }: ObjectEntry, encode: (text: string) => string) {
  return { Key: encode(key), LastModified: new Date(version.lastModified), ...storedInfo(version) }
}

function storedInfo({ eTag, size }: StoredVersion) {
  return { ETag: `"${eTag}"`, Size: size, StorageClass: 'STANDARD' as const }
}

/** With `encoding-type=url` keys may hold what XML cannot. */
function encoder(encodingType: sdk.EncodingType | undefined): (text: string) => string {
  return encodingType === 'url' ? (text) => encodeURIComponent(text).replaceAll('%2F', '/') : (text) => text
}

/** A marker that is a common prefix stands for everything under it. */
function placeAfter(marker: string, delimiter: string | undefined): ListPlace {
  const isPrefix = delimiter !== undefined && delimiter !== '' && marker.endsWith(delimiter)
  return isPrefix ? { kind: 'prefix', prefix: marker } : { kind: 'key', key: marker }
}

function versionPlace(
  key: string | undefined,
  versionId: string | undefined,
  delimiter: string | undefined,
): ListPlace | undefined {
  if (key === undefined || key === '') return undefined
  return versionId === undefined || versionId === '' ? placeAfter(key, delimiter) : { kind: 'key', key, versionId }
}

function keyOf(place: ListPlace): string {
  return place.kind === 'key' ? place.key : place.prefix
}

function writeToken(place: ListPlace): string {
  return Buffer.from(`${place.kind}/${keyOf(place)}`).toString('base64url')
}

function readToken(token: string): ListPlace {
  const text = Buffer.from(token, 'base64url').toString()
  if (text.startsWith('key/')) return { kind: 'key', key: text.slice('key/'.length) }
  if (text.startsWith('prefix/')) return { kind: 'prefix', prefix: text.slice('prefix/'.length) }
  throw invalidArgument('The continuation token provided is incorrect')
}
