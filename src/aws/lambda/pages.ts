import { pageOfNames, pageSizeProblem } from '../name-pages.ts'
import { invalidParameter } from './lookups.ts'
import { AwsError } from '../../domain/aws-error.ts'

export type PageInput = { readonly Marker?: string | undefined; readonly MaxItems?: number | undefined }

const mostItems = 10_000
const defaultItems = 50

/**
 * One page of a list in the order of its keys; it begins after the last key of the page before, also where that is gone.
 * `marker` is undefined on the last page.
 * @throws AwsError ValidationException, InvalidParameterValueException for a marker that no list gave out
 */
export function page<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { Marker, MaxItems = defaultItems }: PageInput,
): { readonly items: readonly Item[]; readonly marker: string | undefined } {
  const problem = pageSizeProblem(MaxItems, 'maxItems', mostItems)
  if (problem !== undefined) throw new AwsError('ValidationException', problem)
  const shown = pageOfNames(items, keyOf, { size: MaxItems, token: Marker === '' ? undefined : Marker })
  if (shown !== undefined) return { items: shown.items, marker: shown.token }
  throw invalidParameter('Invalid marker: Marker must be the NextMarker of the previous answer to the same request.')
}

/** $LATEST, then the published versions by their numbers. */
export function versionKey(version = ''): string {
  return (version === '$LATEST' ? '' : version).padStart(20, '0')
}
