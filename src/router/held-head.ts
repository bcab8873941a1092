import type { RequestScan } from './request-scan.ts'
import { targetHeadRoom, writeTargetHead } from './target-head.ts'
import type { TargetHeadContext } from './target-head-context.ts'

/**
 * Most heads, also with the body of a small request behind them, fit. It is an odd number of the processor's cache lines
 * (64 bytes), so that the beginnings of heads do not all compete for the same places in its cache.
 */
const usualBytes = 49 * 64
const mostSlots = 1024

/** A buffer for heads with the last view of it: the next head of the same client is mostly as long. */
type Slot = { readonly buffer: Buffer; view: Buffer }

/** As much of it as is used takes memory, 3 MiB at most. */
const slab = Buffer.allocUnsafeSlow(mostSlots * usualBytes)
let slotsMade = 0
const free: Slot[] = []
const nothing = Buffer.alloc(0)

/**
 * The head of a request as its target gets it. It is held until the request is answered, so that it can be sent again
 * where a kept connection turns out to be closed; without a request there is no memory for it.
 */
export class HeldHead {
  /** It was written, and has not gone yet: its bytes are not to be touched. */
  isBusy = false
  #slot: Slot | undefined
  #length = 0
  /** What came of the body while there was no connection. */
  #body: Buffer | undefined

  /** Returns what it was written to. */
  write(bytes: Buffer, scan: RequestScan, context: TargetHeadContext): Buffer {
    const room = targetHeadRoom(scan)
    const slot = room > usualBytes ? newSlot(room) : (free.pop() ?? usualSlot())
    const { buffer } = slot
    this.#slot = slot
    this.#length = writeTargetHead(bytes, scan, context, buffer)
    this.isBusy = false
    return buffer
  }

  bytes(): Buffer {
    return this.#slot === undefined ? nothing : beginningOf(this.#slot, this.#length)
  }

  /** Head and body for one write; undefined where the body is too long for that. */
  withBody(bytes: Buffer, start: number, end: number): Buffer | undefined {
    const slot = this.#slot
    const length = this.#length + end - start
    if (slot === undefined || length > slot.buffer.length) return undefined
    if (start < end) bytes.copy(slot.buffer, this.#length, start, end)
    return beginningOf(slot, length)
  }

  holdBody(bytes: Buffer, start: number, end: number): void {
    const piece = Buffer.from(bytes.subarray(start, end))
    this.#body = this.#body === undefined ? piece : Buffer.concat([this.#body, piece])
  }

  takeBody(): Buffer | undefined {
    const body = this.#body
    this.#body = undefined
    return body
  }

  /** Nobody asks for it any more. */
  give(): void {
    const slot = this.#slot
    this.#slot = undefined
    this.#body = undefined
    if (slot?.buffer.length === usualBytes && !this.isBusy && free.length < mostSlots) free.push(slot)
  }
}

function usualSlot(): Slot {
  if (slotsMade === mostSlots) return newSlot(usualBytes)
  const start = slotsMade++ * usualBytes
  const buffer = slab.subarray(start, start + usualBytes)
  return { buffer, view: buffer }
}

function newSlot(bytes: number): Slot {
  const buffer = Buffer.allocUnsafeSlow(bytes)
  return { buffer, view: buffer }
}

function beginningOf(slot: Slot, length: number): Buffer {
  if (slot.view.length !== length) slot.view = slot.buffer.subarray(0, length)
  return slot.view
}
