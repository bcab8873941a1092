export { dateAndTime, spanOf, timeOfDay } from '../view/words.ts'

/** What is written for people fits into a terminal of this width. */
const width = 80

/** Breaks text at spaces so that no line is wider than the screen; all lines but the first are indented. */
export function wrapped(text: string, indent: number, most = width): string {
  const lines: string[] = []
  let rest = text
  while (rest.length > most) {
    const end = endOfLine(rest, most)
    if (end < 0) break
    lines.push(rest.slice(0, end).trimEnd())
    rest = `${' '.repeat(indent)}${rest.slice(end).trimStart()}`
  }
  return [...lines, rest].join('\n')
}

/** A word that is longer than a line has one of its own, which is too wide. */
function endOfLine(text: string, most: number): number {
  const last = text.lastIndexOf(' ', most)
  if (text.slice(0, Math.max(0, last)).trim() !== '') return last
  return text.indexOf(' ', text.length - text.trimStart().length)
}

/**
 * A list for people and for pipes: in a terminal its rows are broken to the terminal's width, elsewhere each one is a line,
 * for grep and the like.
 */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  return columns(rows, process.stdout.isTTY ? Math.max(width, process.stdout.columns || 0) : Number.POSITIVE_INFINITY)
}

/** Columns as wide as they must be, indented by two; the last one is broken into lines where it is too long. */
export function columns(rows: readonly (readonly string[])[], most = width): readonly string[] {
  const count = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)))
  const indent = widths.slice(0, -1).reduce((sum, each) => sum + each + 2, 2)
  return rows.map((row) => {
    const cells = row.map((cell, at) => (at === count - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
    return wrapped(`  ${cells.join('  ')}`.trimEnd(), indent <= most - 28 ? indent : 6, most)
  })
}
