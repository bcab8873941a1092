/** What of a bucket's sorted entries a list call wants. */
export type ListRequest = {
  readonly prefix: string
  /** Keys that share what comes before it, after the prefix, are answered as one common prefix. */
  readonly delimiter: string | undefined
  readonly limit: number
  /** The list begins after this place; undefined for its beginning. */
  readonly after: ListPlace | undefined
}

/** A key, a key and one of its versions, or a common prefix (and with it everything under it). */
export type ListPlace =
  | { readonly kind: 'key'; readonly key: string; readonly versionId?: string }
  | { readonly kind: 'prefix'; readonly prefix: string }

export type ListPage<Entry> = {
  readonly entries: readonly Entry[]
  readonly commonPrefixes: readonly string[]
  /** Where the next page begins; undefined on the last. */
  readonly next: ListPlace | undefined
}

type Listed = { readonly key: string; readonly versionId?: string }

/** One page of entries, which come sorted by `compare`, and the versions of one key newest first. */
export function listPage<Entry extends Listed>(
  sorted: readonly Entry[],
  request: ListRequest,
  compare: (one: string, other: string) => number,
): ListPage<Entry> {
  const { prefix, delimiter, limit } = request
  const entries: Entry[] = []
  const commonPrefixes: string[] = []
  let next: ListPlace | undefined
  for (const entry of after(sorted, request.after, compare)) {
    if (!entry.key.startsWith(prefix)) continue
    const common = commonPrefix(entry.key, prefix, delimiter)
    if (common !== undefined && common === commonPrefixes.at(-1)) continue
    if (entries.length + commonPrefixes.length >= limit) {
      // A page of nothing is whole, as on S3: there is no place to go on from.
      return { entries, commonPrefixes, next: limit === 0 ? undefined : next }
    }
    if (common === undefined) entries.push(entry)
    else commonPrefixes.push(common)
    next = common === undefined ? placeOf(entry) : { kind: 'prefix', prefix: common }
  }
  return { entries, commonPrefixes, next: undefined }
}

function placeOf({ key, versionId }: Listed): ListPlace {
  return { kind: 'key', key, ...(versionId === undefined ? {} : { versionId }) }
}

function after<Entry extends Listed>(
  sorted: readonly Entry[],
  place: ListPlace | undefined,
  compare: (one: string, other: string) => number,
): readonly Entry[] {
  if (place === undefined) return sorted
  if (place.kind === 'prefix') {
    return sorted.filter(({ key }) => compare(key, place.prefix) > 0 && !key.startsWith(place.prefix))
  }
  const { key: last, versionId } = place
  if (versionId === undefined) return sorted.filter(({ key }) => compare(key, last) > 0)
  const index = sorted.findIndex((entry) => entry.key === last && entry.versionId === versionId)
  // Of a version that is gone nobody knows its place: rather are the key's others told twice than left out.
  return index === -1 ? sorted.filter(({ key }) => compare(key, last) >= 0) : sorted.slice(index + 1)
}

function commonPrefix(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (delimiter === undefined || delimiter === '') return undefined
  const end = key.indexOf(delimiter, prefix.length)
  return end === -1 ? undefined : key.slice(0, end + delimiter.length)
}
