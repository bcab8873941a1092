/**
 * Which of many alike things are worth a line: the first three, then fewer and fewer, so that what goes on for an hour
 * fills no log.
 */
export class Repetitions {
  readonly #counts = new Map<string, number>()

  /** Counts one of this kind; answers which it is, or undefined where it needs no line. */
  count(kind: string): number | undefined {
    const count = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, count)
    return isWorthALine(count) ? count : undefined
  }
}

/** 1, 2, 3, 5, 10, 20, 50, 100, 200 … */
function isWorthALine(count: number): boolean {
  const magnitude = 10 ** Math.floor(Math.log10(count))
  return count <= 3 || [1, 2, 5].includes(count / magnitude)
}

/** What is alike in lines that differ in their numbers and ids only. */
export function kindOfText(text: string): string {
  return text.replaceAll(/\((?:task|taskSet|deployment|instance|port) [^)]*\)/g, '()').replaceAll(/\d+/g, '0')
}

/** `… (10 times so far).` */
export function withCount(text: string, count: number): string {
  return count <= 3 ? text : `${text.replace(/\.$/, '')} (${count} times so far).`
}
