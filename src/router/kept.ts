/** What was made of a list, kept as long as the list is of the very same items: whoever reads it sees at once that it is. */
export class Kept<Item, Made> {
  #items: readonly Item[] | undefined
  #made: Made | undefined

  of(items: readonly Item[], make: (items: readonly Item[]) => Made): Made {
    if (this.#made === undefined || !isSame(items, this.#items)) {
      this.#items = items
      this.#made = make(items)
    }
    return this.#made
  }
}

function isSame(items: readonly unknown[], others: readonly unknown[] = []): boolean {
  return items.length === others.length && items.every((item, at) => item === others[at])
}
