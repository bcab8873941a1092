import type { Operation, OperationTable, Shape } from './operation-table.ts'
import type { WireRequest } from './protocol.ts'

/** How HTTP names an operation, from its `http` trait: `['POST', '/2015-03-31/functions/{FunctionName}/invocations', 200]`. */
export type Route = {
  readonly method: string
  readonly path: RegExp
  /** The members in the path, in the order of the expression's groups. */
  readonly labels: readonly string[]
  /** Members of the address which the path does not hold: S3's `Bucket`. */
  readonly addressLabels: readonly string[]
  /** Query members of the trait's own: `?uploads`, `?list-type=2`. An empty value stands for any. */
  readonly query: readonly (readonly [string, string])[]
  /** Query and header members without which a request is not this operation: UploadPart's, against PutObject's. */
  readonly requiredQuery: readonly string[]
  readonly requiredHeaders: readonly string[]
  /** Of a success. */
  readonly status: number
}

export type RoutedOperation = Operation & { readonly route: Route }

/** A request whose service has taken from it what does not belong to the operation's own path. */
export type RestRequest = WireRequest & { readonly addressLabels: Readonly<Record<string, string>> }

export type HttpTrait = readonly [method: string, uri: string, status: number]

export function readRoute([method, uri, status]: HttpTrait, input: Shape): Route {
  const [path = '', query = ''] = uri.split('?')
  const labels = [...path.matchAll(/\{([^}+]+)\+?\}/g)].map(([, label = '']) => label)
  const members = input.isUnitSchema() ? [] : [...input.structIterator()]
  const required = members.slice(0, requiredCount(input)).map(([, member]) => member.getMergedTraits())
  return {
    method,
    path: pathExpression(path),
    labels,
    addressLabels: members.flatMap(([name, member]) =>
      member.getMergedTraits().httpLabel && !labels.includes(name) ? [name] : [],
    ),
    query: [...new URLSearchParams(query)].filter(([name]) => name !== 'x-id'),
    requiredQuery: required.flatMap(({ httpQuery }) => httpQuery ?? []),
    requiredHeaders: required.flatMap(({ httpHeader }) => httpHeader?.toLowerCase() ?? []),
    status,
  }
}

/** `{Key+}` takes slashes too, also at its end; elsewhere a last slash more, which older clients write, does no harm. */
function pathExpression(path: string): RegExp {
  const expression = path
    .split(/(\{[^}]+\})/)
    .map((part) => (part.startsWith('{') ? (part.endsWith('+}') ? '(.+)' : '([^/]+)') : escapeExpression(part)))
    .join('')
  return new RegExp(path.endsWith('+}') || path === '/' ? `^${expression}$` : `^${expression}/?$`, 's')
}

const escapeExpression = (text: string): string => text.replace(/[.$()*?^|[\]\\]/g, String.raw`\$&`)

/** How many of a structure's members, counted from the first, are required; the SDK's schemas list these first. */
export function requiredCount(structure: Shape): number {
  const schema: unknown = structure.getSchema()
  const count: unknown = Array.isArray(schema) ? schema[6] : 0
  return typeof count === 'number' ? count : 0
}

/** The more a route demands the more specific it is. */
export function bySpecificity(a: RoutedOperation, b: RoutedOperation): number {
  return demands(b.route) - demands(a.route) || b.route.path.source.length - a.route.path.source.length
}

const demands = ({ query, requiredQuery, requiredHeaders, addressLabels }: Route): number =>
  (query.length + addressLabels.length) * 100 + (requiredQuery.length + requiredHeaders.length) * 10

/** The operation a request is for. Where routes do not tell two apart, clients that care add `x-id=<operation>`. */
export function findRoutedOperation(table: OperationTable, request: RestRequest): RoutedOperation | undefined {
  const fitting = table.routed.filter(({ route }) => fits(route, request))
  const id = request.query.get('x-id')
  return fitting.find(({ name }) => name === id) ?? fitting[0]
}

function fits(route: Route, { method, path, query, headers, addressLabels }: RestRequest): boolean {
  const labels = Object.keys(addressLabels)
  return (
    route.method === method &&
    route.addressLabels.length === labels.length &&
    route.addressLabels.every((label) => labels.includes(label)) &&
    route.query.every(([name, value]) => (value === '' ? query.has(name) : query.get(name) === value)) &&
    route.requiredQuery.every((name) => query.has(name)) &&
    route.requiredHeaders.every((name) => headers[name] !== undefined) &&
    route.path.test(path)
  )
}
