import { invalidParameter } from './errors.ts'

export type PageRequest = {
  /** What the token belongs to: the operation, its region and filters. A token of another request is refused. */
  readonly scope: readonly unknown[]
  readonly nextToken: string | undefined
  readonly maxResults: number | undefined
  /** Items of a page when the request does not say. */
  readonly defaultSize: number
  readonly order?: 'ASC' | 'DESC' | undefined
}

export type Page<Item> = { readonly items: readonly Item[]; readonly nextToken: string | undefined }

/**
 * One page of a list. A page begins after the last key of the page before, so that items which come and go between two
 * calls neither repeat others nor hide them. `nextToken` is undefined on the last page, never an empty text.
 * @throws InvalidParameterException for a token which is not from the same list, and for a size outside 1 to 100.
 */
export function page<Item>(items: readonly Item[], keyOf: (item: Item) => string, request: PageRequest): Page<Item> {
  const { maxResults = request.defaultSize, order = 'ASC' } = request
  if (maxResults < 1 || maxResults > 100) throw invalidParameter('maxResults must be between 1 and 100.')
  const direction = order === 'ASC' ? 1 : -1
  const scope = JSON.stringify(request.scope)
  const after = request.nextToken === undefined ? undefined : readToken(request.nextToken, scope)
  const rest = items
    .map((item) => ({ item, key: keyOf(item) }))
    .filter(({ key }) => after === undefined || compare(key, after) * direction > 0)
    .toSorted((one, other) => compare(one.key, other.key) * direction)
  const shown = rest.slice(0, maxResults)
  const last = rest.length > shown.length ? shown.at(-1) : undefined
  return {
    items: shown.map(({ item }) => item),
    nextToken: last === undefined ? undefined : writeToken(scope, last.key),
  }
}

const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other))

const writeToken = (scope: string, key: string): string =>
  Buffer.from(JSON.stringify([scope, key])).toString('base64url')

function readToken(token: string, scope: string): string {
  const content = parse(Buffer.from(token, 'base64url').toString())
  if (Array.isArray(content) && content[0] === scope && typeof content[1] === 'string') return content[1]
  throw invalidParameter(
    'Invalid token: nextToken must be the one of the previous answer to the same request, with the same filters.',
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
