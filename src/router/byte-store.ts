const smallestBytes = 1024

/** Bytes that came too early, or not yet whole. Holds no memory while it is empty. */
export class ByteStore {
  #bytes: Buffer | undefined
  #start = 0
  #end = 0

  get length(): number {
    return this.#end - this.#start
  }

  /** Valid until the next `append`. */
  get bytes(): Buffer {
    return this.#bytes ?? nothing
  }

  get start(): number {
    return this.#start
  }

  get end(): number {
    return this.#end
  }

  /** In pieces of whatever size, the work is in proportion to what comes. */
  append(bytes: Buffer, start: number, end: number): void {
    const length = this.length + end - start
    let room = this.#bytes
    if (room === undefined || this.#end + end - start > room.length) {
      room = Buffer.allocUnsafeSlow(Math.max(smallestBytes, 2 ** Math.ceil(Math.log2(length))))
      this.#bytes?.copy(room, 0, this.#start, this.#end)
      this.#end -= this.#start
      this.#start = 0
      this.#bytes = room
    }
    bytes.copy(room, this.#end, start, end)
    this.#end += end - start
  }

  /** What is before this place is done with. */
  advanceTo(place: number): void {
    this.#start = place
    if (this.#start >= this.#end) this.clear()
  }

  clear(): void {
    this.#bytes = undefined
    this.#start = 0
    this.#end = 0
  }
}

const nothing = Buffer.alloc(0)
