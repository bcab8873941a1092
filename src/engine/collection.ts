import type { Outlines } from './outline.ts'
import type { OwnerIndex } from './owner-index.ts'

/** The values of one kind, by key. */
export interface Collection<Value> {
  get(key: string): Value | undefined
  has(key: string): boolean
  /** In the order the keys were first put; of what is kept on disk only, in the order of the keys. */
  list(): readonly Value[]
  put(key: string, value: Value): void
  delete(key: string): void
}

/** What a collection tells of each change. */
export type Change = {
  readonly kind: string
  readonly key: string
  /** Undefined: deleted. */
  readonly value: unknown
  readonly before: unknown
  readonly undo: () => void
}

type Recorder = (change: Change) => void

/** Held in memory: values whole, or by their outline where it has one. */
export class MemoryCollection<Value> implements Collection<Value> {
  readonly #kind: string
  readonly #values = new Map<string, Value>()
  /** Made when it is asked for, kept until something changes: most who look find nothing new. */
  #list: readonly Value[] | undefined
  readonly #record: Recorder
  readonly #indexes: readonly OwnerIndex<Value>[]
  readonly #outlines: Outlines<Value> | undefined
  /** Changed by the transaction that is open. */
  readonly #pending = new Set<string>()

  constructor(
    kind: string,
    record: Recorder,
    { indexes = [], outlines }: { indexes?: readonly OwnerIndex<Value>[]; outlines?: Outlines<Value> | undefined } = {},
  ) {
    this.#kind = kind
    this.#record = record
    this.#indexes = indexes
    this.#outlines = outlines
  }

  load(key: string, value: Value): void {
    this.#set(key, this.#outlines?.of(value) ?? value)
  }

  /** The transaction is over: what it has put is on disk, or what was before is here again. */
  settle(): void {
    for (const key of this.#pending) {
      this.#outlines?.changed(key)
      const value = this.#values.get(key)
      const outline = value && this.#outlines?.of(value)
      if (outline !== undefined && outline !== value) this.#set(key, outline)
    }
    this.#pending.clear()
  }

  get(key: string): Value | undefined {
    return this.#values.get(key)
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  list(): readonly Value[] {
    this.#list ??= [...this.#values.values()]
    return this.#list
  }

  put(key: string, value: Value): void {
    const [before, undo] = [this.#values.get(key), this.#undo(key)]
    const whole = this.#outlines?.wholeOf(value) ?? value
    this.#note(key)
    this.#set(key, whole)
    this.#record({ kind: this.#kind, key, value: whole, before, undo })
  }

  delete(key: string): void {
    if (!this.#values.has(key)) return
    const [before, undo] = [this.#values.get(key), this.#undo(key)]
    this.#note(key)
    this.#remove(key)
    this.#record({ kind: this.#kind, key, value: undefined, before, undo })
  }

  #note(key: string): void {
    if (this.#outlines !== undefined) this.#pending.add(key)
  }

  #undo(key: string): () => void {
    const had = this.#values.has(key)
    const before = this.#values.get(key)
    return () => {
      if (had) this.#set(key, before as Value)
      else this.#remove(key)
    }
  }

  #set(key: string, value: Value): void {
    const before = this.#values.get(key)
    for (const index of this.#indexes) index.set(key, value, before)
    this.#values.set(key, value)
    this.#list = undefined
  }

  #remove(key: string): void {
    const before = this.#values.get(key)
    if (before !== undefined) for (const index of this.#indexes) index.remove(key, before)
    this.#values.delete(key)
    this.#list = undefined
  }
}

/** What a `DiskCollection` reads from. */
export type Disk = {
  readonly read: (key: string) => string | undefined
  readonly readAll: () => Iterable<string>
}

/**
 * Kept on disk only, and read when it is asked for: what grows with the past. Within a transaction it answers what that has
 * put, as every collection does.
 */
export class DiskCollection<Value> implements Collection<Value> {
  readonly #kind: string
  readonly #disk: Disk
  readonly #record: Recorder
  /** Put by the transaction that is open. */
  readonly #pending = new Map<string, Value | undefined>()

  constructor(kind: string, record: Recorder, disk: Disk) {
    this.#kind = kind
    this.#disk = disk
    this.#record = record
  }

  get(key: string): Value | undefined {
    if (this.#pending.has(key)) return this.#pending.get(key)
    const text = this.#disk.read(key)
    return text === undefined ? undefined : (JSON.parse(text) as Value)
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  list(): readonly Value[] {
    return [...this.values()]
  }

  /** As `list`, for whoever needs them one after the other only. Nothing may be put meanwhile. */
  *values(): Iterable<Value> {
    for (const text of this.#disk.readAll()) yield JSON.parse(text) as Value
  }

  put(key: string, value: Value): void {
    this.#change(key, value)
  }

  delete(key: string): void {
    this.#change(key, undefined)
  }

  /** The transaction is over: the disk knows now, or it has not happened. */
  settle(): void {
    this.#pending.clear()
  }

  #change(key: string, value: Value | undefined): void {
    this.#pending.set(key, value)
    this.#record({ kind: this.#kind, key, value, before: undefined, undo: () => undefined })
  }
}
