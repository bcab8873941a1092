import { formatCsvLine, parseCsv, type CsvRecord } from './csv.ts'

/** A URL that an acceptance test requests, with what is known about it. */
export type ListedUrl = {
  /** Path and query as they are requested: `/shop?page=2`. */
  readonly path: string
  /** Each of these statuses passes. None: 200 does. */
  readonly expected?: readonly number[]
  /** How much traffic it has, in requests; what is older counts less. */
  readonly weight?: number
  /** What the paths of its kind have in common: `/shop/:number`. */
  readonly shape?: string
  /** When it was requested last: `2026-11-20T23:59:58Z`. */
  readonly lastSeen?: string
}

/** A list that cannot be read; the message names the line. */
export class UrlListError extends Error {
  override readonly name = 'UrlListError'
}

const columnNames = ['path', 'status', 'weight', 'shape', 'last_seen'] as const
type ColumnName = (typeof columnNames)[number]

/**
 * Reads a list: CSV, the first column the path, then those of `columnNames`, which may be left out or empty. A first line
 * with these names is understood; without one the columns stand in that order. Throws a `UrlListError`.
 */
export function parseUrlList(text: string): readonly ListedUrl[] {
  const [first, ...rest] = recordsOf(text)
  if (first === undefined) return []
  const heading = headingOf(first)
  const records = heading === undefined ? [first, ...rest] : rest
  return records.map((record) => listedUrlOf(record, heading ?? columnNames))
}

/** Without a line of names, so that whoever reads only first columns finds nothing but paths. */
export function formatUrlList(urls: readonly ListedUrl[]): string {
  return urls.map((url) => `${formatCsvLine(cellsOf(url))}\n`).join('')
}

function recordsOf(text: string): readonly CsvRecord[] {
  try {
    return parseCsv(text)
  } catch (error) {
    throw new UrlListError(error instanceof Error ? error.message : String(error))
  }
}

function headingOf({ line, cells }: CsvRecord): readonly ColumnName[] | undefined {
  if (cells[0]?.trim().toLowerCase() !== 'path') return undefined
  return cells.map((cell) => {
    const name = columnNames.find((known) => known === cell.trim().toLowerCase())
    if (name !== undefined) return name
    throw new UrlListError(`line ${line}: there is no column '${cell}'; the columns are ${columnNames.join(', ')}`)
  })
}

function listedUrlOf({ line, cells }: CsvRecord, columns: readonly ColumnName[]): ListedUrl {
  if (cells.length > columns.length) {
    throw new UrlListError(`line ${line}: ${cells.length} cells; the columns are ${columns.join(', ')}`)
  }
  const cell = (name: ColumnName): string => cells[columns.indexOf(name)]?.trim() ?? ''
  const [status, weight, shape, lastSeen] = [cell('status'), cell('weight'), cell('shape'), cell('last_seen')]
  return {
    path: pathOf(cell('path'), line),
    ...(status !== '' && { expected: statusesOf(status, line) }),
    ...(weight !== '' && { weight: weightOf(weight, line) }),
    ...(shape !== '' && { shape }),
    ...(lastSeen !== '' && { lastSeen: timeOf(lastSeen, line) }),
  }
}

/** What is not ASCII is encoded, as browsers do it. */
function pathOf(text: string, line: number): string {
  if (!text.startsWith('/'))
    throw new UrlListError(`line ${line}: '${shortened(text)}' is no path: it begins with no /`)
  try {
    return text.replaceAll(/[^\u0021-\u007e]+/g, encodeURIComponent)
  } catch {
    throw new UrlListError(`line ${line}: '${shortened(text)}' is no text that can be encoded`)
  }
}

/** `301`, or several: `200|404`. */
function statusesOf(text: string, line: number): readonly number[] {
  return text.split('|').map((status) => {
    if (/^[1-5]\d\d$/.test(status)) return Number(status)
    throw new UrlListError(`line ${line}: '${shortened(text)}' is no status: 301, or several as 200|404`)
  })
}

function weightOf(text: string, line: number): number {
  const weight = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (Number.isFinite(weight)) return weight
  throw new UrlListError(`line ${line}: '${shortened(text)}' is no weight: a number of requests`)
}

function timeOf(text: string, line: number): string {
  const isTime = /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(text) && !Number.isNaN(Date.parse(text))
  if (isTime) return text
  throw new UrlListError(`line ${line}: '${shortened(text)}' is no time: 2026-11-20T23:59:58Z`)
}

function cellsOf({ path, expected, weight, shape, lastSeen }: ListedUrl): readonly string[] {
  const cells = [path, expected?.join('|') ?? '', weightText(weight), shape ?? '', lastSeen ?? '']
  return cells.slice(0, cells.findLastIndex((cell) => cell !== '') + 1)
}

/** Two digits after the point are left of what ageing makes. */
function weightText(weight: number | undefined): string {
  return weight === undefined ? '' : String(Math.round(weight * 100) / 100)
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
