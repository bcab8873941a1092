import { kindsOnDisk } from '../../src/engine/ports.ts'
import type { Persistence, RowChange, StoredRow } from '../../src/engine/ports.ts'

/** A disk in memory. It keeps text, as a real one does, so that nothing survives a crash but what was written. */
export class MemoryPersistence implements Persistence {
  readonly #rows = new Map<string, StoredRow>()
  /** Called before each write; what it throws is the disk's error, and nothing is written. */
  beforeWrite: (rows: readonly RowChange[]) => void = () => undefined
  /** Called when a write is on the disk. */
  afterWrite: () => void = () => undefined

  load(): Iterable<StoredRow> {
    return [...this.#rows.values()].filter(({ kind }) => !kindsOnDisk.some((each) => each === kind))
  }

  read(kind: string, key: string): string | undefined {
    return this.#rows.get(`${kind}\n${key}`)?.value
  }

  readAll(kind: string): Iterable<string> {
    const rows = [...this.#rows.values()].filter((row) => row.kind === kind)
    return rows.toSorted((one, other) => (one.key < other.key ? -1 : 1)).map(({ value }) => value)
  }

  write(rows: readonly RowChange[]): void {
    this.beforeWrite(rows)
    for (const { kind, key, value } of rows) {
      if (value === undefined) this.#rows.delete(`${kind}\n${key}`)
      else this.#rows.set(`${kind}\n${key}`, { kind, key, value })
    }
    this.afterWrite()
  }
}
