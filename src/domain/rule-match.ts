import { isInCidr } from './ip-address.ts'
import { compileRegularExpression } from './regular-automaton.ts'
import type { RuleCondition } from './routing-table.ts'

/** What rules look at: the head of a request, taken apart but not decoded. */
export type RequestHead = {
  readonly method: string
  /** Of the `Host` header, or of the URI where it is absolute; without port. */
  readonly host: string
  readonly path: string
  /** Without the question mark; empty where there is none. */
  readonly query: string
  /** All values of a header, in the order they came. The name is asked for in lower case, and compared without regard to it. */
  readonly valuesOf: (lowerCaseName: string) => readonly string[]
  /** The peer's address; never taken from `X-Forwarded-For`. */
  readonly sourceIp: string
}

/** Says of a request whether all conditions match. Made once for a rule: what can be prepared is. */
export type RuleTest = (request: RequestHead) => boolean

export function compileConditions(conditions: readonly RuleCondition[]): RuleTest {
  const tests = conditions.map(compileCondition)
  const [first, ...others] = tests
  if (first === undefined) return () => true
  return others.length === 0 ? first : (request) => tests.every((test) => test(request))
}

/** `*` stands for any characters (also none), `?` for exactly one, and `\` takes either's meaning away. */
export function matchesWildcards(pattern: string, text: string): boolean {
  return compilePattern(pattern)(text)
}

type TextTest = (text: string) => boolean

/** Most patterns are a text, or the beginning of one with a star: those are compared natively. */
function compilePattern(pattern: string): TextTest {
  const tokens = pattern.match(/\\[*?\\]|[^]/gu) ?? []
  const isWild = tokens.map((token) => token === '*' || token === '?')
  const firstWild = isWild.indexOf(true)
  if (firstWild < 0) {
    const whole = tokens.map(literal).join('')
    return (text) => text === whole
  }
  if (firstWild === tokens.length - 1 && tokens.at(-1) === '*') {
    const beginning = tokens.slice(0, -1).map(literal).join('')
    return (text) => text.startsWith(beginning)
  }
  return (text) => matchesTokens(tokens, text)
}

function matchesTokens(tokens: readonly string[], text: string): boolean {
  const characters = /[\ud800-\udfff]/.test(text) ? Array.from(text) : text
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

function compileCondition(condition: RuleCondition): RuleTest {
  switch (condition.field) {
    case 'host-header': {
      const isMeant = anyOf([anyIgnoringCase(condition.values), ...regularTests(condition, { ignoresCase: true })])
      return ({ host }) => isMeant(host)
    }
    case 'path-pattern': {
      const isMeant = anyOf([
        ...condition.values.map(compilePattern),
        ...regularTests(condition, { ignoresCase: false }),
      ])
      return ({ path }) => isMeant(path)
    }
    case 'http-header': {
      const isMeant = anyOf([anyIgnoringCase(condition.values), ...regularTests(condition, { ignoresCase: false })])
      const name = condition.name.toLowerCase()
      return (request) => request.valuesOf(name).some(isMeant)
    }
    case 'http-request-method': {
      const methods = new Set(condition.values)
      return ({ method }) => methods.has(method)
    }
    case 'query-string':
      return compileQuery(condition.values)
    case 'source-ip':
      return ({ sourceIp }) => condition.values.some((cidr) => isInCidr(sourceIp, cidr))
  }
}

/** A pattern that a newer program has let pass, and this one does not understand, matches nothing. */
function regularTests(
  { regexValues = [] }: { readonly regexValues?: readonly string[] },
  options: { readonly ignoresCase: boolean },
): readonly TextTest[] {
  return regexValues.flatMap((pattern) => {
    const automaton = compileRegularExpression(pattern, options)
    return typeof automaton === 'string' ? [] : [(text: string) => automaton.isIn(text)]
  })
}

function compileQuery(values: Extract<RuleCondition, { field: 'query-string' }>['values']): RuleTest {
  const wanted = values.map(({ key, value }) => ({
    isKey: key === undefined ? () => true : anyIgnoringCase([key]),
    isValue: anyIgnoringCase([value]),
  }))
  return ({ query }) => {
    const pairs = queryPairs(query)
    return wanted.some(({ isKey, isValue }) => pairs.some(({ key, value }) => isKey(key) && isValue(value)))
  }
}

function anyIgnoringCase(patterns: readonly string[]): TextTest {
  const isMeant = anyOf(patterns.map((pattern) => compilePattern(pattern.toLowerCase())))
  return (text) => isMeant(text.toLowerCase())
}

function anyOf(tests: readonly TextTest[]): TextTest {
  const [first, ...others] = tests
  if (first !== undefined && others.length === 0) return first
  return (text) => tests.some((test) => test(text))
}

/** As they stand in the URI: the load balancer compares them before anything is decoded. */
function queryPairs(query: string): readonly { readonly key: string; readonly value: string }[] {
  return query.split('&').map((pair) => {
    const equals = pair.indexOf('=')
    return equals < 0 ? { key: pair, value: '' } : { key: pair.slice(0, equals), value: pair.slice(equals + 1) }
  })
}
