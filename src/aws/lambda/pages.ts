import { invalidParameter, validation } from './lookups.ts'

export type PageInput = { readonly Marker?: string | undefined; readonly MaxItems?: number | undefined }

const mostItems = 10_000
const defaultItems = 50

/**
 * One page of a list, which begins after the last key of the page before. `marker` is undefined on the last page.
 * @throws AwsError InvalidParameterValueException for a marker of another list
 */
export function page<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { Marker, MaxItems = defaultItems }: PageInput,
): { readonly items: readonly Item[]; readonly marker: string | undefined } {
  if (MaxItems < 1) throw validation(MaxItems, 'maxItems', 'Member must have value greater than or equal to 1')
  if (MaxItems > mostItems)
    throw validation(MaxItems, 'maxItems', `Member must have value less than or equal to ${mostItems}`)
  const start =
    Marker === undefined || Marker === '' ? 0 : items.findIndex((item) => markerOf(keyOf(item)) === Marker) + 1
  if (start === 0 && Marker !== undefined && Marker !== '') {
    throw invalidParameter('Invalid marker: Marker must be the NextMarker of the previous answer to the same request.')
  }
  const shown = items.slice(start, start + MaxItems)
  const last = start + shown.length < items.length ? shown.at(-1) : undefined
  return { items: shown, marker: last === undefined ? undefined : markerOf(keyOf(last)) }
}

const markerOf = (key: string): string => Buffer.from(key).toString('base64url')
