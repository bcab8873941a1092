import { compileRegularExpression } from './regular-automaton.ts'

/**
 * Looks at a part of a request as it came, from `start` to `end`: each byte is a character of ISO 8859-1. Requests are
 * compared as bytes because a text that is made for each comparison costs more than the comparison.
 */
export type TextTest = (bytes: Uint8Array, start: number, end: number) => boolean

type Comparison = { readonly ignoresCase: boolean }

/** True where one of the tests is. */
export function anyOf(tests: readonly TextTest[]): TextTest {
  const [first, ...others] = tests
  if (first !== undefined && others.length === 0) return first
  return (bytes, start, end) => {
    for (const test of tests) if (test(bytes, start, end)) return true
    return false
  }
}

/** `*` stands for any characters (also none), `?` for exactly one, and `\` takes either's meaning away. */
export function compilePattern(pattern: string, comparison: Comparison): TextTest {
  return compilePatterns([pattern], comparison)
}

/** True where one of the patterns fits. */
export function compilePatterns(patterns: readonly string[], { ignoresCase }: Comparison): TextTest {
  const compiled = patterns.map((pattern) => codesOf(ignoresCase ? pattern.toLowerCase() : pattern))
  const comparedAs = ignoresCase ? lowerCase : asItIs
  return (bytes, start, end) => {
    for (const codes of compiled) {
      if (mayMatch(codes, comparedAs, bytes, start, end) && matchesCodes(codes, comparedAs, bytes, start, end))
        return true
    }
    return false
  }
}

/** Nothing but this text itself. */
export function compileLiteral(text: string, comparison: Comparison): TextTest {
  return compilePattern(text.replace(/[*?\\]/g, String.raw`\$&`), comparison)
}

/** Undefined for one that a newer program has let pass, and this one does not understand. */
export function compileRegex(pattern: string, comparison: Comparison): TextTest | undefined {
  const automaton = compileRegularExpression(pattern, comparison)
  return typeof automaton === 'string' ? undefined : (bytes, start, end) => automaton.isIn(bytes, start, end)
}

/** In place of a character's code, which a byte can be equal to where it is below 256. */
const star = -1
const question = -2

function codesOf(pattern: string): Int32Array {
  return Int32Array.from(pattern.match(/\\[*?\\]|[^]/g) ?? [], codeOf)
}

function codeOf(token: string): number {
  if (token === '*') return star
  return token === '?' ? question : token.charCodeAt(token.length - 1)
}

const asItIs = Uint8Array.from({ length: 256 }, (_, code) => code)
const lowerCase = asItIs.map((code) => String.fromCharCode(code).toLowerCase().charCodeAt(0))

/** False where the first or the last character tells already that it does not match: so it is with nearly all requests. */
function mayMatch(codes: Int32Array, comparedAs: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true
  const first = codes[0] ?? question
  const last = codes[codes.length - 1] ?? question
  if (first >= 0 && first !== comparedAs[bytes[start] ?? 0]) return false
  return last < 0 || last === comparedAs[bytes[end - 1] ?? 0]
}

function matchesCodes(
  codes: Int32Array,
  comparedAs: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  let at = start
  let token = 0
  let lastStar = -1
  let resumeAt = start
  // Going back only to the last star keeps the work at pattern × text; a regular expression could be made to explode.
  while (at < end) {
    const code = token < codes.length ? codes[token] : undefined
    if (code === star) {
      lastStar = token++
      // Nothing follows that could be missing.
      if (token === codes.length) return true
      resumeAt = at
    } else if (code !== undefined && (code === question || code === comparedAs[bytes[at] ?? 0])) {
      token++
      at++
    } else if (lastStar >= 0) {
      token = lastStar + 1
      at = ++resumeAt
    } else return false
  }
  while (token < codes.length && codes[token] === star) token++
  return token === codes.length
}
