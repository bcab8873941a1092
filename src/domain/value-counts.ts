/**
 * How often each value came. A million of these may be kept, nearly all of which never change again: those that are packed
 * take a third of the room, and are unpacked by whoever adds to them.
 */
export class ValueCounts {
  #counts: Map<number, number> | undefined = new Map()
  /** Each value with its count behind it, while there is no map. */
  #packed: readonly number[] = []

  get size(): number {
    return this.#counts?.size ?? this.#packed.length / 2
  }

  add(value: number, count: number): void {
    const counts = this.#unpacked()
    counts.set(value, (counts.get(value) ?? 0) + count)
  }

  /** In the order in which the values first came. */
  entries(): readonly (readonly [value: number, count: number])[] {
    if (this.#counts !== undefined) return [...this.#counts]
    return Array.from({ length: this.size }, (_, at) => [this.#packed[2 * at] ?? 0, this.#packed[2 * at + 1] ?? 0])
  }

  clear(): void {
    this.#unpacked().clear()
  }

  pack(): void {
    if (this.#counts === undefined) return
    const packed: number[] = []
    for (const [value, count] of this.#counts) packed.push(value, count)
    // A copy has no room to grow.
    this.#packed = packed.slice()
    this.#counts = undefined
  }

  #unpacked(): Map<number, number> {
    if (this.#counts === undefined) {
      this.#counts = new Map(this.entries())
      this.#packed = []
    }
    return this.#counts
  }
}
