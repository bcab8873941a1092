/** Which of a collection's values belong to an owner, so that one owner's business does not go through everyone's. */
export class OwnerIndex<Value> {
  /** Undefined: nobody's. */
  readonly #ownerOf: (value: Value) => string | undefined
  readonly #owners = new Map<string, OwnedValues<Value>>()

  constructor(ownerOf: (value: Value) => string | undefined) {
    this.#ownerOf = ownerOf
  }

  /** In the order the keys were first put, or came to this owner. */
  of(owner: string): readonly Value[] {
    const owned = this.#owners.get(owner)
    if (owned === undefined) return []
    owned.list ??= [...owned.values.values()]
    return owned.list
  }

  set(key: string, value: Value, before: Value | undefined): void {
    const owner = this.#ownerOf(value)
    if (before !== undefined && this.#ownerOf(before) !== owner) this.remove(key, before)
    if (owner === undefined) return
    const owned = this.#owners.get(owner) ?? { values: new Map<string, Value>() }
    owned.values.set(key, value)
    owned.list = undefined
    this.#owners.set(owner, owned)
  }

  remove(key: string, before: Value): void {
    const owner = this.#ownerOf(before)
    const owned = owner === undefined ? undefined : this.#owners.get(owner)
    if (owner === undefined || owned === undefined) return
    owned.values.delete(key)
    owned.list = undefined
    if (owned.values.size === 0) this.#owners.delete(owner)
  }
}

/** The list is made when it is asked for, and kept until something changes. */
type OwnedValues<Value> = { readonly values: Map<string, Value>; list?: readonly Value[] | undefined }
