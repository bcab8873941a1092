import { compileRegularExpression } from './regular-automaton.ts'

type Comparison = { readonly ignoresCase: boolean }

/** A regular expression that was understood. */
type Expression = Exclude<ReturnType<typeof compileRegularExpression>, string>

/** `*` stands for any characters (also none), `?` for exactly one, and `\` takes either's meaning away. */
type Pattern = {
  readonly codes: Int32Array
  /** By byte: what it is equal to. */
  readonly comparedAs: Uint8Array
  /** What a text begins and ends with, as a byte; below 0 where that may be anything. */
  readonly first: number
  readonly last: number
  /** No shorter text matches. */
  readonly leastBytes: number
}

const none: readonly Expression[] = []

/**
 * Looks at a part of a request as it came, from `start` to `end`: each byte is a character of ISO 8859-1. Requests are
 * compared as bytes because a text that is made for each comparison costs more than the comparison. It is an object of
 * one class for all conditions, and not a function of each, because calling one of many functions costs more, too.
 */
export class TextTest {
  readonly #patterns: readonly Pattern[]
  readonly #expressions: readonly Expression[]

  constructor(patterns: readonly Pattern[], expressions: readonly Expression[] = none) {
    this.#patterns = patterns
    this.#expressions = expressions
  }

  /** True where one of the patterns, or one of the regular expressions, fits. */
  isMeant(bytes: Uint8Array, start: number, end: number): boolean {
    for (const pattern of this.#patterns) {
      if (mayMatch(pattern, bytes, start, end) && matches(pattern, bytes, start, end)) return true
    }
    for (const expression of this.#expressions) if (expression.isIn(bytes, start, end)) return true
    return false
  }
}

/** True where one of the patterns fits. */
export function compilePatterns(patterns: readonly string[], comparison: Comparison): TextTest {
  return new TextTest(patterns.map((pattern) => patternOf(pattern, comparison)))
}

/** The texts themselves. */
export function compileLiterals(texts: readonly string[], comparison: Comparison): TextTest {
  return compilePatterns(
    texts.map((text) => text.replace(/[*?\\]/g, String.raw`\$&`)),
    comparison,
  )
}

/** Patterns or regular expressions. One that a newer program has let pass, and this one does not understand, fits nothing. */
export function compileAlternatives(
  { patterns, regexes }: { readonly patterns: readonly string[]; readonly regexes: readonly string[] },
  ignoresCase: { readonly inPatterns: boolean; readonly inRegexes: boolean },
): TextTest {
  const compiled = patterns.map((pattern) => patternOf(pattern, { ignoresCase: ignoresCase.inPatterns }))
  if (regexes.length === 0) return new TextTest(compiled)
  const expressions = regexes.map((regex) => compileRegularExpression(regex, { ignoresCase: ignoresCase.inRegexes }))
  return new TextTest(
    compiled,
    expressions.filter((expression) => typeof expression !== 'string'),
  )
}

/** In place of a character's code, which a byte can be equal to where it is below 256. */
const star = -1
const question = -2

function patternOf(pattern: string, { ignoresCase }: Comparison): Pattern {
  const codes = codesOf(ignoresCase ? pattern.toLowerCase() : pattern)
  return {
    codes,
    comparedAs: ignoresCase ? lowerCase : asItIs,
    first: codes[0] ?? question,
    last: codes[codes.length - 1] ?? question,
    leastBytes: codes.length - starsIn(codes),
  }
}

/**
 * By hand, and as long as it has to be: a table of a thousand rules has as many patterns, and what is left behind on the
 * way, or kept beside them, holds requests up later.
 */
function codesOf(pattern: string): Int32Array {
  const codes = new Int32Array(pattern.length - escapesIn(pattern))
  for (let at = 0, count = 0; at < pattern.length; at++, count++) {
    const isEscaped = isEscapeAt(pattern, at)
    if (isEscaped) at++
    codes[count] = isEscaped ? pattern.charCodeAt(at) : codeOf(pattern, at)
  }
  return codes
}

function escapesIn(pattern: string): number {
  let escapes = 0
  for (let at = 0; at < pattern.length; at++) {
    if (!isEscapeAt(pattern, at)) continue
    escapes++
    at++
  }
  return escapes
}

function isEscapeAt(pattern: string, at: number): boolean {
  return pattern[at] === backslash && isSpecial(pattern[at + 1])
}

const backslash = '\\'

function isSpecial(character: string | undefined): boolean {
  return character === '*' || character === '?' || character === backslash
}

function codeOf(pattern: string, at: number): number {
  if (pattern[at] === '*') return star
  return pattern[at] === '?' ? question : pattern.charCodeAt(at)
}

function starsIn(codes: Int32Array): number {
  let stars = 0
  for (let at = 0; at < codes.length; at++) if (codes[at] === star) stars++
  return stars
}

const asItIs = Uint8Array.from({ length: 256 }, (_, code) => code)
const lowerCase = asItIs.map((code) => String.fromCharCode(code).toLowerCase().charCodeAt(0))

/** False where the length, or the first or last character, tells already that it does not match: so it is with nearly all. */
function mayMatch({ first, last, leastBytes, comparedAs }: Pattern, bytes: Uint8Array, start: number, end: number) {
  if (end - start < leastBytes) return false
  if (start === end) return true
  if (first >= 0 && first !== comparedAs[bytes[start] ?? 0]) return false
  return last < 0 || last === comparedAs[bytes[end - 1] ?? 0]
}

function matches({ codes, comparedAs }: Pattern, bytes: Uint8Array, start: number, end: number): boolean {
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
