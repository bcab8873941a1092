import { isInCidr } from './ip-address.ts'
import type { ListenerRoute, RouteAction, RuleCondition, TargetGroupArn, WeightedTargetGroup } from './routing-table.ts'

/** What rules look at: the head of a request, taken apart but not decoded. */
export type RequestHead = {
  readonly method: string
  /** Of the `Host` header, or of the URI where it is absolute; without port. */
  readonly host: string
  readonly path: string
  /** Without the question mark; empty where there is none. */
  readonly query: string
  /** Name, value, name, value, … as they came. */
  readonly rawHeaders: readonly string[]
  /** The peer's address; never taken from `X-Forwarded-For`. */
  readonly sourceIp: string
}

/** The action of the first rule whose conditions all match, or the default action. Rules are in ascending priority. */
export function matchRule(listener: Pick<ListenerRoute, 'rules' | 'defaultAction'>, request: RequestHead): RouteAction {
  const rule = listener.rules.find(({ conditions }) => conditions.every((condition) => matches(condition, request)))
  return rule?.action ?? listener.defaultAction
}

/**
 * One of the groups, in proportion to their weights; `random` is in [0, 1). Undefined where all weights are 0: then
 * nothing is to get requests. There is no second choice: a chosen group without targets answers 503, as on AWS.
 */
export function chooseTargetGroup(
  targetGroups: readonly WeightedTargetGroup[],
  random: number,
): TargetGroupArn | undefined {
  const total = targetGroups.reduce((sum, { weight }) => sum + weight, 0)
  let rest = random * total
  for (const { targetGroupArn, weight } of targetGroups) {
    if (rest < weight) return targetGroupArn
    rest -= weight
  }
  return undefined
}

/** `*` stands for any characters (also none), `?` for exactly one, and `\` takes either's meaning away. */
export function matchesWildcards(pattern: string, text: string): boolean {
  const tokens = pattern.match(/\\[*?\\]|[^]/gu) ?? []
  const characters = Array.from(text)
  let token = 0
  let character = 0
  let lastStar = -1
  let resumeAt = 0
  // Going back only to the last star keeps the work at pattern × text; a regular expression could be made to explode.
  while (character < characters.length) {
    const wanted = tokens[token]
    if (wanted === '*') {
      lastStar = token++
      resumeAt = character
    } else if (wanted !== undefined && (wanted === '?' || literal(wanted) === characters[character])) {
      token++
      character++
    } else if (lastStar >= 0) {
      token = lastStar + 1
      character = ++resumeAt
    } else return false
  }
  while (tokens[token] === '*') token++
  return token === tokens.length
}

function literal(token: string): string {
  return token.length === 2 && token.startsWith('\\') ? token.slice(1) : token
}

function matches(condition: RuleCondition, request: RequestHead): boolean {
  switch (condition.field) {
    case 'host-header':
      return condition.values.some((pattern) => matchesIgnoringCase(pattern, request.host))
    case 'path-pattern':
      return condition.values.some((pattern) => matchesWildcards(pattern, request.path))
    case 'http-header': {
      const found = valuesOfHeader(request.rawHeaders, condition.name)
      return condition.values.some((pattern) => found.some((value) => matchesIgnoringCase(pattern, value)))
    }
    case 'http-request-method':
      return condition.values.includes(request.method)
    case 'query-string': {
      const pairs = queryPairs(request.query)
      return condition.values.some(({ key, value }) =>
        pairs.some(
          (pair) => (key === undefined || matchesIgnoringCase(key, pair.key)) && matchesIgnoringCase(value, pair.value),
        ),
      )
    }
    case 'source-ip':
      return condition.values.some((cidr) => isInCidr(request.sourceIp, cidr))
  }
}

function matchesIgnoringCase(pattern: string, text: string): boolean {
  return matchesWildcards(pattern.toLowerCase(), text.toLowerCase())
}

/** All values of a header, in the order they came; its name is compared without regard to case. */
export function valuesOfHeader(rawHeaders: readonly string[], name: string): readonly string[] {
  const wanted = name.toLowerCase()
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === wanted)
}

/** As they stand in the URI: the load balancer compares them before anything is decoded. */
function queryPairs(query: string): readonly { readonly key: string; readonly value: string }[] {
  return query.split('&').map((pair) => {
    const equals = pair.indexOf('=')
    return equals < 0 ? { key: pair, value: '' } : { key: pair.slice(0, equals), value: pair.slice(equals + 1) }
  })
}
