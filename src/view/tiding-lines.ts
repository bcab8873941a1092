import type { Tiding } from './deployment-view.ts'
import { kindOfText, Repetitions, withCount } from './repetitions.ts'

/**
 * Which tidings are worth a line of a log. A version that does not start is tried again and again, and each try has half a
 * dozen events: only the failures are told then, and fewer the longer it goes on.
 */
export class TidingLines {
  #told: ReadonlySet<string> = new Set()
  readonly #repetitions = new Repetitions()
  #failures = 0

  /** Those that are new among these, as they are told. */
  next(tidings: readonly Tiding[]): readonly Tiding[] {
    const before = this.#told
    const now = new Map(tidings.map((tiding) => [`${tiding.at} ${tiding.text}`, tiding]))
    this.#told = new Set(now.keys())
    return [...now].flatMap(([key, { at, text }]) => {
      const told = before.has(key) ? undefined : this.#asTold(text)
      return told === undefined ? [] : [{ at, text: told }]
    })
  }

  #asTold(text: string): string | undefined {
    if (isFailure(text)) {
      this.#failures++
      const count = this.#repetitions.count('a task has failed')
      if (count === undefined) return undefined
      return count === 1 ? text : failureInWords(text, count)
    }
    if (!isRoutine(text)) return text
    const count = this.#repetitions.count(kindOfText(text))
    return count === undefined || this.#failures > 1 ? undefined : withCount(text, count)
  }
}

/** Without what is told of every task, where tasks fail: for a screen with little room. */
export function notableTidings(tidings: readonly Tiding[]): readonly Tiding[] {
  const isFailing = tidings.filter(({ text }) => isFailure(text)).length > 1
  return isFailing ? tidings.filter(({ text }) => !isRoutine(text)) : tidings
}

/** What ECS says of the service begins with its name, which the screen shows once; a line of a log stands alone. */
export function withSubject(text: string): string {
  return /^(?:has|was|registered|deregistered|updated) /.test(text) ? `The service ${text}` : text
}

/** In Teal's words, and in those of ECS itself. */
function isFailure(text: string): boolean {
  return /\) has failed: |tasks have failed|failed container health checks|unable to consistently start/.test(text)
}

/** What ECS tells of every task it starts, stops, or has behind a load balancer. */
function isRoutine(text: string): boolean {
  return /^(?:\([^)]*\) )*(?:has started \d|has stopped \d|(?:de)?registered \d|has begun draining|is unhealthy in)/.test(
    text,
  )
}

function failureInWords(text: string, count: number): string {
  const last = /\) has failed: (.*?)(?:\. A task in its place|\.?$)/s.exec(text)?.[1] ?? lastFailure.exec(text)?.[1]
  return last === undefined ? withCount(text, count) : `${count} tasks have failed so far, the last: ${last}.`
}

const lastFailure = /the last one, \([^)]*\), with (.*?)(?:\. The next one|\.?$)/s
