import { kindsOnDisk } from '../../src/engine/ports.ts'
import type { Persistence, RowChange, StoredRow } from '../../src/engine/ports.ts'

/**
 * A disk in memory. What is read from it is text, as from a real one, so that nothing survives a crash but what was
 * written; the text is made when it is asked for, since values are never changed in place.
 */
export class MemoryPersistence implements Persistence {
  readonly #rows = new Map<string, RowChange>()
  readonly #history = new Map<string, Map<string, unknown>>()
  /** Called before each write; what it throws is the disk's error, and nothing is written. */
  beforeWrite: (rows: readonly RowChange[]) => void = () => undefined
  /** Called when a write is on the disk. */
  afterWrite: () => void = () => undefined

  load(): Iterable<StoredRow> {
    return Array.from(this.#rows.values(), ({ kind, key, value }) => ({ kind, key, value: JSON.stringify(value) }))
  }

  read(kind: string, key: string): string | undefined {
    const value = isOnDisk.has(kind) ? this.#history.get(kind)?.get(key) : this.#rows.get(`${kind}\n${key}`)?.value
    return value === undefined ? undefined : JSON.stringify(value)
  }

  readAll(kind: string): Iterable<string> {
    const rows = [...(this.#history.get(kind) ?? [])]
    return rows.toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => JSON.stringify(value))
  }

  write(rows: readonly RowChange[]): void {
    this.beforeWrite(rows)
    for (const row of rows) {
      if (isOnDisk.has(row.kind)) this.#writeHistory(row)
      else if (row.value === undefined) this.#rows.delete(`${row.kind}\n${row.key}`)
      else this.#rows.set(`${row.kind}\n${row.key}`, { kind: row.kind, key: row.key, value: row.value })
    }
    this.afterWrite()
  }

  #writeHistory({ kind, key, value }: RowChange): void {
    const history = this.#history.get(kind) ?? new Map<string, unknown>()
    this.#history.set(kind, history)
    if (value === undefined) history.delete(key)
    else history.set(key, value)
  }
}

const isOnDisk: ReadonlySet<string> = new Set(kindsOnDisk)
