import { invalid } from './errors.ts'

const largestPage = 400
const markerPrefix = 'after:'

export type PageRequest = { readonly Marker?: string | undefined; readonly PageSize?: number | undefined }
export type Page<Item> = { readonly items: readonly Item[]; readonly NextMarker?: string }

/**
 * One page of a listing, sorted by `keyOf`; the last page has no marker. A marker says after which key the next page
 * begins, so that nothing is skipped or told twice when something goes or comes between two pages.
 */
export function page<Item>(all: readonly Item[], keyOf: (item: Item) => string, request: PageRequest): Page<Item> {
  const size = pageSize(request.PageSize)
  const after = request.Marker === undefined ? undefined : keyIn(request.Marker)
  const keyed = all.map((item) => ({ key: keyOf(item), item })).toSorted((one, other) => (one.key < other.key ? -1 : 1))
  const rest = after === undefined ? keyed : keyed.filter(({ key }) => key > after)
  const shown = rest.slice(0, size)
  const last = shown.at(-1)
  const items = shown.map(({ item }) => item)
  return rest.length > size && last !== undefined ? { items, NextMarker: markerFor(last.key) } : { items }
}

function pageSize(size: number | undefined): number {
  if (size === undefined) return largestPage
  const constraint = (text: string): Error =>
    invalid(`1 validation error detected: Value '${size}' at 'pageSize' failed to satisfy constraint: ${text}`)
  if (!Number.isInteger(size)) throw constraint('Member must be an integer')
  if (size < 1) throw constraint('Member must have value greater than or equal to 1')
  if (size > largestPage) throw constraint(`Member must have value less than or equal to ${largestPage}`)
  return size
}

function markerFor(key: string): string {
  return Buffer.from(markerPrefix + key).toString('base64url')
}

function keyIn(marker: string): string {
  const text = Buffer.from(marker, 'base64url').toString()
  if (!text.startsWith(markerPrefix) || Buffer.from(text).toString('base64url') !== marker) {
    throw invalid(`The marker '${marker}' is not valid; pass the NextMarker of the previous page`)
  }
  return text.slice(markerPrefix.length)
}
