import { Beginnings } from './beginnings.ts'
import { giveBuffer, takeBuffer } from './read-buffers.ts'

/** All readers are told when a buffer is given up: few enough for that to hold nobody up. */
const mostReaders = 64

/** A connection that reads into a common buffer. */
export type CommonReader = {
  /** The bytes are somebody else's: it reads into another buffer from now on, and comes back no more. */
  leaveCommonBuffer(): void
}

/** Those that have room for more readers. */
const open = new Set<CommonBuffer>()

/**
 * What many connections to targets read into, one after the other, and from which an answer is written to its client
 * without a copy, because the kernel mostly takes it at once. Where it does not, the buffer is left to that write: its
 * readers then share the one of all other connections, from which bytes are copied. They do so for as long as they last,
 * because a handle that is told of a new buffer keeps a note of each former one.
 *
 * Memory: 64 KiB for up to 64 connections, of which as much is used as the longest answer takes.
 */
export class CommonBuffer {
  readonly bytes = takeBuffer()
  readonly #readers = new Set<CommonReader>()
  readonly #beginnings = new Beginnings(this.bytes)
  #isGivenUp = false

  static join(reader: CommonReader): CommonBuffer {
    const [common = new CommonBuffer()] = open
    common.#readers.add(reader)
    if (common.#readers.size < mostReaders) open.add(common)
    else open.delete(common)
    return common
  }

  leave(reader: CommonReader): void {
    if (this.#isGivenUp || !this.#readers.delete(reader)) return
    if (this.#readers.size > 0) return void open.add(this)
    open.delete(this)
    giveBuffer(this.bytes)
  }

  view(start: number, end: number): Buffer {
    return start === 0 ? this.#beginnings.of(end) : this.bytes.subarray(start, end)
  }

  /** A write of its bytes has not ended. */
  giveUp(): void {
    this.#isGivenUp = true
    open.delete(this)
    for (const reader of this.#readers) reader.leaveCommonBuffer()
    this.#readers.clear()
  }
}
