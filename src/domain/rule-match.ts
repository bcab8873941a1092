import { isInCidr } from './ip-address.ts'
import type { RuleCondition } from './routing-table.ts'
import { anyOf, compileLiteral, compilePattern, compilePatterns, compileRegex, type TextTest } from './text-pattern.ts'

/** A part of a request's head, not decoded: bytes, from `start` to `end`. */
export type RequestText = { readonly bytes: Uint8Array; readonly start: number; readonly end: number }

/** What rules look at: the head of a request, taken apart but not decoded. */
export type RequestHead = {
  readonly method: RequestText
  /** Of the `Host` header, or of the URI where it is absolute; without port. */
  readonly host: RequestText
  readonly path: RequestText
  /** Without the question mark; empty where there is none. */
  readonly query: RequestText
  /** Whether one of a header's values is meant. Its name is given in lower case, and compared without regard to it. */
  readonly hasValue: (lowerCaseName: string, isMeant: TextTest) => boolean
  /** The peer's address; never taken from `X-Forwarded-For`. */
  readonly sourceIp: string
}

/** Says of a request whether all conditions match. Made once for a rule: what can be prepared is. */
export type RuleTest = (request: RequestHead) => boolean

export function compileConditions(conditions: readonly RuleCondition[]): RuleTest {
  const tests = conditions.map(compileCondition)
  const [first, ...others] = tests
  if (first === undefined) return () => true
  if (others.length === 0) return first
  return (request) => {
    for (const test of tests) if (!test(request)) return false
    return true
  }
}

function compileCondition(condition: RuleCondition): RuleTest {
  switch (condition.field) {
    case 'host-header': {
      const isMeant = compileValues(condition, { inPatterns: true, inRegexes: true })
      return ({ host }) => isIn(host, isMeant)
    }
    case 'path-pattern': {
      const isMeant = compileValues(condition, { inPatterns: false, inRegexes: false })
      return ({ path }) => isIn(path, isMeant)
    }
    case 'http-header': {
      const isMeant = compileValues(condition, { inPatterns: true, inRegexes: false })
      const name = condition.name.toLowerCase()
      return (request) => request.hasValue(name, isMeant)
    }
    case 'http-request-method': {
      const isMeant = anyOf(condition.values.map((method) => compileLiteral(method, { ignoresCase: false })))
      return ({ method }) => isIn(method, isMeant)
    }
    case 'query-string':
      return compileQuery(condition.values)
    case 'source-ip':
      return ({ sourceIp }) => condition.values.some((cidr) => isInCidr(sourceIp, cidr))
  }
}

function isIn({ bytes, start, end }: RequestText, isMeant: TextTest): boolean {
  return isMeant(bytes, start, end)
}

type Values = { readonly values: readonly string[]; readonly regexValues?: readonly string[] }

/** A regular expression that this program does not understand matches nothing. */
function compileValues(
  { values, regexValues = [] }: Values,
  ignoresCase: { readonly inPatterns: boolean; readonly inRegexes: boolean },
): TextTest {
  const patterns = compilePatterns(values, { ignoresCase: ignoresCase.inPatterns })
  const regexes = regexValues.map((value) => compileRegex(value, { ignoresCase: ignoresCase.inRegexes }))
  return anyOf([patterns, ...regexes.filter((test) => test !== undefined)])
}

const ampersand = 0x26
const equalsSign = 0x3d

function compileQuery(values: Extract<RuleCondition, { field: 'query-string' }>['values']): RuleTest {
  const wanted = values.map(({ key, value }) => {
    const isKey = key === undefined ? () => true : compilePattern(key, { ignoresCase: true })
    return { isKey, isValue: compilePattern(value, { ignoresCase: true }) }
  })
  return ({ query: { bytes, start, end } }) =>
    wanted.some(({ isKey, isValue }) => somePair(bytes, start, end, isKey, isValue))
}

/** As they stand in the URI: the load balancer compares them before anything is decoded. */
function somePair(bytes: Uint8Array, start: number, end: number, isKey: TextTest, isValue: TextTest): boolean {
  for (let pair = start; pair <= end;) {
    const next = placeOf(ampersand, bytes, pair, end)
    const equals = placeOf(equalsSign, bytes, pair, next)
    if (isKey(bytes, pair, equals) && isValue(bytes, Math.min(equals + 1, next), next)) return true
    pair = next + 1
  }
  return false
}

/** `end` where it is not there. */
function placeOf(byte: number, bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] !== byte) at++
  return at
}
