const width = 80

/** `1,234` */
export function count(number: number): string {
  return number.toLocaleString('en-US')
}

/** `4.32 s`, of milliseconds. */
export function seconds(duration: number): string {
  return `${(duration / 1_000).toFixed(2)} s`
}

/** `12 ms`, `1,204 ms` */
export function milliseconds(number: number): string {
  return `${count(Math.round(number))} ms`
}

/** Breaks text at spaces so that no line is wider than the screen; all lines but the first are indented. */
export function wrapped(text: string, indent: number): string {
  const lines: string[] = []
  let rest = text
  while (rest.length > width) {
    const end = rest.lastIndexOf(' ', width)
    if (end < 0 || rest.slice(0, end).trim() === '') break
    lines.push(rest.slice(0, end).trimEnd())
    rest = `${' '.repeat(indent)}${rest.slice(end).trimStart()}`
  }
  return [...lines, rest].join('\n')
}

/** Columns as wide as they must be, the first to the left, the others to the right, the last to the left if it is text. */
export function table(rows: readonly (readonly string[])[], { leftColumns = [0] } = {}): string {
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const room = widths[column] ?? 0
          return leftColumns.includes(column) ? cell.padEnd(room) : cell.padStart(room)
        })
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join('\n')
}

/** Lines with the time since the beginning before them. */
export class Progress {
  readonly #startedAt = performance.now()
  readonly #write: (text: string) => void

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  /** `column` is where the text goes on when it needs more than one line. */
  say(text: string, column = 8): void {
    const stamp = `${((performance.now() - this.#startedAt) / 1_000).toFixed(1)}s`.padStart(6)
    this.#write(wrapped(`${stamp}  ${text}`, column))
  }

  plain(text = ''): void {
    this.#write(text)
  }
}
