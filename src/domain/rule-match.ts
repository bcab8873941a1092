import { isInCidr } from './ip-address.ts'
import type { RuleCondition } from './routing-table.ts'
import { compileAlternatives, compileLiterals, compilePatterns, TextTest } from './text-pattern.ts'

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
  readonly hasValue: (lowerCaseName: string, values: TextTest) => boolean
  /** The peer's address; never taken from `X-Forwarded-For`. */
  readonly sourceIp: string
}

/** Says of a request whether all conditions match. Made once for a rule: what can be prepared is. */
export class RuleTest {
  readonly #conditions: readonly CompiledCondition[]

  constructor(conditions: readonly RuleCondition[]) {
    this.#conditions = conditions.map(compileCondition)
  }

  isMatch(request: RequestHead): boolean {
    for (const condition of this.#conditions) if (!isMet(condition, request)) return false
    return true
  }
}

/** Conditions of all fields have all members, and so one shape: requests look at them one after the other. */
type CompiledCondition = {
  readonly field: RuleCondition['field']
  /** Of a header, in lower case. */
  readonly name: string
  readonly values: TextTest
  readonly pairs: readonly QueryPair[]
  readonly blocks: readonly string[]
}

type QueryPair = { readonly key: TextTest; readonly value: TextTest }

const nothing: Omit<CompiledCondition, 'field'> = { name: '', values: new TextTest([]), pairs: [], blocks: [] }

function compileCondition(condition: RuleCondition): CompiledCondition {
  const { field } = condition
  const { name, values, pairs, blocks } = { ...nothing, ...partsOf(condition) }
  return { field, name, values, pairs, blocks }
}

function partsOf(condition: RuleCondition): Partial<CompiledCondition> {
  switch (condition.field) {
    case 'host-header':
      return { values: compileValues(condition, { inPatterns: true, inRegexes: true }) }
    case 'path-pattern':
      return { values: compileValues(condition, { inPatterns: false, inRegexes: false }) }
    case 'http-header':
      return {
        name: condition.name.toLowerCase(),
        values: compileValues(condition, { inPatterns: true, inRegexes: false }),
      }
    case 'http-request-method':
      return { values: compileLiterals(condition.values, { ignoresCase: false }) }
    case 'query-string':
      return { pairs: condition.values.map(compilePair) }
    case 'source-ip':
      return { blocks: condition.values }
  }
}

type Values = { readonly values: readonly string[]; readonly regexValues?: readonly string[] }

function compileValues(
  { values, regexValues = [] }: Values,
  ignoresCase: { readonly inPatterns: boolean; readonly inRegexes: boolean },
): TextTest {
  return compileAlternatives({ patterns: values, regexes: regexValues }, ignoresCase)
}

/** Without a key, any key will do. */
function compilePair({ key = '*', value }: { readonly key?: string | undefined; readonly value: string }): QueryPair {
  return { key: compilePatterns([key], { ignoresCase: true }), value: compilePatterns([value], { ignoresCase: true }) }
}

function isMet({ field, name, values, pairs, blocks }: CompiledCondition, request: RequestHead): boolean {
  switch (field) {
    case 'host-header':
      return isIn(request.host, values)
    case 'path-pattern':
      return isIn(request.path, values)
    case 'http-header':
      return request.hasValue(name, values)
    case 'http-request-method':
      return isIn(request.method, values)
    case 'query-string':
      return pairs.some((pair) => somePair(request.query, pair))
    case 'source-ip':
      return blocks.some((block) => isInCidr(request.sourceIp, block))
  }
}

function isIn({ bytes, start, end }: RequestText, values: TextTest): boolean {
  return values.isMeant(bytes, start, end)
}

const ampersand = 0x26
const equalsSign = 0x3d

/** As they stand in the URI: the load balancer compares them before anything is decoded. */
function somePair({ bytes, start, end }: RequestText, { key, value }: QueryPair): boolean {
  for (let pair = start; pair <= end;) {
    const next = placeOf(ampersand, bytes, pair, end)
    const equals = placeOf(equalsSign, bytes, pair, next)
    if (key.isMeant(bytes, pair, equals) && value.isMeant(bytes, Math.min(equals + 1, next), next)) return true
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
