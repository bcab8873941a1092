type OutlineOptions<Value> = {
  readonly keyOf: (value: Value) => string
  /** Of these values an outline is enough. */
  readonly isOver: (value: Value) => boolean
  /** Parts that are asked of all values: they stay in memory, those that are alike once for all. */
  readonly shared: readonly (keyof Value & string)[]
  /** The whole value as it is on disk. */
  readonly read: (key: string) => string | undefined
}

/** So many of the values that were asked for last are remembered whole. */
const mostWhole = 16
const mostShared = 1_000

/**
 * What is over grows in number and is seldom asked for. Of such a value memory keeps the outline: names, times, a status.
 * Lists and parts of it are read from the disk when somebody asks for them; it looks like the whole in every way, also to
 * whoever copies it.
 */
export class Outlines<Value> {
  readonly #options: OutlineOptions<Value>
  readonly #getters = new Map<string, PropertyDescriptor>()
  readonly #outlines = new WeakSet()
  /** By their text. */
  readonly #shared = new Map<string, object>()
  readonly #whole = new Map<string, Value>()

  constructor(options: OutlineOptions<Value>) {
    this.#options = options
  }

  /** The value itself where more than an outline is wanted. */
  of(value: Value): Value {
    if (!isObject(value) || !this.#options.isOver(value) || this.#outlines.has(value)) return value
    const outline = {}
    for (const [name, part] of Object.entries(value)) {
      Object.defineProperty(outline, name, this.#property(name, part))
    }
    this.#outlines.add(outline)
    return outline as Value
  }

  /** With nothing left to read. */
  wholeOf(value: Value): Value {
    return isObject(value) && this.#outlines.has(value) ? { ...value } : value
  }

  /** What is on disk is another value now, or none. */
  changed(key: string): void {
    this.#whole.delete(key)
  }

  #property(name: string, part: unknown): PropertyDescriptor {
    if (!isObject(part)) return plain(part)
    if ((this.#options.shared as readonly string[]).includes(name)) return plain(this.#sharedPart(part))
    const known = this.#getters.get(name)
    if (known !== undefined) return known
    // One getter for all: so outlines are alike to the machine that runs this, and small.
    const read = (outline: Value): unknown => this.#read(this.#options.keyOf(outline))[name as keyof Value]
    const getter = {
      get(this: Value): unknown {
        return read(this)
      },
      enumerable: true,
      configurable: true,
    }
    this.#getters.set(name, getter)
    return getter
  }

  #sharedPart(part: object): object {
    const text = JSON.stringify(part)
    const known = this.#shared.get(text)
    if (known !== undefined) return known
    if (this.#shared.size === mostShared) this.#shared.clear()
    this.#shared.set(text, part)
    return part
  }

  #read(key: string): Value {
    const known = this.#whole.get(key)
    if (known !== undefined) return known
    const text = this.#options.read(key)
    if (text === undefined) throw new Error(`${key} has been forgotten meanwhile.`)
    const value = JSON.parse(text) as Value
    this.#whole.set(key, value)
    const [oldest] = this.#whole.keys()
    if (this.#whole.size > mostWhole && oldest !== undefined) this.#whole.delete(oldest)
    return value
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function plain(value: unknown): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true }
}
