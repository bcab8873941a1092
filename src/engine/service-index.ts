type Owned = { readonly serviceArn: string }

/** Which of a collection's values belong to a service, so that one service's business does not go through everyone's. */
export class ServiceIndex<Value extends Owned> {
  readonly #services = new Map<string, OwnedValues<Value>>()

  /** In the order the keys were first put. */
  of(serviceArn: string): readonly Value[] {
    const owned = this.#services.get(serviceArn)
    if (owned === undefined) return []
    owned.list ??= [...owned.values.values()]
    return owned.list
  }

  set(key: string, value: Value, before: Value | undefined): void {
    if (before !== undefined && before.serviceArn !== value.serviceArn) this.remove(key, before)
    const owned = this.#services.get(value.serviceArn) ?? { values: new Map<string, Value>() }
    owned.values.set(key, value)
    owned.list = undefined
    this.#services.set(value.serviceArn, owned)
  }

  remove(key: string, { serviceArn }: Value): void {
    const owned = this.#services.get(serviceArn)
    if (owned === undefined) return
    owned.values.delete(key)
    owned.list = undefined
    if (owned.values.size === 0) this.#services.delete(serviceArn)
  }
}

type OwnedValues<Value> = { readonly values: Map<string, Value>; list?: readonly Value[] | undefined }
