import { compileRegularExpression } from './regular-automaton.ts'
import { RegularCapture } from './regular-capture.ts'
import { RegularExpressionProblem } from './regular-expression.ts'

/** A regular expression, and what takes the place of its first match. `$1` stands for what its first group matched. */
export type RewriteRule = { readonly regex: string; readonly replace: string }

type RewriteOptions = { readonly ignoresCase: boolean }

/** Ready for use; or why it cannot be used, in words that follow "it". */
export function compileRewrite(rule: RewriteRule, options: RewriteOptions): Rewrite | string {
  try {
    return new Rewrite(rule, options)
  } catch (error) {
    if (error instanceof RegularExpressionProblem) return error.message
    throw error
  }
}

/** Rewrites texts. How AWS reads what its guide leaves open is not known: the first match alone is replaced here. */
export class Rewrite {
  /** Whether there is a match is found out in a fraction of the time that it takes to say where. */
  readonly #automaton: Exclude<ReturnType<typeof compileRegularExpression>, string>
  readonly #capture: RegularCapture
  readonly #parts: readonly (string | number)[]

  /** @throws RegularExpressionProblem */
  constructor({ regex, replace }: RewriteRule, options: RewriteOptions) {
    const automaton = compileRegularExpression(regex, options)
    if (typeof automaton === 'string') throw new RegularExpressionProblem(automaton)
    this.#automaton = automaton
    this.#capture = new RegularCapture(regex, options)
    this.#parts = partsOf(replace, this.#capture.groups)
  }

  /** Of a text in Latin-1. Undefined where nothing in it matches, null where it takes too long to say what. */
  of(text: string): string | undefined | null {
    const bytes = Buffer.from(text, 'latin1')
    if (!this.#automaton.isIn(bytes, 0, bytes.length)) return undefined
    const captures = this.#capture.find(text)
    if (captures === 'given up') return null
    if (captures === undefined) return undefined
    const written = this.#parts.map((part) =>
      // A group that took no part has -1 in both places.
      typeof part === 'string' ? part : text.slice(captures[2 * part], captures[2 * part + 1]),
    )
    return text.slice(0, captures[0]) + written.join('') + text.slice(captures[1])
  }
}

/** Texts, and the numbers of groups. As many digits belong to a number as make one of a group, two at most. */
function partsOf(replace: string, groups: number): readonly (string | number)[] {
  const parts: (string | number)[] = []
  let rest = replace
  for (let found = /\$\d/.exec(rest); found !== null; found = /\$\d/.exec(rest)) {
    const [digits = ''] = /^\d{1,2}/.exec(rest.slice(found.index + 1)) ?? []
    const name = digits.length === 2 && Number(digits) > groups ? digits.slice(0, 1) : digits
    const number = Number(name)
    if (number === 0 || number > groups) {
      const counted = groups === 0 ? 'no groups' : groups === 1 ? 'one group' : `${groups} groups`
      throw new RegularExpressionProblem(`has ${counted}, and what replaces its match names $${name}`)
    }
    parts.push(rest.slice(0, found.index), number)
    rest = rest.slice(found.index + 1 + name.length)
  }
  return [...parts, rest]
}
