/**
 * Regular expressions of rule conditions and transforms, in the part of their language that can be matched in one pass over the text:
 * what needs memory or going back (references, assertions) is refused, so that no text can make a match take long.
 */
export type RegularExpression =
  | { readonly kind: 'characters'; readonly set: CharacterSet }
  | { readonly kind: 'sequence'; readonly parts: readonly RegularExpression[] }
  | { readonly kind: 'choice'; readonly options: readonly RegularExpression[] }
  | {
      readonly kind: 'repeat'
      readonly part: RegularExpression
      readonly minimum: number
      readonly maximum: number
      /** As few as possible are taken. Whether there is a match does not depend on it, but what of the text is the match. */
      readonly isLazy: boolean
    }
  /** What it matches is remembered: by its number, from 1, in the order of the opening parentheses. */
  | { readonly kind: 'group'; readonly number: number; readonly part: RegularExpression }
  /** Nothing, but only at the beginning, or at the end, of the text. */
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }

/** By code unit, 1 where it belongs to the set; the last place stands for everything beyond Latin-1. */
export type CharacterSet = Uint8Array

export const alphabetSize = 257

/** @throws RegularExpressionProblem whose message is a part of a sentence: `has a group that is not closed` */
export function parseRegularExpression(pattern: string): RegularExpression {
  return new Parser(pattern).whole()
}

/** With each letter its upper and its lower case. */
export function bothCases(set: CharacterSet): CharacterSet {
  return set.map((isIn, place) => {
    const character = String.fromCharCode(place)
    const others = [character.toLowerCase(), character.toUpperCase()].filter((other) => other.length === 1)
    return isIn === 1 || others.some((other) => set[other.charCodeAt(0)] === 1) ? 1 : 0
  })
}

export class RegularExpressionProblem extends Error {}

/** `a{1000}` would be a thousand times as large as it looks. */
const mostRepetitions = 100

class Parser {
  readonly #pattern: string
  #at = 0
  #groups = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  whole(): RegularExpression {
    const parsed = this.#choice()
    if (this.#at < this.#pattern.length) throw problem("has a ')' without a '('")
    return parsed
  }

