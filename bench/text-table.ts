import type { MedianWithin } from './statistics.ts'

/** Columns as wide as they must be, the first to the left, the others to the right. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return rows.map(line).join('\n')
}

/** The first row is the head. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows
  return [
    markdownLine(head),
    markdownLine(head.map((_, column) => (column === 0 ? '---' : '--:'))),
    ...body.map(markdownLine),
  ].join('\n')
}

function markdownLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** `1,234`, `12.3`, `0.0123`: three digits that say something, `-` where there is no number. */
export function figure(number: number | undefined): string {
  if (number === undefined || Number.isNaN(number)) return '-'
  if (Math.abs(number) >= 100) return Math.round(number).toLocaleString('en-US')
  return number === 0 ? '0' : number.toPrecision(3)
}

/** `1.23 ×` */
export function times(ratio: number | undefined): string {
  return ratio === undefined ? '-' : `${ratio.toFixed(2)} ×`
}

/** `1.23 × (1.10–1.31)` */
export function timesWithin(ratio: MedianWithin | undefined): string {
  const { low, high } = ratio ?? {}
  const range = low === undefined || high === undefined ? '' : ` (${low.toFixed(2)}–${high.toFixed(2)})`
  return `${times(ratio?.median)}${range}`
}
