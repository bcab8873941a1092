import {
  alphabetSize,
  bothCases,
  parseRegularExpression,
  RegularExpressionProblem,
  type CharacterSet,
  type RegularExpression,
} from './regular-expression.ts'

/** The pattern ready for use; or why it cannot be used, in words that follow its name: `has a group that is not closed`. */
export function compileRegularExpression(
  pattern: string,
  options: { readonly ignoresCase: boolean },
): RegularAutomaton | string {
  try {
    return new RegularAutomaton(pattern, options)
  } catch (error) {
    if (error instanceof RegularExpressionProblem) return error.message
    throw error
  }
}

/** More would be slow to walk through; a pattern of 128 characters has as many with counted repetitions alone. */
const mostSteps = 1_000
/** What is remembered of a pattern is forgotten when it grows beyond this, and found out again. */
const mostStates = 500

/**
 * Finds a regular expression somewhere in a text, in time that grows with the text alone: all ways to match are followed
 * at once, and which ways are open after which is remembered from text to text.
 */
class RegularAutomaton {
  readonly #steps: Step[] = []
  readonly #begin: number
  /** Characters that no part of the pattern tells apart are of one class. */
  readonly #classOf: Uint8Array
  readonly #example: readonly number[]
  /** By place, for one search among the steps after the other. */
  readonly #marks: Uint8Array
  #states = new Map<string, State>()
  readonly #initial: State

  /** @throws RegularExpressionProblem where the pattern cannot be used */
  constructor(pattern: string, { ignoresCase }: { readonly ignoresCase: boolean }) {
    const end = this.#add({ kind: 'match' })
    this.#begin = this.#compile(parseRegularExpression(pattern), end, ignoresCase)
    this.#marks = new Uint8Array(this.#steps.length)
    const { classOf, example } = characterClasses(this.#steps)
    this.#classOf = classOf
    this.#example = example
    this.#initial = this.#newState([this.#begin], true)
  }

  /** Of bytes, each a character of ISO 8859-1, from `start` to `end`. */
  isIn(bytes: Uint8Array, start: number, end: number): boolean {
    let state = this.#initial
    for (let at = start; at < end && !state.isMatch; at++) {
      const character = this.#classOf[bytes[at] ?? 0] ?? 0
      state = state.next[character] ?? this.#follow(state, character)
    }
    return state.isMatch || this.#matchesAtEnd(state)
  }

  /** The step at which this part begins, where `next` is the one behind it. */
  #compile(part: RegularExpression, next: number, ignoresCase: boolean): number {
    switch (part.kind) {
      case 'characters':
        return this.#add({ kind: 'characters', set: ignoresCase ? bothCases(part.set) : part.set, next })
      case 'start':
      case 'end':
        return this.#add({ kind: part.kind, next })
      case 'sequence':
        return part.parts.reduceRight((behind, each) => this.#compile(each, behind, ignoresCase), next)
      case 'choice': {
        const options = part.options.map((option) => this.#compile(option, next, ignoresCase))
        return this.#add({ kind: 'fork', to: options })
      }
      case 'repeat':
        return this.#repeat(part, next, ignoresCase)
      case 'group':
        return this.#compile(part.part, next, ignoresCase)
    }
  }

  #repeat(
    { part, minimum, maximum }: Extract<RegularExpression, { kind: 'repeat' }>,
    next: number,
    ignoresCase: boolean,
  ): number {
    let begin = next
    if (maximum === Infinity) {
      const to = [next]
      begin = this.#add({ kind: 'fork', to })
      to.push(this.#compile(part, begin, ignoresCase))
    } else {
      for (let time = minimum; time < maximum; time++) {
        begin = this.#add({ kind: 'fork', to: [next, this.#compile(part, begin, ignoresCase)] })
      }
    }
    for (let time = 0; time < minimum; time++) {
      const behind = begin
      begin = this.#compile(part, behind, ignoresCase)
      // Nothing stays nothing. Repetitions of it, one within the other, would take hours, and no step that is counted.
      if (begin === behind) break
    }
    return begin
  }

  #add(step: Step): number {
    if (this.#steps.length >= mostSteps) throw new RegularExpressionProblem('is too large with its repetitions')
    return this.#steps.push(step) - 1
  }

  /** Where this character leads; a match may also begin anew behind it. */
  #follow(state: State, character: number): State {
    const places = this.#placesBehind(state, this.#example[character] ?? 0)
    const key = String.fromCharCode(...places)
    const known = this.#states.get(key)
    const next = known ?? this.#newState(places, false)
    if (known === undefined) this.#remember(key, next)
    state.next[character] = next
    return next
  }

  /** In ascending order, so that the same ones are the same state. */
  #placesBehind(state: State, character: number): readonly number[] {
    const isReached = this.#marks.fill(0)
    isReached[this.#begin] = 1
    for (const place of state.waiting) {
      const step = this.#steps[place]
      if (step?.kind === 'characters' && step.set[character] === 1) isReached[step.next] = 1
    }
    const places: number[] = []
    for (let place = isReached.indexOf(1); place >= 0; place = isReached.indexOf(1, place + 1)) places.push(place)
    return places
  }

  #remember(key: string, state: State): void {
    if (this.#states.size >= mostStates) {
      // States point at each other: those forgotten are let go only when none that stays leads to them.
      for (const old of this.#states.values()) old.next.length = 0
      this.#initial.next.length = 0
      this.#states = new Map()
    }
    this.#states.set(key, state)
  }

  #newState(places: readonly number[], isAtStart: boolean): State {
    const { waiting, isMatch } = this.#reach(places, { isAtStart, isAtEnd: false })
    return { places, waiting, isMatch, isMatchAtEnd: isMatch ? true : undefined, next: [] }
  }

