/** Which of a collection's values belong to an owner, so that one owner's business does not go through everyone's. */
export class OwnerIndex<Value> {
  readonly #ownersOf: OwnersOf<Value>
  readonly #owners = new Map<string, OwnedValues<Value>>()

  constructor(ownersOf: OwnersOf<Value>) {
    this.#ownersOf = ownersOf
  }

  /** In the order the keys were first put, or came to this owner. */
  of(owner: string): readonly Value[] {
    const owned = this.#owners.get(owner)
    if (owned === undefined) return []
    owned.list ??= [...owned.values.values()]
    return owned.list
  }

  set(key: string, value: Value, before: Value | undefined): void {
    const owners = this.#ownersOf(value)
    for (const owner of before === undefined ? [] : this.#ownersOf(before)) {
      if (!owners.includes(owner)) this.#take(owner, key)
    }
    for (const owner of owners) {
      const owned = this.#owners.get(owner) ?? { values: new Map<string, Value>() }
      owned.values.set(key, value)
      owned.list = undefined
      this.#owners.set(owner, owned)
    }
  }

  remove(key: string, before: Value): void {
    for (const owner of this.#ownersOf(before)) this.#take(owner, key)
  }

  #take(owner: string, key: string): void {
    const owned = this.#owners.get(owner)
    if (owned === undefined) return
    owned.values.delete(key)
    owned.list = undefined
    if (owned.values.size === 0) this.#owners.delete(owner)
  }
}

/** Whose a value is: one's, several's, or nobody's. */
export type OwnersOf<Value> = (value: Value) => readonly string[]

/** The list is made when it is asked for, and kept until something changes. */
type OwnedValues<Value> = { readonly values: Map<string, Value>; list?: readonly Value[] | undefined }
