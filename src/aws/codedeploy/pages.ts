import { AwsError } from '../../domain/aws-error.ts'

/** CodeDeploy's lists have no page size of the caller's; this is ours. */
const pageSize = 100

/**
 * The page of a list that a token asks for. `keyOf` tells the items apart: the next page begins after the last item of
 * this one, wherever that stands by then.
 * @throws AwsError InvalidNextTokenException for a token which this list has not given out.
 */
export function page<Item>(
  items: readonly Item[],
  { list, keyOf, nextToken }: PageRequest<Item>,
): { readonly items: readonly Item[]; readonly nextToken: string | undefined } {
  const start = nextToken === undefined ? 0 : startOf(items, { list, keyOf, nextToken })
  const end = start + pageSize
  const last = items[end - 1]
  if (end >= items.length || last === undefined) return { items: items.slice(start), nextToken: undefined }
  const token: Token = { list, after: keyOf(last), position: end }
  return { items: items.slice(start, end), nextToken: Buffer.from(JSON.stringify(token)).toString('base64url') }
}

type PageRequest<Item> = {
  /** The list's name, so that another list's token is refused. */
  readonly list: string
  readonly keyOf: (item: Item) => string
  readonly nextToken: string | undefined
}

type Token = { readonly list: string; readonly after: string; readonly position: number }

function startOf<Item>(items: readonly Item[], request: PageRequest<Item> & { readonly nextToken: string }): number {
  const token = parseToken(request.nextToken)
  if (token?.list !== request.list) {
    throw new AwsError(
      'InvalidNextTokenException',
      'The next token was specified in an invalid format. Pass the nextToken of the previous answer of this operation unchanged.',
    )
  }
  const usual = items[token.position - 1]
  if (usual !== undefined && request.keyOf(usual) === token.after) return token.position
  const index = items.findIndex((item) => request.keyOf(item) === token.after)
  // The item may be gone by now; then its place says where the list goes on.
  return index === -1 ? Math.max(0, token.position - 1) : index + 1
}

function parseToken(text: string): Token | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (typeof value !== 'object' || value === null) return undefined
    const { list, after, position } = value as Partial<Record<keyof Token, unknown>>
    if (typeof list !== 'string' || typeof after !== 'string' || !Number.isSafeInteger(position)) return undefined
    return { list, after, position: Number(position) }
  } catch {
    return undefined
  }
}
