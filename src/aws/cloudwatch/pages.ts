import { refusal } from './errors.ts'

type PageRequest<Item> = {
  /** The list's name, so that another list's token is refused. */
  readonly list: string
  readonly keyOf: (item: Item) => string
  /** Whether the list is in the order of its keys: then it goes on also where the last item shown is gone. */
  readonly isByKey?: boolean
  readonly size: number
  readonly nextToken: string | undefined
}

/**
 * The page of a list that a token asks for. A token says after which item the next page begins, so that nothing is skipped
 * or told twice when something goes or comes between two pages.
 * @throws AwsError InvalidNextToken for a token which this list has not given out.
 */
export function page<Item>(
  items: readonly Item[],
  request: PageRequest<Item>,
): { readonly items: readonly Item[]; readonly NextToken?: string } {
  const { list, keyOf, size, nextToken } = request
  const after = nextToken === undefined ? undefined : readToken(nextToken, list)
  const known = after === undefined ? -1 : items.findIndex((item) => keyOf(item) === after.key)
  const start = after === undefined ? 0 : known === -1 ? placeOf(after, items, request) : known + 1
  const shown = items.slice(start, start + size)
  const last = shown.at(-1)
  if (start + size >= items.length || last === undefined) return { items: shown }
  const token = JSON.stringify([list, keyOf(last), start + size])
  return { items: shown, NextToken: Buffer.from(token).toString('base64url') }
}

/** Where to go on after an item that is gone. */
function placeOf<Item>(
  { key, position }: { readonly key: string; readonly position: number },
  items: readonly Item[],
  { keyOf, isByKey = false }: PageRequest<Item>,
): number {
  if (!isByKey) return Math.min(position, items.length)
  const next = items.findIndex((item) => keyOf(item) > key)
  return next === -1 ? items.length : next
}

/** Where a list of numbers goes on; for lists that have no items of their own. */
export function positionToken(list: string, position: number): string {
  return Buffer.from(JSON.stringify([list, '', position])).toString('base64url')
}

/** @throws AwsError InvalidNextToken */
export function readToken(text: string, list: string): { readonly key: string; readonly position: number } {
  try {
    const [of, key, position] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[]
    if (of === list && typeof key === 'string' && Number.isSafeInteger(position))
      return { key, position: Number(position) }
  } catch {
    // Said below.
  }
  throw refusal('InvalidNextToken', 'The next token is invalid. Pass the NextToken of the previous answer unchanged.')
}
