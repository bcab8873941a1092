/** A record and the line it begins in, from 1. */
export type CsvRecord = { readonly line: number; readonly cells: readonly string[] }

/**
 * Reads comma-separated values as RFC 4180 has them, with either kind of line end. Lines with nothing in them are left
 * out. Throws a SyntaxError that names the line where a quoted cell does not end, or goes on behind its end.
 */
export function parseCsv(text: string): readonly CsvRecord[] {
  const records: CsvRecord[] = []
  const reader = new Reader(text.startsWith('\uFEFF') ? text.slice(1) : text)
  while (!reader.isAtEnd()) {
    const record = reader.record()
    if (record.cells.length > 1 || record.cells[0] !== '') records.push(record)
  }
  return records
}

/** Quoted only where it must be. */
export function formatCsvLine(cells: readonly string[]): string {
  return cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')
}

class Reader {
  readonly #text: string
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  record(): CsvRecord {
    const line = this.#line
    const cells: string[] = []
    for (;;) {
      cells.push(this.#text[this.#at] === '"' ? this.#quoted() : this.#plain())
      if (this.#text[this.#at] !== ',') break
      this.#at += 1
    }
    if (this.#text[this.#at] === '\r') this.#at += 1
    this.#at += 1
    this.#line += 1
    return { line, cells }
  }

  #plain(): string {
    const end = /[,\r\n]/g
    end.lastIndex = this.#at
    const found = end.exec(this.#text)?.index ?? this.#text.length
    const cell = this.#text.slice(this.#at, found)
    this.#at = found
    return cell
  }

  #quoted(): string {
    const line = this.#line
    let cell = ''
    for (let from = this.#at + 1; ;) {
      const quote = this.#text.indexOf('"', from)
      if (quote === -1) throw new SyntaxError(`line ${line}: a quoted cell does not end`)
      cell += this.#text.slice(from, quote)
      this.#at = quote + 1
      if (this.#text[this.#at] !== '"') break
      cell += '"'
      from = this.#at + 1
    }
    this.#line += cell.split('\n').length - 1
    if (this.isAtEnd() || /[,\r\n]/.test(this.#text[this.#at] ?? '')) return cell
    throw new SyntaxError(`line ${line}: a quoted cell goes on behind its end`)
  }
}
