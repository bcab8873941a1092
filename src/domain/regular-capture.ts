import {
  alphabetSize,
  bothCases,
  parseRegularExpression,
  RegularExpressionProblem,
  type CharacterSet,
  type RegularExpression,
} from './regular-expression.ts'

/** Where a match begins and ends, and its groups: of group `n` at `2n` and `2n + 1`; -1 where it took no part. */
export type Captures = Int32Array

/** Some twenty milliseconds. Only patterns of hundreds of steps and texts of thousands of characters together need more. */
const mostTries = 500_000

/** More would be slow to walk through; a pattern of 1,024 characters has as many with counted repetitions alone. */
const mostSteps = 1_000

/**
 * Finds where a regular expression matches first in a text, and what its groups match, as the languages that go back do:
 * the leftmost match, and of alternatives the first. No way is gone twice from the same place of the text, so that it takes
 * time that grows with the lengths of text and pattern multiplied at most; what takes too long even so is given up.
 */
export class RegularCapture {
  readonly #steps: Step[] = []
  readonly #begin: number
  readonly #ignoresCase: boolean
  /** How many groups there are. */
  readonly groups: number

  /** @throws RegularExpressionProblem where the pattern cannot be used */
  constructor(pattern: string, { ignoresCase }: { readonly ignoresCase: boolean }) {
    const parsed = parseRegularExpression(pattern)
    this.#ignoresCase = ignoresCase
    this.groups = groupsIn(parsed)
    const end = this.#add({ kind: 'match' })
    this.#begin = this.#compile(parsed, end)
  }

  /** Undefined where there is no match. */
  find(text: string): Captures | undefined | 'given up' {
    const captures = new Int32Array(2 * (this.groups + 1)).fill(-1)
    const isTried = new Uint8Array(Math.ceil((this.#steps.length * (text.length + 1)) / 8))
    const search = { text, captures, isTried, tries: 0 }
    for (let start = 0; start <= text.length; start++) {
      const end = this.#matchAt(start, search)
      if (search.tries > mostTries) return 'given up'
      if (end < 0) continue
      captures[0] = start
      captures[1] = end
      return captures
    }
    return undefined
  }

  /** Where a match that begins here ends; -1 where there is none. What was tried in vain from another start is tried no more. */
  #matchAt(start: number, search: Search): number {
    const ways: Way[] = [{ kind: 'try', step: this.#begin, at: start }]
    for (let way = ways.pop(); way !== undefined && search.tries <= mostTries; way = ways.pop()) {
      if (way.kind === 'restore') search.captures[way.place] = way.value
      else {
        const end = this.#follow(way, ways, search)
        if (end >= 0) return end
      }
    }
    return -1
  }

  /** One way, as far as it goes; the other ones that branch off are put on the pile. Its end where it is a match. */
  #follow({ step: first, at: from }: Try, ways: Way[], search: Search): number {
    const { text, captures, isTried } = search
    let at = from
    for (let place = first; ;) {
      const mark = place * (text.length + 1) + at
      if (((isTried[mark >> 3] ?? 0) & (1 << (mark & 7))) !== 0) return -1
      isTried[mark >> 3] = (isTried[mark >> 3] ?? 0) | (1 << (mark & 7))
      search.tries++
      const step = this.#steps[place]
      switch (step?.kind) {
        case 'characters':
          if (at === text.length || step.set[Math.min(text.charCodeAt(at), alphabetSize - 1)] !== 1) return -1
          at++
          place = step.next
          break
        case 'start':
        case 'end':
          if (at !== (step.kind === 'start' ? 0 : text.length)) return -1
          place = step.next
          break
        case 'save':
          ways.push({ kind: 'restore', place: step.place, value: captures[step.place] ?? -1 })
          captures[step.place] = at
          place = step.next
          break
        case 'fork':
          for (const other of step.to.slice(1).toReversed()) ways.push({ kind: 'try', step: other, at })
          place = step.to[0] ?? 0
          break
        case 'match':
        case undefined:
          return at
      }
    }
  }

  /** The step at which this part begins, where `next` is the one behind it. */
  #compile(part: RegularExpression, next: number): number {
    switch (part.kind) {
      case 'characters':
        return this.#add({ kind: 'characters', set: this.#ignoresCase ? bothCases(part.set) : part.set, next })
      case 'start':
      case 'end':
        return this.#add({ kind: part.kind, next })
      case 'sequence':
        return part.parts.reduceRight((behind, each) => this.#compile(each, behind), next)
      case 'choice':
        return this.#add({ kind: 'fork', to: part.options.map((option) => this.#compile(option, next)) })
      case 'group': {
        const end = this.#add({ kind: 'save', place: 2 * part.number + 1, next })
        return this.#add({ kind: 'save', place: 2 * part.number, next: this.#compile(part.part, end) })
      }
      case 'repeat':
        return this.#repeat(part, next)
    }
  }

  #repeat({ part, minimum, maximum, isLazy }: Extract<RegularExpression, { kind: 'repeat' }>, next: number): number {
    const inOrder = (again: number, onwards: number): number[] => (isLazy ? [onwards, again] : [again, onwards])
    let begin = next
    if (maximum === Infinity) {
      const to: number[] = []
      begin = this.#add({ kind: 'fork', to })
      to.push(...inOrder(this.#compile(part, begin), next))
    } else {
      for (let time = minimum; time < maximum; time++) {
        begin = this.#add({ kind: 'fork', to: inOrder(this.#compile(part, begin), next) })
      }
    }
    for (let time = 0; time < minimum; time++) {
      const behind = begin
      begin = this.#compile(part, behind)
      // Nothing stays nothing, however often it is repeated.
      if (begin === behind) break
    }
    return begin
  }

  #add(step: Step): number {
    if (this.#steps.length >= mostSteps) throw new RegularExpressionProblem('is too large with its repetitions')
    return this.#steps.push(step) - 1
  }
}

type Step =
  | { readonly kind: 'characters'; readonly set: CharacterSet; readonly next: number }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  /** Where the text is now is remembered at this place of the captures. */
  | { readonly kind: 'save'; readonly place: number; readonly next: number }
  /** The first one first. */
  | { readonly kind: 'fork'; readonly to: readonly number[] }
  | { readonly kind: 'match' }

type Try = { readonly kind: 'try'; readonly step: number; readonly at: number }

/** What is still to be done when the way in hand has led nowhere. */
type Way = Try | { readonly kind: 'restore'; readonly place: number; readonly value: number }

type Search = {
  readonly text: string
  readonly captures: Captures
  /** A bit for each step at each place of the text. */
  readonly isTried: Uint8Array
  tries: number
}

function groupsIn(part: RegularExpression): number {
  switch (part.kind) {
    case 'sequence':
      return Math.max(0, ...part.parts.map(groupsIn))
    case 'choice':
      return Math.max(0, ...part.options.map(groupsIn))
    case 'repeat':
      return groupsIn(part.part)
    case 'group':
      return Math.max(part.number, groupsIn(part.part))
    case 'characters':
    case 'start':
    case 'end':
      return 0
  }
}