  #matchesAtEnd(state: State): boolean {
    const options = { isAtStart: state === this.#initial, isAtEnd: true }
    return (state.isMatchAtEnd ??= this.#reach(state.places, options).isMatch)
  }

  /** The steps that wait for a character once every way has been gone that needs none. */
  #reach(places: readonly number[], { isAtStart, isAtEnd }: { isAtStart: boolean; isAtEnd: boolean }) {
    const isSeen = this.#marks.fill(0)
    const toVisit = [...places]
    const waiting: number[] = []
    let isMatch = false
    for (let place = toVisit.pop(); place !== undefined; place = toVisit.pop()) {
      if (isSeen[place] === 1) continue
      isSeen[place] = 1
      const step = this.#steps[place]
      if (step?.kind === 'characters') waiting.push(place)
      else if (step?.kind === 'match') isMatch = true
      else if (step?.kind === 'fork') toVisit.push(...step.to)
      else if (step !== undefined && (step.kind === 'start' ? isAtStart : isAtEnd)) toVisit.push(step.next)
    }
    return { waiting, isMatch }
  }
}

type Step =
  | { readonly kind: 'characters'; readonly set: CharacterSet; readonly next: number }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  | { readonly kind: 'fork'; readonly to: readonly number[] }
  | { readonly kind: 'match' }

type State = {
  readonly places: readonly number[]
  readonly waiting: readonly number[]
  /** Whatever follows. */
  readonly isMatch: boolean
  /** Undefined until a text has ended here. */
  isMatchAtEnd: boolean | undefined
  /** By class of character; a place is empty until somebody came by. */
  readonly next: State[]
}

function characterClasses(steps: readonly Step[]) {
  const sets = steps.flatMap((step) => (step.kind === 'characters' ? [step.set] : []))
  const classes = new Map<string, number>()
  const classOf = new Uint8Array(alphabetSize)
  const example: number[] = []
  for (let character = 0; character < alphabetSize; character++) {
    const key = sets.map((set) => set[character]).join('')
    const known = classes.get(key)
    classOf[character] = known ?? classes.size
    if (known !== undefined) continue
    classes.set(key, classes.size)
    example.push(character)
  }
  return { classOf, example }
}
