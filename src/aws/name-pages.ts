/**
 * A page of a list in the order of its names. The token is the last name shown, so that nothing is skipped or told twice
 * when something comes or goes between two pages. Undefined for a token that was never given out.
 */
export function pageOfNames<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  { size, token }: { readonly size: number; readonly token: string | undefined },
): { readonly items: readonly Item[]; readonly token: string | undefined } | undefined {
  const after = token === undefined ? undefined : nameIn(token)
  if (token !== undefined && after === undefined) return undefined
  const sorted = items.toSorted((one, other) => compare(nameOf(one), nameOf(other)))
  const rest = after === undefined ? sorted : sorted.filter((item) => compare(nameOf(item), after) > 0)
  const shown = rest.slice(0, size)
  const last = shown.at(-1)
  const hasMore = rest.length > size && last !== undefined
  return { items: shown, token: hasMore ? Buffer.from(`:${nameOf(last)}`).toString('base64url') : undefined }
}

/** What is wrong with the size of a page that is asked for, in AWS's words; undefined where nothing is. */
export function pageSizeProblem(size: number, member: string, most: number): string | undefined {
  if (size >= 1 && size <= most) return undefined
  const bound = size < 1 ? 'greater than or equal to 1' : `less than or equal to ${most}`
  return `1 validation error detected: Value '${size}' at '${member}' failed to satisfy constraint: Member must have value ${bound}`
}

function nameIn(token: string): string | undefined {
  const text = Buffer.from(token, 'base64url').toString()
  return text.startsWith(':') ? text.slice(1) : undefined
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
