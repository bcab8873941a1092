const mostKept = 256

/** Views of a buffer's beginning, by their length: answers are often as long as another one before, and making a view takes time. */
export class Beginnings {
  readonly bytes: Buffer
  readonly #kept: (Buffer | undefined)[] = []

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  of(length: number): Buffer {
    const place = length % mostKept
    const known = this.#kept[place]
    if (known?.length === length) return known
    const made = this.bytes.subarray(0, length)
    this.#kept[place] = made
    return made
  }
}