  #choice(): RegularExpression {
    const options = [this.#sequence()]
    while (this.#takes('|')) options.push(this.#sequence())
    const [first, ...others] = options
    return first !== undefined && others.length === 0 ? first : { kind: 'choice', options }
  }

  #sequence(): RegularExpression {
    const parts: RegularExpression[] = []
    while (this.#at < this.#pattern.length && !this.#sees('|') && !this.#sees(')')) parts.push(this.#repeated())
    return { kind: 'sequence', parts }
  }

  #repeated(): RegularExpression {
    const part = this.#single()
    const times = this.#times()
    if (times === undefined) return part
    if (part.kind === 'start' || part.kind === 'end') throw problem('repeats ^ or $')
    const isLazy = this.#takes('?')
    if (this.#sees('+') || this.#times() !== undefined) throw problem('repeats a repetition')
    return { kind: 'repeat', part, ...times, isLazy }
  }

  #times(): { readonly minimum: number; readonly maximum: number } | undefined {
    if (this.#takes('*')) return { minimum: 0, maximum: Infinity }
    if (this.#takes('+')) return { minimum: 1, maximum: Infinity }
    if (this.#takes('?')) return { minimum: 0, maximum: 1 }
    const counted = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.#pattern.slice(this.#at))
    if (counted === null) return undefined
    this.#at += counted[0].length
    const minimum = Number(counted[1])
    const open = counted[3] === '' ? Infinity : Number(counted[3])
    const maximum = counted[2] === undefined ? minimum : open
    if (minimum > maximum) throw problem(`repeats at least ${minimum} and at most ${maximum} times`)
    if (Math.max(minimum, maximum === Infinity ? 0 : maximum) > mostRepetitions) {
      throw problem(`repeats more than ${mostRepetitions} times`)
    }
    return { minimum, maximum }
  }

  #single(): RegularExpression {
    const character = this.#next()
    switch (character) {
      case '(':
        return this.#group()
      case '[':
        return { kind: 'characters', set: this.#bracket() }
      case '.':
        return { kind: 'characters', set: complement(setOf('\n')) }
      case '^':
        return { kind: 'start' }
      case '$':
        return { kind: 'end' }
      case '\\':
        return { kind: 'characters', set: this.#escape() }
      case '*':
      case '+':
      case '?':
      case '{':
        throw problem(`has a '${character}' with nothing to repeat before it`)
      default:
        return { kind: 'characters', set: setOf(character) }
    }
  }

  #group(): RegularExpression {
    const isRemembered = !this.#takes('?')
    if (!isRemembered && !this.#takes(':')) {
      throw problem(`has a group (?${this.#pattern.charAt(this.#at)}…, which cannot be used`)
    }
    const number = isRemembered ? ++this.#groups : 0
    const part = this.#choice()
    if (!this.#takes(')')) throw problem('has a group that is not closed')
    return isRemembered ? { kind: 'group', number, part } : part
  }

  #bracket(): CharacterSet {
    const isNegated = this.#takes('^')
    const set = new Uint8Array(alphabetSize)
    for (let isFirst = true; isFirst || !this.#takes(']'); isFirst = false) {
      if (this.#at >= this.#pattern.length) throw problem('has a [ that is not closed')
      this.#bracketItem(set)
    }
    return isNegated ? complement(set) : set
  }

  #bracketItem(set: Uint8Array): void {
    const first = this.#next()
    const low = first === '\\' ? this.#escape() : setOf(first)
    const isRange = this.#sees('-') && this.#pattern.charAt(this.#at + 1) !== ']' && this.#at + 1 < this.#pattern.length
    if (!isRange) return add(set, low)
    this.#at++
    const second = this.#next()
    const [from, to] = [onlyOne(low), onlyOne(second === '\\' ? this.#escape() : setOf(second))]
    if (from === undefined || to === undefined || from > to) throw problem('has a range in [ ] that is none')
    set.fill(1, from, to + 1)
  }

  #escape(): CharacterSet {
    const character = this.#next()
    const named = namedSets[character]
    if (named !== undefined) return named
    if (/[A-Za-z0-9]/.test(character)) throw problem(`uses \\${character}, which cannot be used`)
    return setOf(character)
  }

  #next(): string {
    const character = this.#pattern.charAt(this.#at++)
    if (character === '') throw problem('ends in the middle')
    if (character > '\u00FF') throw problem(`has '${character}', which no request can have`)
    return character
  }

  #sees(character: string): boolean {
    return this.#pattern.charAt(this.#at) === character
  }

  #takes(character: string): boolean {
    if (!this.#sees(character)) return false
    this.#at++
    return true
  }
}

const digits = rangeSet('09')
const wordCharacters = rangeSet('09', 'AZ', 'az', '__')
const spaces = rangeSet('\t\r', '  ')
const namedSets: Readonly<Record<string, CharacterSet>> = {
  d: digits,
  D: complement(digits),
  w: wordCharacters,
  W: complement(wordCharacters),
  s: spaces,
  S: complement(spaces),
}

/** Each range is two characters, the first and the last. */
function rangeSet(...ranges: readonly string[]): CharacterSet {
  const set = new Uint8Array(alphabetSize)
  for (const range of ranges) set.fill(1, range.charCodeAt(0), range.charCodeAt(1) + 1)
  return set
}

function setOf(character: string): CharacterSet {
  return rangeSet(character + character)
}

function complement(set: CharacterSet): CharacterSet {
  return set.map((isIn) => 1 - isIn)
}

function add(set: Uint8Array, more: CharacterSet): void {
  more.forEach((isIn, place) => {
    if (isIn === 1) set[place] = 1
  })
}

function onlyOne(set: CharacterSet): number | undefined {
  const first = set.indexOf(1)
  return first === set.lastIndexOf(1) ? first : undefined
}

function problem(text: string): RegularExpressionProblem {
  return new RegularExpressionProblem(text)
}
