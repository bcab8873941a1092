import type { AccessLogLine } from '../domain/access-log-line.ts'

const headings = ['TIME', 'CLIENT', 'METHOD', 'PATH', 'STATUS', 'MS', 'TARGET', 'RULE', 'BYTES']
const pathColumn = 3
const statusColumn = 4
/** Numbers stand at the right of their columns. */
const rightColumns = new Set([5, 8])
/** A longer path moves what follows it, and does not make the column wider. */
const widestPath = 40

/**
 * Lines of an access log as rows for people. Widths are not known beforehand where lines come one by one: a column is as
 * wide as its widest cell so far.
 */
export class AccessLogColumns {
  readonly #widths = [12, 15, 6, 24, 7, 5, 15, 7, 6]
  readonly #isColoured: boolean

  constructor({ isColoured }: { readonly isColoured: boolean }) {
    this.#isColoured = isColoured
  }

  heading(): string {
    return this.#row(headings)
  }

  row(line: AccessLogLine): string {
    const cells = cellsOf(line)
    for (const [column, cell] of cells.entries()) {
      const width = column === pathColumn ? Math.min(cell.length, widestPath) : cell.length
      this.#widths[column] = Math.max(this.#widths[column] ?? 0, width)
    }
    return this.#row(cells, this.#isColoured ? colourOf(line.elbStatusCode ?? 0) : undefined)
  }

  #row(cells: readonly string[], statusColour?: number): string {
    const padded = cells.map((cell, column) => {
      const width = this.#widths[column] ?? 0
      const text = rightColumns.has(column) ? cell.padStart(width) : cell.padEnd(width)
      return column === statusColumn && statusColour !== undefined ? `\u001B[${statusColour}m${text}\u001B[39m` : text
    })
    return padded.join('  ').trimEnd()
  }
}

function cellsOf(line: AccessLogLine): readonly string[] {
  return [
    timeOf(line.time),
    line.client?.slice(0, line.client.lastIndexOf(':')) ?? '-',
    line.method ?? '-',
    pathOf(line),
    `${line.elbStatusCode ?? '-'}/${line.targetStatusCode ?? '-'}`,
    millisecondsOf(line),
    line.target ?? '-',
    line.matchedRulePriority === 0 ? 'default' : String(line.matchedRulePriority ?? '-'),
    String(line.sentBytes),
  ].map(printable)
}

/** `14:05:09.123`, in this machine's time. */
function timeOf(time: number): string {
  const date = new Date(time)
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

function pathOf({ url = '-', type, method }: AccessLogLine): string {
  // The line of what was no request names the listener, and ends where a path would begin.
  if (method === undefined) return '-'
  const path = /^[a-z]+:\/\/[^/]*(\/.*)$/s.exec(url)?.[1] ?? url
  return type === 'ws' || type === 'wss' ? `${path} (${type})` : path
}

/** From the first byte of the request to the first one of a target's answer, as far as it came; otherwise to the end. */
function millisecondsOf(line: AccessLogLine): string {
  const parts = [line.requestProcessingSeconds, line.targetProcessingSeconds, line.responseProcessingSeconds]
  const known = parts.filter((seconds) => seconds >= 0)
  if (known.length > 0) return String(Math.round(known.reduce((sum, seconds) => sum + seconds, 0) * 1000))
  return line.requestCreationTime === undefined ? '-' : String(Math.round(line.time - line.requestCreationTime))
}

/** What clients send does not get to steer the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[^ -~]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function colourOf(statusCode: number): number {
  if (statusCode >= 500 || statusCode === 0) return 31
  if (statusCode >= 400) return 33
  return statusCode >= 300 ? 36 : 32
}
